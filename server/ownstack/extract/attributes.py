"""Fields that no class body declares: its methods assign them (`self.x = …`, `@x = …`)."""

from __future__ import annotations

from ownstack.extract.definition import Definition
from ownstack.extract.kinds import FUNCTIONS, HOLDERS

KIND = "attribute"
"""What the queries call such an assignment."""
_CONSTRUCTOR = "__init__"
"""Elsewhere the queries capture what stands in constructors and nothing else."""
_SIGIL = "@"


def assigned_fields(assignments: list[Definition], kept: list[Definition]) -> list[Definition]:
    """Return one field for each class and name, in the order of the text.

    The first assignment counts, one in `__init__` before all others. What the class declares
    (`x: int`, a property, `attr_reader :x`) is left out, and so is what stands in no method.
    Both lists are in the order of the text; `kept` is what encloses the assignments.
    """
    if not assignments:
        return []
    declared = {(definition.parent, definition.name) for definition in kept}
    places = {definition.name_at for definition in kept}
    best: dict[tuple[int, str], tuple[bool, Definition]] = {}
    stack: list[int] = []
    at = 0
    for assignment in assignments:
        while at < len(kept) and kept[at].start <= assignment.start:
            while stack and kept[stack[-1]].end <= kept[at].start:
                stack.pop()
            stack.append(at)
            at += 1
        while stack and kept[stack[-1]].end <= assignment.start:
            stack.pop()
        owner: int | None = stack[-1] if stack else None
        method = ""
        while owner is not None and kept[owner].kind in FUNCTIONS:
            method = kept[owner].name
            owner = kept[owner].parent
        if owner is None or not method or kept[owner].kind not in HOLDERS:
            continue
        key = (owner, assignment.name.lstrip(_SIGIL))
        is_late = method != _CONSTRUCTOR
        if (
            key in declared
            or assignment.name_at in places
            or (key in best and best[key][0] <= is_late)
        ):
            continue
        assignment.kind, assignment.parent = "field", owner
        assignment.qualified = f"{kept[owner].qualified}.{assignment.name}"
        best[key] = is_late, assignment
    return sorted((field for _, field in best.values()), key=lambda field: field.start)

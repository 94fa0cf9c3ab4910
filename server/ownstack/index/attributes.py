"""Fields that no class body declares: its methods assign them (`self.x = …`, `@x = …`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ownstack.index.symbols import Definition

KIND = "attribute"
"""What the queries call such an assignment."""
_CONSTRUCTOR = "__init__"
"""Elsewhere the queries capture what stands in constructors and nothing else."""
_SIGIL = "@"


def assigned_fields(
    assignments: list[Definition],
    kept: list[Definition],
    functions: frozenset[str],
    classes: frozenset[str],
) -> list[Definition]:
    """Return one field for each class and name, in the order of the text.

    The first assignment counts, one in `__init__` before all others. What the class declares
    (`x: int`, a property, `attr_reader :x`) is left out, and so is what stands in no method.
    Both lists are in the order of the text; `kept` is what encloses the assignments.
    """
    if not assignments:
        return []
    declared = {(one.parent, one.name) for one in kept}
    places = {one.name_at for one in kept}
    best: dict[tuple[int, str], tuple[bool, Definition]] = {}
    stack: list[int] = []
    at = 0
    for one in assignments:
        while at < len(kept) and kept[at].start <= one.start:
            while stack and kept[stack[-1]].end <= kept[at].start:
                stack.pop()
            stack.append(at)
            at += 1
        while stack and kept[stack[-1]].end <= one.start:
            stack.pop()
        owner: int | None = stack[-1] if stack else None
        method = ""
        while owner is not None and kept[owner].kind in functions:
            method = kept[owner].name
            owner = kept[owner].parent
        if owner is None or not method or kept[owner].kind not in classes:
            continue
        key = (owner, one.name.lstrip(_SIGIL))
        is_late = method != _CONSTRUCTOR
        if key in declared or one.name_at in places or (key in best and best[key][0] <= is_late):
            continue
        one.kind, one.parent = "field", owner
        one.qualified = f"{kept[owner].qualified}.{one.name}"
        best[key] = is_late, one
    return sorted((one for _, one in best.values()), key=lambda one: one.start)

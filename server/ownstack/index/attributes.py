"""Fields that no class body declares: constructors assign them (`this.x = …`, `@x = …`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ownstack.index.symbols import Definition

KIND = "attribute"
"""What the queries call such an assignment."""
_SIGIL = "@"


def assigned_fields(
    assignments: list[Definition],
    kept: list[Definition],
    functions: frozenset[str],
    classes: frozenset[str],
) -> list[Definition]:
    """Return one field for each class and name, in the order of the text.

    The first assignment counts. What the class declares (`x: number`, `attr_reader :x`) is left
    out, and so is what stands in no method. Both lists are in the order of the text; `kept` is
    what encloses the assignments.
    """
    if not assignments:
        return []
    declared = {(one.parent, one.name) for one in kept}
    places = {one.name_at for one in kept}
    first: dict[tuple[int, str], Definition] = {}
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
        owner = inner = stack[-1] if stack else None
        while owner is not None and kept[owner].kind in functions:
            owner = kept[owner].parent
        if owner is None or owner == inner or kept[owner].kind not in classes:
            continue
        key = (owner, one.name.lstrip(_SIGIL))
        if key in declared or key in first or one.name_at in places:
            continue
        one.kind, one.parent = "field", owner
        one.qualified = f"{kept[owner].qualified}.{one.name}"
        first[key] = one
    return list(first.values())

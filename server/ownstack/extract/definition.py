"""A symbol in the making."""

from __future__ import annotations

from dataclasses import dataclass

from ownstack.extract.kinds import DefinitionKind
from ownstack.syntax.captures import Bytes


@dataclass(slots=True, eq=False)
class Definition:
    """A symbol in the making, or a scope that only lends its name to what is in it."""

    kind: DefinitionKind
    name: str
    start: int
    end: int
    """Bytes, with decorators."""
    name_at: int
    body: Bytes | None
    core: int
    """Where it starts without decorators."""
    within: str = ""
    """What its own name or its receiver says that it stands in."""
    parent: int | None = None
    """Place in the list of definitions."""
    is_clause: bool = False
    """Whether it is one of several equations that make a function."""
    qualified: str = ""
    signature: str = ""
    doc: str = ""
    rows: tuple[int, int] = (0, 0)
    """Of itself, with its decorators."""
    first_row: int = 0
    """Of itself, with the comment above it."""
    symbol: int | None = None
    """Place among the file's symbols; for a scope, of the class of its name, if it is there."""

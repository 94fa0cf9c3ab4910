"""A check of a draft, and what it says."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal, Protocol

from ownstack.actions.wish import Wish
from ownstack.extract.file import extract
from ownstack.extract.rows import Extracted
from ownstack.files.reading import plain_lines

CheckState = Literal["passed", "failed", "skipped"]


@dataclass(frozen=True)
class Draft:
    """What a model would make of a wish's target."""

    wish: Wish
    replacement: str
    """Of the target's lines, indented and with the line ends as the file has them."""

    @cached_property
    def after(self) -> str:
        """The whole file with it."""
        return self.wish.target.with_replacement(self.replacement)

    @cached_property
    def extracted(self) -> Extracted:
        """What the whole file would define and use."""
        target = self.wish.target
        return extract(plain_lines(self.after), target.path, target.language)


@dataclass(frozen=True, slots=True)
class Check:
    """What a checker found."""

    name: str
    """Such as "syntax": shown beside a ✓ or a ✗."""
    state: CheckState
    detail: str = ""
    """One sentence or a few lines: what is wrong, or why it was skipped; "" of one that was skipped
    since it has nothing to say of such an edit: nobody is shown that. For a person and a model: it
    says what to change, never a path of this machine. Text of programs in it is data."""


class Checker(Protocol):
    """Checks drafts. It changes no file of the user's."""

    @property
    def name(self) -> str:
        """Of its checks."""

    @property
    def is_required(self) -> bool:
        """Whether a draft that fails is never shown."""

    async def check(self, draft: Draft) -> Check:
        """Check one. What goes wrong in the checker itself is a skipped check, with its reason."""

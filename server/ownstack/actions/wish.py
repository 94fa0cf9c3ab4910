"""What an edit is to do: all that a model is told of it, and what must not change."""

from __future__ import annotations

from dataclasses import dataclass

from ownstack.actions.target import Target
from ownstack.engine.requests import Snippet


@dataclass(frozen=True, slots=True)
class Wish:
    """An edit that somebody wants."""

    target: Target
    instruction: str
    """In words: what is done to the target's lines."""
    related: tuple[Snippet, ...] = ()
    """What the model reads beside: signatures of callers, definitions that are used."""
    rules: str = ""
    """The project's own, as its files have them."""
    keeps_signatures: bool = True
    """Whether definitions of the target must be called as they are now."""
    keeps_definitions: bool = True
    """Whether everything that the target defines must still be defined."""
    keeps_code: bool = False
    """Whether nothing but comments, documentation and annotations may change."""
    is_mending: bool = False
    """Whether something is wrong with the lines as they are: what checks say of that is told."""

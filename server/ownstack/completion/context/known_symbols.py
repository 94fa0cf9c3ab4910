"""Symbols of the project that may stand at a cursor: values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from ownstack.completion.postprocess.arguments import Arguments

MAX_BEGUN = 4
"""So many names the network goes on with."""
_WHITE = re.compile(r"\s+")
_CALLS: Mapping[Arguments, str] = {"any": "(", "none": "()", "some": "(*"}
_REST_OF_NAME = re.compile(r"[\w$]*")


@dataclass(frozen=True, slots=True)
class KnownSymbols:
    """The names that may stand at a cursor, each without what is typed of it."""

    names: tuple[str, ...] = ()
    """Imported ones first, then those used most."""
    calls: Mapping[str, Arguments] = field(default_factory=dict)
    """What those that are functions must be given."""
    declared: frozenset[str] = frozenset()
    """How their declarations go on, without white space and what opens a body."""
    complete: bool = False
    """These are the members of what is written in, imported from or stands before the dot:
    the name is one of them at nine such cursors in ten (`ranking.INSIDE`)."""

    @property
    def begun(self) -> tuple[str, ...]:
        """What is worth going on with: names, those of functions with the bracket of a call."""
        return tuple(
            name + _CALLS[self.calls[name]] if name in self.calls else name
            for name in self.names[:MAX_BEGUN]
        )

    def declares(self, text: str) -> bool:
        """Say whether a rest of a line declares a function here, where it could only be used."""
        return bool(self.declared) and bare(text) in self.declared

    def holds(self, text: str) -> bool:
        """Say whether a rest of a line begins with one of the names, and with no longer one."""
        return _REST_OF_NAME.match(text)[0] in self.names  # type: ignore[index]


NOTHING = KnownSymbols()


def bare(declaration: str) -> str:
    """Return a declaration without white space and what opens a body."""
    return _WHITE.sub("", declaration).rstrip(":{;=>")

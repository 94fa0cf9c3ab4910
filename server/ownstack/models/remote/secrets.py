"""A key that cannot be printed by mistake, and texts without it."""

from __future__ import annotations

import re

_LOOKS_LIKE_KEY = re.compile(
    r"\b(?:sk|pk|hf|gsk|xai|key)[-_](?=[A-Za-z_-]*[0-9])[A-Za-z0-9_-]{12,}|\bBearer\s+\S+"
)
HIDDEN = "[key]"


class Secret:
    """A key for a server, "" = none. `repr` and `str` say only whether there is one."""

    __slots__ = ("_value",)

    def __init__(self, value: str = "") -> None:
        self._value = value

    def __bool__(self) -> bool:
        return bool(self._value)

    def __repr__(self) -> str:
        return HIDDEN if self._value else "no key"

    def reveal(self) -> str:
        """Return the key itself: for the header, and nothing else."""
        return self._value

    def redact(self, text: str) -> str:
        """Return a text in which neither this key stands nor what looks like one."""
        if self._value:
            text = text.replace(self._value, HIDDEN)
        return _LOOKS_LIKE_KEY.sub(HIDDEN, text)


def looks_like_key(text: str) -> bool:
    """Tell whether somebody seems to have written a key where a name or a place belongs."""
    return _LOOKS_LIKE_KEY.search(text) is not None

"""Data of events as JSON of which equal data has equal text, bounded in depth and length."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from ownstack.errors import EventError

MAX_DEPTH = 24
MAX_CHARS = 16_000_000
"""Of the JSON of one event. A paste of megabytes fits."""

JSON: TypeAlias = "bool | int | float | str | Sequence[JSON] | Mapping[str, JSON] | None"


def canonical(data: Mapping[str, JSON], kind: str = "event") -> str:
    """Return JSON of which equal data has equal text.

    Raises:
        EventError: it is no JSON, too deep or too large.
    """
    _check(data, kind, MAX_DEPTH)
    text = _dumped(data, ensure_ascii=False)
    if not _is_unicode(text):  # A lone surrogate, from a name of a file or a broken answer.
        text = _dumped(data, ensure_ascii=True)
    require(len(text) <= MAX_CHARS, f"it has more than {MAX_CHARS:,} characters", kind)
    return text


def _dumped(data: Mapping[str, JSON], *, ensure_ascii: bool) -> str:
    return json.dumps(
        dict(data),
        ensure_ascii=ensure_ascii,
        allow_nan=False,
        sort_keys=True,
        separators=(",", ":"),
        default=dict,  # Mappings that are no dict.
    )


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _check(value: JSON, kind: str, depth: int) -> None:
    require(depth > 0, f"it nests deeper than {MAX_DEPTH}", kind)
    if isinstance(value, Mapping):
        for key, inner in value.items():
            require(isinstance(key, str), "a key is text", kind)
            _check(inner, kind, depth - 1)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            _check(inner, kind, depth - 1)
    elif isinstance(value, (int, float)):
        require(abs(value) < 1 << 63, "a number is too large", kind)
    else:
        fits = value is None or isinstance(value, str)
        require(fits, f"{type(value).__name__} is no JSON", kind)


def require(holds: bool, what: str, kind: str) -> None:
    """See that data of an event fits.

    Raises:
        EventError: it does not; `what` is wrong.
    """
    if not holds:
        raise wrong(kind, what)


def wrong(kind: str, what: str) -> EventError:
    """Return the error that says what is wrong with an event."""
    return EventError(f'This "{kind}" event cannot be recorded: {what}.')

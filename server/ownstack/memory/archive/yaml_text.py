"""YAML as far as an archive needs it: the values of JSON, read from hostile text in linear time.

No anchors, aliases, tags, merge keys or second documents: nothing in a text runs, or makes it
larger than it is. Plain `yes`, `0o17`, `12:30` and dates are texts.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import yaml

from ownstack.errors import ArchiveError
from ownstack.terminal import safe_json, visible

MAX_BYTES = 32 * 1024 * 1024
MAX_DEPTH = 40
MAX_NODES = 1_000_000
"""Values and keys of one text."""
Path = tuple[str | int, ...]
"""Keys and places in lists that lead to a value."""
See = Callable[[Path, int], None]

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_INT = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,19})")
_FLOAT = re.compile(r"(?:[-+]?[0-9]{1,400}\.[0-9]{0,400}|\.[0-9]{1,400})(?:[eE][-+][0-9]{1,3})?")
_WORDS: Mapping[str, bool | None] = {
    "true": True, "false": False, "null": None, "~": None, "": None
}  # fmt: skip
_WIDTH = 1_000_000_000
"""Of a line: none is broken."""


def load(text: str, see: See | None = None) -> Any:
    """Return the value that a text is; `see` is told the line of each value, from 1 on.

    Raises:
        ArchiveError: it is no YAML, or more than an archive may be; the line is named.
    """
    if len(text) > MAX_BYTES:
        raise too_large()
    reader = _Reader(yaml.parse(text, Loader=_LOADER), see)
    try:
        return reader.document()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        why = getattr(error, "problem", None) or getattr(error, "reason", None) or "it is broken"
        raise _wrong(f"it is no YAML ({visible(str(why))[:120]})", mark) from None


def dump(value: Any) -> str:
    """Return the text of a value; `load` gives the value back.

    Raises:
        ArchiveError: it is too large for an archive, or cannot be read back.
    """
    text: str = yaml.dump(
        value,
        Dumper=_Dumper,
        allow_unicode=True,
        default_flow_style=False,
        sort_keys=False,
        width=_WIDTH,
    )
    # Texts with such characters are between double quotes, where escapes count.
    text = safe_json(text)
    if load(text) != value:
        raise ArchiveError("It holds what YAML cannot say.", "Export it as JSON.")
    return text


def line_of(text: str, path: Path) -> int:
    """Return the line, from 1 on, of the value at a path, or of the nearest above it."""
    found: tuple[int, int] = (-1, 1)

    def see(place: Path, line: int) -> None:
        nonlocal found
        if len(place) > found[0] and place == path[: len(place)]:
            found = len(place), line

    load(text, see)
    return found[1]


def too_large() -> ArchiveError:
    """Return the error that says that an archive is larger than it may be."""
    return ArchiveError(
        f"An archive has at most {MAX_BYTES // 1024**2} MB and {MAX_NODES:,} values.",
        "Export the conversation as JSON, or in the mode normal.",
    )


class _Reader:
    """Makes a value of YAML's events, and counts what it makes."""

    def __init__(self, events: Iterator[Any], see: See | None) -> None:
        self._events = events
        self._see = see
        self._nodes = 0

    def document(self) -> Any:
        value: Any = None
        documents = 0
        for event in self._events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise _wrong("it holds a second document", event.start_mark)
                value = self._value(next(self._events), (), 0)
        return value

    def _value(self, event: Any, path: Path, depth: int) -> Any:
        self._count(event, path, depth)
        if isinstance(event, yaml.ScalarEvent):
            return _scalar(event)
        if isinstance(event, yaml.SequenceStartEvent):
            items: list[Any] = []
            while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
                items.append(self._value(event, (*path, len(items)), depth + 1))
            return items
        made: dict[str, Any] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._key(event, path, depth)
            if key in made:
                raise _wrong(f"the key {key[:60]!r} is there twice", event.start_mark)
            made[key] = self._value(next(self._events), (*path, key), depth + 1)
        return made

    def _key(self, event: Any, path: Path, depth: int) -> str:
        self._count(event, path, depth)
        if not isinstance(event, yaml.ScalarEvent):
            raise _wrong("a key is a text", event.start_mark)
        if event.value == "<<" and event.implicit[0]:
            raise _wrong("merge keys (<<) are not read", event.start_mark)
        return str(event.value)

    def _count(self, event: Any, path: Path, depth: int) -> None:
        mark = event.start_mark
        if isinstance(event, yaml.AliasEvent):
            raise _wrong(f"aliases (*{str(event.anchor)[:40]}) are not read", mark)
        if event.anchor is not None:
            raise _wrong(f"anchors (&{event.anchor[:40]}) are not read", mark)
        if event.tag is not None:
            raise _wrong(f"tags ({event.tag[:60]}) are not read", mark)
        if depth > MAX_DEPTH:
            raise _wrong(f"it nests deeper than {MAX_DEPTH}", mark)
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise too_large()
        if self._see is not None:
            self._see(path, mark.line + 1)


def _scalar(event: Any) -> Any:
    text = str(event.value)
    if not event.implicit[0]:
        return text  # It is quoted, or a block.
    if text in _WORDS:
        return _WORDS[text]
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        number = float(text)
        if not math.isfinite(number):
            raise _wrong("a number is too large", event.start_mark)
        return number
    return text


def _wrong(what: str, mark: Any) -> ArchiveError:
    where = "" if mark is None else f"line {mark.line + 1}: "
    return ArchiveError(
        f"This is no archive: {where}{visible(what)}.",
        "Name a file that /export FILE.yaml wrote.",
    )


class _Dumper(_DUMPER):  # type: ignore[misc]
    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: Any, text: str) -> Any:
    style = None
    if any(visible(line) != line for line in text.split("\n")):
        style = '"'
    elif "\n" in text:
        style = "|" if _reads_as_block(text) else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def _reads_as_block(text: str) -> bool:
    """Say whether a block shows all of a text: no space that nobody sees begins or ends a line."""
    lines = text.split("\n")
    return not text[0].isspace() and all(line == line.rstrip() for line in lines)


_Dumper.add_representer(str, _text)

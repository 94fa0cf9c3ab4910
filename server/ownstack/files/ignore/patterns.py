"""A list of patterns as a `.gitignore` has them; the last one that matches a path decides.

Most patterns are a name, an end of names (`*.log`) or a path: those are looked up, not tried.
"""

from __future__ import annotations

import functools
import logging
from collections.abc import Iterable
from dataclasses import dataclass

from ownstack.files.ignore.wildmatch import Glob, as_bytes, glob, has_wildcard, lowered, plain_chars

log = logging.getLogger(__name__)

_MAX_TRIED = 2_048
"""So many patterns of one list are tried one by one at most,"""
_MAX_COST = 8_192
"""with so many steps of automata for one path. What comes later counts for nothing."""
_LARGE_BYTES = 16_384
_BOM = b"\xef\xbb\xbf"
_NONE = -1

_Orders = tuple[int, int]
"""The numbers of the last pattern that matches a file, and of the last that matches a folder."""


@dataclass(frozen=True, slots=True)
class _Line:
    """A line that is a pattern."""

    text: str
    is_negative: bool
    is_path: bool
    """It is matched with whole paths from where the list stands, not with names at any depth."""


@dataclass(frozen=True, slots=True)
class _Tried:
    """A pattern that is tried, if no later one is known to match."""

    order: int
    is_for_folders: bool
    is_path: bool
    before: str
    """What a path begins with; the pattern is matched with what follows."""
    glob: Glob


class Patterns:
    """Asked about paths as `as_bytes` has them, relative to where the list stands."""

    def __init__(self, lines: Iterable[str], *, ignores_case: bool = False) -> None:
        """`lines`: without their ends, as `as_bytes` has text."""
        self._ignores_case = ignores_case
        self._lines: list[_Line] = []
        self._any: _Orders = (_NONE, _NONE)
        self._names: dict[str, _Orders] = {}
        self._ends: dict[str, _Orders] = {}
        self._paths: dict[str, _Orders] = {}
        tried: list[_Tried] = []
        cost = 0
        for line in lines:
            added = self._add(line)
            if added is None:
                continue
            cost += added.glob.cost
            if cost > _MAX_COST or len(tried) == _MAX_TRIED:
                log.warning("Too many wildcards; ignore rules from %.80r on are left out.", line)
                self._lines.pop()
                break
            tried.append(added)
        self._end_lengths = tuple(sorted({len(end) for end in self._ends}))
        self._tried = tuple(reversed(tried))
        self._asks_paths = any(line.is_path for line in self._lines)

    def __bool__(self) -> bool:
        return bool(self._lines)

    def verdict(self, path: str, *, is_folder: bool, start: int = 0) -> bool | None:
        """Say whether `path[start:]` is ignored for itself; None if no pattern matches it."""
        order = self._last(path, is_folder, start)
        return None if order < 0 else not self._lines[order].is_negative

    def empties(self, folder: str) -> bool:
        """Say whether a pattern with the folder's path ignores all in it, as `build/*` does."""
        probe = folder + "/\x01"
        order = min(self._last(probe, is_folder, 0) for is_folder in (False, True))
        return (
            order >= 0
            and self._lines[order].is_path
            and not any(
                # `!build/.gitkeep` keeps the folder, and nothing that anybody looks for.
                line.is_negative and not line.text.rpartition("/")[2].startswith(".git")
                for line in self._lines[order:]
            )
        )

    def covers(self, path: str) -> bool:
        """Say whether a file is ignored, for itself or with a folder that it lies in.

        Its path is an ordinary one, relative, with `/`.
        """
        path = as_bytes(path, ignores_case=self._ignores_case)
        at = path.find("/")
        while at >= 0:
            if self.verdict(path[:at], is_folder=True):
                return True
            at = path.find("/", at + 1)
        return bool(self.verdict(path, is_folder=False))

    def _last(self, path: str, is_folder: bool, start: int) -> int:
        """Return the number of the last pattern that matches."""
        name = path[max(path.rfind("/") + 1, start) :]
        last = self._any[is_folder]
        if (found := self._names.get(name)) is not None and found[is_folder] > last:
            last = found[is_folder]
        for length in self._end_lengths:
            found = self._ends.get(name[-length:])
            if found is not None and found[is_folder] > last:
                last = found[is_folder]
        if self._asks_paths:
            path = path[start:]
            if (found := self._paths.get(path)) is not None and found[is_folder] > last:
                last = found[is_folder]
        for pattern in self._tried:
            if pattern.order < last:
                break
            if pattern.is_for_folders and not is_folder:
                continue
            text = path if pattern.is_path else name
            if pattern.before:
                if not text.startswith(pattern.before):
                    continue
                text = text[len(pattern.before) :]
            glob = pattern.glob
            if len(text) >= glob.min_chars and glob.run in text and glob.match(text):
                return pattern.order
        return last

    def _add(self, line: str) -> _Tried | None:
        """Take in a line; return its pattern if that cannot be looked up."""
        pattern = _without_trailing_spaces(line.partition("\0")[0])
        if not pattern or line.startswith("#"):
            return None
        is_negative = pattern.startswith("!")
        pattern = pattern[is_negative:]
        is_for_folders = pattern.endswith("/")
        pattern = pattern[: len(pattern) - is_for_folders]
        if pattern.removeprefix("/").startswith("**/") and "/" not in pattern.removeprefix("/")[3:]:
            # A name at any depth is what is meant by a name alone.
            pattern = pattern.removeprefix("/")[3:]
        is_path = "/" in pattern
        order = len(self._lines)
        self._lines.append(_Line(pattern, is_negative, is_path))
        before, rest = "", pattern
        if is_path:
            pattern = pattern[pattern.startswith("/") :]
            # What stands before the first wildcard is compared for itself, and a pattern begins
            # anew after it: so `a/b**/c` matches `a/bc/d/c`, which `b**` alone would not.
            n_plain = plain_chars(pattern)
            before, rest = self._in_case(pattern[:n_plain]), pattern[n_plain:]
        elif rest == "*":
            self._any = _later(self._any, order, is_for_folders)
            return None
        elif rest.startswith("*") and not has_wildcard(rest[1:]):
            self._look_up(self._ends, self._in_case(rest[1:]), order, is_for_folders)
            return None
        read = None
        text: str | None = self._in_case(rest)
        if has_wildcard(rest):
            read = glob(rest, is_path=is_path, ignores_case=self._ignores_case)
            text = read.text if read is not None else None
        if text is not None:
            known = self._paths if is_path else self._names
            self._look_up(known, before + text, order, is_for_folders)
        elif read is not None:
            return _Tried(order, is_for_folders, is_path, before, read)
        return None

    def _in_case(self, text: str) -> str:
        return lowered(text) if self._ignores_case else text

    def _look_up(
        self, known: dict[str, _Orders], text: str, order: int, is_for_folders: bool
    ) -> None:
        known[text] = _later(known.get(text, (_NONE, _NONE)), order, is_for_folders)


def parse(data: bytes, *, ignores_case: bool = False) -> Patterns:
    """Read what a `.gitignore` holds."""
    return (_parse_large if len(data) > _LARGE_BYTES else _parse_small)(data, ignores_case)


def patterns_of(lines: Iterable[str]) -> Patterns:
    """Return patterns that are written in this program, or in its settings."""
    return Patterns(as_bytes(line) for line in lines)


def _parse(data: bytes, ignores_case: bool) -> Patterns:
    text = data.removeprefix(_BOM).decode("latin-1")
    return Patterns(
        (line.removesuffix("\r") for line in text.split("\n")), ignores_case=ignores_case
    )


_parse_small, _parse_large = functools.lru_cache(256)(_parse), functools.lru_cache(4)(_parse)
"""A folder is asked about again and again, and most lists stay as they are."""


def _later(orders: _Orders, order: int, is_for_folders: bool) -> _Orders:
    return (orders[0] if is_for_folders else order, order)


def _without_trailing_spaces(line: str) -> str:
    """Return a line without the spaces at its end, but for one after a backslash."""
    text = line.rstrip(" ")
    n_backslashes = len(text) - len(text.rstrip("\\"))
    return text + " " if n_backslashes % 2 and len(text) < len(line) else text

"""What a text defines, by regular expressions: words that begin definitions, and indentation.

For files that wait to be parsed, so that much that is new is found by its names within seconds.
It sees what begins a line of its own, as people and formatters write it: of a hundred classes and
functions of the standard library it misses two, and names three that are none (examples in
strings, mostly). The parser mends that.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence

from ownstack.languages import Language
from ownstack.syntax.captures import Bytes, Captured

_NAME = r"[A-Za-z_$\x80-\xff][\w$\x80-\xff]*(?:(?:\.|::?)~?[\w$\x80-\xff]+)*[?!]?"
_MODIFIERS = (
    "abstract async case const constexpr create CREATE data declare default export extern final "
    "fileprivate indirect inline internal local mutating open or OR override partial private "
    "protected public readonly replace REPLACE sealed static suspend typedef unsafe virtual"
)
_BEFORE = rf"(?:(?:{'|'.join(_MODIFIERS.split())}|pub(?:\([^)\n]*\))?|@\w+)[ \t]+)*"
_RECEIVER = r"(?:\((?:\w{1,99}[ \t]+)?[*&]?(?P<receiver>\w{1,99})[^()\n]{0,99}\)[ \t]*)?"
_AFTER = r"(?=[ \t]*(?:[(\[<:{=;]|$|(?:as|AS|do|extends|for|implements|is|struct|where|with)\b))"
_STATEMENTS = (
    "assert await case delete do else for goto if import new package return switch throw typedef "
    "using while yield"
)
_TYPED = (
    rf"(?:(?!(?:{'|'.join(_STATEMENTS.split())})\b)[\w:<>,.\[\]?@]+[ \t*&]+){{1,8}}?"
    r"(?P<typed>~?[A-Za-z_][\w:~]*)[ \t]*\((?=[^;\n]*$)"
)
_MAX_INDENTATION = 80


def outline_by_patterns(data: bytes, language: Language) -> Captured:
    """Return definitions as queries would capture them, in the order of the text."""
    found: list[tuple[int, dict[str, Bytes]]] = []
    kinds: dict[str, int] = {}
    for match in _matches(data, language):
        start = match.end("indentation")
        indentation = start - match.start()
        if indentation > _MAX_INDENTATION:
            continue
        word = match["word"] and b" ".join(match["word"].split()).decode()
        kind = language.defines[word] if word else "function"
        line_end = data.find(b"\n", match.end())
        end = _end(data, match.end(), indentation)
        spans = {
            f"definition.{kind}": (start, end),
            "name": match.span("name" if word else "typed"),
        }
        if match["receiver"]:
            spans["receiver"] = match.span("receiver")
        if 0 <= line_end < end:
            spans["body"] = (line_end, end)
        # Two kinds are two patterns; of two that find the same name, any is as good.
        found.append((kinds.setdefault(kind, len(kinds)), spans))
    return Captured({}, found)


def indented_rows(lines: Sequence[str]) -> tuple[list[int], list[int]]:
    """Return the rows that say something, and their indentation in characters."""
    depths = [len(line) - len(line.lstrip()) for line in lines]
    rows = [row for row, line in enumerate(lines) if depths[row] < len(line)]
    return rows, [depths[row] for row in rows]


def _matches(data: bytes, language: Language) -> Iterator[re.Match[bytes]]:
    """Match lines, in order. Where a word must stand in them, only those that hold it: a tenth."""
    pattern = _pattern(language)
    if language.typed:
        return pattern.finditer(data)
    starts = set[int]()
    for word in {f"{words.split()[0]} ".encode() for words in language.defines}:
        at = data.find(word)
        while at >= 0:
            starts.add(data.rfind(b"\n", 0, at) + 1)
            line_end = data.find(b"\n", at)
            at = data.find(word, line_end) if line_end >= 0 else -1
    found = (pattern.match(data, start) for start in sorted(starts))
    return (match for match in found if match is not None)


@functools.cache
def _pattern(language: Language) -> re.Pattern[bytes]:
    words = sorted(language.defines, key=len, reverse=True)
    said = "|".join(re.escape(word).replace(r"\ ", r"[ \t]+") for word in words)
    named = rf"{_BEFORE}(?P<word>{said})[ \t]+{_RECEIVER}(?P<name>{_NAME}){_AFTER}"
    either = f"{named}|{_TYPED}" if language.typed else named
    return re.compile(rf"^(?P<indentation>[ \t]*)(?:{either})".encode("latin-1"), re.M)


@functools.cache
def _next(indentation: int) -> re.Pattern[bytes]:
    """Match up to the first sign of a line that lies no deeper, and goes on with nothing."""
    return re.compile(rb"\n[ \t]{0,%d}(?=[^\s)\]{])" % indentation)


def _end(data: bytes, start: int, indentation: int) -> int:
    """Return where a definition ends: before what lies no deeper, but with its closing mark."""
    following = _next(indentation).search(data, start)
    if following is None:
        return len(data.rstrip())
    at = following.end()
    if at - following.start() - 1 == indentation and _CLOSING.match(data, at):
        line_end = data.find(b"\n", at)
        return line_end if line_end >= 0 else len(data)
    return start + len(data[start : following.start()].rstrip())


_CLOSING = re.compile(rb"\}|end\b")

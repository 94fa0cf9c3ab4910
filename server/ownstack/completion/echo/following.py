"""What follows at a place elsewhere, as it would be typed at the cursor.

The line there may begin at another depth, in blanks of another kind, close what the editor has
closed here already, or end a string or a comment of another kind: what is taken is what fits.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ownstack.completion.echo.query import EchoQuery
from ownstack.completion.lexing.blanks import TAB_COLUMNS, indent_unit
from ownstack.completion.lexing.brackets import brackets, fit
from ownstack.languages import Language, language_of
from ownstack.text import blanks_of

MAX_REST_CHARS = 200
MIN_BLANK_MATCH = 9
"""A match of blanks only says something from this length on."""
NEAR_BYTES = 2_000
"""Read before a place, where its indentation matters."""
_LINE = re.compile(rb"[^\n\0]*")
_CLOSING = ")]}\"'`;,:{ \t"
_MARKS = re.compile("[\"'`]|\\*/|-->")


@dataclass(frozen=True, slots=True)
class Continuation:
    """The rest of a line elsewhere, as it would be typed at the cursor."""

    text: str
    """What would have to be typed at the cursor; "" if the line is complete."""
    ending: str
    """What the closing marks right of the cursor are replaced by after that, "" if by nothing."""
    line_bytes: int
    """To the end of the line there."""
    next_agrees: bool
    """The next line there is the next line here."""


def follow(
    query: EchoQuery, before: bytes, after: bytes, match: int, path: str
) -> Continuation | None:
    """Return what follows between `before` and `after`, None if it does not fit at the cursor.

    `match`: bytes at the end of `before` that are those before the cursor.
    """
    if match < MIN_BLANK_MATCH and query.backwards[:match].isspace() and match:
        return None
    line = _LINE.match(after)[0]  # type: ignore[index]
    found: str | None = line.decode("utf-8", "replace").rstrip()
    assert found is not None
    if len(found) > MAX_REST_CHARS + len(blanks_of(found)) or "\ufffd" in found:
        return None
    if query.begins_line:
        found = _from_the_start(query, before, found, match, path)
        if found is None:
            return None
    elif match <= len(query.head) or query.kind != "code":
        found = _same_kind(query, before, found, path)
    ending, wanted = "", query.rest.rstrip()
    if wanted and found.endswith(wanted):
        found = found[: -len(wanted)]  # Perhaps nothing is left: the line is complete.
    elif wanted.strip():
        fitting = _before(query, found, wanted)
        if fitting is None:
            return None
        found, ending = fitting
    elif not found:
        return None
    if len(found) > MAX_REST_CHARS:
        return None
    if not query.below:
        return Continuation(found, ending, len(line), False)
    below = _LINE.match(after[len(line) :].lstrip())[0].strip()  # type: ignore[index]
    return Continuation(found, ending, len(line), below == query.below)


def _before(query: EchoQuery, found: str, wanted: str) -> tuple[str, str] | None:
    """Return what of a line fits before closing marks, and what takes their place."""
    mark = query.mark
    if mark and wanted.lstrip().startswith(mark):
        read = brackets(found, query.language, query.frames)
        end = next((at for at, closer in read.unmatched if closer == mark), -1)
        if end < 0:
            return (found, "") if found and mark not in found else None
        if wanted.strip(_CLOSING):
            return (found[:end], "") if end else None
    if wanted.strip(_CLOSING):
        return None  # Something else stands right of the cursor: what follows does not fit.
    fitting = fit(found, wanted, query.language, query.frames)
    return None if fitting is None else (fitting.text, fitting.ending)


# Depth ----------------------------------------------------------------------------------------


def _from_the_start(
    query: EchoQuery, before: bytes, found: str, match: int, path: str
) -> str | None:
    """Return a line without its blanks if it stands as deep below the line above as this one.

    Elsewhere the same lines may stand at another depth, or in blanks of another kind.
    """
    head = before.rpartition(b"\n")[2].rpartition(b"\0")[2].decode("utf-8", "replace")
    if head.strip():
        return None  # Blanks in the middle of a line are no indentation.
    bare = found.lstrip(" \t")
    if not bare:
        return found or None
    if match <= len(query.head):
        return None  # It begins inside of the other line's indentation.
    above_ends = len(query.head) + len(query.above.encode("utf-8", "replace"))
    if bare == found and not above_ends < match <= above_ends + len(query.above_indent) + 1:
        # The same indentation to the byte, below another line, or below one that is as deep.
        return found
    there = head + blanks_of(found)
    near = before[-NEAR_BYTES:].rpartition(b"\0")[2].decode("utf-8", "replace")
    above = next((line for line in reversed(near.split("\n")[:-1]) if line.strip()), "")
    unit = query.units.get(path)
    if unit is None:
        unit = query.units[path] = indent_unit(f"{near}{found}") or query.unit
    ours = _levels(query.head, query.unit or unit) - _levels(query.above_indent, query.unit or unit)
    theirs = _levels(there, unit) - _levels(blanks_of(above), unit)
    return bare if ours == theirs else None


def _levels(leading: str, unit: str) -> float:
    width = len(unit) if unit.strip("\t") and unit else TAB_COLUMNS
    return len(leading.expandtabs(width)) / width


# Kinds of text --------------------------------------------------------------------------------


def _same_kind(query: EchoQuery, before: bytes, found: str, path: str) -> str:
    """Return the rest of a line, or that of its string or comment if the cursor is in another."""
    if query.kind == "code" and not _MARKS.search(found):
        return found
    language = language_of("", path) or query.language
    head = before.rpartition(b"\n")[2].rpartition(b"\0")[2].decode("utf-8", "replace")
    read = brackets(head, language)
    rest = brackets(found, language, read.frames)
    mark, end = read.mark, len(found)
    if mark:
        end = next((at for at, closer in rest.unmatched if closer == mark), end)
    elif rest.mark and not read.in_comment and found.endswith(rest.mark) and len(rest.mark) > 1:
        # A mark that opens nothing on its line ends what began above.
        mark, end = rest.mark, len(found) - len(rest.mark)
    if mark and mark != query.mark:
        found = found[:end].rstrip()
    if query.kind != "comment" or _line_comment(query):
        for _, closer in language.block if language else ():
            at = found.find(closer) if read.in_comment or "*" in head[:8] else -1
            found = found[:at].rstrip() if at >= 0 else found
    if query.mark and query.mark != mark:
        found = found.partition(query.mark)[0].rstrip()
    return found


def _line_comment(query: EchoQuery) -> bool:
    language: Language | None = query.language
    return language is not None and any(mark in query.head for mark in language.line)

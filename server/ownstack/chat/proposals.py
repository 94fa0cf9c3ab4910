"""Edits that a model proposes: values, made from a text and what it shall become, and logged.

A proposal changes nothing. It names the bytes that it was made for, so that it is applied to them
or not at all.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ownstack.errors import EditError
from ownstack.memory import events
from ownstack.memory.events import Event, Stamp
from ownstack.text import blanks_of, reindented

PROPOSED, CLOSED = "edit_proposal", "edit_proposals_closed"
"""Topics of notes: a proposal, and that some were applied or refused."""
MAX_DIFF = 200_000
"""Characters of a diff that are kept; the edits are kept in any case."""
_CONTEXT = 3
_MAX_COMPARED = 4_000
"""Lines that are compared one by one; a longer change is one edit."""
_MAX_ALIKE = 4_000_000
"""Pairs of an old and a new line that are alike: two seconds or so; with more, it is one edit."""
_MAX_LENIENT = 200
_LINE_END = re.compile(r"\r\n|\r|\n")
_NUMBERED = re.compile(r"\s{0,8}\d{1,7}\| ?")


@dataclass(frozen=True, slots=True)
class TextEdit:
    """Characters `start` to `end` of a text become `text`, with line ends as the file has them."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """A change of one file, waiting for the user."""

    id: str
    """Of the event in the log, "" before it is there."""
    path: str
    """In the project, with slashes."""
    base_hash: str
    """Of the file's bytes (`reading.content_hash`, in hex); "" if there is no such file yet."""
    edits: tuple[TextEdit, ...]
    """In their order, apart from each other."""
    diff: str
    added: int
    removed: int

    @property
    def title(self) -> str:
        """One line, such as "src/a.py (+3 -1)"."""
        return f"{self.path} (+{self.added} -{self.removed})"

    def event(self, stamp: Stamp) -> Event:
        """Return the note by which it is logged."""
        return events.note(
            stamp,
            PROPOSED,
            self.title,
            {
                "path": self.path,
                "base": self.base_hash,
                "edits": [[edit.start, edit.end, edit.text] for edit in self.edits],
                "diff": self.diff,
                "added": self.added,
                "removed": self.removed,
            },
        )


def proposal(path: str, base_hash: str, before: str, after: str) -> Proposal:
    """Return the smallest change that makes `after` of `before`, by lines."""
    old, new = _lines(before), _lines(after)
    first = _common(old, new)
    last = _common(old[first:][::-1], new[first:][::-1])
    start = max(0, first - _CONTEXT)
    a = old[start : len(old) - max(0, last - _CONTEXT)]
    b = new[start : len(new) - max(0, last - _CONTEXT)]
    if max(len(a), len(b)) > _MAX_COMPARED or _alike(a, b) > _MAX_ALIKE:
        codes = [("replace", first - start, len(old) - last - start,
                  first - start, len(new) - last - start)]  # fmt: skip
        groups: Iterable[list[Any]] = [codes]
    else:
        matcher = difflib.SequenceMatcher(None, a, b, autojunk=False)
        codes = [code for code in matcher.get_opcodes() if code[0] != "equal"]
        groups = matcher.get_grouped_opcodes(_CONTEXT)
    offset = sum(map(len, old[:start]))
    places = [offset]
    for line in a:
        places.append(places[-1] + len(line))
    edits = tuple(TextEdit(places[i], places[j], "".join(b[k:m])) for _, i, j, k, m in codes)
    added = sum(m - k for _, _, _, k, m in codes)
    removed = sum(j - i for _, i, j, _, _ in codes)
    diff = _diff(path, a, b, groups, start, is_new=not base_hash)
    return Proposal("", path, base_hash, edits, diff[:MAX_DIFF], added, removed)


def applied(text: str, edits: Sequence[TextEdit]) -> str:
    """Return a text with edits.

    Raises:
        EditError: they do not fit the text.
    """
    parts, at = [], 0
    for edit in edits:
        if not at <= edit.start <= edit.end <= len(text):
            raise EditError("The proposed edit does not fit the file.", "Ask for it again.")
        parts += [text[at : edit.start], edit.text]
        at = edit.end
    return "".join([*parts, text[at:]])


def found_and_replaced(text: str, find: str, replace: str) -> str:
    """Return a text in which the one place that reads `find` reads `replace`.

    Line ends are the text's own; blanks at the ends of lines, the numbers that `read` shows, and an
    indentation that is off by as much in all lines do not matter.

    Raises:
        EditError: no place reads so, or several do.
    """
    sought = _plain(find)
    matches = _matches(text, sought)
    if not matches and all(_NUMBERED.match(line) for line in sought.split("\n") if line.strip()):
        sought = _without_numbers(sought)
        replace = _without_numbers(replace)
        matches = _matches(text, sought)
    if len(matches) > 1:
        raise EditError(
            "The text to be replaced stands in several places.",
            "Give more of the lines around it, or start and end.",
        )
    if matches:
        start, end = matches[0]
        return text[:start] + with_line_ends(replace, text) + text[end:]
    return _leniently(text, sought, replace)


def with_lines(text: str, start: int, end: int, replace: str) -> str:
    """Return a text in which lines `start` to `end` (from 1 on, inclusive) are `replace`.

    Raises:
        EditError: there are no such lines.
    """
    lines = _lines(text)
    if not 1 <= start <= end <= len(lines):
        raise EditError(f"The file has {len(lines):,} lines.", "Name lines that there are.")
    new = _plain(replace)
    if new and not new.endswith("\n") and _LINE_END.search(lines[end - 1]):
        new += "\n"
    head, tail = "".join(lines[: start - 1]), "".join(lines[end:])
    return head + with_line_ends(new, text) + tail


def with_line_ends(new: str, text: str) -> str:
    """Return `new` with the line ends that a text mostly has."""
    windows = text.count("\r\n")
    old_mac = text.count("\r") - windows
    unix = text.count("\n") - windows
    end = "\n"
    if windows > max(unix, old_mac):
        end = "\r\n"
    elif old_mac > unix:
        end = "\r"
    return _plain(new).replace("\n", end)


def _matches(text: str, sought: str) -> list[tuple[int, int]]:
    """Return the first places, two at most, that read so; each line's end may be any."""
    if not sought.strip():
        raise EditError("The text to be replaced is empty.", "Give the lines as they are.")
    lines = sought.split("\n")
    pattern = re.compile(r"[ \t]{0,40}(?:\r\n|\r|\n)".join(re.escape(line.rstrip(" \t"))
                         for line in lines))  # fmt: skip
    found = []
    for match in pattern.finditer(text):
        found.append(match.span())
        if len(found) == 2:
            break
    return found


def _leniently(text: str, sought: str, replace: str) -> str:
    """Replace lines that read so but for an indentation that is off by the same in all of them."""
    wanted = sought.strip("\n").split("\n")
    lines = _lines(text)
    bare = [line.strip() for line in lines]
    asked = [line.strip() for line in wanted]
    places = []
    if len(asked) <= _MAX_LENIENT and any(asked):
        places = [
            at for at in range(len(bare) - len(asked) + 1) if bare[at : at + len(asked)] == asked
        ]
    if len(places) != 1:
        several = "several places read nearly so" if places else "no place reads so"
        raise EditError(
            f"The text to be replaced is not found: {several}.",
            "Read the file, and give its lines exactly as they are.",
        )
    at = places[0]
    key = next(index for index, line in enumerate(asked) if line)
    there, here = blanks_of(lines[at + key]), blanks_of(wanted[key])
    made = _plain(replace).strip("\n").split("\n")
    new = "\n".join(reindented(line, here, there) for line in made)
    return with_lines(text, at + 1, at + len(asked), new)


def _without_numbers(text: str) -> str:
    return "\n".join(_NUMBERED.sub("", line, count=1) for line in text.split("\n"))


def _plain(text: str) -> str:
    return _LINE_END.sub("\n", text)


def _lines(text: str) -> list[str]:
    """Return lines with their ends; other signs than line ends end none."""
    found, at = [], 0
    for match in _LINE_END.finditer(text):
        found.append(text[at : match.end()])
        at = match.end()
    if at < len(text):
        found.append(text[at:])
    return found


def _common(a: Sequence[str], b: Sequence[str]) -> int:
    count = 0
    for left, right in zip(a, b, strict=False):
        if left != right:
            break
        count += 1
    return count


def _alike(a: Sequence[str], b: Sequence[str]) -> int:
    """Return how many pairs of lines are alike, which is what comparing them costs."""
    new = Counter(b)
    return sum(count * new[line] for line, count in Counter(a).items())


def _diff(
    path: str,
    a: Sequence[str],
    b: Sequence[str],
    groups: Iterable[Sequence[tuple[str, int, int, int, int]]],
    start: int,
    *,
    is_new: bool,
) -> str:
    """Return a unified diff of lines that begin `start` lines below the top."""
    out = ["--- /dev/null" if is_new else f"--- a/{path}", f"+++ b/{path}"]
    for group in groups:
        first, last = group[0], group[-1]
        old = _range(start + first[1], last[2] - first[1])
        new = _range(start + first[3], last[4] - first[3])
        out.append(f"@@ -{old} +{new} @@")
        for tag, i, j, k, m in group:
            if tag == "equal":
                out += [f" {_bare(line)}" for line in a[i:j]]
                continue
            out += [f"-{_bare(line)}" for line in a[i:j]]
            out += [f"+{_bare(line)}" for line in b[k:m]]
    return "\n".join(out)


def _range(start: int, length: int) -> str:
    return f"{start + (length > 0)},{length}"


def _bare(line: str) -> str:
    return line.rstrip("\r\n")

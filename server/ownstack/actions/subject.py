"""What a review is about: lines of a file, or what git says is changed, with their numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ownstack.actions.target import Target
from ownstack.chat.tools.git import DIFF, looked_up
from ownstack.errors import UsageError
from ownstack.extract.classify import FLAG_GENERATED, FLAG_VENDORED, flags_of
from ownstack.files.reading import plain_lines
from ownstack.files.secret.detection import secret_path, without_secrets

MAX_LINES = 4_000
"""Of one subject; what is beyond is left out."""
MAX_LINE_CHARS = 400
_HUNK = re.compile(r"@@ -\d{1,9}(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@")
_RANGE = re.compile(r"(?!-)[\w./@^~{}+-]{1,200}")
"""A revision, or two with dots between them; never an option of git's."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is reviewed."""

    number: int | None
    """1-based, in the file as it is now; None: it is removed."""
    mark: str
    """"+", "-" or " " of a diff; " " elsewhere."""
    text: str


@dataclass(frozen=True, slots=True)
class Part:
    """Lines of one file that stand together."""

    path: str
    """In the project, with slashes."""
    lines: tuple[Line, ...]

    @property
    def numbered(self) -> dict[int, str]:
        """The lines that are in the file, by their numbers."""
        return {line.number: line.text for line in self.lines if line.number is not None}

    def __str__(self) -> str:
        """As a model reads it."""
        return "\n".join(
            f"{'' if line.number is None else line.number:>5} {line.mark} {line.text}"
            for line in self.lines
        )


@dataclass(frozen=True, slots=True)
class Subject:
    """What is reviewed."""

    parts: tuple[Part, ...]
    is_diff: bool = False
    rules: str = ""
    """The project's own, as a model is shown them."""
    left_out: tuple[str, ...] = ()
    """What is not reviewed and why, in sentences for a person."""


def of_target(target: Target, rules: str = "") -> Subject:
    """Return the lines of a target as a subject, or those of it that are selected."""
    start, end = target.span.start, target.span.end
    if len(target.selected):
        start = max(start, target.selected.start)
        end = max(start, min(end, target.selected.end))
    before = target.text[:start]
    first = before.count("\n") + before.count("\r") - before.count("\r\n") + 1
    whole = plain_lines(target.text).split("\n")
    last = first + plain_lines(target.text[start:end]).rstrip("\n").count("\n")
    text = without_secrets(target.path, "\n".join(whole[first - 1 : last])).split("\n")
    lines = [Line(number, " ", line[:MAX_LINE_CHARS]) for number, line in enumerate(text, first)]
    left_out = (_too_long(target.path),) if len(lines) > MAX_LINES else ()
    shown = tuple(lines[:MAX_LINES])
    parts = (Part(target.path, shown),) if any(line.text.strip() for line in shown) else ()
    return Subject(parts, rules=rules, left_out=left_out)


async def of_diff(root: Path, diff: str = "", rules: str = "") -> Subject:
    """Return what is changed in a folder.

    `diff`: "" or "working" is what differs from the last commit, "staged" what is staged, anything
    else a revision or a range of them, as git names them.

    Raises:
        UsageError: nothing is changed, or that is no range.
        ToolError: git cannot tell.
    """
    said = await looked_up(root, *DIFF, "--relative", *_what(diff), "--")
    parts, left_out = _parts(without_secrets("", said))
    if not parts and not left_out:
        where = "" if diff in ("", "working") else f" in {diff}"
        raise UsageError(f"Nothing is changed{where} in files that git knows.")
    return Subject(parts, True, rules, left_out)


def _what(diff: str) -> tuple[str, ...]:
    if diff in ("", "working"):
        return ("HEAD",)
    if diff == "staged":
        return ("--cached",)
    if not _RANGE.fullmatch(diff):
        raise UsageError(
            f"{diff[:80]!r} is no range of commits.", "Such as HEAD~3, main..topic or staged."
        )
    return (diff,)


def _parts(diff: str) -> tuple[tuple[Part, ...], tuple[str, ...]]:
    """Return the hunks of a diff, and what of it is left out."""
    parts: list[Part] = []
    left_out: list[str] = []
    if "bytes left out …]" in diff:
        left_out.append("The change is too large: what is in the middle of it is not reviewed.")
    count = 0
    for path, hunk in _hunks(diff):
        if secret_path(path):
            reason = f"{path} holds secrets by custom, so it is not reviewed."
        elif flags_of(path, generated=False) & (FLAG_GENERATED | FLAG_VENDORED):
            reason = f"{path} is generated or of others, so it is not reviewed."
        elif count + len(hunk) > MAX_LINES:
            reason = _too_long(path)
        else:
            count += len(hunk)
            parts.append(Part(path, tuple(hunk)))
            continue
        if reason not in left_out:
            left_out.append(reason)
    return tuple(parts), tuple(left_out)


def _hunks(diff: str) -> Iterator[tuple[str, list[Line]]]:
    """Yield each hunk of a diff with the path of its file; those of files that are gone are not."""
    path, in_head = "", False
    old = new = number = 0
    hunk: list[Line] = []
    for text in diff.split("\n"):
        mark, line = text[:1], text[1:].rstrip("\r")[:MAX_LINE_CHARS]
        if old > 0 or new > 0:
            if mark == "-":
                old -= 1
                hunk.append(Line(None, "-", line))
            elif mark in ("+", " ", ""):
                old, new = old - (mark != "+"), new - 1
                hunk.append(Line(number, mark or " ", line))
                number += 1
            elif mark != "\\":
                # What is in the middle of a long diff is left out, and with it whose lines follow.
                path, hunk = "", []
                old = new = 0
            if old <= 0 and new <= 0 and hunk:
                yield path, hunk
                hunk = []
        elif text.startswith("diff --git "):
            path, in_head = "", True
        elif in_head and text.startswith("+++ "):
            path = _path(text[4:])
        elif path and (begun := _HUNK.match(text)) is not None:
            in_head = False
            old, number, new = int(begun[1] or 1), int(begun[2]), int(begun[3] or 1)


def _path(named: str) -> str:
    """Return the path behind `+++ `, "" if the file is gone or its name has signs that act."""
    path = named.split("\t")[0].strip()
    if path.startswith('"') and path.isascii():
        inside = path.strip('"').encode().decode("unicode_escape", "replace")
        path = inside.encode("latin-1", "replace").decode("utf-8", "replace")
    return path.removeprefix("b/") if path.startswith("b/") and path.isprintable() else ""


def _too_long(path: str) -> str:
    return f"{path} is reviewed in part: more than {MAX_LINES:,} lines are too many at once."

"""The lines of a file that a command is about: `FILE`, `FILE:LINE` or `FILE:START-END`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ownstack.cli.complete import read_text
from ownstack.cli.project import root_and_part
from ownstack.errors import EditError, FileError, UsageError

if TYPE_CHECKING:
    from ownstack.actions.target import Target
    from ownstack.chat.project_files import FileNow

_LINES = re.compile(r"(\d{1,9})(?:-(\d{1,9}))?")


@dataclass(frozen=True, slots=True)
class Selected:
    """Lines that were named on the command line."""

    root: Path
    """The project's folder."""
    target: Target
    file: FileNow | None = None
    """What is edited, as it is; None where it is only read."""


def place(named: str) -> tuple[Path, int | None, int | None]:
    """Split what names lines; a file that is called so is all of it.

    Raises:
        UsageError: no lines are called so.
    """
    path, _, lines = named.rpartition(":")
    found = _LINES.fullmatch(lines)
    if not path or found is None or Path(named).exists():
        return Path(named), None, None
    first, last = int(found[1]), int(found[2] or found[1])
    if not 1 <= first <= last:
        raise UsageError(f"{named[:200]!r} is not FILE:START-END; lines count from 1.")
    return Path(path), first, last


def to_edit(named: str) -> Selected:
    """Return lines that are to be edited.

    Raises:
        UsageError, FileError: they are not there.
        EditError: no model edits them, and why.
    """
    from ownstack.actions.target import MAX_TARGET_CHARS
    from ownstack.chat.project_files import DiskFiles, editable
    from ownstack.extract.classify import FLAG_GENERATED, flags_of
    from ownstack.files.handwriting import says_generated

    path, first, last = place(named)
    root, part = _file(path)
    part = editable(root, part)
    file = DiskFiles(root).now(part)
    if file is None:
        raise FileError(f"There is no file {path}.")
    if flags_of(part, generated=says_generated(file.text)) & FLAG_GENERATED:
        raise EditError(f"{path} is generated.", "Change what it is made from.")
    target = _target(part, file.text, first, last)
    if len(target.code) > MAX_TARGET_CHARS:
        raise EditError(
            f"{len(target.code):,} characters are too many to be written again.",
            f"Name fewer lines: {path}:START-END.",
        )
    return Selected(root, target, file)


def to_read(named: str) -> Selected:
    """Return lines that are only read.

    Raises:
        UsageError, FileError: they are not there, or hold secrets.
    """
    from ownstack.files.notebook.text import is_notebook
    from ownstack.files.secret.detection import secret_file

    path, first, last = place(named)
    text, _damaged = read_text(path)
    root, part = _file(path)
    if is_notebook(part):
        raise UsageError("Notebooks are not read here.", "Ask in the editor, about a cell.")
    if secret_file(part, text):
        raise FileError(f"{path} holds secrets, so no model is shown it.")
    return Selected(root, _target(part, text, first, last))


def _file(path: Path) -> tuple[Path, str]:
    root, part = root_and_part(path)
    if path.is_dir():
        raise FileError(f"{path} is a folder, not a file.")
    return root, part


def _target(path: str, text: str, first: int | None, last: int | None) -> Target:
    from ownstack.actions.target import target_of
    from ownstack.languages import language_of
    from ownstack.text import LineIndex, Span

    language = language_of("", path, text)
    if first is None or last is None:
        return target_of(text, path, language, Span(0, len(text)))
    index = LineIndex(text)
    n_lines = index.n_lines - (index.n_lines > 1 and not index.line_text(index.n_lines - 1))
    if last > n_lines:
        raise UsageError(f"There is no line {last}: {path} has {n_lines:,} lines.")
    start, end = index.line_span(first - 1), index.line_span(last - 1)
    at = Span(start.end, start.end) if first == last else Span(start.start, end.end)
    return target_of(text, path, language, at)

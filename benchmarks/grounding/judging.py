"""Whether an answer names the right files, and whether what it cites is there.

None of it uses the product's own check of citations: paths and names are looked up in the files.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from benchmarks.grounding.records import Record

PRODUCT = ("retrieve", "tools")
"""Arms whose answers are shown with citations that were checked."""
_PATH = re.compile(
    r"([\w@./\\-]{1,240}\.\w{1,12})(?:(?:[:#]| lines? )L?(\d{1,7})(?:\s?[-\u2013]\s?L?(\d{1,7}))?)?"
)
_CODE = re.compile(r"`(?:\w{1,80}\.){0,4}(\w{3,80})(?:\([^`]{0,200}\))?`")


@dataclass(frozen=True, slots=True)
class Place:
    """A place that an answer is shown with."""

    path: str
    """As it is written, or in the project."""
    start: int = 0
    """1-based; 0: the whole file."""
    end: int = 0
    name: str = ""
    """Of the symbol that is said to stand there."""


class Files:
    """The files of one package, as they lie on disk."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._lines: dict[str, list[str]] = {}

    @cached_property
    def paths(self) -> frozenset[str]:
        files = (file for file in self._root.rglob("*") if file.is_file())
        return frozenset(file.relative_to(self._root).as_posix() for file in files)

    @cached_property
    def endings(self) -> frozenset[str]:
        """What the names of its files end with, without the dot."""
        return frozenset(Path(path).suffix[1:] for path in self.paths)

    def meant(self, written: str) -> str:
        """Return the file that is meant by a path, or by the end of one; "" if it is not clear."""
        path = written.replace("\\", "/").removeprefix("./").lstrip("/")
        if path in self.paths:
            return path
        ending = [known for known in self.paths if known.endswith(f"/{path}")]
        return ending[0] if len(ending) == 1 else ""

    def lines(self, path: str) -> list[str]:
        """Return the lines of a file of the package; none if it is no such file."""
        if path not in self._lines:
            text = (self._root / path).read_text("utf-8", "replace") if path in self.paths else ""
            self._lines[path] = text.splitlines()
        return self._lines[path]


def written(text: str, files: Files) -> list[Place]:
    """Return the places that a text itself names; only what ends as files of the package do."""
    return [
        Place(match[1], int(match[2] or 0), int(match[3] or match[2] or 0))
        for match in _PATH.finditer(text)
        if match[1].rpartition(".")[2] in files.endings
    ]


def shown(record: Record, files: Files) -> list[Place]:
    """Return the places that a user sees as what an answer rests on."""
    if record.arm not in PRODUCT:
        return written(record.text, files)
    return [Place(cited.path, cited.start, cited.end, cited.name) for cited in record.checked]


def named_files(record: Record, files: Files) -> set[str]:
    """Return the files that the text of an answer names."""
    return {files.meant(place.path) for place in written(record.text, files)} - {""}


def checked_files(record: Record) -> set[str]:
    """Return the files that the product's check finds an answer to speak of.

    What was merely read for an answer that names none of it does not count.
    """
    return {cited.path for cited in record.checked if cited.kind != "shown"}


def cited_files(record: Record, files: Files) -> set[str]:
    """Return the files that an answer cites, in its text or in the citations shown with it."""
    found = named_files(record, files)
    return found | checked_files(record) if record.arm in PRODUCT else found


def exists(place: Place, files: Files) -> bool:
    """Say whether a place is there: its file, and all of its lines."""
    path = files.meant(place.path)
    if not path or not place.start:
        return bool(path)
    return 1 <= place.start <= place.end <= len(files.lines(path))


def holds(place: Place, text: str, files: Files) -> bool | None:
    """Say whether the lines of a place hold what is said of it, by name.

    That is the symbol which is named with it, or else any name that the answer sets as code; None
    if there is neither.
    """
    names = [place.name.rpartition(".")[2]] if place.name else _CODE.findall(text)
    if not names:
        return None
    lines = files.lines(files.meant(place.path))
    part = "\n".join(lines[place.start - 1 : place.end] if place.start else lines)
    return any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", part) for name in names)

"""Where a model is judged: cursors in lines that nobody learned from, and what stands there.

A cursor is a random character of a line that was held out, from the end of its indentation on; what
is to be found is the rest of that line, as somebody typed it. The document that a model sees is the
file without that rest; everything below the line stays.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from ownstack.completion.place import Place
from ownstack.document import Document
from ownstack.learning.data.passages import HeldOut, HoldOut
from ownstack.paths import short_hash

MIN_LINE_CHARS = 4
MIN_CHARS_LEFT = 3
MAX_LINE_CHARS = 200
MAX_CURSORS = 400
"""More than can be looked at in an hour on two cores."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in a file, and what belongs there."""

    file: HeldOut
    line: int
    """0-based."""
    column: int

    @property
    def truth(self) -> str:
        return self._line()[self.column :]

    @property
    def language(self) -> str:
        return self.file.language

    @property
    def by(self) -> HoldOut:
        return self.file.by

    @property
    def key(self) -> str:
        """Return what only this cursor in this text has."""
        file = self.file
        parts = (file.path, str(len(file.text)), str(self.line), str(self.column), self._line())
        return short_hash("\0".join(parts))

    def place(self) -> Place:
        """Return the place, in the document as it was before the rest of the line was typed."""
        lines = self.file.text.split("\n")
        lines[self.line] = lines[self.line][: self.column]
        offset = sum(len(line) + 1 for line in lines[: self.line]) + self.column
        path, language = self.file.path, self.file.language
        return Place(Document(f"held-out:{path}", path, language, 1, "\n".join(lines)), offset)

    def _line(self) -> str:
        return self.file.text.split("\n")[self.line].rstrip()


def draw_cursors(
    held_out: Iterable[HeldOut], *, seed: int = 0, most: int = MAX_CURSORS
) -> list[Cursor]:
    """Return cursors in random order, such that any first part of them is balanced.

    Languages and ways of holding out take turns as long as they have lines left, and within them
    files do. No line is used twice; the same files and seed give the same cursors.
    """
    strata: dict[tuple[str, str], list[list[Cursor]]] = defaultdict(list)
    for file in sorted(held_out, key=lambda file: (file.by, file.path)):
        rng = random.Random(f"{seed}/{file.by}/{file.path}")
        found = list(_in_file(file, rng))
        if found:
            strata[file.language, file.by].append(found)
    turns = []
    for key in sorted(strata):
        files = strata[key]
        random.Random(f"{seed}/{key}").shuffle(files)
        turns.append(list(_in_turn(files)))
    return list(_in_turn(turns))[:most]


def _in_file(file: HeldOut, rng: random.Random) -> Iterator[Cursor]:
    texts = file.text.split("\n")
    lines = [line for line in file.lines if 0 <= line < len(texts)]
    rng.shuffle(lines)
    for line in lines[:MAX_CURSORS]:
        text = texts[line].rstrip()
        indent = len(text) - len(text.lstrip())
        if len(text) - indent < MIN_LINE_CHARS or len(text) > MAX_LINE_CHARS:
            continue
        yield Cursor(file, line, rng.randint(indent, len(text) - MIN_CHARS_LEFT))


def _in_turn(lists: Sequence[Sequence[Cursor]]) -> Iterator[Cursor]:
    for turn in zip_longest(*lists):
        yield from (cursor for cursor in turn if cursor is not None)

"""Cursors at random characters of random lines.

The rule, the same for every language: a project is drawn in turn, then one of its source files
(no tests, at least 800 characters) uniformly, then one of the file's lines uniformly. The line
counts if it has at least 4 characters after its indentation and at most 200 in all (blanks at
its end aside). The cursor is a uniform position from the end of the indentation to 3 characters
before the end of the line. What is to be found is the rest of the line without blanks at its
end. The document that a system gets is the file without that rest; everything below the line
stays. No place is used twice.

So long files are drawn as often as short ones, and what is left has 3 characters at least.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from benchmarks.infilling.sources import ProjectFiles
from ownstack.document import Document
from ownstack.languages import language_of
from ownstack.syntax.trees import EFFORT_BACKGROUND, parse

MIN_CHARS_LEFT = 3
MIN_LINE_CHARS = 4
MAX_LINE_CHARS = 200
MAX_DRAWS = 200
"""Draws per wanted cursor before a project is given up as too small."""


@dataclass(frozen=True)
class Case:
    """One cursor, and what belongs there."""

    project: str
    language: str
    document: Document
    """The file without the rest of the cursor's line."""
    offset: int
    truth: str
    twin: bool = False
    """The file is nearly another one of the project, or generated."""
    kind: str = "code"
    """What the cursor is in: code, comment or string."""
    number: int = 0

    @property
    def before(self) -> str:
        return self.document.text[: self.offset]

    @property
    def after(self) -> str:
        return self.document.text[self.offset :]


@dataclass(frozen=True, slots=True)
class Spot:
    """A place in a text and the rest of its line."""

    line: int
    offset: int
    truth: str


def draw_spot(text: str, rng: random.Random) -> Spot | None:
    """Draw a line of `text` and a cursor in it; None if the line does not count."""
    lines = text.split("\n")
    return spot_in(lines, rng.randrange(len(lines)), rng)


def spot_in(lines: Sequence[str], number: int, rng: random.Random) -> Spot | None:
    """Draw a cursor in one of a text's lines; None if the line does not count."""
    line = lines[number].rstrip()
    indent = len(line) - len(line.lstrip())
    if len(line) - indent < MIN_LINE_CHARS or len(line) > MAX_LINE_CHARS:
        return None
    column = rng.randint(indent, len(line) - MIN_CHARS_LEFT)
    start = sum(len(before) + 1 for before in lines[:number])
    return Spot(number, start + column, line[column:])


def without(text: str, spot: Spot) -> str:
    """Return `text` without the rest of the spot's line, blanks at its end included."""
    end = text.find("\n", spot.offset)
    return text[: spot.offset] + ("" if end < 0 else text[end:])


def draw_cases(projects: Sequence[ProjectFiles], positions: int, seed: int) -> list[Case]:
    """Draw cursors until `positions` of each language are in files that are no twins.

    The ones in twins that come up on the way are kept too. A case depends on the seed, its
    project and its place in that project's sequence alone, so that more positions or fewer
    projects leave the others as they are. Order: language, then project.
    """
    cases: list[Case] = []
    for language in dict.fromkeys(project.language for project in projects):
        mine = [project for project in projects if project.language == language]
        for index, project in enumerate(mine):
            share = positions // len(mine) + (index < positions % len(mine))
            cases += _cases(project, share, random.Random(f"{seed}/{project.name}"))
    return [replace(case, number=number) for number, case in enumerate(cases)]


def _cases(project: ProjectFiles, wanted: int, rng: random.Random) -> Iterator[Case]:
    taken: set[tuple[str, int]] = set()
    found = 0
    for _ in range(wanted * MAX_DRAWS):
        if found == wanted or not project.drawn:
            return
        path = rng.choice(project.drawn)
        document = project.documents[path]
        spot = draw_spot(document.text, rng)
        if spot is None or (path, spot.line) in taken:
            continue
        taken.add((path, spot.line))
        twin = path in project.twins
        found += not twin
        yield Case(
            project.name,
            project.language,
            Document(document.uri, path, document.language, 1, without(document.text, spot)),
            spot.offset,
            spot.truth,
            twin,
            kind_at(document, spot.offset),
        )


def kind_at(document: Document, offset: int) -> str:
    """Say what the cursor is in; "code" where there is no syntax tree."""
    language = language_of(document.language, document.path)
    tree = parse(document.text, language, effort=EFFORT_BACKGROUND) if language else None
    return tree.kind(offset) if tree else "code"

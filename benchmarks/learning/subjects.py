"""What adapters are judged on: the texts of a project in which cursors may be, and cursors there.

Of a project that has an adapter of its own these are the ones that `ownstack learn` holds out of
its training, by the same function. Of one that no adapter has seen they are all of its source.

Lines are drawn uniformly among all that count, so a long file is asked of more often than a short
one: a project is judged as somebody who works all over it would.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from benchmarks.infilling.cursors import MAX_DRAWS, Case, kind_at, spot_in, without
from benchmarks.infilling.sources import DRAWN_LANGUAGES, TEST_PATH, read_project
from ownstack.document import Document
from ownstack.learning.data.collect import collect


@dataclass(frozen=True, slots=True)
class Text:
    """One text, and where cursors may be in it."""

    document: Document
    lines: tuple[int, ...]
    """0-based."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A project that is asked about."""

    name: str
    language: str
    texts: tuple[Text, ...]

    @property
    def n_lines(self) -> int:
        return sum(len(text.lines) for text in self.texts)


def held_out(name: str, language: str, root: Path) -> Subject:
    """Return a project with what is held out of learning from it, tests aside."""
    found = collect(root).held_out
    return Subject(
        name,
        language,
        tuple(
            Text(
                Document((root / item.path).as_uri(), item.path, item.language, 1, item.text),
                item.lines,
            )
            for item in sorted(found, key=lambda item: item.path)
            if item.language in DRAWN_LANGUAGES.get(language, (language,))
            and not TEST_PATH.search(item.path)
        ),
    )


def whole(name: str, language: str, root: Path) -> Subject:
    """Return a project with all of its source, tests aside."""
    files = read_project(name, language, root)
    documents = [files.documents[path] for path in files.drawn if path not in files.twins]
    texts = (Text(document, tuple(range(document.text.count("\n") + 1))) for document in documents)
    return Subject(name, language, tuple(texts))


def draw(subject: Subject, wanted: int, seed: int) -> Iterator[Case]:
    """Draw up to `wanted` cursors, no two in one line.

    The ones that are drawn first do not depend on how many are wanted.
    """
    rng = random.Random(f"{seed}/{subject.name}")
    places = [(text, number) for text in subject.texts for number in text.lines]
    taken: set[tuple[str, int]] = set()
    for _ in range(wanted * MAX_DRAWS):
        if len(taken) == wanted or not places:
            return
        text, number = rng.choice(places)
        document = text.document
        spot = spot_in(document.text.split("\n"), number, rng)
        if spot is None or (document.path, number) in taken:
            continue
        taken.add((document.path, number))
        shown = without(document.text, spot)
        yield Case(
            subject.name,
            subject.language,
            Document(document.uri, document.path, document.language, 1, shown),
            spot.offset,
            spot.truth,
            kind=kind_at(document, spot.offset),
            number=len(taken) - 1,
        )


def in_turn(cases: Sequence[Sequence[Case]]) -> list[Case]:
    """Return the first of each project, then the second of each.

    So a run that ends early has asked of all of them alike.
    """
    return [case for group in zip_longest(*cases) for case in group if case is not None]

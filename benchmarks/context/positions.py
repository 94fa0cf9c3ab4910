"""Cursors at which a symbol of another file of the project is to be written."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from benchmarks.infilling.cursors import Case, draw_spot, kind_at, without
from benchmarks.infilling.sources import ProjectFiles
from ownstack.document import Document
from ownstack.index.search.symbol_lookup import symbols_named
from ownstack.index.snapshot.snapshot import Snapshot

MAX_DRAWS = 400
"""Draws per wanted cursor before a project is given up."""
MAX_DEFINITIONS = 3
"""A name with more definitions is no symbol of one other file."""
_IDENTIFIER = re.compile(r"[A-Za-z_$][\w$]*")
_MIN_CHARS = 4


@dataclass(frozen=True, slots=True)
class Position:
    """A cursor, and the names of other files' symbols that belong behind it."""

    case: Case
    foreign: tuple[str, ...]


def draw_positions(
    projects: Sequence[ProjectFiles],
    snapshots: Callable[[ProjectFiles], Snapshot],
    wanted: int,
    seed: int,
    first_uses: bool = False,
) -> list[Position]:
    """Draw `wanted` cursors a language, equally many a project, in files that are no twins.

    The rule of `benchmarks.infilling.cursors`, and that the rest of the line uses a symbol
    which at most `MAX_DEFINITIONS` places of the project define, none of them in this file. The
    cursor is in code, not in a comment or a text. With `first_uses`, nothing else in the project
    uses that symbol, an import neither: what was written before does not tell of it.
    """
    found: list[Position] = []
    for language in dict.fromkeys(project.language for project in projects):
        mine = [project for project in projects if project.language == language]
        for place, project in enumerate(mine):
            share = wanted // len(mine) + (place < wanted % len(mine))
            rng = random.Random(f"{seed}/{project.name}/context")
            found += _positions(project, snapshots(project), share, rng, first_uses)
    return found


def _positions(
    project: ProjectFiles, snapshot: Snapshot, wanted: int, rng: random.Random, first_uses: bool
) -> Iterator[Position]:
    taken: set[tuple[str, int]] = set()
    n_found = 0
    for _ in range(wanted * MAX_DRAWS):
        if n_found == wanted or not project.drawn:
            return
        path = rng.choice(project.drawn)
        document = project.documents[path]
        spot = draw_spot(document.text, rng)
        if spot is None or (path, spot.line) in taken or path in project.twins:
            continue
        taken.add((path, spot.line))
        foreign = tuple(
            name
            for name in dict.fromkeys(_whole(document.text, spot.offset, spot.truth))
            if is_foreign(snapshot, path, spot.line + 1, name)
            and (not first_uses or is_only_use(snapshot, name))
        )
        if not foreign or kind_at(document, spot.offset) != "code":
            continue
        n_found += 1
        text = without(document.text, spot)
        yield Position(
            Case(
                project.name,
                project.language,
                Document(document.uri, path, document.language, 1, text),
                spot.offset,
                spot.truth,
            ),
            foreign,
        )


def is_foreign(snapshot: Snapshot, path: str, line: int, name: str) -> bool:
    """Say whether a line (1-based) uses a name that other files of the project alone define.

    A variable of its own that is called so, or a word in a text, is no use of it.
    """
    if len(name) < _MIN_CHARS:
        return False
    where = [symbol.path for symbol in symbols_named(snapshot, name)]
    if not 0 < len(where) <= MAX_DEFINITIONS or path in where:
        return False
    return any(
        reference.path == path and line in reference.lines
        for reference in snapshot.references(name)
    )


def is_only_use(snapshot: Snapshot, name: str) -> bool:
    """Say whether a name is used on no more than one line."""
    return sum(len(reference.lines) for reference in snapshot.references(name)) <= 1


def identifiers(text: str) -> list[str]:
    return _IDENTIFIER.findall(text)


def _whole(text: str, offset: int, truth: str) -> list[str]:
    """Return the identifiers of a line's rest, the first with what is typed of it already."""
    typed = re.search(r"[\w$]*$", text[:offset])
    head = typed.group() if typed else ""
    return identifiers(head + truth)

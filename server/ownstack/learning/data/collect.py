"""A project as a dataset: what would be learned from, what is judged by, what was left out."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ownstack.errors import MemoryStoreError
from ownstack.files.notebook.text import is_notebook
from ownstack.learning.data import exchanges, held_out, licences, recency
from ownstack.learning.data.exchanges import Learned
from ownstack.learning.data.filters import Counts
from ownstack.learning.data.kept_lines import KeptLines
from ownstack.learning.data.passages import Dataset, HeldOut, Passage
from ownstack.learning.data.repetition import Known, Repetition
from ownstack.learning.data.sources import Source, cleaned, sources
from ownstack.learning.data.weights import weights
from ownstack.memory import ids
from ownstack.memory.log import rows
from ownstack.memory.log.store import LogStore
from ownstack.paths import Home

MAX_CHARACTERS = 16_000_000
"""As much as two cores learn from in ten hours."""
MAX_HELD_OUT_CHARACTERS = 4_000_000
JUDGED_BY_FILE = "It is judged by, so nothing of it is learned."
JUDGED_BY_TIME = "It is among the newest lines, which are judged by."
LIKE_JUDGED = "Most of it stands in a file that is judged by."
UNREADABLE = "The log of conversations cannot be read."
_MOST = 0.5


@dataclass(frozen=True, slots=True)
class Options:
    """What is asked for."""

    home: Home | None = None
    """Where conversations and kept lines are; None: files alone are learned from."""
    max_characters: int = MAX_CHARACTERS
    languages: frozenset[str] = frozenset()
    """Only these; none named: all."""


def collect(
    project: Path,
    options: Options = Options(),
    *,
    pause: Callable[[], None] = lambda: None,
) -> Dataset:
    """Read what there is to learn from a folder. `pause` is called before each file.

    `project` is named as the index names it: conversations and kept lines are found by that.
    Cost: about a millisecond a file, and some seconds of git.

    Raises:
        IndexingError: the folder is away.
    """
    counts, began = Counts(), time.time()
    found = sources(
        project,
        counts,
        max_characters=options.max_characters,
        languages=options.languages,
        pause=pause,
    )
    # What is asked for is asked in files as editors show them, which notebooks are not.
    plain = [source for source in found if not is_notebook(source.path)]
    held = held_out.by_file({source.path: source.language for source in plain})
    by_file = [source for source in found if source.path in held]
    rest = _unlike(by_file, [source for source in found if source.path not in held], counts)
    files = {
        source.path: recency.File(source.text.count("\n") + 1, source.modified)
        for source in rest
        if not is_notebook(source.path)
    }
    past = recency.past(project, files)
    files_held = [held_out.whole(source, "file") for source in by_file]
    for source in by_file:
        counts.add_file(JUDGED_BY_FILE, source.text)
    newest, older = _by_time(rest, past.before, counts)
    learned = _conversations(
        project, options.home, began, counts, held_out.said_in([*files_held, *newest])
    )
    judged = held_out.bounded(files_held, MAX_HELD_OUT_CHARACTERS)
    judged += held_out.bounded(newest, MAX_HELD_OUT_CHARACTERS)
    passages = _passages(project, older, past.recent, learned, options.home, counts)
    return Dataset(
        str(project), passages, learned.exchanges, tuple(judged), counts.by_reason(), began
    )


def without_deleted(dataset: Dataset, home: Home | None = None) -> Dataset:
    """Return a dataset, collected before, without what has been deleted since.

    Raises:
        MemoryStoreError: the log of conversations cannot be read.
    """
    project = Path(dataset.project)
    sessions = _sessions(home) if home is not None else None
    return Dataset(
        dataset.project,
        tuple(one for one in dataset.passages if (project / one.path).exists()),
        tuple(one for one in dataset.exchanges if sessions is None or one.source in sessions),
        tuple(one for one in dataset.held_out if (project / one.path).exists()),
        dataset.left,
        dataset.newest,
    )


def _unlike(by_file: Sequence[Source], rest: Sequence[Source], counts: Counts) -> list[Source]:
    """Leave out what would teach by heart what is asked."""
    # Notices above the code are the same in all files.
    known, found = Known(licences.below_header(source.text) for source in by_file), []
    for source in rest:
        if known.share(licences.below_header(source.text)) > _MOST:
            counts.add_file(LIKE_JUDGED, source.text)
        else:
            found.append(source)
    return found


def _by_time(
    found: Sequence[Source], before: Mapping[str, str | None], counts: Counts
) -> tuple[list[HeldOut], list[tuple[Source, str]]]:
    """Divide what is newest from what was before, with the text that is learned from."""
    newest, older = list[HeldOut](), list[tuple[Source, str]]()
    for source in found:
        if source.path not in before:
            older.append((source, source.text))
            continue
        old = before[source.path]
        text = None if old is None else cleaned(source.path, old)
        held = held_out.newer(source, text)
        if held.lines:
            newest.append(held)
            size = sum(map(len, held_out.lines_of(held)))
            counts.add(JUDGED_BY_TIME, lines=len(held.lines), characters=size)
        if text:
            older.append((source, text))
    return newest, older


def _passages(
    project: Path,
    older: Sequence[tuple[Source, str]],
    recent: frozenset[str],
    learned: Learned,
    home: Home | None,
    counts: Counts,
) -> tuple[Passage, ...]:
    kept = _kept(project, home, [(source.path, text) for source, text in older])
    repetition = Repetition()
    return tuple(
        Passage(
            source.path,
            source.language,
            text,
            weights(
                text,
                repetition,
                counts,
                is_recent=source.path in recent,
                is_aside=source.is_aside,
                accepted=learned.accepted.get(source.path, frozenset()),
                kept=kept.get(source.path, frozenset()),
            ),
        )
        for source, text in older
    )


def _kept(
    project: Path, home: Home | None, texts: Sequence[tuple[str, str]]
) -> Mapping[str, frozenset[int]]:
    if home is None or not home.kept_lines_file.exists():
        return {}
    kept = KeptLines(home.kept_lines_file)
    try:
        return kept.of(str(project), texts)
    finally:
        kept.close()


def _conversations(
    project: Path, home: Home | None, now: float, counts: Counts, held: Mapping[str, frozenset[str]]
) -> Learned:
    if home is None or not home.conversations_file.exists():
        return Learned()
    name = ids.project_id(str(project))
    store = LogStore(home.conversations_file)
    try:
        logged = store.read(lambda db: rows.events_of_kinds(db, name, exchanges.KINDS))
    except MemoryStoreError:
        counts.add(UNREADABLE, files=1)
        return Learned()
    finally:
        store.close()
    return exchanges.learned([entry.event for entry in logged], now, counts, held=held)


def _sessions(home: Home) -> frozenset[str]:
    if not home.conversations_file.exists():
        return frozenset()
    store = LogStore(home.conversations_file)
    try:
        return frozenset(info.id for info in store.read(rows.sessions))
    finally:
        store.close()

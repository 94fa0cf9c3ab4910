"""A session that goes on from an archive: its events, and what of the archive is not so here."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from ownstack.memory import events, ids
from ownstack.memory.archive import references
from ownstack.memory.archive.archive import Archive, KeptEvent
from ownstack.memory.archive.export import continued_note
from ownstack.memory.conversation import ARCHIVED
from ownstack.memory.events import Event, Stamp
from ownstack.memory.log.session import SessionLog
from ownstack.memory.log.sessions import Sessions

BEGINNING = "beginning"
"""The topic of the note that stands where turns are that only another session has."""


def continue_from(sessions: Sessions, root: str, archive: Archive) -> SessionLog:
    """Begin a session in a project that goes on from an archive. Waits for the disk.

    Raises:
        EventError: an event in it is none; nothing is kept.
        MemoryStoreError: it cannot be kept.
    """
    session = sessions.create(root, archive.title, parent=archive.session)
    try:
        session.append(*events_of(archive, session.stamp(0)))
    except BaseException:
        sessions.delete(session.id)
        raise
    return session


def events_of(archive: Archive, stamp: Stamp) -> list[Event]:
    """Return the events with which a session goes on from an archive.

    Raises:
        EventError: an event in it is none.
    """
    note = continued_note(stamp, archive)
    kept = archive.events if archive.mode == "lossless" else _shown(archive)
    return [note, *references.imported(kept, stamp.session, [note.id])]


def missing_files(archive: Archive, root: Path) -> tuple[str, ...]:
    """Return the files that an archive names in a project's folder, and that are not there."""
    named = [item.name for item in archive.artifacts if item.is_file]
    return tuple(name for name in named if not _is_there(root, name))


def _shown(archive: Archive) -> list[KeptEvent]:
    """Return a checkpoint in place of what the archive sums up, then its newest turns."""
    at = archive.begun
    said = () if archive.summary is None else archive.summary.said
    head = (_kept(events.note(_stamp(at), BEGINNING, "It was begun in another session.")), *said)
    places = [f"E{place}" for place in range(1, len(head) + 1)]
    text, ledger = archive.continuation, ""
    if archive.mode == "normal":
        text = "" if archive.summary is None else archive.summary.text
        ledger = "" if archive.summary is None else archive.summary.ledger
    checkpoint = events.compaction(
        _stamp(at),
        covers=places[-1],
        covers_hash=references.HOLDS,
        text=text,
        ledger=ledger,
        tokens_before=0,
        tokens_after=0,
        method=ARCHIVED,
        details={"kept": places[1:]},
    )
    pins = [_kept(events.pin(_stamp(at), places[0], text=text)) for text in archive.pins]
    has_summary = archive.mode == "partial" or archive.summary is not None
    between = [_kept(checkpoint)] if has_summary else []
    return [*head, *between, *pins, *archive.turns]


def _stamp(at: float) -> Stamp:
    """Return the place of what belongs to no session yet."""
    return Stamp(str(ids.derived(ids.BASE, "session", "")), 0, at)


def _kept(event: Event) -> KeptEvent:
    return references.plain(event)


def _is_there(root: Path, name: str) -> bool:
    """Say whether a project has a file; nothing outside of it is looked at."""
    try:
        path = Path(os.path.normpath(root / name))
        return path.is_relative_to(root) and path.exists()
    except (OSError, ValueError):
        return False


def names_of(items: Iterable[str], most: int = 8) -> str:
    """Return the first of some names as a list for a sentence, and how many more there are."""
    listed = list(items)
    more = f" and {len(listed) - most} more" if len(listed) > most else ""
    return ", ".join(listed[:most]) + more

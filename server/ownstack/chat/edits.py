"""Proposed edits of a conversation: applied all or none, after a checkpoint, by the user's word."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ownstack.chat.checkpoints import Checkpoints, Saved
from ownstack.chat.project_files import (
    NEW,
    DiskFiles,
    FileChange,
    FileNow,
    ProjectFiles,
    changed_meanwhile,
    check_text,
    editable,
    hash_of,
)
from ownstack.chat.proposal_log import (
    CHECKPOINT,
    RESTORED,
    Proposed,
    counts,
    pending,
    proposed,
    taken,
)
from ownstack.chat.proposals import CLOSED, Proposal, applied, proposal
from ownstack.errors import EditError
from ownstack.files.decoding import decode
from ownstack.memory import events
from ownstack.memory.events import Event, Stamp
from ownstack.memory.handles import short
from ownstack.memory.log.session import SessionLog

Which = Sequence[int | str]
"""Proposals, by their places among those that wait (from 1 on) or by their ids; none: all."""
Hunks = Mapping[str, Sequence[int]]
"""By the id of a proposal, the places (from 0 on) of those of its edits that are applied."""


@dataclass(frozen=True, slots=True)
class Written:
    """What was done to files."""

    paths: tuple[str, ...]
    checkpoint: str


@dataclass(frozen=True, slots=True)
class _Part:
    """What is applied of a proposal, and what is left of it."""

    whole: Proposal
    change: FileChange
    taken: Proposal
    rest: Proposal | None

    @property
    def hash_after(self) -> str:
        return hash_of(self.change.data)


class Edits:
    """The proposals of one session. Nothing is written but by `apply` and `restore`.

    Those two want to be the only one of their kind that runs.
    """

    def __init__(
        self,
        session: SessionLog,
        root: Path,
        checkpoints: Checkpoints,
        files: Callable[[], ProjectFiles] | None = None,
    ) -> None:
        """`files` are those of the disk, if nothing else is said."""
        disk = DiskFiles(root)
        self._session = session
        self._root = root
        self._checkpoints = checkpoints
        self._files = files or (lambda: disk)

    @property
    def proposed(self) -> tuple[Proposed, ...]:
        """All that were made, the oldest first."""
        return proposed(self._session.events)

    @property
    def pending(self) -> tuple[Proposal, ...]:
        """Those that wait for the user, the oldest first."""
        return pending(self._session.events)

    def text(self, path: str) -> str | None:
        """Return the text of a file with what is proposed for it and fits, or not saved yet.

        None if that is what the disk has.
        """
        found = next((item for item in self.pending if item.path == path), None)
        try:
            if found is not None and self._base(found)[1] == found.base_hash:
                return self.fitted(found)[1]
            return self._files().open_text(path)
        except EditError:
            return None

    def fitted(self, item: Proposal) -> tuple[str, str]:
        """Return the text of a file, and what a proposal makes of it. Waits for the disk.

        Raises:
            EditError: it cannot be applied as things stand now.
        """
        file, base = self._base(item)
        if base != item.base_hash:
            raise changed_meanwhile(item.path)
        before = "" if file is None else file.text
        return before, applied(before, item.edits)

    async def propose(self, path: str, make: Callable[[str | None], str]) -> Proposal:
        """Log a proposal. `make` is given the text as proposed so far, None if there is no file.

        Raises:
            EditError: the file is none that can be edited, or nothing would change.
        """
        made = await asyncio.to_thread(self._make, path, make)
        stamp = self._session.stamp(self._session.last_turn)
        await self._session.add(made.event(stamp))
        return made

    async def apply(self, which: Which = (), hunks: Hunks | None = None) -> Written:
        """Apply proposals, or some hunks of them; what is left of one stays proposed.

        Raises:
            EditError: there are none, or one cannot be applied: then none is.
        """
        chosen = self._chosen(which)
        parts = await asyncio.to_thread(self._parts, chosen, hunks or {})
        what = ", ".join(short(part.whole.path) for part in parts)
        written = await self._write([part.change for part in parts], f"Proposed edits: {what}")
        stamp = self._session.stamp(self._session.last_turn)
        kept: dict[str, events.JSON] = {"id": written.checkpoint, "paths": list(written.paths)}
        await self._session.add(
            *(_taken(stamp, part) for part in parts),
            events.note(stamp, CLOSED, "applied", _closed(parts, written)),
            events.note(stamp, CHECKPOINT, ", ".join(written.paths), kept),
            *(
                part.rest.event(self._session.stamp(item.turn))
                for part, item in zip(parts, chosen, strict=True)
                if part.rest is not None
            ),
        )
        return written

    async def refuse(self, which: Which = ()) -> tuple[Proposal, ...]:
        """Refuse proposals.

        Raises:
            EditError: there are none of these.
        """
        chosen = [item.proposal for item in self._chosen(which)]
        stamp = self._session.stamp(self._session.last_turn)
        refused = [
            events.edit(stamp, item.path, False, hash_before=item.base_hash, summary=item.title)
            for item in chosen
        ]
        closed: list[events.JSON] = [item.id for item in chosen]
        await self._session.add(
            *refused, events.note(stamp, CLOSED, "refused", {"proposals": closed})
        )
        return tuple(chosen)

    async def restore(self, checkpoint: str = "", *, force: bool = False) -> Written:
        """Give files back as they were before the newest edits that hold, or those that are named.

        `force`: also files that were changed since.

        Raises:
            EditError: there are none, or a file was changed since: then none is touched.
        """
        known = [item.id for item in taken(self._session.events) if not item.restored]
        if not known:
            raise EditError("No edit was applied that could be taken back.", "Apply one first.")
        name = checkpoint or known[-1]
        if name not in known:
            raise EditError("There is no such checkpoint that was not given back already.")
        saved = await asyncio.to_thread(self._checkpoints.get, name)
        changes = await asyncio.to_thread(self._back, saved, force=force)
        what = ", ".join(map(short, saved))
        written = await self._write(changes, f"As before proposed edits: {what}")
        stamp = self._session.stamp(self._session.last_turn)
        details: dict[str, events.JSON] = {"id": name, "paths": list(written.paths)}
        await self._session.add(events.note(stamp, RESTORED, ", ".join(written.paths), details))
        return written

    def _chosen(self, which: Which) -> list[Proposed]:
        waiting = [item for item in self.proposed if item.state == "pending"]
        if not waiting and not any(isinstance(name, str) for name in which):
            raise EditError("No edit is proposed.", "Ask for a change first.")
        by_name: dict[int | str, Proposed] = dict(enumerate(waiting, 1))
        by_name |= {item.proposal.id: item for item in waiting}
        unknown = [name for name in which if name not in by_name]
        if any(isinstance(name, int) for name in unknown):
            raise EditError(f"There are {len(waiting)} proposed edits.", "/diff shows them.")
        if unknown:
            raise EditError("An edit of these does not wait any more.", "Look at what does.")
        return [by_name[name] for name in dict.fromkeys(which)] or waiting

    def _base(self, item: Proposal) -> tuple[FileNow | None, str]:
        """Return the file that a proposal is for, and the hash of what is there now."""
        place = editable(self._root, item.path)
        if place != item.path:
            raise changed_meanwhile(item.path)
        file = self._files().now(place)
        return file, "" if file is None else file.hash

    def _make(self, path: str, make: Callable[[str | None], str]) -> Proposal:
        place = editable(self._root, path)
        file = self._files().now(place)
        before = None if file is None else file.text
        so_far = self.text(place)
        after = make(before if so_far is None else so_far)
        base = "" if file is None else file.hash
        made = proposal(place, base, before or "", after)
        if not made.edits and file is not None:
            raise EditError("Nothing would be changed by that.", "Give a text that differs.")
        check_text(place, file, after)
        return made

    def _parts(self, chosen: Sequence[Proposed], hunks: Hunks) -> list[_Part]:
        return [_part(item.proposal, self._base, hunks) for item in chosen]

    def _back(self, saved: Mapping[str, Saved], *, force: bool) -> list[FileChange]:
        """Return what gives files back."""
        changes: list[FileChange] = []
        changed: list[str] = []
        for path, file in saved.items():
            editable(self._root, path)
            now = self._files().now(path)
            if ("" if now is None else now.hash) != file.after_hash:
                changed.append(short(path))
            changes.append(FileChange(path, now, file.before, decode(file.before or b"") or ""))
        if changed and not force:
            raise EditError(
                f"{', '.join(changed)} was changed meanwhile, so no file is given back.",
                "Take back those changes first.",
            )
        return changes

    async def _write(self, changes: Sequence[FileChange], label: str) -> Written:
        """Change all files or none, after a checkpoint.

        Raises:
            EditError: one is another by now, or cannot be written.
        """
        saved = {
            change.path: Saved(
                None if change.before is None else change.before.data, hash_of(change.data)
            )
            for change in changes
        }
        name = await asyncio.to_thread(self._checkpoints.save, self._session.id, saved)
        try:
            await self._files().write(changes, label)
        except BaseException:
            await asyncio.to_thread(self._checkpoints.remove, name)
            raise
        return Written(tuple(saved), name)


def _part(
    item: Proposal, base_of: Callable[[Proposal], tuple[FileNow | None, str]], hunks: Hunks
) -> _Part:
    file, base = base_of(item)
    if base != item.base_hash:
        raise changed_meanwhile(item.path)
    before = "" if file is None else file.text
    whole = after = applied(before, item.edits)
    made, rest = item, None
    if item.id in hunks:
        wanted = set(hunks[item.id])
        if not wanted or not wanted <= set(range(len(item.edits))):
            raise EditError(f"{short(item.path)} has {len(item.edits)} hunks.", "Choose some.")
        after = applied(before, [edit for at, edit in enumerate(item.edits) if at in wanted])
    data = (file or NEW).bytes_of(after)
    if after != whole:
        made = proposal(item.path, base, before, after)
        rest = proposal(item.path, hash_of(data), after, whole)
    return _Part(item, FileChange(item.path, file, data, after), made, rest)


def _taken(stamp: Stamp, part: _Part) -> Event:
    return events.edit(
        stamp,
        part.whole.path,
        True,
        hash_before=part.whole.base_hash,
        hash_after=part.hash_after,
        summary=part.taken.title,
    )


def _closed(parts: Sequence[_Part], written: Written) -> dict[str, events.JSON]:
    return {
        "proposals": [part.whole.id for part in parts],
        "checkpoint": written.checkpoint,
        "parts": {part.whole.id: counts(part.taken) for part in parts if part.rest is not None},
    }

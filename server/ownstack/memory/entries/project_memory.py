"""Project memory as a whole: files, inbox, and the log's decisions; what a user does with them.

Whatever changes a file does so under a lock of its owner's, and is logged after it was written: a
disk that takes nothing leaves a proposal in the inbox.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from ownstack.errors import ContradictionError, EventError
from ownstack.memory.entries import inbox
from ownstack.memory.entries.entry import (
    BY_HAND,
    PLACES,
    Entry,
    Place,
    cleaned,
    day_of,
    next_name,
)
from ownstack.memory.entries.entry_file import EntryFile, added, changed, removed
from ownstack.memory.entries.entry_folder import EntryFolder
from ownstack.memory.entries.inbox import Proposal, says_the_same
from ownstack.memory.events import Event
from ownstack.memory.facts import conflicts, decisions, threads
from ownstack.memory.facts.conflicts import CLEARLY_SURER, Conflict
from ownstack.memory.facts.decisions import Decision
from ownstack.memory.facts.project_facts import ProjectFacts
from ownstack.memory.facts.threads import Thread
from ownstack.memory.log.session import SessionLog
from ownstack.paths import Home

REVIEWED_TIER = 0.8
"""What a person has accepted is at least so sure."""
Choice = Literal["", "replace", "both"]
"""What becomes of entries that a new one contradicts; "": only what is trivial is resolved."""


@dataclass(frozen=True, slots=True)
class Overview:
    """What is known of a project, and what waits for its user."""

    entries: tuple[Entry, ...]
    """Of the files: the project's, then the user's own."""
    inbox: tuple[Proposal, ...]
    decisions: tuple[Decision, ...]
    """Those of the log that hold and that no entry says; disputed if one contradicts them."""
    threads: tuple[Thread, ...]
    """The open ones."""
    problems: tuple[str, ...]
    files: tuple[tuple[str, str], ...]
    """Path and hash of each file that was read."""


class ProjectMemory:
    """That of one project and its user. Methods wait for the disk, and raise what it says."""

    def __init__(
        self,
        session: SessionLog | None,
        project: EntryFolder,
        user: EntryFolder,
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        """`session` is where changes are logged; None if nothing was ever said about it."""
        self._session = session
        self._project = project
        self._user = user
        self._now = now

    @classmethod
    def of(cls, session: SessionLog | None, root: Path) -> ProjectMemory:
        """Return that of the project in a folder, and of this user."""
        home = Home.default()
        return cls(session, EntryFolder.of_project(root, home), EntryFolder.of_user(home))

    def overview(self) -> Overview:
        """Return all of it.

        Raises:
            MemoryStoreError: the log cannot be read.
        """
        read = [self._project.read(), self._user.read()]
        entries = tuple(entry for folder in read for entry in folder.entries)
        logged = self._logged("proposal", "decision", "thread")
        in_files = self._as_decisions(entries)
        holding = [known for known in decisions.fold(logged).values() if known.holds]
        asked = [one for one in inbox.fold(logged).values() if one.status == "open"]
        return Overview(
            entries,
            tuple(one for one in asked if not says_the_same(one.text, in_files)),
            tuple(
                _against(known, in_files)
                for known in holding
                if not says_the_same(known.text, in_files)
            ),
            tuple(threads.open_threads(threads.fold(logged).values())),
            tuple(problem for folder in read for problem in folder.problems),
            tuple(file for folder in read for file in folder.files),
        )

    def propose(self, drafts: Sequence[Proposal]) -> list[Proposal]:
        """Put into the inbox what no file says, nobody rejected and does not wait there."""
        if not drafts:
            return []
        known = self._as_decisions((*self._project.read().entries, *self._user.read().entries))
        fresh = [draft for draft in drafts if not says_the_same(draft.text, known)]
        stamp = self._log.stamp(self._log.last_turn)

        def make(logged: Sequence[Event]) -> tuple[list[Proposal], Sequence[Event]]:
            made = inbox.new(fresh, inbox.fold(logged), stamp.at)
            return made, [proposal.event(stamp) for proposal in made]

        return self._log.derive(("proposal",), make)

    def contradicted(self, text: str) -> list[Entry]:
        """Return the entries of the project's files that a statement contradicts."""
        entries = {entry.name: entry for entry in self._project.read().entries}
        found = conflicts.conflicts(text, self._as_decisions(list(entries.values())))
        return [entries[one.other] for one in found if one.relation == "contradicts"]

    def accept(self, name: str, place: Place | None = None, choice: Choice = "") -> list[str]:
        """Write a proposal (P001), or a decision of the log (D001), into a file; say what was done.

        Raises:
            EventError: there is nothing of that name to accept.
            ContradictionError: it contradicts entries, and `choice` does not say what becomes of
                them.
            FileError: the file cannot be written; the proposal stays.
        """
        with self._locked(place):
            proposal = self._acceptable(name)
            tier = max(proposal.tier, REVIEWED_TIER)
            return self._put(replace(proposal, tier=tier, place=place or proposal.place), choice)

    def add(
        self, text: str, place: Place | None = None, choice: Choice = "", source: str = BY_HAND
    ) -> list[str]:
        """Write what the user says into a file; say what was done.

        Raises:
            EventError: it is no short statement.
            ContradictionError: see `accept`.
            FileError: the file cannot be written.
        """
        words = cleaned(text)
        where = place or inbox.place_of(words)
        with self._locked(where):
            return self._put(Proposal("", words, where, 1.0, source), choice)

    def reject(self, name: str) -> list[str]:
        """Drop a proposal, an entry of a file, or a decision; end a thread. Say what was done.

        What was rejected is not proposed again.

        Raises:
            EventError: there is nothing of that name.
            FileError: the file cannot be written.
        """
        with self._locked("preferences"):
            if name.startswith("T"):
                ended = self._facts.resolve_thread(name, "dropped")
                return [f"{name} is resolved: {ended.text}"]
            if name.startswith("D"):
                text = self._facts.reject(name).text
            elif name.startswith("P"):
                text = self._open(name).text
            else:
                folder, entry = self._entry(name)
                folder.change(entry.place, lambda file: removed(file, name))
                text = entry.text
                refused = Proposal(name, text, entry.place, entry.tier, entry.source)
                self._record(replace(refused, status="rejected"))
            self._forget(text)
            return [f"{name} is rejected: {text}"]

    def edit(self, name: str, text: str) -> list[str]:
        """Give a proposal or an entry of a file another text; say what was done.

        Raises:
            EventError: there is nothing of that name, or it is no short statement.
            FileError: the file cannot be written.
        """
        words = cleaned(text)
        with self._locked("preferences"):
            if name.startswith("P"):
                self._record(replace(self._open(name), text=words))
                return [f"{name} says now: {words}"]
            folder, entry = self._entry(name)
            today = day_of(self._now())
            named = self._own_name(folder, entry)
            now = replace(entry, text=words, name=named, validated=today)
            self._rewrite(folder, entry, now)
            self._reject_decisions(entry.text)
            return [f"{now.name} in {folder.shown(entry.place)} says now: {words}"]

    def validate(self, name: str) -> list[str]:
        """Note that an entry or a decision was just seen to hold; say what was done.

        Raises:
            EventError: there is nothing of that name.
            FileError: the file cannot be written.
        """
        with self._locked("preferences"):
            if name.startswith("D"):
                return [f"{name} was seen to hold: {self._facts.validate(name).text}"]
            folder, entry = self._entry(name)
            today = day_of(self._now())
            now = replace(entry, name=self._own_name(folder, entry), validated=today)
            self._rewrite(folder, entry, now)
            return [f"{now.name} was seen to hold: {entry.text}"]

    @property
    def _log(self) -> SessionLog:
        if self._session is None:
            raise EventError("Nothing was said about this project yet.")
        return self._session

    @property
    def _facts(self) -> ProjectFacts:
        return ProjectFacts(self._log)

    def _logged(self, *kinds: str) -> list[Event]:
        return [] if self._session is None else self._session.of_project(*kinds)

    @contextlib.contextmanager
    def _locked(self, place: Place | None) -> Iterator[None]:
        with contextlib.ExitStack() as stack:
            stack.enter_context(self._project.locked())
            if place == "preferences":
                stack.enter_context(self._user.locked())
            yield

    def _as_decisions(self, entries: Sequence[Entry]) -> list[Decision]:
        now = self._now()
        return [entry.as_decision(now) for entry in entries]

    def _folder(self, place: Place) -> EntryFolder:
        return self._user if place == "preferences" else self._project

    def _proposals(self) -> dict[str, Proposal]:
        return inbox.fold(self._logged("proposal"))

    def _open(self, name: str) -> Proposal:
        found = self._proposals().get(name)
        if found is None or found.status != "open":
            became = f" as {found.entry}" if found is not None and found.entry else ""
            what = "is not in the inbox" if found is None else f"was {found.status} before{became}"
            raise EventError(f"{name} {what}.", "`ownstack memory list` shows what is.")
        return found

    def _acceptable(self, name: str) -> Proposal:
        if not name.startswith("D"):
            return self._open(name)
        found = decisions.fold(self._logged("decision")).get(name)
        if found is None or not found.holds:
            what = "no decision" if found is None else f"a decision that was {found.status}:"
            raise EventError(f"{name} is {what} of this project.", "`ownstack memory list` helps.")
        asked = [one for one in self._proposals().values() if one.status == "open"]
        for proposal in asked:
            if proposal.decision == name:
                return proposal
        source = f"conversation {found.session[-8:]}"
        return Proposal("", cleaned(found.text), "decisions", found.tier, source, decision=name)

    def _entry(self, name: str) -> tuple[EntryFolder, Entry]:
        for folder in (self._project, self._user):
            for entry in folder.read().entries:
                if entry.name == name:
                    return folder, entry
        raise EventError(f"No file of project memory has an entry {name}.",
                         "`ownstack memory list` shows all.")  # fmt: skip

    def _put(self, proposal: Proposal, choice: Choice) -> list[str]:
        """Write it, resolve what it contradicts, and log that."""
        self._log.require_open()
        folder = self._folder(proposal.place)
        known = {entry.name: entry for entry in folder.read().entries}
        now = self._now()
        as_decisions = [entry.as_decision(now) for entry in known.values()]
        same = says_the_same(proposal.text, as_decisions)
        if same:
            entry = known[same]
            tier = max(entry.tier, proposal.tier)
            name = self._own_name(folder, entry)
            kept = replace(entry, name=name, tier=tier, validated=day_of(now))
            self._rewrite(folder, entry, kept)
            said = [f"{name} in {folder.shown(entry.place)} says the same; it is validated."]
        else:
            found = conflicts.conflicts(proposal.text, as_decisions)
            if choice == "" and not all(self._gives_way(one, known, proposal) for one in found):
                raise _contradiction(found, known)
            name = self._next_name(folder, known)
            kept = Entry(name, proposal.text, proposal.place, proposal.tier, day_of(now),
                         proposal.source)  # fmt: skip
            folder.change(kept.place, lambda file: added(file, kept))
            said = [f"Written to {folder.shown(kept.place)} as {name}."]
            if choice != "both":
                said += [self._replaced(folder, known[one.other], kept) for one in found]
        name = proposal.name or kept.name
        self._record(replace(proposal, name=name, status="accepted", entry=kept.name))
        self._confirm(proposal.decision)
        return said + self._contradicted(kept)

    def _gives_way(self, found: Conflict, known: dict[str, Entry], new: Proposal) -> bool:
        """Say whether an older entry is replaced without asking: named so, a guess, or decayed."""
        now = self._now()
        old = decisions.confidence(known[found.other].as_decision(now), now)
        return found.relation == "replaces" or new.tier - old >= CLEARLY_SURER

    def _replaced(self, folder: EntryFolder, old: Entry, new: Entry) -> str:
        folder.change(old.place, lambda file: removed(file, old.name))
        self._reject_decisions(old.text)
        return f"{new.name} takes the place of {old.name}: {old.text}"

    def _rewrite(self, folder: EntryFolder, old: Entry, new: Entry) -> None:
        def change(file: EntryFile) -> str:
            return changed(file, old.name, new)

        folder.change(old.place, change)

    def _next_name(self, folder: EntryFolder, known: dict[str, Entry]) -> str:
        # The log knows names of entries that are gone: none of them means something else later.
        used = [(one.name, one.entry) for one in self._proposals().values()]
        names = (*known, *(name for pair in used for name in pair))
        mine = [name for name in names if name.startswith(folder.letter)]
        return next_name(folder.letter, mine)

    def _own_name(self, folder: EntryFolder, entry: Entry) -> str:
        if entry.name.startswith(folder.letter):
            return entry.name
        return self._next_name(folder, {one.name: one for one in folder.read().entries})

    def _record(self, proposal: Proposal) -> None:
        stamp = self._log.stamp(self._log.last_turn)
        self._log.append(proposal.event(stamp))

    def _confirm(self, name: str) -> None:
        """Have a decision of the log hold that was accepted into a file."""
        known = decisions.fold(self._logged("decision")).get(name)
        if known is not None and known.holds:
            settle = known.status == "disputed"
            (self._facts.settle if settle else self._facts.validate)(name)

    def _contradicted(self, kept: Entry) -> list[str]:
        """Reject the decisions of the log that contradict what was just accepted."""
        known = list(decisions.fold(self._logged("decision")).values())
        found = [one for one in conflicts.conflicts(kept.text, known) if one.relation != "same"]
        texts = {one.other: self._facts.reject(one.other).text for one in found}
        return [f"{name} holds no more: {text}" for name, text in texts.items()]

    def _forget(self, text: str) -> None:
        """Reject whatever waits in the inbox, or holds in the log, and says the same."""
        for proposal in self._proposals().values():
            if proposal.status == "open" and says_the_same(text, [proposal.as_decision]):
                self._record(replace(proposal, status="rejected"))
        self._reject_decisions(text)

    def _reject_decisions(self, text: str) -> None:
        for known in decisions.fold(self._logged("decision")).values():
            if known.holds and says_the_same(text, [known]):
                self._facts.reject(known.name)


def _against(known: Decision, entries: Sequence[Decision]) -> Decision:
    """Return a decision, disputed if an entry of a file contradicts it."""
    found = [one.other for one in conflicts.conflicts(known.text, entries)]
    if not found:
        return known
    return replace(known, status="disputed", conflicts_with=(*known.conflicts_with, *found))


def place_named(name: str) -> Place:
    """Return the place that a user names.

    Raises:
        EventError: there is none of that name.
    """
    for place in PLACES:
        if name.removesuffix(".md") == place:
            return place
    raise EventError(f"There is no {name[:40]} in project memory.", f"It has {', '.join(PLACES)}.")


def _contradiction(found: Sequence[Conflict], known: dict[str, Entry]) -> ContradictionError:
    what = " ".join(
        f"It contradicts {one.other}, {known[one.other].text!r}: {one.reason}" for one in found
    )
    return ContradictionError(
        what,
        'Add "replace" to put it in the place of that, "both" to keep both (as options of the '
        "command: --conflict replace, --conflict both).",
    )

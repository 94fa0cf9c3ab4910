"""What a project has established, read from its log and added to it by one session.

Names (D001, T001) are given in the transaction that writes them, so that two windows never give
the same one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ownstack.errors import EventError
from ownstack.memory.events import Event
from ownstack.memory.facts import conflicts, decisions, patterns, threads
from ownstack.memory.facts.conflicts import Verdict
from ownstack.memory.facts.decisions import Decision
from ownstack.memory.facts.patterns import Pattern
from ownstack.memory.facts.threads import Thread
from ownstack.memory.log.session import SessionLog

_Change = Callable[[Mapping[str, Decision], float], tuple[Decision, ...]]


class ProjectFacts:
    """Methods wait for the disk, and raise MemoryStoreError where nothing can be kept."""

    def __init__(self, session: SessionLog) -> None:
        self._session = session

    def decisions(self) -> dict[str, Decision]:
        """Return all decisions of the project by their names, also those that hold no more."""
        return decisions.fold(self._session.of_project("decision"))

    def decide(
        self,
        text: str,
        *,
        tier: float = 0.5,
        rationale: str = "",
        foreign: Sequence[Decision] = (),
    ) -> Verdict:
        """Record a decision, and return what became of it beside those that are known.

        `foreign` are decisions of other projects that this one goes by; one that contradicts them
        is blocked, and nothing is recorded.
        """
        text = text.strip()
        if not text:
            raise EventError("A decision says what was decided.")
        stamp = self._session.stamp(self._session.last_turn)

        def make(logged: Sequence[Event]) -> tuple[Verdict, Sequence[Event]]:
            verdict = conflicts.decide(
                text,
                decisions.fold(logged),
                tier=tier,
                rationale=rationale,
                at=stamp.at,
                foreign=foreign,
            )
            return verdict, [decision.event(stamp) for decision in verdict.changes]

        return self._session.derive(("decision",), make)

    def settle(self, name: str) -> tuple[Decision, ...]:
        """Let one of several disputed decisions hold; return all that changed."""
        return self._change(name, lambda known, at: conflicts.settle(name, known, at))

    def validate(self, name: str) -> Decision:
        """Record that a decision was just seen to hold."""
        (changed,) = self._change(name, lambda known, at: (decisions.validated(known[name], at),))
        return changed

    def reject(self, name: str) -> Decision:
        """Record that a decision holds no more, without another in its place."""
        return self._change(name, lambda known, _at: conflicts.rejected(name, known))[0]

    def threads(self) -> dict[str, Thread]:
        """Return all threads of the project by their names."""
        return threads.fold(self._session.of_project("thread"))

    def open_thread(self, text: str) -> Thread:
        """Begin a thread; one that is open under the same words is returned as it is."""
        stamp = self._session.stamp(self._session.last_turn)

        def make(logged: Sequence[Event]) -> tuple[Thread, Sequence[Event]]:
            known = threads.fold(logged)
            for thread in threads.open_threads(known.values()):
                if thread.text == text:
                    return thread, ()
            new = Thread(threads.next_name(known), text, "OPEN", "", stamp.at, stamp.session)
            return new, [new.event(stamp)]

        return self._session.derive(("thread",), make)

    def resolve_thread(self, name: str, outcome: str = "") -> Thread:
        """Record what a thread came to."""
        stamp = self._session.stamp(self._session.last_turn)

        def make(logged: Sequence[Event]) -> tuple[Thread, Sequence[Event]]:
            known = threads.fold(logged)
            if name not in known:
                raise EventError(f"This project has no thread {name}.")
            done = threads.resolved(known[name], outcome)
            return done, [done.event(stamp)]

        return self._session.derive(("thread",), make)

    def patterns(self) -> list[Pattern]:
        """Return the solutions that were seen in the project, merged."""
        return patterns.fold(self._session.of_project("note"))

    def saw_pattern(self, problem: str, solution: str) -> Pattern:
        """Record that a solution helped; return it with how often it did so far."""
        stamp = self._session.stamp(self._session.last_turn)
        self._session.append(patterns.sighting(stamp, problem, solution))
        return max(self.patterns(), key=lambda pattern: pattern.last)

    def _change(self, name: str, change: _Change) -> tuple[Decision, ...]:
        stamp = self._session.stamp(self._session.last_turn)

        def make(logged: Sequence[Event]) -> tuple[tuple[Decision, ...], Sequence[Event]]:
            known = decisions.fold(logged)
            if name not in known:
                raise EventError(f"This project has no decision {name}.")
            changed = tuple(change(known, stamp.at))
            return changed, [decision.event(stamp) for decision in changed]

        return self._session.derive(("decision",), make)

"""What one window knows of the lines that its user kept and turned down: learned at once.

What older processes have logged is read once, on the log's thread; what happens in this process,
in any of its windows, counts from the next key on.
"""

from __future__ import annotations

import functools
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future

from cachetools import LRUCache

from ownstack.completion.echo.preferences import (
    KEPT_LONG,
    NOTHING_LEARNED,
    Outcome,
    Preference,
    Preferences,
    Subject,
    T,
    preferred,
    traits,
)
from ownstack.completion.echo.query import EchoQuery
from ownstack.completion.echo.scoring import ScoredCandidate
from ownstack.completion.feedback.own_calibration import OwnCalibration
from ownstack.completion.feedback.signals import History, Kind, Offered, Remembered, SignalLog
from ownstack.settings import CompletionSettings

MAX_DAYS = 180.0
MAX_OUTCOMES = 2_000
"""The newest that are read at first; some 20 ms of the log's thread."""
MAX_FOLLOWED = 256
"""Suggestions whose end may still be heard of."""
MAX_WAITING = 256
"""Outcomes that wait until the log has been read."""


class OwnPreferences:
    """What was learned of lines, as one window knows it."""

    def __init__(
        self, log: SignalLog, settings: Callable[[], CompletionSettings], own: OwnCalibration
    ) -> None:
        """Nothing is read before the first line is asked about.

        `own` says what the promised chances were worth, so that no line is held against its maker.
        """
        self._log = log
        self._settings = settings
        self._own = own
        self._asked = False
        self._cleared = log.n_cleared
        self._known: tuple[bytes, Preferences] | None = None
        """The key of the hashes, and what was learned; None until the log has been read."""
        self._waiting: deque[tuple[Subject, Outcome]] = deque(maxlen=MAX_WAITING)
        self._offered: LRUCache[str, Offered] = LRUCache(MAX_FOLLOWED)
        self._taken: LRUCache[str, tuple[Subject, Outcome]] = LRUCache(MAX_FOLLOWED)

    def close(self) -> None:
        """Hear of nothing more."""
        self._log.unhear(self)

    # Asking -------------------------------------------------------------------------------

    def echoed(
        self, uri: str, query: EchoQuery, found: Sequence[ScoredCandidate]
    ) -> Sequence[ScoredCandidate]:
        """Return echo's candidates with what was learned of them, in the order this gives them.

        `uri`: the document's. Cost: under 0.1 ms; nothing where nothing was learned.
        """
        return self.weighed(uri, query, found, lambda each: each)

    def weighed(
        self,
        uri: str,
        query: EchoQuery,
        found: Sequence[T],
        by_echo: Callable[[T], ScoredCandidate | None],
    ) -> Sequence[T]:
        """Return what `echoed` does, of any candidates; `by_echo` says what echo has of one."""
        of = self._of(uri, query)
        if of is None:
            return found
        return preferred(found, lambda each: of(each.text, by_echo(each)))

    def _of(
        self, uri: str, query: EchoQuery
    ) -> Callable[[str, ScoredCandidate | None], Preference] | None:
        """Return what looks lines at a cursor up; None where there is nothing to find."""
        if not self._settings().learn_from_outcomes:
            return None
        known = self._ready()
        if known is None or not known[1]:
            return None
        key, preferences = known
        now = self._log.now()

        def of(text: str, by_echo: ScoredCandidate | None) -> Preference:
            found_in = by_echo.candidate.occurrences[0].found_in if by_echo else ""
            found = traits(Subject(text, query.head, uri, found_in), key)
            return preferences.of(found, now) if found else NOTHING_LEARNED

        return of

    # Learning -----------------------------------------------------------------------------

    def offered(self, offered: Offered) -> None:
        """Hear that a suggestion is shown, or was one of those to choose from."""
        self._forget_cleared()
        self._offered[offered.id] = offered

    def event(self, id: str, kind: Kind, value: float) -> None:
        """Hear what became of a suggestion."""
        self._forget_cleared()
        offered = self._offered.get(id)
        ending = None if offered is None else right(kind, offered.tells)
        if offered is not None and ending is not None:
            self._offered.pop(id, None)
            learned = self._outcome(offered, right=ending)
            if ending:
                self._taken[id] = learned
            self._learn(*learned)
        elif kind.startswith("kept-") and id in self._taken:
            subject, outcome = self._taken[id]
            if value <= 0:
                del self._taken[id]
                self._learn(subject, _as(outcome, right=True, weight=-1.0))
                self._learn(subject, _as(outcome, right=False, weight=1.0))
            elif kind == "kept-10m":
                del self._taken[id]
                self._learn(subject, _as(outcome, right=True, weight=KEPT_LONG))

    def _outcome(self, offered: Offered, *, right: bool) -> tuple[Subject, Outcome]:
        maker = "" if offered.source == "echo" else offered.model
        promised = self._promised(offered.source, maker, offered.confidence, offered.shift)
        return offered.subject, Outcome(b"", promised, right, self._log.now())

    def _promised(self, source: str, model: str, chance: float | None, shift: float) -> float:
        """Return the chance of a suggestion but for what was learned of its line."""
        if chance is None:
            return 0.5
        return self._own.adjusted(source, model, Preference(shift).without(chance))

    def _learn(self, subject: Subject, outcome: Outcome) -> None:
        known = self._ready()
        if known is None:
            self._waiting.append((subject, outcome))
        else:
            _take(known, subject, outcome)

    def _ready(self) -> tuple[bytes, Preferences] | None:
        """Return what is known; has the log read if it was not yet."""
        if not self._asked:
            self._begin()
        self._forget_cleared()
        if self._known is not None:
            while self._waiting:
                _take(self._known, *self._waiting.popleft())
        return self._known

    def _forget_cleared(self) -> None:
        if self._log.n_cleared == self._cleared:
            return
        self._cleared = self._log.n_cleared
        for held in (self._waiting, self._offered, self._taken):
            held.clear()
        if self._known is not None:
            self._known = self._known[0], Preferences()

    def _begin(self) -> None:
        """Have the log read, and hear of what comes after that."""
        self._asked = True
        self._own.adjusted("echo", "", 0.5)  # Has its own part of the log read before.
        history = self._log.history(MAX_DAYS, MAX_OUTCOMES)
        if history is not None:
            history.add_done_callback(functools.partial(self._read, self._log.n_cleared))
            self._log.hear(self)

    def _read(self, n_cleared: int, history: Future[History]) -> None:
        # On the log's thread. A log that fails says so itself.
        if history.exception() is not None:
            return
        read = history.result()
        outcomes = read.outcomes if self._log.n_cleared == n_cleared else ()
        self._known = read.key, self._learned(outcomes)

    def _learned(self, remembered: Iterable[Remembered]) -> Preferences:
        preferences = Preferences()
        for each in remembered:
            promised = self._promised(each.source, each.model, each.chance, each.shift)
            weight = 1 + KEPT_LONG if each.kept_long else 1.0
            preferences.learn(Outcome(each.traits, promised, each.right, each.at, weight))
        return preferences


def right(kind: Kind, tells: bool) -> bool | None:
    """Say whether a suggestion that ended so was right; None if that tells nothing of its line.

    Who asks by a key looks for something: what they leave is not turned down.
    """
    if kind in ("accepted", "typed-through"):
        return True
    return False if kind == "rejected" and tells else None


def _as(outcome: Outcome, *, right: bool, weight: float) -> Outcome:
    return Outcome(outcome.traits, outcome.chance, right, outcome.at, weight)


def _take(known: tuple[bytes, Preferences], subject: Subject, outcome: Outcome) -> None:
    key, preferences = known
    found = traits(subject, key)
    if found:
        preferences.learn(Outcome(found, outcome.chance, outcome.right, outcome.at, outcome.weight))

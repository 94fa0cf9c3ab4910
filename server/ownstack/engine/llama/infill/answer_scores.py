"""Lines scored beside an answer: its own first one, and rests of the line that were proposed.

The answer's own way, and drafts of it, are noted while it is written: they are evaluated anyway.
A candidate costs one small batch of what it has beyond that, in a sequence of its own, so that the
session still holds the answer afterwards. Scores are those of `candidates.py`.
"""

from __future__ import annotations

import math
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ownstack.engine.llama.decoding.loop import DecodeLimits
from ownstack.engine.llama.infill.candidates import (
    HOPELESS,
    MAX_LINE_TOKENS,
    Candidate,
    ScoringVocabulary,
    candidates_of,
    is_text,
    log_given,
    log_mass,
    ways_of,
)
from ownstack.engine.llama.infill.line_ends import LINE_BREAK
from ownstack.engine.llama.infill.trie import Node, Trie
from ownstack.engine.llama.kv_session import KvSession
from ownstack.engine.llama.native.adapters import Adapters
from ownstack.engine.llama.scheduler import Job, Steps
from ownstack.engine.llama.speed import SpeedMeter
from ownstack.engine.results import ScoredLine

_NEGLIGIBLE = 4.6
"""Nats: another way to write a line that adds less than a hundredth is not evaluated."""
_MAX_TOKENS = 32
"""Of a candidate that may have to be evaluated."""


@dataclass(frozen=True, slots=True)
class _OwnLine:
    data: bytes
    tokens: int


class AnswerScores:
    """The candidates of one answer, and its own first line."""

    def __init__(
        self,
        job: Job,
        healed: str,
        candidates: Sequence[str],
        vocabulary: ScoringVocabulary,
        limits: DecodeLimits,
        meter: SpeedMeter,
        *,
        adapters: Adapters = (),
    ) -> None:
        """`healed` is what has been typed of a word, and comes first in the answer.

        `adapters` are those that the answer is written with.
        """
        self._job = job
        self._typed = healed.encode("utf-8", "replace")
        self._vocabulary = vocabulary
        self._limits = limits
        self._meter = meter
        self._adapters = adapters
        self._candidates = candidates_of(healed, candidates, vocabulary)
        self._rows: dict[tuple[int, ...], NDArray[np.float32]] = {}
        """Tokens of the answer → logits after them; shorter ones come first."""
        self._own: _OwnLine | None = None
        self._lines: dict[bytes, Candidate] = {}
        """The answer's own, and then the others, by the bytes that the model has to write."""
        self._trie: Trie | None = None

    def saw(self, written: Sequence[int], logits: NDArray[np.float32]) -> None:
        """See `Beside.saw`."""
        way = tuple(written)
        if self._own is not None or way in self._rows or len(self._rows) > MAX_LINE_TOKENS:
            return
        is_next = not way or way[:-1] in self._rows
        if is_next and not LINE_BREAK.search(self._bytes(way)):
            self._rows[way] = logits.copy()

    def due(self, written: Sequence[int], *, ended: bool) -> bool:
        """See `Beside.due`."""
        if self._own is not None:
            return False
        data = self._bytes(written)
        broken = LINE_BREAK.search(data)
        if broken is None and not ended:
            return False
        line = data if broken is None else data[: broken.start()]
        n, size = 0, 0
        for token in written:
            size += len(self._vocabulary.pieces[token])
            if size > len(line):
                break
            n += 1
        way = tuple(written[:n])
        head = line[len(self._bytes(way)) :]
        self._own = _OwnLine(line, n + bool(head))
        if way not in self._rows or not line.startswith(self._typed) or not is_text(line):
            return False
        text, size = line.decode(), len(self._typed.decode())
        own = Candidate(text[size:], ways_of(text, line, self._vocabulary))
        self._lines = {line: own, **self._candidates}
        return True

    def run(self, session: KvSession, prompt: Sequence[int]) -> Steps:
        """Score what there is time for, a line after the other; ends where others come first."""
        own, trie = self._own, self._settled()
        assert own is not None
        self._trie = trie
        for line, candidate in self._lines.items():
            for way in candidate.ways:
                known = _known(trie, way)
                floor = self._mass(line) - _NEGLIGIBLE
                if line != own.data:
                    floor = max(floor, self._best() - HOPELESS)
                if len(known) > len(way) or _log_begun(known, way) < floor:
                    continue
                if not self._has_time(len(way) + 1 - len(known)):
                    continue
                going_on = yield from self._evaluate(trie, way, known, session, prompt)
                if not going_on:
                    session.forget_aside()
                    return
        session.forget_aside()

    def scored(self) -> tuple[ScoredLine, ...]:
        """Return what was scored, the likeliest first; nothing before `run`."""
        trie, own = self._trie, self._own
        if trie is None or own is None:
            return ()
        given = log_given(trie, self._typed, self._vocabulary.index)
        hopeless = self._best() - HOPELESS
        scored = []
        for line, candidate in self._lines.items():
            logprob, found = self._mass(line), line == own.data
            whole = found or self._is_whole(candidate)
            if not whole:
                begun = min(_log_begun(_known(trie, way), way) for way in candidate.ways)
                if not begun < hopeless:
                    continue  # There was no time for it; or the network is broken: no number.
                logprob = float(np.logaddexp(logprob, begun))
            tokens = own.tokens if found else len(candidate.ways[0])
            scored.append(
                ScoredLine(
                    candidate.text,
                    min(0.0, logprob - given),
                    tokens,
                    proposed=line in self._candidates,
                    found=found,
                    whole=whole,
                )
            )
        return tuple(sorted(scored, key=lambda line: -line.logprob))

    def _settled(self) -> Trie:
        """Return a tree of what was noted."""
        trie = Trie(self._vocabulary.pieces, self._rows[()])
        for way, logits in self._rows.items():
            if way:
                trie.settle([trie.add(way)], logits[None, :])
        self._rows = {}
        return trie

    def _evaluate(
        self,
        trie: Trie,
        way: Sequence[int],
        known: Sequence[Node],
        session: KvSession,
        prompt: Sequence[int],
    ) -> Generator[bool, None, bool]:
        """Evaluate what is not known of a way; whether to go on with others after that."""
        wanted, nodes = [*prompt, *way], list[Node]()
        for token in way[len(known) - 1 :]:
            nodes.append(trie.child(nodes[-1] if nodes else known[-1], token))
        while True:
            reached = session.aside(wanted, len(nodes), len(prompt), self._adapters)
            if reached is None:
                return False
            done, rows = reached
            if done:
                trie.settle(nodes, np.stack(rows))
            yield done
            if done or self._job.cancelled or not self._has_time(len(nodes)):
                return done and not self._job.cancelled

    def _has_time(self, tokens: int) -> bool:
        """Whether so many tokens would be evaluated before the answer must be there."""
        if tokens > _MAX_TOKENS:
            return False
        limits, speed = self._limits, self._meter.speed
        ends = [at_s for at_s in (limits.first_line_at_s, limits.ends_at_s) if at_s is not None]
        cost_s = tokens / (speed.prefill or math.inf) + 1 / (speed.decode or math.inf)
        return time.monotonic() + cost_s <= min(ends, default=math.inf)

    def _mass(self, line: bytes) -> float:
        assert self._trie is not None
        return log_mass(self._trie, line, self._vocabulary.ends)

    def _best(self) -> float:
        """Return the log probability of the likeliest line that is known."""
        return max(self._mass(line) for line in self._lines)

    def _is_whole(self, candidate: Candidate) -> bool:
        assert self._trie is not None
        trie = self._trie
        return any(len(_known(trie, way)) > len(way) for way in candidate.ways)

    def _bytes(self, way: Sequence[int]) -> bytes:
        return b"".join(self._vocabulary.pieces[token] for token in way)


def _known(trie: Trie, way: Sequence[int]) -> list[Node]:
    """Return the nodes of a way that are evaluated, from the root."""
    nodes = [trie.root]
    for token in way:
        node = nodes[-1].children.get(token)
        if node is None or node.logprobs is None:
            break
        nodes.append(node)
    return nodes


def _log_begun(known: Sequence[Node], way: Sequence[int]) -> float:
    """Return the log probability of a way up to the first token that is not evaluated."""
    tip = known[-1]
    assert tip.logprobs is not None
    if len(known) > len(way):
        return tip.logprob
    return tip.logprob + float(tip.logprobs[way[len(known) - 1]])

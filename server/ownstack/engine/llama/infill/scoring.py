"""How likely rests of a line are: the candidates given, and what the model itself would write.

What that means is said in `candidates.py`. The candidates are evaluated together, a beginning that
they share once. A beam search then finds what else is likely; where it goes the same ways it costs
nothing.
"""

from __future__ import annotations

import heapq
import math
import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ownstack.engine.llama.batch_sizer import BatchSizer
from ownstack.engine.llama.decoding.loop import DecodeLimits
from ownstack.engine.llama.infill.candidates import (
    HOPELESS,
    MAX_CANDIDATES,
    ScoringVocabulary,
    candidates_of,
    is_text,
    log_given,
    log_mass,
)
from ownstack.engine.llama.infill.forced_prefixes import MAX_FORCED_PREFIXES, ForcedPrefixes
from ownstack.engine.llama.infill.trie import Node, Trie, branch_lines
from ownstack.engine.llama.kv_session import KvSession, Target
from ownstack.engine.llama.native.adapters import names
from ownstack.engine.llama.native.branches import BATCH, CELLS, Branches
from ownstack.engine.llama.native.context import ABORTED, DONE
from ownstack.engine.llama.scheduler import SHARED_STEP_S, Job, Steps
from ownstack.engine.requests import ScoreRequest
from ownstack.engine.results import Finish, Generated, ScoredLine, Usage

MAX_ALTERNATIVES = 8
_SEARCH_TOKENS = 24
SEQUENCES = 2 * (MAX_CANDIDATES + MAX_ALTERNATIVES + MAX_FORCED_PREFIXES)


@dataclass(frozen=True, slots=True)
class _FoundLine:
    """A line that the search came upon."""

    logprob: float
    tokens: int


def supported(parameters: int, vocabulary: int) -> bool:
    """Whether a model is small enough to score at every key."""
    return 0 < parameters <= 100_000_000 and 0 < vocabulary <= 65_536


class Scoring:
    """One request's candidates scored for a job, and the model's own search for more."""

    def __init__(
        self,
        job: Job,
        target: Target,
        healed: str,
        request: ScoreRequest,
        vocabulary: ScoringVocabulary,
        limits: DecodeLimits,
    ) -> None:
        self._job = job
        self._target = target
        self._typed = healed.encode("utf-8", "replace")
        self._vocabulary = vocabulary
        self._width = min(request.alternatives, MAX_ALTERNATIVES)
        self._limits = limits
        self._candidates = candidates_of(healed, request.candidates, vocabulary)
        self._forced = ForcedPrefixes(
            healed, request.forced_prefixes, vocabulary.tokenize, vocabulary.index, vocabulary.ends
        )
        self._trie: Trie | None = None
        self._found: dict[bytes, _FoundLine] = {}
        self._best_candidate = -math.inf
        self._tips: dict[int, Node] = {}
        """The last token of each fork."""
        self._finish: Finish | None = Finish.CANCELLED if job.cancelled else None
        self._laid_out_s = time.monotonic()
        self._started_s = job.started_s or self._laid_out_s
        self._reached_s: float | None = None
        self._evaluated = 0
        self._drafted = 0

    def run(self, session: KvSession, branches: Branches, batch_sizer: BatchSizer) -> Steps:
        """Weigh and search until the end; begins again if others used the session meanwhile."""
        while self._finish is None:
            branches.drop()
            self._trie, self._found, self._tips = None, {}, {}
            yield from self._reach(session, batch_sizer)
            if self._finish is None:
                self._trie = Trie(self._vocabulary.pieces, session.context.logits())
                yield from self._score(self._trie, session, branches)
        branches.drop()

    def result(self, *, clipped: bool = False) -> Generated:
        """Return what is known; to be asked after `run`."""
        ended_s = time.monotonic()
        reached_s = self._reached_s or ended_s
        known = len(self._trie.evaluated) if self._trie is not None else 0
        usage = Usage(
            prompt_tokens=len(self._target.flat),
            evaluated_tokens=self._evaluated,
            generated_tokens=max(0, known - self._drafted),
            queue_ms=1e3 * (self._started_s - self._job.submitted_s),
            layout_ms=1e3 * (self._laid_out_s - self._started_s),
            prefill_ms=1e3 * (reached_s - self._laid_out_s),
            decode_ms=1e3 * (ended_s - reached_s),
            clipped=clipped,
            drafted_tokens=self._drafted,
            adapters=names(self._target.adapters),
        )
        assert self._finish is not None
        scored = self._scored()
        if not scored:
            return Generated("", self._finish, usage)
        best = scored[0]
        mean = best.logprob / (best.tokens + 1)
        return Generated(best.text, self._finish, usage, mean, scored)

    def _reach(self, session: KvSession, batch_sizer: BatchSizer) -> Steps:
        while not session.ready(self._target):
            at_most = batch_sizer.tokens(SHARED_STEP_S if self._job.protected else None)
            progress, evaluated = session.step(self._target, at_most)
            self._evaluated += evaluated
            yield progress
            self._look()
            if self._finish is not None:
                return
        self._reached_s = time.monotonic()

    def _score(self, trie: Trie, session: KvSession, branches: Branches) -> Steps:
        """Evaluate the candidates, then search; without a finish if others used the session."""
        for candidate in self._candidates.values():
            for way in candidate.ways:
                if trie.size + len(way) <= CELLS // 2:
                    trie.add(way)
        self._forced.plant(trie, CELLS // 2)
        self._drafted = trie.size
        live = self._grown(trie, [trie.root])  # The search's first tokens go with the candidates'.
        whole = yield from self._evaluate(trie.pending(), trie, session, branches)
        if whole:
            scores = [log_mass(trie, data, self._vocabulary.ends) for data in self._candidates]
            self._best_candidate = max(scores, default=-math.inf)
            yield from self._search(trie, live, session, branches)

    def _search(
        self, trie: Trie, live: list[Node], session: KvSession, branches: Branches
    ) -> Steps:
        """Go on from the likeliest first tokens and the names given, a token at a time in all."""
        kept = set(self._tips)
        for _ in range(min(self._limits.max_tokens, _SEARCH_TOKENS) + len(self._typed)):
            self._look(self._limits.first_line_at_s)
            if self._finish is not None:
                return
            live = self._grown(trie, live)
            onward = list(dict.fromkeys((*live, *self._forced.grown(trie, self._note))))
            if not onward:
                self._finish = Finish.END
                return
            fresh = [node for node in onward if node.logprobs is None]
            whole = yield from self._evaluate(fresh, trie, session, branches)
            if not whole:
                return
            given_up = set(self._tips) - kept - {node.sequence for node in onward}
            for sequence in given_up:
                del self._tips[sequence]
                branches.release(sequence)
        self._finish = Finish.LENGTH

    def _grown(self, trie: Trie, live: Sequence[Node]) -> list[Node]:
        """Note the lines that may end here; return the likeliest ways to go on, if any."""
        if not self._width:
            return []
        ways: list[tuple[float, Node, int]] = []
        for node in live:
            logprobs = node.logprobs
            assert logprobs is not None
            typed = self._typed[len(node.path) :]
            for written, logprob in self._vocabulary.ends.likeliest(logprobs, typed, self._width):
                self._note(node, written, node.logprob + logprob)
            for token in self._next(node, typed):
                ways.append((node.logprob + float(logprobs[token]), node, token))
        floor = self._floor()
        best = heapq.nlargest(self._width, (way for way in ways if way[0] > floor), _first)
        return [trie.child(node, token) for _, node, token in best]

    def _next(self, node: Node, typed: bytes) -> NDArray[np.intp]:
        """Return the likeliest tokens that go on with the line and agree with what was typed."""
        assert node.logprobs is not None
        open_ended = node.logprobs.copy()
        open_ended[self._vocabulary.ends.no_text] = -np.inf
        for tokens in self._forced.taken(node):
            open_ended[tokens] = -np.inf
        if not typed:
            return np.argpartition(open_ended, -self._width)[-self._width :]
        allowed = self._vocabulary.index.allowed(typed)
        return allowed[np.argsort(-open_ended[allowed])[: self._width]]

    def _note(self, node: Node, written: bytes, logprob: float) -> None:
        line = node.path + written
        known = self._found.get(line)
        if known is not None:
            logprob = float(np.logaddexp(known.logprob, logprob))
        self._found[line] = _FoundLine(logprob, node.depth + bool(written))

    def _floor(self) -> float:
        """Return how likely a beginning must be to lead to anything of interest."""
        best = heapq.nlargest(self._width, (line.logprob for line in self._found.values()))
        enough = best[-1] if len(best) == self._width else -math.inf
        return max(enough, max([self._best_candidate, *best[:1]]) - HOPELESS)

    def _evaluate(
        self, nodes: Sequence[Node], trie: Trie, session: KvSession, branches: Branches
    ) -> Generator[bool, None, bool]:
        """Evaluate nodes whose parents are, or come before them; whether to go on after that."""
        if not nodes:
            return True
        members = self._forked(nodes, session, branches)
        start = len(self._target.flat) - 1
        for at in range(0, len(nodes), BATCH):
            part = nodes[at : at + BATCH]
            code = branches.decode(
                [node.token for node in part],
                [start + node.depth for node in part],
                [members[node] for node in part],
            )
            if code == DONE:
                trie.settle(part, branches.logits())
            elif code != ABORTED:  # The context has no room beside what its window holds.
                self._finish = Finish.LENGTH
            stamp = branches.stamp
            yield code != ABORTED
            self._look()
            if self._finish is not None or code != DONE or branches.stamp != stamp:
                return False
        return True

    def _forked(
        self, nodes: Sequence[Node], session: KvSession, branches: Branches
    ) -> dict[Node, list[int]]:
        """Return the sequences that each of the nodes goes into: one for each end behind it."""
        members: dict[Node, list[int]] = {node: [] for node in nodes}
        for line in branch_lines(nodes):
            parent = line[0].parent
            assert parent is not None
            sequence = parent.sequence
            if self._tips.get(sequence) is not parent:
                source = session.sequence.id if sequence < 0 else sequence
                sequence = branches.fork(source, len(self._target.flat) + parent.depth)
            self._tips[sequence] = line[-1]
            for node in line:
                members[node].append(sequence)
                node.sequence = members[node][0]
        return members

    def _look(self, also_at_s: float | None = None) -> None:
        """See whether it is over."""
        now_s = time.monotonic()
        ends = [at_s for at_s in (self._limits.ends_at_s, also_at_s) if at_s is not None]
        if self._job.cancelled:
            self._finish = Finish.CANCELLED
        elif any(now_s >= at_s for at_s in ends):
            self._finish = Finish.DEADLINE

    def _scored(self) -> tuple[ScoredLine, ...]:
        """Return all lines that are known from beginning to end, the likeliest first."""
        trie = self._trie
        if trie is None:
            return ()
        given = log_given(trie, self._typed, self._vocabulary.index)
        lines = sorted(self._found.items(), key=lambda item: -item[1].logprob)
        texts = [(line, known) for line, known in lines if is_text(line)]
        found = dict(texts[: self._width])
        begun = {line: known for line, known in texts if line in self._forced.lines}
        scored = []
        for line in dict.fromkeys([*self._candidates, *found, *begun]):
            candidate = self._candidates.get(line)
            if candidate is not None and trie.add(candidate.ways[0]).logprobs is None:
                continue
            text = line[len(self._typed) :].decode() if candidate is None else candidate.text
            tokens = len(candidate.ways[0]) if candidate is not None else self._found[line].tokens
            logprob = min(0.0, log_mass(trie, line, self._vocabulary.ends) - given)
            name = self._forced.of(line, given)
            scored.append(
                ScoredLine(text, logprob, tokens, candidate is not None, line in found, *name)
            )
        return tuple(sorted(scored, key=lambda line: -line.logprob))


def _first(way: tuple[float, Node, int]) -> float:
    return way[0]

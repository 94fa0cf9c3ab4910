"""The loop that writes an answer: bring the session there, take a token, decide to go on."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ownstack.engine.llama.batch_sizer import BatchSizer
from ownstack.engine.llama.decoding.healing import Healing
from ownstack.engine.llama.decoding.output import OutputBuffer
from ownstack.engine.llama.kv_session import KvSession, Target
from ownstack.engine.llama.native.adapters import correction, names
from ownstack.engine.llama.scheduler import SHARED_STEP_S, Job, Steps
from ownstack.engine.results import Finish, Generated, ScoredLine, Usage

Logits = NDArray[np.float32]
Reading = Callable[[int, int], None]
"""Hears, on the native thread, how many tokens of a prompt are read, of those that have to be."""

SEND_EVERY_S = 0.02
"""Time between two pieces of an answer on their way to the event loop."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A token, its log probability under the model, and the bytes it adds to the answer."""

    token: int
    logprob: float
    added: bytes
    ends: bool = False
    healing: bool = False
    """It only repeats what was typed."""


class Chooser(Protocol):
    """A way to choose the next token from logits (a view that the next decode overwrites)."""

    def choose(self, logits: Logits) -> Choice: ...


class DraftSource(Protocol):
    """Proposes what may come next; `drafts.py` and `lookup.py` say how."""

    checks: int
    drafted: int
    accepted: int

    def wrote(self, token: int) -> None: ...

    def following(self, at_most: int) -> list[int]: ...

    def checked(self, drafted: int, accepted: int) -> None: ...


class Beside(Protocol):
    """Scores rests of the line beside the answer; `infill/answer_scores.py` says how."""

    def saw(self, written: Sequence[int], logits: Logits) -> None:
        """Take note of logits after these tokens of the answer; they are overwritten soon."""
        ...

    def due(self, written: Sequence[int], *, ended: bool) -> bool:
        """Whether it is time to score: True once, when the first line has been written."""
        ...

    def run(self, session: KvSession, prompt: Sequence[int]) -> Steps: ...

    def scored(self) -> tuple[ScoredLine, ...]: ...


class Payoff(Protocol):
    """Keeps account of what drafts are worth."""

    def note(self, tokens: int, seconds: float, tokens_per_s: float) -> None: ...


class Greedy:
    """The likeliest token; while healing, the likeliest that agrees with what was typed."""

    def __init__(self, pieces: Sequence[bytes], stops: frozenset[int], healing: Healing) -> None:
        self._pieces = pieces
        self._stops = stops
        self._healing = healing

    def choose(self, logits: Logits) -> Choice:
        if self._healing.done:
            token = int(logits.argmax())
            return _choice(token, logits, self._pieces[token], self._stops)
        allowed = self._healing.allowed()
        if not len(allowed):
            return Choice(-1, 0.0, b"", ends=True)
        token = int(allowed[logits[allowed].argmax()])
        added = self._healing.accept(self._pieces[token])
        return Choice(token, _logprob(token, logits), added, healing=not added)


def _choice(token: int, logits: Logits, piece: bytes, stops: frozenset[int]) -> Choice:
    # A control token that nobody declared an end is none of the answer's text either.
    return Choice(token, _logprob(token, logits), piece, ends=token in stops or not piece)


def _logprob(token: int, logits: Logits) -> float:
    # In one temporary array: a vocabulary of 150,000 is read four times a token as it is.
    weights = logits - logits.max()
    own = float(weights[token])
    np.exp(weights, out=weights)
    return own - float(np.log(weights.sum()))


@dataclass(frozen=True, slots=True)
class DecodeLimits:
    """When an answer ends whatever the model says; times as `time.monotonic()` tells them."""

    max_tokens: int
    first_line_at_s: float | None = None
    ends_at_s: float | None = None


class DecodeLoop:
    """The decode loop of one answer, for a job. `emit` gets text on the native thread.

    `mean_logprob` of the result is of the model's own distribution, unconstrained, over its
    `tokens`: those that added text (those that only repeat the healed partial word do not count)
    and the one that ended the answer, if one did.
    """

    def __init__(
        self,
        job: Job,
        target: Target,
        output: OutputBuffer,
        chooser: Chooser,
        limits: DecodeLimits,
        emit: Callable[[str], None],
        drafts: DraftSource | None = None,
        payoff: Payoff | None = None,
        reading: Reading | None = None,
        beside: Beside | None = None,
    ) -> None:
        """`drafts` need a memory that can be forgotten in part."""
        self._job = job
        self._target = target
        self._output = output
        self._chooser = chooser
        self._limits = limits
        self._emit = emit
        self._drafts = drafts
        self._payoff = payoff
        self._reading = reading
        self._beside = beside
        self._beside_s = 0.0
        self._unread = 0
        self._draft_s = 0.0
        self._prompt_tokens = len(target.flat)
        self._output_tokens = 0
        self._unsent = ""
        self._sent_s = 0.0
        self._laid_out_s = time.monotonic()
        self._started_s = job.started_s or self._laid_out_s
        self._first_token_s: float | None = None
        self.evaluated = 0
        self.generated = 0

    def run(self, session: KvSession, batch_sizer: BatchSizer) -> Steps:
        """Write until the end."""
        if self._job.cancelled:
            self._end(Finish.CANCELLED)
        self._unread = session.unread(self._target)
        self._tell_reading(session)
        while self._output.finish is None:
            draft = self._draft()
            started_s = time.perf_counter()
            progress = session.draft(self._target, draft) if draft else None
            if progress is not None:
                self._draft_s = time.perf_counter() - started_s
                yield progress
                self._check(session, draft)
            else:
                yield from self._reach(session, batch_sizer)
                if self._output.finish is None:
                    self._read([], session.context.logits())
                    self._take(self._chooser.choose(session.context.logits()))
            yield from self._score_beside(session)

    def result(self, *, clipped: bool = False) -> Generated:
        ended_s = time.monotonic()
        first_s = self._first_token_s or ended_s
        usage = Usage(
            prompt_tokens=self._prompt_tokens,
            evaluated_tokens=self.evaluated,
            generated_tokens=self.generated,
            queue_ms=1e3 * (self._started_s - self._job.submitted_s),
            layout_ms=1e3 * (self._laid_out_s - self._started_s),
            prefill_ms=1e3 * (first_s - self._laid_out_s),
            decode_ms=1e3 * (ended_s - first_s - self._beside_s),
            beside_ms=1e3 * self._beside_s,
            clipped=clipped,
            drafts=self._drafts.checks if self._drafts else 0,
            drafted_tokens=self._drafts.drafted if self._drafts else 0,
            accepted_tokens=self._drafts.accepted if self._drafts else 0,
            adapters=names(self._target.adapters),
            correction=correction(self._target.adapters),
        )
        output = self._output
        assert output.finish is not None
        scored = self._beside.scored() if self._beside is not None else ()
        mean, tokens = output.mean_logprob, tuple(output.tokens)
        return Generated(output.text, output.finish, usage, mean, scored, tokens)

    @property
    def _written(self) -> list[int]:
        return self._target.flat[self._prompt_tokens :]

    def _read(self, draft: Sequence[int], logits: Logits) -> None:
        """Let it be known what the model thinks after the answer and a draft."""
        if self._beside is not None:
            self._beside.saw([*self._written, *draft], logits)

    def _score_beside(self, session: KvSession) -> Steps:
        """Score once the first line is written; who waits for the text has it before that."""
        ended = self._output.finish is Finish.END
        if self._beside is None or not self._beside.due(self._written, ended=ended):
            return
        self._hand_on()
        started_s = time.monotonic()
        yield from self._beside.run(session, self._target.flat[: self._prompt_tokens])
        self._beside_s = time.monotonic() - started_s

    def _reach(self, session: KvSession, batch_sizer: BatchSizer) -> Steps:
        while not session.ready(self._target):
            at_most = batch_sizer.tokens(SHARED_STEP_S if self._job.protected else None)
            progress, evaluated = session.step(self._target, at_most)
            if not self.generated:
                self.evaluated += evaluated
                self._tell_reading(session)
            yield progress
            if self._called_off():
                return
        if self._first_token_s is None:
            self._first_token_s = time.monotonic()

    def _tell_reading(self, session: KvSession) -> None:
        if self._reading is not None and self._unread > 0:
            left = min(self._unread, session.unread(self._target))
            self._reading(self._unread - left, self._unread)

    def _called_off(self) -> bool:
        """End if nobody waits any more, or time is over."""
        if self._job.cancelled:
            self._end(Finish.CANCELLED)
        elif self._late(self._limits.ends_at_s):
            self._end(Finish.DEADLINE)
        return self._output.finish is not None

    def _draft(self) -> list[int]:
        """Return what may come next; the last allowed token is the model's own, for nothing."""
        if self._drafts is None:
            return []
        return self._drafts.following(self._limits.max_tokens - self._output_tokens - 1)

    def _check(self, session: KvSession, draft: Sequence[int]) -> None:
        """Choose as long as the choice is the draft's token: the logits after it are there."""
        assert self._drafts is not None
        if self._called_off() or not session.drafted:
            return
        accepted = 0
        for position in range(len(draft) + 1):
            self._read(draft[:position], session.context.logits(len(draft) - position))
        for position, drafted in enumerate([*draft, None]):
            choice = self._chooser.choose(session.context.logits(len(draft) - position))
            self._take(choice)
            accepted += choice.token == drafted
            if choice.token != drafted or self._output.finish is not None:
                break
        self._drafts.checked(len(draft), accepted)
        if self._payoff is not None:
            rate = session.sequence.batch_sizer.meter.speed.decode
            self._payoff.note(accepted + 1, self._draft_s, rate)
        session.trim(self._target)

    def _take(self, choice: Choice) -> None:
        self.generated += 1
        if choice.ends:
            self._end(Finish.END, choice)
            return
        self._target.append(choice.token)
        if self._drafts is not None:
            self._drafts.wrote(choice.token)
        if choice.healing:
            return
        self._output_tokens += 1
        self._send(self._output.feed(choice.added, choice.logprob))
        if self._late(self._limits.first_line_at_s):
            self._output.end_with_line()
        if self._output_tokens >= self._limits.max_tokens:
            self._end(Finish.LENGTH)

    def _end(self, finish: Finish, by: Choice | None = None) -> None:
        """End the answer; `by` the token with which the model said so."""
        if by is None or by.token < 0:
            self._send(self._output.close(finish))
        else:
            self._send(self._output.close(finish, by.logprob))

    def _send(self, text: str) -> None:
        """Hand text on: the first at once, the rest every `SEND_EVERY_S`; the result has it all.

        Each hand-over wakes the event loop, which takes a core from the network.
        """
        self._unsent += text
        if not self._sent_s or time.monotonic() - self._sent_s >= SEND_EVERY_S:
            self._hand_on()

    def _hand_on(self) -> None:
        if self._unsent:
            self._emit(self._unsent)
            self._unsent, self._sent_s = "", time.monotonic()

    def _late(self, at_s: float | None) -> bool:
        return at_s is not None and time.monotonic() >= at_s

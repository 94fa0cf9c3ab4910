"""Infill answers from one model: which lane serves a cursor, what its prompt is, what it keeps.

A lane keeps what its last answer left in the KV cache, generated tokens included, so that typing
appends and accepting costs nothing (suffix-first order). Two lanes, the second made when it is
first needed, keep two places (two windows, two files) from evicting each other.
"""

from __future__ import annotations

import dataclasses
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from ownstack.engine import fim, healing
from ownstack.engine.abort_flag import AbortFlag
from ownstack.engine.answer import Answer
from ownstack.engine.branches import BATCH, CELLS, Branches
from ownstack.engine.context import Context
from ownstack.engine.drafts import Drafts, Worth
from ownstack.engine.lane import Lane, Pace, Target
from ownstack.engine.line_ends import LineEnds
from ownstack.engine.llama import Model
from ownstack.engine.protocol import Generated, InfillRequest
from ownstack.engine.scheduler import Job, Steps
from ownstack.engine.tally import Tally
from ownstack.engine.token_memo import LineMemo, TokenMemo
from ownstack.engine.weighing import SEQUENCES, Vocabulary, Weighing, supported
from ownstack.engine.writing import Greedy, Limits, Writing
from ownstack.errors import EngineError, ModelTooLargeError
from ownstack.settings import SuffixShift

log = logging.getLogger(__name__)

MAX_LANES = 2
SOFT_DRIFT = 20
"""Drift beyond which the suffix is refreshed as soon as nothing else is to do."""
_HEALING_TOKENS = 16
_OTHER_PLACE = 0.25


@dataclass(frozen=True, slots=True)
class _Prompt:
    target: Target
    healed: str
    clipped: bool


class InfillSlot:
    """All of it, but for the constructor and `open`, runs on the native thread."""

    def __init__(
        self,
        model: Model,
        form: fim.FimFormat,
        *,
        window: int,
        threads: int,
        flag: AbortFlag,
        pace: Pace,
        suffix_shift: SuffixShift = "auto",
        tally: Tally | None = None,
    ) -> None:
        self.model = model
        self.window = window
        self.tally = tally or Tally()
        self._form = form
        self._threads = threads
        self._flag = flag
        self._pace = pace
        self._wants_shift = suffix_shift != "off" and form.order == "psm"
        self._sequences = 3 if self._wants_shift else 1
        """Sequences that a lane uses for itself."""
        self._worth = Worth()
        self._lanes: list[Lane] = []
        self._index: healing.PieceIndex | None = None
        self.weighs = not model.recurrent and supported(model.n_params, model.n_vocab)
        """Whether requests may ask for alternatives."""
        self._vocabulary: Vocabulary | None = None
        self._branches: dict[Lane, Branches] = {}
        self._last_target: Target | None = None
        # From key to key only the prefix is another text; the rest is tokenised once.
        self._tokenize = TokenMemo(model.tokenize, cuts_words=model.cuts_words)

    def open(self) -> None:
        """Make the first lane, and what healing needs."""
        if not self._lanes:
            self._lanes.append(self._new_lane())
        if self._index is None:
            self._index = healing.PieceIndex(self.model.pieces, self._form.stops)
        if self.weighs and self._vocabulary is None:
            pieces, stops = self.model.pieces, self._form.stops
            tokenize = LineMemo(
                fim.continuing(self._form, self.model.tokenize), cuts_words=self.model.cuts_words
            )
            self._vocabulary = Vocabulary(pieces, self._index, LineEnds(pieces, stops), tokenize)

    def close(self) -> None:
        for lane in self._lanes:
            lane.close()
        for branches in self._branches.values():
            branches.close()
        self._lanes, self._branches = [], {}

    @property
    def shifts(self) -> bool:
        """Whether the suffix's keys and values are moved while typing."""
        return bool(self._lanes) and self._lanes[0].shifts

    @property
    def lane(self) -> Lane:
        """The lane that answered last."""
        return self._lanes[0]

    def answer(
        self,
        job: Job,
        request: InfillRequest,
        emit: Callable[[str], None],
        done: Callable[[Generated], None],
    ) -> Steps:
        """Write one answer; `emit` gets its text as it grows, `done` the result.

        Raises:
            EngineError: alternatives are wanted, and the model does not weigh.
        """
        if request.alternatives > 0 and self._vocabulary is None:
            raise EngineError("This model is too large to weigh lines.")
        prompt = self._prompt(request)
        lane = self._lane_for(prompt.target)
        self._last_target = Target(prompt.target.before, prompt.target.suffix)
        branches = self._branches.get(lane)
        if branches is not None:
            branches.drop()  # Those of an answer that made way.
        if request.alternatives > 0:
            weighing = self._weighing(job, request, prompt)
            yield from weighing.run(lane, self._branches_of(lane), self._pace)
            result = weighing.result(clipped=prompt.clipped)
            emit(result.text)
        else:
            writing = self._writing(job, request, prompt, emit)
            yield from writing.run(lane, self._pace)
            result = writing.result(clipped=prompt.clipped)
        self.tally.add(result)
        done(result)

    def drift(self) -> int:
        """Return how far the suffix in use is from an exactly computed one, in tokens.

        Any thread may ask; the answer may be a key old.
        """
        lanes = self._lanes
        return lanes[0].drift() if lanes else 0

    def refresh(self, job: Job) -> Steps:
        """Make the last answer's suffix exact; gives way at every step, and keeps what it has."""
        lane, target = self.lane, self._last_target
        if target is None or lane.drift() == 0:
            return
        fed, suffix = 0, lane.parked.suffix if lane.parked else []
        while fed < len(suffix):
            started_s = time.monotonic()
            progress, fed = lane.refresh(target, fed, self._pace.tokens())
            log.debug("Refreshed %d suffix tokens in %.3f s", fed, time.monotonic() - started_s)
            if not progress:
                self._pace.aborted()
            yield progress
            if job.cancelled or lane.parked is None or lane.parked.suffix != suffix:
                lane.stop_refresh()
                return
        parked = lane.parked
        self.tally.refreshes += parked is not None and parked.computed_after == target.before

    def _writing(
        self, job: Job, request: InfillRequest, prompt: _Prompt, emit: Callable[[str], None]
    ) -> Writing:
        assert self._index is not None
        return Writing(
            job,
            prompt.target,
            Answer(max_lines=request.max_lines, min_indent=request.min_indent),
            Greedy(
                self.model.pieces,
                self._form.stops,
                healing.Healing(self._index, prompt.healed),
            ),
            self._limits(job, request, prompt),
            emit,
            self._drafts(request, prompt.healed),
            self._worth,
        )

    def _weighing(self, job: Job, request: InfillRequest, prompt: _Prompt) -> Weighing:
        assert self._vocabulary is not None
        limits = self._limits(job, request, prompt)
        return Weighing(job, prompt.target, prompt.healed, request, self._vocabulary, limits)

    def _limits(self, job: Job, request: InfillRequest, prompt: _Prompt) -> Limits:
        after = job.submitted_s
        return Limits(
            min(request.max_tokens, self.window - len(prompt.target.flat) - _HEALING_TOKENS),
            None if request.first_line_s is None else after + request.first_line_s,
            None if request.deadline_s is None else after + request.deadline_s,
        )

    def _branches_of(self, lane: Lane) -> Branches:
        if lane not in self._branches:
            branches = Branches(lane.context, self._sequences, SEQUENCES)
            lane.on_full = branches.drop
            self._branches[lane] = branches
        return self._branches[lane]

    def _drafts(self, request: InfillRequest, healed: str) -> Drafts | None:
        """Return what the request proposes; None where nothing evaluated can be taken back."""
        if not request.proposals or request.alternatives or self.model.recurrent:
            return None
        if not self._worth.pays():
            return None
        return Drafts(request.proposals, healed, self.model.tokenize, self.model.pieces)

    def _prompt(self, request: InfillRequest) -> _Prompt:
        kept, healed = healing.cut(request.prefix)
        reserve = min(request.max_tokens, self.window // 4) + _HEALING_TOKENS + 1
        model, form = self.model, self._form
        laid, clipped = fim.layout(
            dataclasses.replace(request, prefix=kept),
            form,
            self._tokenize,
            bos=model.bos if model.adds_bos else None,
            budget_tokens=self.window - reserve,
        )
        before, prefix, following = laid.parts(form)
        typed = [*before, *prefix]
        if self.shifts and len(following) > 1:
            return _Prompt(Target(typed, following[:-1], following[-1:]), healed, clipped)
        return _Prompt(Target([*typed, *following]), healed, clipped)

    def _lane_for(self, target: Target) -> Lane:
        """Choose the lane that has most of the target; the one chosen moves to the front."""
        lane = max(self._lanes, key=lambda lane: lane.likeness(target))
        held = lane.tape.tokens
        enough = _OTHER_PLACE * min(len(held), len(target.flat))
        if held and lane.likeness(target) < enough:
            lane = self._spare_lane()
        self._lanes = [lane, *(other for other in self._lanes if other is not lane)]
        return lane

    def _spare_lane(self) -> Lane:
        if len(self._lanes) < MAX_LANES:
            try:
                self._lanes.append(self._new_lane())
            except ModelTooLargeError as error:
                log.info("One place at a time is kept: %s", error)
        return self._lanes[-1]

    def _new_lane(self) -> Lane:
        # A refreshed suffix needs cells beside the one in use.
        cells = self.window + (self.window // 2 if self._wants_shift else 0)
        if self.weighs:
            cells += CELLS
        context = Context(
            self.model,
            n_ctx=cells,
            threads=self._threads,
            n_seq_max=self._sequences + (SEQUENCES if self.weighs else 0),
            batch_tokens=self._pace.largest,
            flag=self._flag,
            branches=BATCH if self.weighs else 0,
        )
        shifts = self._wants_shift and context.can_shift and not self.model.recurrent
        return Lane(context, self._pace, shifts=shifts and self.model.n_swa == 0)

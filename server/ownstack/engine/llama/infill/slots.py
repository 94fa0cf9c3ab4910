"""Infill answers from one model: which session serves a cursor, what its prompt is, what it keeps.

A session keeps what its last answer left in the KV cache, generated tokens included, so that
typing appends and accepting costs nothing (suffix-first order). Several sessions, each made when it
is first needed, keep places (two windows, two files) from evicting each other, and let a prompt
with more text be read in one of them while another, with less, answers (`CursorRequest.wider`).
"""

from __future__ import annotations

import dataclasses
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ownstack.engine.llama.batch_sizer import BatchSizer
from ownstack.engine.llama.decoding import healing
from ownstack.engine.llama.decoding.drafts import DraftPayoff, Drafts
from ownstack.engine.llama.decoding.loop import DecodeLimits, DecodeLoop, Greedy
from ownstack.engine.llama.decoding.output import OutputBuffer
from ownstack.engine.llama.decoding.usage_totals import UsageTotals
from ownstack.engine.llama.infill.answer_scores import AnswerScores
from ownstack.engine.llama.infill.candidates import ScoringVocabulary
from ownstack.engine.llama.infill.layout import continuing, layout
from ownstack.engine.llama.infill.line_ends import LineEnds
from ownstack.engine.llama.infill.scoring import SEQUENCES, Scoring, supported
from ownstack.engine.llama.infill.token_memo import LineMemo, TokenMemo
from ownstack.engine.llama.kv_session import KvSession, Target
from ownstack.engine.llama.native.abort_flag import AbortFlag
from ownstack.engine.llama.native.adapters import Adapters
from ownstack.engine.llama.native.bindings import LlamaModel
from ownstack.engine.llama.native.branches import BATCH, CELLS, Branches
from ownstack.engine.llama.native.context import Context
from ownstack.engine.llama.scheduler import Job, Steps
from ownstack.engine.requests import CursorRequest, InfillRequest, ScoreRequest
from ownstack.engine.results import Generated
from ownstack.errors import EngineError, ModelTooLargeError
from ownstack.models.gguf import fim
from ownstack.settings import SuffixShift

log = logging.getLogger(__name__)

MAX_SESSIONS = 3
SOFT_DRIFT = 20
"""Drift beyond which the suffix is refreshed as soon as nothing else is to do."""
_HEALING_TOKENS = 16
_EXTRA_S = 0.5
"""More text is worth waiting this much longer: in PSM order, at another line, for its suffix."""
_OTHER_PLACE = 0.25
"""A session that has less of a prompt than this share holds another place."""
_OTHER_WIDTH = 0.75
"""The same, for a prompt that shows more or less around the cursor."""


@dataclass(frozen=True, slots=True)
class _Prompt:
    target: Target
    healed: str
    clipped: bool
    n_wider: int = 0
    """So many prompts with more text are there for the same cursor."""


class InfillSlot:
    """The sessions that fill in at cursors. All but `__init__` and `open` runs natively."""

    def __init__(
        self,
        model: LlamaModel,
        form: fim.FimFormat,
        *,
        window: int,
        threads: int,
        flag: AbortFlag,
        batch_sizer: BatchSizer,
        suffix_shift: SuffixShift = "auto",
        totals: UsageTotals | None = None,
    ) -> None:
        self.model = model
        self.window = window
        self.totals = totals or UsageTotals()
        self._form = form
        self._threads = threads
        self._flag = flag
        self._batch_sizer = batch_sizer
        self._wants_shift = suffix_shift != "off" and form.order == "psm"
        self._sequences = (3 if self._wants_shift else 1) + (not model.recurrent)
        """Sequences that a session uses for itself; the last is one for lines beside an answer."""
        self._payoff = DraftPayoff()
        self._sessions: list[KvSession] = []
        """The one that answered last comes first."""
        self._widths: dict[KvSession, int] = {}
        """KvSession → `_Prompt.n_wider` of what it holds."""
        self._index: healing.PieceIndex | None = None
        self.scores_lines = not model.recurrent and supported(model.n_params, model.n_vocab)
        """Whether the model is small enough for `score`."""
        self._vocabulary: ScoringVocabulary | None = None
        self._branches: dict[KvSession, Branches] = {}
        self._last_target: Target | None = None
        # From key to key only the prefix is another text; the rest is tokenised once.
        self._tokenize = TokenMemo(model.tokenize, cuts_words=model.cuts_words)

    def open(self) -> None:
        """Make the first session, and what healing needs."""
        if not self._sessions:
            self._sessions.append(self._new_session())
        if self._index is None:
            self._index = healing.PieceIndex(self.model.pieces, self._form.stops)
        if self._vocabulary is None and not self.model.recurrent:
            pieces, stops = self.model.pieces, self._form.stops
            tokenize = LineMemo(
                continuing(self._form, self.model.tokenize), cuts_words=self.model.cuts_words
            )
            self._vocabulary = ScoringVocabulary(
                pieces, self._index, LineEnds(pieces, stops), tokenize
            )

    def close(self) -> None:
        for session in self._sessions:
            session.close()
        for branches in self._branches.values():
            branches.close()
        self._sessions, self._branches, self._widths = [], {}, {}

    @property
    def order(self) -> Literal["psm", "spm"]:
        return self._form.order

    @property
    def shifts(self) -> bool:
        """Whether the suffix's keys and values are moved while typing."""
        return bool(self._sessions) and self._sessions[0].shifts

    @property
    def session(self) -> KvSession:
        """The session that answered last."""
        return self._sessions[0]

    def answer(
        self,
        job: Job,
        request: InfillRequest,
        emit: Callable[[str], None],
        done: Callable[[Generated], None],
        *,
        adapters: Adapters = (),
    ) -> Steps:
        """Write one answer; `emit` gets its text as it grows, `done` the result.

        Those of the `adapters` that can be used are.
        """
        prompt, session = self._begin(request, adapters)
        decode_loop = self._decode_loop(job, request, prompt, emit)
        yield from decode_loop.run(session, self._batch_sizer)
        result = decode_loop.result(clipped=prompt.clipped)
        self.totals.add(result)
        done(result)

    def score(
        self,
        job: Job,
        request: ScoreRequest,
        done: Callable[[Generated], None],
        *,
        adapters: Adapters = (),
    ) -> Steps:
        """Score rests of the line; the text of the result is the likeliest.

        Those of the `adapters` that can be used are.

        Raises:
            EngineError: the model does not score lines.
        """
        vocabulary = self._vocabulary
        if vocabulary is None or not self.scores_lines:
            raise EngineError("This model is too large to score lines.")
        prompt, session = self._begin(request, adapters)
        limits = self._limits(job, request, prompt)
        scoring = Scoring(job, prompt.target, prompt.healed, request, vocabulary, limits)
        yield from scoring.run(session, self._branches_of(session), self._batch_sizer)
        result = scoring.result(clipped=prompt.clipped)
        self.totals.add(result)
        done(result)

    def drift(self) -> int:
        """Return how far the suffix in use is from an exactly computed one, in tokens.

        Any thread may ask; the answer may be a key old.
        """
        sessions = self._sessions
        return sessions[0].drift() if sessions else 0

    def refresh(self, job: Job) -> Steps:
        """Make the last answer's suffix exact; gives way at every step, and keeps what it has."""
        session, target = self.session, self._last_target
        if target is None or session.drift() == 0:
            return
        fed, suffix = 0, session.parked.suffix if session.parked else []
        while fed < len(suffix):
            started_s = time.monotonic()
            progress, fed = session.refresh(target, fed, self._batch_sizer.tokens())
            log.debug("Refreshed %d suffix tokens in %.3f s", fed, time.monotonic() - started_s)
            if not progress:
                self._batch_sizer.aborted()
            yield progress
            if job.cancelled or session.parked is None or session.parked.suffix != suffix:
                session.stop_refresh()
                return
        parked = session.parked
        self.totals.refreshes += parked is not None and parked.computed_after == target.before

    def _begin(self, request: CursorRequest, adapters: Adapters) -> tuple[_Prompt, KvSession]:
        """Choose the prompt and the session of an answer."""
        prompt = self._widest(request, self.model.adapters.usable(adapters))
        session = self._session_for(prompt)
        target = prompt.target
        self._last_target = Target(target.before, target.suffix, adapters=target.adapters)
        branches = self._branches.get(session)
        if branches is not None:
            branches.drop()  # Those of an answer that made way.
        return prompt, session

    def _decode_loop(
        self, job: Job, request: InfillRequest, prompt: _Prompt, emit: Callable[[str], None]
    ) -> DecodeLoop:
        assert self._index is not None
        limits = self._limits(job, request, prompt)
        return DecodeLoop(
            job,
            prompt.target,
            OutputBuffer(
                max_lines=request.max_lines, min_indent=request.min_indent, stop=request.stop
            ),
            Greedy(
                self.model.pieces,
                self._form.stops,
                healing.Healing(self._index, prompt.healed),
            ),
            limits,
            emit,
            self._drafts(request, prompt.healed),
            self._payoff,
            beside=self._beside(job, request, prompt, limits),
        )

    def _beside(
        self, job: Job, request: InfillRequest, prompt: _Prompt, limits: DecodeLimits
    ) -> AnswerScores | None:
        """Return what scores candidates; None where nothing evaluated can be taken back."""
        vocabulary = self._vocabulary
        if not request.candidates or vocabulary is None:
            return None
        meter = self._batch_sizer.meter
        return AnswerScores(
            job,
            prompt.healed,
            request.candidates,
            vocabulary,
            limits,
            meter,
            adapters=prompt.target.adapters,
        )

    def _limits(self, job: Job, request: CursorRequest, prompt: _Prompt) -> DecodeLimits:
        after = job.submitted_s
        return DecodeLimits(
            min(request.max_tokens, self.window - len(prompt.target.flat) - _HEALING_TOKENS),
            None if request.first_line_s is None else after + request.first_line_s,
            None if request.deadline_s is None else after + request.deadline_s,
        )

    def _branches_of(self, session: KvSession) -> Branches:
        if session not in self._branches:
            branches = Branches(session.context, self._sequences, SEQUENCES)
            session.on_full = branches.drop
            self._branches[session] = branches
        return self._branches[session]

    def _drafts(self, request: InfillRequest, healed: str) -> Drafts | None:
        """Return the drafts to check; None where nothing evaluated can be taken back."""
        if not request.drafts or self.model.recurrent:
            return None
        if not self._payoff.pays():
            return None
        return Drafts(request.drafts, healed, self.model.tokenize, self.model.pieces)

    def _widest(self, request: CursorRequest, adapters: Adapters = ()) -> _Prompt:
        """Return the prompt with the most text that takes hardly longer to read (`_EXTRA_S`)."""
        prompt = self._prompt(request, adapters, len(request.wider))
        if not request.wider:
            return prompt
        extra = int(_EXTRA_S * self._batch_sizer.meter.speed.prefill)
        at_most = self._unread(prompt.target) + extra
        for n_wider, around in enumerate(request.wider):
            replaced = dataclasses.replace(
                request, prefix=around.prefix, suffix=around.suffix, context=around.context
            )
            wide = self._prompt(replaced, adapters, n_wider)
            if self._unread(wide.target) <= at_most:
                return wide
        return prompt

    def _unread(self, target: Target) -> int:
        return min(session.unread(target) for session in self._sessions)

    def _prompt(self, request: CursorRequest, adapters: Adapters, n_wider: int = 0) -> _Prompt:
        kept, healed = healing.cut(request.prefix)
        reserve = min(request.max_tokens, self.window // 4) + _HEALING_TOKENS + 1
        model, form = self.model, self._form
        laid, clipped = layout(
            dataclasses.replace(request, prefix=kept),
            form,
            self._tokenize,
            bos=model.bos if model.adds_bos else None,
            budget_tokens=self.window - reserve,
        )
        before, prefix, following = laid.parts(form)
        typed = [*before, *prefix]
        if self.shifts and len(following) > 2:
            # The marker before the suffix is where a model has noted how the text before it ends:
            # it is read again with each key, and the suffix alone is moved.
            text, suffix, end = [*typed, following[0]], following[1:-1], following[-1:]
            target = Target(text, suffix, end, adapters=adapters)
        else:
            target = Target([*typed, *following], adapters=adapters)
        return _Prompt(target, healed, clipped, n_wider)

    def _session_for(self, prompt: _Prompt) -> KvSession:
        """Choose the session that has most of the prompt; the one chosen moves to the front.

        A session is not given to a prompt of another width, unless that takes over most of it: what
        was read for one would be lost, and both are wanted again. One with other adapters has
        nothing of it (`KvSession.likeness`).
        """
        target = prompt.target
        session = max(self._sessions, key=lambda session: session.likeness(target))
        held = session.sequence.tokens
        is_other_width = self._widths.get(session, prompt.n_wider) != prompt.n_wider
        least = _OTHER_WIDTH if is_other_width else _OTHER_PLACE
        if held and session.likeness(target) < least * min(len(held), len(target.flat)):
            session = self._spare_session(prompt.n_wider)
        self._widths[session] = prompt.n_wider
        self._sessions = [session, *(other for other in self._sessions if other is not session)]
        return session

    def _spare_session(self, n_wider: int) -> KvSession:
        if len(self._sessions) < MAX_SESSIONS:
            try:
                self._sessions.append(self._new_session())
                return self._sessions[-1]
            except ModelTooLargeError as error:
                log.info("Fewer places are kept: %s", error)
        same_width = [session for session in self._sessions if self._widths.get(session) == n_wider]
        return (same_width or self._sessions)[-1]

    def _new_session(self) -> KvSession:
        # A refreshed suffix needs cells beside the one in use.
        cells = self.window + (self.window // 2 if self._wants_shift else 0)
        if self.scores_lines:
            cells += CELLS
        context = Context(
            self.model,
            n_ctx=cells,
            threads=self._threads,
            n_seq_max=self._sequences + (SEQUENCES if self.scores_lines else 0),
            batch_tokens=self._batch_sizer.largest,
            flag=self._flag,
            branches=BATCH if self.scores_lines else 0,
        )
        shifts = self._wants_shift and context.can_shift and not self.model.recurrent
        return KvSession(
            context,
            self._batch_sizer,
            shifts=shifts and self.model.n_swa == 0,
            aside_id=None if self.model.recurrent else self._sequences - 1,
        )

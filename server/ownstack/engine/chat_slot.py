"""Conversations with one model: three sequences of one KV cache, found again by longest prefix.

A conversation keeps its sequence until a third other one needs it. A new one begins with what
another already evaluated (a system prompt, or a whole chat that is to be summed up) by sharing
those cells, which costs no evaluation.
"""

from __future__ import annotations

from collections.abc import Callable

from ownstack.engine import chat_template
from ownstack.engine.abort_flag import AbortFlag
from ownstack.engine.answer import Answer
from ownstack.engine.context import Context
from ownstack.engine.lane import Lane, Pace, Target, common_prefix
from ownstack.engine.llama import Model
from ownstack.engine.protocol import Generated, GenerateRequest
from ownstack.engine.sampler import Sampler
from ownstack.engine.scheduler import Job, Steps
from ownstack.engine.tally import Tally
from ownstack.engine.writing import Limits, Sampled, Writing
from ownstack.errors import ContextOverflowError

SEQUENCES = 3
_WORTH_SHARING = 16


class ChatSlot:
    """All of it runs on the native thread."""

    def __init__(
        self,
        model: Model,
        *,
        n_ctx: int,
        threads: int,
        flag: AbortFlag,
        pace: Pace,
        tally: Tally | None = None,
    ) -> None:
        self.model = model
        self.tally = tally or Tally()
        self.context = Context(
            model,
            n_ctx=n_ctx,
            threads=threads,
            n_seq_max=SEQUENCES,
            batch_tokens=pace.largest,
            flag=flag,
        )
        self._pace = pace
        self._stops = model.eog()
        # Most recently used first.
        self._lanes = [Lane(self.context, pace, sequence=n) for n in range(SEQUENCES)]
        self._owners: dict[str, Lane] = {}
        for lane in self._lanes:
            lane.on_full = self._evict

    def close(self) -> None:
        self.context.close()

    def answer(
        self,
        job: Job,
        request: GenerateRequest,
        emit: Callable[[str], None],
        done: Callable[[Generated], None],
    ) -> Steps:
        """Write the assistant's next message.

        Raises:
            EngineError: the template or the grammar cannot be used.
            ContextOverflowError: the conversation does not fit the window.
        """
        tokens = self.prompt(request)
        room = self.context.n_ctx - len(tokens)
        if room < 1:
            raise ContextOverflowError(
                f"The conversation has {len(tokens)} tokens, the model's window "
                f"{self.context.n_ctx}.",
                "Shorten it, or start a new one.",
            )
        target = Target(tokens)
        lane = self._lane_for(request.conversation, target)
        sampler = Sampler(
            self.model,
            temperature=request.temperature,
            seed=request.seed,
            grammar=request.grammar,
        )
        try:
            writing = Writing(
                job,
                target,
                Answer(stop=request.stop),
                Sampled(self.model.pieces, self._stops, sampler),
                Limits(min(request.max_tokens, room)),
                emit,
            )
            yield from writing.run(lane, self._pace)
            result = writing.result()
        finally:
            sampler.close()
        self.tally.add(result)
        done(result)

    def prompt(self, request: GenerateRequest) -> list[int]:
        """Return the conversation's tokens; markers count only where the template wrote them."""
        model = self.model
        bos, eos = (
            "" if token is None else model.special_text(token) for token in (model.bos, model.eos)
        )
        parts = chat_template.render(model.chat_template, request.messages, bos=bos, eos=eos)
        begins = bool(parts) and bool(bos) and parts[0].text.startswith(bos)
        tokens: list[int] = []
        for part in parts:
            first = not tokens and model.adds_bos and not begins
            tokens += model.tokenize(part.text, special=part.control, bos=first)
        return tokens

    def _lane_for(self, conversation: str, target: Target) -> Lane:
        best = max(self._lanes, key=lambda lane: lane.likeness(target))
        lane = self._owners.get(conversation) if conversation else best
        if lane is None:
            lane = self._lanes[-1]
        for name in [n for n, owned in self._owners.items() if owned is lane]:
            del self._owners[name]
        if conversation:
            self._owners[conversation] = lane
        shared = common_prefix(best.tape.tokens, target.flat)
        if shared >= lane.likeness(target) + _WORTH_SHARING and not self.model.recurrent:
            lane.take_over(best, shared)
        self._lanes = [lane, *(other for other in self._lanes if other is not lane)]
        return lane

    def _evict(self) -> bool:
        """Free the cells of the conversation that was not used for longest, if there is one."""
        for lane in reversed(self._lanes[1:]):
            if lane.tape.tokens:
                lane.clear()
                return True
        return False

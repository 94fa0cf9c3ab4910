"""Conversations with one model: three sequences of one KV cache, found again by longest prefix.

A conversation keeps its sequence until a third other one needs it; side work gives its own up
first. A new one begins with what
another already evaluated (a system prompt, or a whole chat that is to be summed up) by sharing
those cells, which costs no evaluation.
"""

from __future__ import annotations

from collections.abc import Callable

from ownstack.engine.chat import ChatDelta
from ownstack.engine.chat_formats.parser import AnswerParser, parser_of
from ownstack.engine.llama.batch_sizer import BatchSizer
from ownstack.engine.llama.chat.answer import ConstrainedChooser, Teller
from ownstack.engine.llama.chat.constraint import Constraint, prefix_of
from ownstack.engine.llama.chat.marks import Marks
from ownstack.engine.llama.chat.prompts import Prompt, Prompts
from ownstack.engine.llama.chat.saved import WORTH_SAVING, SavedConversation, fingerprint
from ownstack.engine.llama.decoding.lookup import PromptLookup
from ownstack.engine.llama.decoding.loop import DecodeLimits, DecodeLoop, Reading
from ownstack.engine.llama.decoding.output import OutputBuffer
from ownstack.engine.llama.decoding.usage_totals import UsageTotals
from ownstack.engine.llama.kv_sequence import common_prefix
from ownstack.engine.llama.kv_session import KvSession, Target
from ownstack.engine.llama.native.abort_flag import AbortFlag
from ownstack.engine.llama.native.adapters import Adapters
from ownstack.engine.llama.native.bindings import LlamaModel
from ownstack.engine.llama.native.context import Context
from ownstack.engine.llama.native.sampler import Sampler
from ownstack.engine.llama.scheduler import Job, Steps
from ownstack.engine.requests import ChatRequest
from ownstack.engine.results import Finish, Usage
from ownstack.errors import ContextOverflowError

SEQUENCES = 3
_WORTH_SHARING = 16


class ChatSlot:
    """The conversations of one model. All methods run on the native thread."""

    def __init__(
        self,
        model: LlamaModel,
        *,
        n_ctx: int,
        threads: int,
        flag: AbortFlag,
        batch_sizer: BatchSizer,
        totals: UsageTotals | None = None,
        lookup: bool = True,
    ) -> None:
        """With `lookup`, what an answer repeats is drafted (`decoding/lookup.py`)."""
        self.model = model
        self.totals = totals or UsageTotals()
        self.context = Context(
            model,
            n_ctx=n_ctx,
            threads=threads,
            n_seq_max=SEQUENCES,
            batch_tokens=batch_sizer.largest,
            flag=flag,
        )
        self.prompts = Prompts(model)
        self.on_leave: Callable[[SavedConversation], None] | None = None
        """Hears of a conversation that loses its sequence to another."""
        self._lookup = lookup and not model.recurrent
        self._batch_sizer = batch_sizer
        self._format = self.prompts.template.format
        self._marks = Marks(model, self._format)
        ends, self._stop_texts = self.prompts.turn_ends()
        self._stops = model.eog() | ends
        # Most recently used first.
        self._sessions = [
            KvSession(self.context, batch_sizer, sequence_id=n) for n in range(SEQUENCES)
        ]
        self._owners: dict[str, KvSession] = {}
        self._last_turns: dict[str, tuple[Prompt, str]] = {}
        self._passing: set[str] = set()
        for session in self._sessions:
            session.on_full = self._evict

    @property
    def window(self) -> int:
        """How many tokens a conversation may have."""
        return self.context.n_ctx

    def holds(self, conversation: str) -> bool:
        """Whether a conversation's keys and values are here. Any thread may ask."""
        return conversation in self._owners

    def close(self) -> None:
        self.context.close()

    def answer(
        self,
        job: Job,
        request: ChatRequest,
        emit: Callable[[ChatDelta], None],
        done: Callable[[Finish, Usage], None],
        reading: Reading | None = None,
        *,
        adapters: Adapters = (),
    ) -> Steps:
        """Write the assistant's next message; `reading` hears how much of the prompt is read.

        Those of the `adapters` that can be used are.

        Raises:
            EngineError: the template, the grammar or the schema cannot be used.
            ContextOverflowError: the conversation does not fit the window.
        """
        prompt = self.prompts.prompt(request)
        reasoning = prompt.opens_reasoning
        prefix = self.prompts.tokens_of(prefix_of(request, self._format, reasoning=reasoning))
        tokens = [*prompt.tokens, *prefix]
        room = self._room(tokens)
        target = Target(tokens, adapters=self.model.adapters.usable(adapters))
        session = self._session_for(request.conversation, target)
        (self._passing.add if request.passing else self._passing.discard)(request.conversation)
        sampler = Sampler(self.model, temperature=request.temperature, seed=request.seed)
        constraint: Constraint | None = None
        try:
            constraint = Constraint(
                self.model, self._format, request, reasoning=reasoning, tokens=self._marks.texts
            )
            teller = Teller(self._parser(request, reasoning), self._marks, emit)
            begun = self._begun(prefix)
            for piece, mark in self._marks.split(begun):
                constraint.began(piece, mark=mark)
            teller.begin(begun)
            lookup = PromptLookup(tokens) if self._lookup else None
            decode_loop = DecodeLoop(
                job,
                target,
                OutputBuffer(stop=(*request.stop, *self._stop_texts)),
                ConstrainedChooser(
                    self.model.pieces, self._stops, sampler, constraint, self._marks
                ),
                DecodeLimits(min(request.max_tokens, room)),
                teller.tell,
                lookup,
                lookup,
                reading,
            )
            yield from decode_loop.run(session, self._batch_sizer)
            result = decode_loop.result()
        finally:
            sampler.close()
            if constraint is not None:
                constraint.close()
        raw = self._marks.spelt(begun + result.text)
        self._remember(request.conversation, prompt, raw, target)
        self.totals.add(result)
        teller.close(result.text)
        done(result.finish, result.usage)

    def snapshot(self, conversation: str) -> SavedConversation | None:
        """Return what is needed to go on with a conversation later, if it is worth it."""
        session = self._owners.get(conversation)
        turn = self._last_turns.get(conversation)
        if conversation in self._passing or session is None or turn is None:
            return None
        if len(session.sequence.tokens) < WORTH_SAVING:
            return None
        prompt, raw = turn
        return SavedConversation(
            name=conversation,
            date=self.prompts.date(conversation),
            tokens=tuple(session.sequence.tokens),
            parts=prompt.parts,
            prompt_tokens=len(prompt.tokens),
            raw=raw,
            adapters=fingerprint(session.adapters),
            state=self.context.state(session.sequence.id),
        )

    def snapshots(self) -> list[SavedConversation]:
        """Return all conversations that are worth to be kept."""
        found = [self.snapshot(name) for name in list(self._owners)]
        return [saved for saved in found if saved is not None]

    def restore(self, saved: SavedConversation, adapters: Adapters = ()) -> bool:
        """Go on with a conversation as it was; False if its state cannot be used.

        It cannot if it was computed with others than those of the `adapters` that can be used.
        """
        if saved.name in self._owners or len(saved.tokens) > self.context.n_ctx:
            return False
        adapters = self.model.adapters.usable(adapters)
        if saved.adapters != fingerprint(adapters):
            return False
        session = self._first_to_go()[0]
        self._leave(session)
        session.clear()
        while not self.context.set_state(session.sequence.id, saved.state):
            if not self._evict(session):
                return False
        session.sequence.tokens = list(saved.tokens)
        session.adapters = adapters
        prompt = Prompt(saved.parts, saved.tokens[: saved.prompt_tokens], opens_reasoning=False)
        self.prompts.set_date(saved.name, saved.date)
        self.prompts.remember(prompt, saved.raw, saved.tokens)
        self._last_turns[saved.name] = (prompt, saved.raw)
        self._owners[saved.name] = session
        self._sessions = [session, *(other for other in self._sessions if other is not session)]
        return True

    def forget(self, conversation: str) -> None:
        """Let go of a conversation for good."""
        session = self._owners.pop(conversation, None)
        self._last_turns.pop(conversation, None)
        self.prompts.forget()
        if session is not None:
            session.clear()

    def _room(self, tokens: list[int]) -> int:
        room = self.context.n_ctx - len(tokens)
        if room < 1:
            raise ContextOverflowError(
                f"The conversation has {len(tokens)} tokens, the model's window "
                f"{self.context.n_ctx}.",
                "Shorten it, or start a new one.",
            )
        return room

    def _parser(self, request: ChatRequest, reasoning: bool) -> AnswerParser:
        calls = sum(len(message.tool_calls) for message in request.messages)
        return parser_of(
            self._format,
            tools=request.tools if request.tool_choice != "none" else (),
            reasoning=reasoning,
            number=calls,
            tokens=self._marks.texts,
        )

    def _begun(self, tokens: list[int]) -> str:
        """Return the text of the tokens that an answer begins with, marks as they travel."""
        pieces = (
            self.model.pieces[token] if self._marks.of(token) is None else self._marks.sign(token)
            for token in tokens
        )
        return b"".join(pieces).decode("utf-8", "replace")

    def _remember(self, conversation: str, prompt: Prompt, raw: str, target: Target) -> None:
        self.prompts.remember(prompt, raw, target.flat)
        if conversation:
            self._last_turns[conversation] = (prompt, raw)

    def _session_for(self, conversation: str, target: Target) -> KvSession:
        best = max(self._sessions, key=lambda session: session.likeness(target))
        session = self._owners.get(conversation) if conversation else best
        if session is None:
            session = self._first_to_go()[0]
            self._leave(session)
        for name in [n for n, owned in self._owners.items() if owned is session]:
            del self._owners[name]
        if conversation:
            self._owners[conversation] = session
        shared = 0
        if best.adapters == target.adapters:
            shared = common_prefix(best.sequence.tokens, target.flat)
        if shared >= session.likeness(target) + _WORTH_SHARING and not self.model.recurrent:
            session.take_over(best, shared)
        self._sessions = [session, *(other for other in self._sessions if other is not session)]
        return session

    def _leave(self, session: KvSession) -> None:
        """Another conversation needs a sequence: who has it is told of, and forgotten."""
        for name in [n for n, owned in self._owners.items() if owned is session]:
            saved = self.snapshot(name) if self.on_leave is not None else None
            if saved is not None and self.on_leave is not None:
                self.on_leave(saved)
            del self._owners[name]
            self._last_turns.pop(name, None)

    def _first_to_go(self) -> list[KvSession]:
        """Return the sequences in the order in which others may have them.

        Empty ones, those of side work, then the one that was not used for longest.
        """
        passing = {id(owned) for name, owned in self._owners.items() if name in self._passing}

        def worth(session: KvSession) -> int:
            return 0 if not session.sequence.tokens else 1 if id(session) in passing else 2

        oldest_first = self._sessions[::-1]
        return sorted(oldest_first, key=worth)

    def _evict(self, keep: KvSession | None = None) -> bool:
        """Free the cells of another conversation than one, the one at work, if there is any."""
        keep = keep or self._sessions[0]
        for session in self._first_to_go():
            if session is not keep and session.sequence.tokens:
                self._leave(session)
                session.clear()
                return True
        return False

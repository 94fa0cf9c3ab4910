"""Compacts a conversation: masks, or sums up; checks the outcome; never loses and never grows.

The log is not touched. What comes out is an event that, appended to the log, makes the
conversation shorter, and that an `undo` event takes back.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from ownstack.engine.messages import Message
from ownstack.engine.protocol import Engine
from ownstack.engine.requests import ChatRequest, Priority
from ownstack.engine.results import Usage
from ownstack.errors import ContextOverflowError, OwnstackError, in_words
from ownstack.memory import events
from ownstack.memory.compaction import checks
from ownstack.memory.compaction.breaker import Breaker
from ownstack.memory.compaction.carried import carried_lines
from ownstack.memory.compaction.extractive import extract
from ownstack.memory.compaction.limits import LEAST_FREED, SHRUNK_TO, Limits
from ownstack.memory.compaction.masking import maskable
from ownstack.memory.compaction.plan import Plan, plan, tail_start
from ownstack.memory.compaction.summary import Shape, Summary, grammar, instruction, parsed
from ownstack.memory.conversation import MASKING, Conversation, covered_hash, fold
from ownstack.memory.events import Event, Stamp
from ownstack.memory.ledger import Ledger, fitted, ledger_of
from ownstack.memory.prompt import (
    MESSAGE_TOKENS,
    Frame,
    Segments,
    Tokens,
    messages,
    segments,
)

Due = Literal["", "background", "required"]
_SMALLER = 0.8
"""Of the budget, at the second try."""
_MODEL_SHARE = 0.6
"""Of a summary's budget, for the model's own words; the rest is for quotations, which are exact."""
_ROOM = 16
_FREED = 1.0 - LEAST_FREED

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Compacted:
    """A compaction that passed its checks; it holds once `event` is in the log."""

    event: Event
    before: Segments
    after: Segments
    method: str
    """"masking", "model" or "extractive"."""
    covered: int
    """Messages that are shown no more, or only by a handle."""
    ledger: Ledger = field(default_factory=Ledger)
    usage: tuple[Usage, ...] = ()
    """What each summary that was asked for cost."""
    notes: tuple[str, ...] = ()
    """Why it was done in another way than it might have been, in words."""


@dataclass(frozen=True, slots=True)
class Declined:
    """The conversation stays as it is, and why."""

    why: str


@dataclass(frozen=True, slots=True)
class _Task:
    """One compaction: what is there, where it is cut, what is listed."""

    frame: Frame
    log: tuple[Event, ...]
    stamp: Stamp
    before: Conversation
    cut: Plan
    covered: tuple[Event, ...]
    ledger: Ledger
    focus: str


class Compactor:
    """Compacts the conversations of one session, for one model's window."""

    def __init__(
        self,
        tokens: Tokens,
        limits: Limits,
        *,
        model: Engine | None = None,
        conversation: str = "",
    ) -> None:
        """`conversation` names the KV cache of the session; without a model none is asked."""
        self._tokens = tokens
        self._limits = limits
        self._model = model
        self._conversation = conversation
        self._model_breaker = Breaker("The model's summary")
        self._breaker = Breaker("Compaction")
        self._one_at_a_time = asyncio.Lock()

    @property
    def stopped(self) -> str:
        """Why nothing is compacted by itself any more, in words; "" while it is."""
        return self._breaker.why

    def due(self, frame: Frame, conversation: Conversation) -> Due:
        """Return whether a compaction is wanted: when nobody waits, or before the next answer."""
        total = segments(frame, conversation, self._tokens).total
        if total >= self._limits.required:
            return "required"
        return "background" if total >= self._limits.background else ""

    def check_fits(self, frame: Frame, conversation: Conversation) -> None:
        """See that a prompt leaves room for an answer.

        Raises:
            ContextOverflowError: it does not; which part of it is the largest, and what to do.
        """
        found = segments(frame, conversation, self._tokens)
        if found.total <= self._limits.window - self._limits.reserve:
            return
        fixed = found.system + found.tools + found.rules
        if fixed > self._limits.usable // 2:
            what, hint = "instructions, tools and rules", "Shorten the rules, or use fewer tools."
            size = fixed
        elif found.newest > self._limits.usable // 2:
            what, hint = "newest message", "Send less at once, or name a file in place of its text."
            size = found.newest
        else:
            what, hint, size = "conversation", "Compact or clear it.", found.total
        raise ContextOverflowError(
            f"The {what} alone has {size:,} tokens, the model's window {self._limits.window:,}.",
            f"{hint} Or give the model a larger context.",
        )

    async def compact(
        self,
        frame: Frame,
        log: Sequence[Event],
        stamp: Stamp,
        *,
        by_hand: bool = False,
        focus: str = "",
    ) -> Compacted | Declined:
        """Return the event that makes the conversation of a log shorter.

        By hand it is summed up even if masking would do, and what failed before is tried again.
        """
        if self._breaker.is_open and not by_hand:
            return Declined(self._breaker.why)
        async with self._one_at_a_time:
            # Off the event loop: a long conversation has megabytes to read.
            plain = await asyncio.to_thread(
                self._without_model, frame, tuple(log), stamp, focus, by_hand
            )
            outcome = await self._by_model(*plain, by_hand) if isinstance(plain, tuple) else plain
        if isinstance(outcome, Compacted):
            self._breaker.succeeded()
        else:
            self._breaker.failed(outcome.why)
        return outcome

    async def prefill(self, frame: Frame, conversation: Conversation) -> Usage:
        """Have the model read a new beginning while nobody waits; the next turn finds it read.

        Raises:
            OwnstackError: the engine failed.
        """
        if self._model is None:
            return Usage()
        stream = self._model.chat(
            ChatRequest(
                messages(frame, conversation),
                conversation=self._conversation,
                max_tokens=1,
                tools=frame.tools,
                tool_choice="none",
                priority=Priority.BACKGROUND,
            )
        )
        try:
            return (await stream.result()).usage
        finally:
            stream.cancel()

    def edited(self, frame: Frame, log: Sequence[Event], stamp: Stamp, text: str) -> Event:
        """Return the event that puts a user's text in place of the summary.

        Raises:
            ValueError: there is no summary.
        """
        before = fold(log)
        if before.checkpoint is None:
            raise ValueError("nothing of this conversation is summed up")
        data = dict(before.checkpoint.event.data)
        sizes = segments(frame, before, self._tokens).total
        data |= {"text": text, "method": "edited", "tokens_before": sizes, "tokens_after": sizes}
        after = fold([*log, events.event(stamp, "compaction", data)])
        data["tokens_after"] = segments(frame, after, self._tokens).total
        return events.event(stamp, "compaction", data)

    def _masked(
        self, frame: Frame, log: Sequence[Event], stamp: Stamp, before: Conversation
    ) -> Compacted | None:
        """Return a compaction that hides old output, if that is enough."""
        old = before.history[: tail_start(before, self._limits, self._tokens)]
        pinned = {pin.event for pin in before.pins}
        hidden = maskable(old, self._tokens.of) - before.masked - pinned
        ids = [event.id for event in old if event.id in hidden]
        if not ids:
            return None
        was = segments(frame, before, self._tokens)
        event = events.compaction(
            stamp,
            covers=ids[-1],
            covers_hash=covered_hash(before.order, ids[-1]),
            text="",
            ledger="",
            tokens_before=was.total,
            tokens_after=0,
            method=MASKING,
            details={"masked": ids},
        )
        after = fold([*log, event])
        if checks.problems(frame, before, after, Ledger(), self._tokens, below=SHRUNK_TO):
            return None
        now = segments(frame, after, self._tokens)
        sized = events.event(stamp, "compaction", {**event.data, "tokens_after": now.total})
        return Compacted(sized, was, now, MASKING, len(ids))

    def _without_model(
        self, frame: Frame, log: tuple[Event, ...], stamp: Stamp, focus: str, by_hand: bool
    ) -> Compacted | Declined | tuple[_Task, Compacted]:
        """Return what needs no model: it is enough, does not help, or is what a summary replaces.

        If it does not help, neither does a model, which is not asked then.
        """
        before = fold(log)
        masked = None if by_hand else self._masked(frame, log, stamp, before)
        if masked is not None:
            return masked
        cut = plan(before, self._limits, self._tokens)
        if cut is None:
            return Declined("All of the conversation is recent, there is nothing to sum up")
        covered = before.through(cut.covers)
        ledger = fitted(ledger_of(covered), self._limits.ledger, self._tokens.of)
        task = _Task(frame, log, stamp, before, cut, covered, ledger, focus)
        quoted = self._quoted(task, self._limits.summary)
        plain = self._candidate(task, quoted, "extractive", _FREED)
        if isinstance(plain, str):
            least = carried_lines(task.covered, self._limits.summary, self._tokens.of)
            plain = self._candidate(task, Summary(least), "extractive", _FREED)
        return Declined(plain) if isinstance(plain, str) else (task, plain)

    def _quoted(self, task: _Task, budget: int, said: Sequence[tuple[str, str]] = ()) -> Summary:
        said = said or carried_lines(task.covered, budget, self._tokens.of)
        return extract(
            task.covered,
            budget,
            self._tokens.of,
            focus=task.focus,
            said=said,
            kept=task.cut.kept,
        )

    async def _by_model(self, task: _Task, plain: Compacted, by_hand: bool) -> Compacted:
        """Return a compaction with a summary by the model, or the plain one and why."""
        if self._model is None:
            return plain
        if self._model_breaker.is_open and not by_hand:
            return _noted(plain, (), [self._model_breaker.why])
        reaches = plain.after.total < SHRUNK_TO * plain.before.total
        below = SHRUNK_TO if reaches else _FREED
        usage: list[Usage] = []
        notes: list[str] = []
        for again in (False, True):
            budget = int(self._limits.summary * (_SMALLER if again else 1.0))
            answer = await self._asked(task, budget, again, usage)
            summary = answer if isinstance(answer, Summary) else None
            candidate: Compacted | str = str(answer)
            if summary is not None:
                candidate = await asyncio.to_thread(self._with, task, summary, budget, below)
            if isinstance(candidate, Compacted):
                self._model_breaker.succeeded()
                return _noted(candidate, usage, notes)
            notes.append(candidate)
            log.info("A summary was refused: %s", candidate)
        self._model_breaker.failed(notes[-1])
        return _noted(plain, usage, notes)

    def _with(self, task: _Task, summary: Summary, budget: int, below: float) -> Compacted | str:
        """Return a compaction with a summary; room that it leaves is filled with quotations."""
        size = self._tokens.of(summary.text)
        if size > budget:
            return f"the summary has {size:,} tokens, more than {budget:,}"
        filled = self._quoted(task, budget, summary.lines)
        return self._candidate(task, filled, "model", below)

    async def _asked(
        self, task: _Task, budget: int, again: bool, usage: list[Usage]
    ) -> Summary | str:
        """Return what the model sums up, or what is wrong with it."""
        assert self._model is not None
        shape = Shape.of(int(budget * _MODEL_SHARE))
        has_grammar = self._model.capabilities.has_grammar
        told = instruction(
            shape,
            focus=task.focus,
            again=again,
            update=task.before.checkpoint is not None,
            names_headings=not has_grammar,
        )
        said = messages(task.frame, task.before)
        while said and said[-1].role == "user":  # It has not been read yet.
            said = said[:-1]
        asked = (*said, Message.of("user", told))
        size = self._tokens.of_messages(asked) + self._tokens.of_tools(task.frame.tools)
        if size + budget + _ROOM + MESSAGE_TOKENS > self._limits.window:
            return "the conversation leaves no room for a summary"
        request = ChatRequest(
            asked,
            conversation=f"{self._conversation}:summary" if self._conversation else "",
            max_tokens=budget + _ROOM,
            grammar=grammar(shape) if has_grammar else None,
            tools=task.frame.tools,
            tool_choice="none",
            reasoning=False,
            passing=True,
            priority=Priority.BACKGROUND,
        )
        try:
            stream = self._model.chat(request)
            try:
                answer = await stream.result()
            finally:
                stream.cancel()
        except OwnstackError as error:
            return in_words(error)
        usage.append(answer.usage)
        return parsed(answer.message.text) or "the summary lacks a heading, or says nothing"

    def _candidate(
        self, task: _Task, summary: Summary, method: str, below: float
    ) -> Compacted | str:
        """Return a compaction with a summary, or what is wrong with it."""
        was = segments(task.frame, task.before, self._tokens)
        event = events.compaction(
            task.stamp,
            covers=task.cut.covers,
            covers_hash=covered_hash(task.before.order, task.cut.covers),
            text=summary.text,
            ledger=task.ledger.text,
            tokens_before=was.total,
            tokens_after=0,
            method=method,
            focus=task.focus,
            details={
                "kept": list(task.cut.kept),
                "window": self._limits.window,
                "omitted": task.ledger.omitted,
            },
        )
        after = fold([*task.log, event])
        wrong = checks.problems(
            task.frame, task.before, after, task.ledger, self._tokens, below=below
        )
        if wrong:
            return wrong[0]
        now = segments(task.frame, after, self._tokens)
        sized = events.event(task.stamp, "compaction", {**event.data, "tokens_after": now.total})
        left = len(task.before.history) - len(after.history)
        return Compacted(sized, was, now, method, left, task.ledger)


def _noted(made: Compacted, usage: Sequence[Usage], notes: Sequence[str]) -> Compacted:
    return Compacted(
        made.event,
        made.before,
        made.after,
        made.method,
        made.covered,
        made.ledger,
        tuple(usage),
        tuple(dict.fromkeys(notes)),
    )

"""The answer to one question: what the model writes, the tools that it asks for, and the end of it.

Each step is logged before the next begins. It ends when the model asks for nothing more, after so
many calls, when it goes round in circles, or when somebody stops it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Literal

from ownstack.chat.answer import Show
from ownstack.chat.progress import Watch, tell_reading, unwatched
from ownstack.chat.repetition import repeats
from ownstack.chat.retrieval import Source
from ownstack.chat.tools.tool import ToolOutput
from ownstack.chat.tools.toolbox import ANSWER, Called, Toolbox
from ownstack.chat.window import Window
from ownstack.engine.chat import ChatAnswer, ChatStream, ReasoningDelta, TextDelta
from ownstack.engine.messages import ToolCallPart
from ownstack.engine.results import Finish, Usage
from ownstack.errors import ContextOverflowError
from ownstack.memory import events
from ownstack.memory.compaction.capping import capped
from ownstack.memory.conversation import fold
from ownstack.memory.handles import short
from ownstack.memory.log.session import SessionLog

MAX_CALLS = 12
"""Of one question."""
OUTPUT = "tool_output"
"""Topic of notes that keep the whole of a result that was cut."""
REPEATED = "The answer was stopped, since it repeated itself."
CIRCLES = "The model asked for the same again and again, so it had to answer with what it knew."
TOO_MANY = f"The model asked for more than {MAX_CALLS} look-ups, so it had to answer without more."
MISUSED = "The model could not call {} as it has to be called, so it had to answer without."
NO_ROOM = "The window is full, so the model could not look up more."
SILENT = "The model gave no answer. Ask again in other words."
_AGAIN = "Error: this was asked already; its result stands above. Answer with what you know."
_STOPPED = "Error: it was stopped by the user."
_FINISH: dict[Finish, events.Finish] = {
    Finish.LENGTH: "length",
    Finish.CANCELLED: "cancelled",
    Finish.TOOL_CALLS: "tool_calls",
}


@dataclass(frozen=True, slots=True)
class Step:
    """A call of a tool, as a person is shown it."""

    call: ToolCallPart
    """As it is in the log."""
    arguments: str
    """One short line."""
    state: Literal["runs", "done", "failed"]
    output: str = ""
    """All that came of it."""

    @property
    def name(self) -> str:
        return self.call.name

    @property
    def result(self) -> str:
        """One short line of what came of it."""
        told = self.output.partition("\n")[2] if self.state == "done" else self.output
        return short(told, 100)


ShowStep = Callable[[Step], None]


@dataclass(frozen=True, slots=True)
class Answered:
    """What came of a question."""

    text: str
    """What the model wrote last."""
    finish: events.Finish
    reasoning: str
    usage: Usage
    """The prompt of the last step; what was evaluated and written in all of them."""
    problems: tuple[str, ...]
    sources: tuple[Source, ...]
    """Lines that tools have shown."""


@dataclass
class Circles:
    """Notices that a model goes round in circles."""

    asked: set[tuple[str, str]] = field(default_factory=set)
    repeated: int = 0
    misused: int = 0
    calls: int = 0

    def is_new(self, call: ToolCallPart) -> bool:
        """Note a call; say whether it was not made before for this question."""
        self.calls += 1
        key = (call.name, _canonical(call.arguments))
        if key in self.asked:
            self.repeated += 1
            return False
        self.asked.add(key)
        return True

    def note(self, called: Called) -> None:
        """Note whether a call was understood: one wrong one may be mended."""
        self.misused = 0 if called.was_understood else self.misused + 1

    def verdict(self, name: str) -> str:
        """Return why no more may be called, "" if something may."""
        if self.repeated >= 2:
            return CIRCLES
        if self.misused >= 2:
            return MISUSED.format(short(name, 40))
        return TOO_MANY if self.calls >= MAX_CALLS else ""


class ToolLoop:
    """Answers one question of a session. `cancel` may be called at any time."""

    def __init__(
        self,
        session: SessionLog,
        window: Window,
        toolbox: Toolbox,
        make_room: Callable[[], Awaitable[None]],
        show: Show,
        show_step: ShowStep,
        watch: Watch = unwatched,
    ) -> None:
        """`make_room` compacts if that must be; ContextOverflowError says that it is no use."""
        self._session = session
        self._window = window
        self._toolbox = toolbox
        self._make_room = make_room
        self._show = show
        self._show_step = show_step
        self._watch = watch
        self._stream: ChatStream | None = None
        self._running: asyncio.Task[Called] | None = None
        self._is_stopped = False
        self._problems: list[str] = []
        self._sources: list[Source] = []
        self._circles = Circles()

    def cancel(self) -> None:
        """Stop what runs; what came is kept."""
        self._is_stopped = True
        if self._stream is not None:
            self._stream.cancel()
        if self._running is not None:
            self._running.cancel()

    async def answer(self, turn: int) -> Answered:
        """Answer the newest question of the session.

        Raises:
            OwnstackError: the engine failed; what came is kept.
        """
        usage = Usage()
        may_call = bool(self._window.tools)
        while True:
            text, answer = await self._write(turn, self._choice(may_call=may_call))
            usage = _sum(usage, answer.usage)
            calls = answer.message.tool_calls if may_call else ()
            finish = _FINISH.get(answer.finish, "stop")
            if not calls or finish == "cancelled" or self._is_stopped:
                break
            if calls[0].name == ANSWER.name:
                may_call = False
                continue
            why = await self._call(turn, calls)
            if self._is_stopped:
                finish = "cancelled"
                break
            if why:
                self._problems.append(why)
                may_call = False
            if text:
                self._show("\n\n", False)
            try:
                await self._make_room()
            except ContextOverflowError:
                self._problems.append(NO_ROOM)
                finish = "length"
                break
        if finish == "tool_calls":
            finish = "stop"
        if not text.strip() and finish == "stop" and self._window.tools:
            self._problems.append(SILENT)
        return Answered(
            text, finish, answer.message.reasoning, usage,
            tuple(self._problems), tuple(self._sources),
        )  # fmt: skip

    def _choice(self, *, may_call: bool) -> Literal["auto", "required", "none"]:
        if not may_call:
            return "none"
        return "required" if self._toolbox.is_guided else "auto"

    async def _write(
        self, turn: int, choice: Literal["auto", "required", "none"]
    ) -> tuple[str, ChatAnswer]:
        """Have the model write; return its text, as far as it is an answer, and all of it."""
        engine = self._window.engine
        conversation = fold(self._session.events)
        async with self._session.answer(turn, engine.capabilities.model) as writer:
            request = self._window.request(conversation, choice)
            self._stream = stream = engine.chat(request)
            stream.when_reading(partial(tell_reading, self._watch, turn))
            if self._is_stopped:
                stream.cancel()
            try:
                async for event in stream:
                    if not isinstance(event, (TextDelta, ReasoningDelta)):
                        continue
                    is_reasoning = isinstance(event, ReasoningDelta)
                    await writer.write(event.text, is_reasoning=is_reasoning)
                    self._show(event.text, is_reasoning)
                    if not stream.cancelled and repeats(writer.text):
                        self._problems.append(REPEATED)
                        stream.cancel()
                        break
                answer = await stream.result()
            finally:
                stream.cancel()
                self._stream = None
            await writer.end(_FINISH.get(answer.finish, "stop"))
        return writer.text, answer

    async def _call(self, turn: int, calls: tuple[ToolCallPart, ...]) -> str:
        """Run calls, one after another; return why the model may call no more, "" if it may."""
        known = {str(e.data.get("call")) for e in self._session.events if e.kind == "tool_call"}
        calls = tuple(_renamed(call, known, turn, place) for place, call in enumerate(calls))
        stamp = self._session.stamp(turn)
        asked = [events.tool_call(stamp, call.id, call.name, call.arguments) for call in calls]
        await self._session.add(*asked)
        why = ""
        for call in calls:
            if self._is_stopped:
                output = self._passed_over(call, _STOPPED)
            elif why or not self._circles.is_new(call):
                output = self._passed_over(call, _AGAIN if not why else f"Error: {why}")
            else:
                output = await self._run(call)
            why = why or self._circles.verdict(call.name)
            await self._log(turn, call, output)
        return why

    def _passed_over(self, call: ToolCallPart, why: str) -> ToolOutput:
        self._show_step(Step(call, _one_line(call.arguments), "failed", why))
        return ToolOutput(why, ok=False)

    async def _run(self, call: ToolCallPart) -> ToolOutput:
        line = _one_line(call.arguments)
        self._show_step(Step(call, line, "runs"))
        self._running = task = asyncio.ensure_future(self._toolbox.call(call))
        try:
            called = await task
        except asyncio.CancelledError:
            if not self._is_stopped or not task.cancelled():
                task.cancel()
                raise
            called = Called(ToolOutput(_STOPPED, ok=False))
        finally:
            self._running = None
        self._circles.note(called)
        output = called.output
        self._show_step(Step(call, line, "done" if output.ok else "failed", output.text))
        return output

    async def _log(self, turn: int, call: ToolCallPart, output: ToolOutput) -> None:
        """Log a result, cut to what it may take; the whole of it is a note that recall finds."""
        stamp = self._session.stamp(turn)
        budget, count = self._window.limits.result, self._window.count
        whole = events.note(stamp, OUTPUT, output.text, {"call": call.id})
        handle = whole.id[:18]
        text = capped(output.text, budget, count, handle=f"recall {handle}")
        result = events.tool_result(
            stamp,
            call.id,
            call.name,
            text,
            ok=output.ok,
            files=output.files,
            command=output.command,
            exit_code=output.exit_code,
            failed_tests=output.failed_tests,
            handle="" if text == output.text else handle,
        )
        self._sources += output.sources
        await self._session.add(*(() if text == output.text else (whole,)), result)


def _renamed(call: ToolCallPart, known: set[str], turn: int, place: int) -> ToolCallPart:
    """Give a call another id where the conversation has one of its own."""
    if call.id and call.id not in known:
        known.add(call.id)
        return call
    name = f"{call.id or 'call'}-{turn}-{place}-{len(known)}"
    known.add(name)
    return replace(call, id=name)


def _canonical(arguments: str) -> str:
    try:
        return json.dumps(json.loads(arguments), sort_keys=True)
    except (ValueError, RecursionError):
        return arguments


def _one_line(arguments: str) -> str:
    """Return arguments as a person reads them: their values, in one line."""
    try:
        given = json.loads(arguments)
    except (ValueError, RecursionError):
        return short(arguments, 100)
    if not isinstance(given, dict):
        return short(arguments, 100)
    return short(", ".join(f"{name}={_bare(value)}" for name, value in given.items()), 120)


def _bare(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _sum(before: Usage, now: Usage) -> Usage:
    return replace(
        now,
        evaluated_tokens=before.evaluated_tokens + now.evaluated_tokens,
        generated_tokens=before.generated_tokens + now.generated_tokens,
        prefill_ms=before.prefill_ms + now.prefill_ms,
        decode_ms=before.decode_ms + now.decode_ms,
        leaves_machine=before.leaves_machine or now.leaves_machine,
    )

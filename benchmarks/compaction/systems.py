"""Ways to keep a conversation within a window, each played through a whole conversation."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from benchmarks.compaction.conversations import Sample
from ownstack.engine.messages import Message, ToolCallPart
from ownstack.engine.protocol import ChatModel
from ownstack.engine.requests import ChatRequest
from ownstack.engine.results import Usage
from ownstack.errors import ContextOverflowError
from ownstack.memory import events
from ownstack.memory.compaction.compactor import Compacted, Compactor
from ownstack.memory.compaction.limits import Limits
from ownstack.memory.conversation import fold
from ownstack.memory.events import Event, Stamp
from ownstack.memory.mentions import files
from ownstack.memory.prompt import Frame, Tokens, messages, segments

FRAME = Frame("You are a coding assistant. Answer in short.")
NAME = "benchmark"


@dataclass
class Outcome:
    """What is left of a conversation at its end, and what that took."""

    text: str
    tokens: int
    seconds: float = 0.0
    compactions: list[Compacted] = field(default_factory=list)
    summaries: list[Usage] = field(default_factory=list)
    """Of the summaries that a model was asked for."""
    next_turns: list[Usage] = field(default_factory=list)
    """Of the first turn after each compaction, its new beginning read before."""
    messages: tuple[Message, ...] = ()


def truncated(sample: Sample, limits: Limits, tokens: Tokens) -> Outcome:
    """Drop the oldest messages."""
    left = limits.required - tokens.of_message(Message.of("system", FRAME.system))
    kept: list[Message] = []
    for message in reversed(messages(Frame(), fold(_all(sample)))):
        left -= tokens.of_message(message)
        if left < 0:
            break
        kept.append(message)
    return _outcome(tuple(reversed(kept)), tokens)


def deterministic(sample: Sample, limits: Limits, tokens: Tokens) -> Outcome:
    """Keep all prompts, the last three answers, the names of files: as Cline's fallback does."""
    log = _all(sample)
    names = dict.fromkeys(name for event in log for name in files(event.text))
    names |= dict.fromkeys(str(event.data["path"]) for event in log if event.kind == "edit")
    answers = [event for event in log if event.kind == "assistant"][-3:]
    kept = [event for event in log if event.kind == "user"] + answers
    kept.sort(key=log.index)
    listed = Message.of("user", "Files: " + ", ".join([*names][-60:]))
    left = limits.required - tokens.of_message(listed)
    made: list[Message] = []
    for event in reversed(kept):
        role = "user" if event.kind == "user" else "assistant"
        message = Message.of(role, event.text)  # type: ignore[arg-type]
        left -= tokens.of_message(message)
        if left < 0:
            break
        made.append(message)
    return _outcome((listed, *reversed(made)), tokens)


async def ours(
    sample: Sample,
    limits: Limits,
    tokens: Tokens,
    model: ChatModel | None = None,
    *,
    most: int = 0,
) -> Outcome:
    """Compact whenever it is due; with `most`, only the last so many times by the model."""
    compactor = Compactor(tokens, limits, model=model, conversation=NAME)
    plain = Compactor(tokens, limits)
    due_times = await _due_times(sample, limits, tokens) if model is not None and most else 0
    log: list[Event] = []
    outcome = Outcome("", 0)
    started = time.monotonic()
    for batch in sample.events():
        log += batch
        state = fold(log)
        if batch[-1].kind == "edit" or compactor.due(FRAME, state) != "required":
            continue
        done = len(outcome.compactions)
        asks = model is not None and done >= due_times - (most or due_times)
        if asks and model is not None:
            await _read(model, state)
        made = await (compactor if asks else plain).compact(FRAME, log, _after(log))
        if not isinstance(made, Compacted):
            continue
        log.append(made.event)
        outcome.compactions.append(made)
        outcome.summaries += made.usage
        if asks and model is not None:
            await compactor.prefill(FRAME, fold(log))
            outcome.next_turns.append(await _next_turn(model, log))
    outcome.seconds = time.monotonic() - started
    last = _outcome(messages(FRAME, fold(log)), tokens)
    outcome.text, outcome.messages = last.text, last.messages
    outcome.tokens = segments(FRAME, fold(log), tokens).total
    return outcome


async def _due_times(sample: Sample, limits: Limits, tokens: Tokens) -> int:
    return len((await ours(sample, limits, tokens)).compactions)


async def _read(model: ChatModel, state: object) -> None:
    """Have the model read the conversation, as it would have by answering the turns before."""
    said = messages(FRAME, state)  # type: ignore[arg-type]
    while said and said[-1].role == "user":
        said = said[:-1]
    try:
        await model.chat(ChatRequest(said, conversation=NAME, max_tokens=1)).result()
    except ContextOverflowError:
        pass  # One long message too many: nobody would have answered before compacting.


async def _next_turn(model: ChatModel, log: list[Event]) -> Usage:
    asked = events.user(_after(log), "What is to be done next?")
    said = messages(FRAME, fold([*log, asked]))
    return (await model.chat(ChatRequest(said, conversation=NAME, max_tokens=2)).result()).usage


def _all(sample: Sample) -> list[Event]:
    return [event for batch in sample.events() for event in batch]


def _after(log: list[Event]) -> Stamp:
    return Stamp(log[-1].session, log[-1].turn, log[-1].at + 0.5)


def _outcome(said: Iterable[Message], tokens: Tokens) -> Outcome:
    kept = tuple(said)
    return Outcome("\n".join(map(_text, kept)), tokens.of_messages(kept), messages=kept)


def _text(message: Message) -> str:
    return "".join(
        part.arguments if isinstance(part, ToolCallPart) else part.text for part in message.parts
    )

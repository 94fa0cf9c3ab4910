"""Conversations rendered by the model's own chat template.

A template comes with a model that somebody downloaded, so it runs in a sandbox (`sandbox.py`). And
what messages say may not reach the template's marks: a file that contains `<|im_start|>system` is
text, so that contents are rendered as placeholders and put in afterwards (`held.py`).

Templates differ in what they can say. One that knows no system messages gets that text with the
first question; what one cannot say of tools is said here, in the words of its own format.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from ownstack.engine.chat_formats import formats
from ownstack.engine.chat_formats.calls import load
from ownstack.engine.chat_formats.formats import CallStyle, ChatFormat
from ownstack.engine.llama.chat import sandbox
from ownstack.engine.llama.chat.held import Held, Part
from ownstack.engine.llama.chat.sandbox import RefusedError
from ownstack.engine.messages import (
    Message,
    ReasoningPart,
    TextPart,
    Tool,
    ToolCallPart,
    ToolResultPart,
)

Dicts = list[dict[str, Any]]
_HOW_TO_CALL = (
    "# Tools\n\nYou may call these functions to answer. Each is described by a line of JSON:\n"
    "{tools}\n\nTo call one, write its name and its arguments as JSON, in this form, and then "
    "wait for the result:\n<tool_call>\n"
    '{{"name": <function-name>, "arguments": <args-json-object>}}\n</tool_call>'
)


@dataclass(frozen=True, slots=True)
class Rendered:
    """A prompt that asks for the assistant's next message."""

    parts: tuple[Part, ...]
    opens_reasoning: bool
    """Whether the answer begins inside of reasoning."""


@dataclass(frozen=True, slots=True)
class _Ability:
    """What a template can say of tools."""

    lists: bool
    calls: bool
    results: bool


class ChatTemplate:
    """The template of one model, and what can be read from it."""

    def __init__(self, template: str, *, bos: str = "", eos: str = "") -> None:
        self._template = template
        self._marks = {"bos_token": bos, "eos_token": eos}
        self.format: ChatFormat = formats.detect(template)

    def render(
        self,
        messages: Sequence[Message],
        *,
        tools: Sequence[Tool] = (),
        reasoning: bool | None = None,
        today: datetime | None = None,
    ) -> Rendered:
        """Return the prompt that asks for the assistant's next message.

        Raises:
            EngineError: the template refuses the messages or is broken.
        """
        write = functools.partial(self._write, messages, tools, reasoning, today or datetime.now())
        held = Held()
        text = self._adapted(write, held)
        parts = held.parts(text)
        if parts is None:
            # The template looks into contents. Without marks, nothing can be taken for one.
            parts = [Part(write(_Plain(), _as_is), control=False)]
        ending = parts[-1].text.rstrip() if parts else ""
        opened = self.format.reasoning is not None and ending.endswith(self.format.reasoning[0])
        return Rendered(tuple(parts), opened)

    @functools.cached_property
    def _ability(self) -> _Ability:
        """Try what comes out of the template, once."""
        if not self.format.own_calls:
            return _Ability(lists=False, calls=False, results=False)
        tool = Tool("probetool", "A tool.")
        call = ToolCallPart("call00000", tool.name, '{"key": "probevalue"}')
        question = Message.of("user", "Question?")
        talk = (question, Message("assistant", (call,)), Message.result(call, "proberesult"))
        ability = _Ability(lists=True, calls=True, results=True)
        listed = self._tried(ability, (question,), (tool,))
        if "probetool" not in listed:
            ability = replace(ability, lists=False)
        said = self._tried(ability, talk, (tool,))
        if "probevalue" not in said:
            ability = replace(ability, calls=False)
            said = self._tried(ability, talk, (tool,))
        return replace(ability, results="proberesult" in said)

    def _tried(self, ability: _Ability, messages: Sequence[Message], tools: Sequence[Tool]) -> str:
        try:
            return self._write(
                messages, tools, None, datetime(2020, 1, 1), _Plain(), _as_is, ability
            )
        except RefusedError:
            return ""

    def _adapted(
        self,
        write: Callable[[Held, Callable[[Dicts], Dicts]], str],
        held: Held,
    ) -> str:
        """Write messages as they are; if the template refuses, as it may want them."""
        first: RefusedError | None = None
        for adapt in (_as_is, _system_in_question, _taking_turns):
            held.clear()
            try:
                text = write(held, adapt)
            except RefusedError as error:
                first = first or error
                continue
            if not (adapt is _as_is and held.lacks(text, "system")):
                return text
        if first is not None:
            raise first
        return text

    def _write(
        self,
        messages: Sequence[Message],
        tools: Sequence[Tool],
        reasoning: bool | None,
        today: datetime,
        held: Held,
        adapt: Callable[[Dicts], Dicts],
        ability: _Ability | None = None,
    ) -> str:
        ability = ability or self._ability
        known = [held.put_strange(_function(tool)) for tool in tools] if ability.lists else []
        plain = _one_call_each(messages) if self.format.lone_call else list(messages)
        dicts = [item for message in plain for item in self._dicts(message, held, ability)]
        if tools and not ability.lists:
            dicts = _with_tools(dicts, tools, held)
        values: dict[str, object] = {
            "messages": adapt(dicts),
            "tools": known or None,
            "add_generation_prompt": True,
            **self._marks,
        }
        if reasoning is not None:
            values["enable_thinking"] = values["thinking"] = reasoning
            if not reasoning:
                values["reasoning_effort"] = "low"
        text = sandbox.render(self._template, values, today=today, tojson=held.tojson)
        return held.finished(text)

    def _dicts(self, message: Message, held: Held, ability: _Ability) -> Dicts:
        """Return what a template gets for a message: one each for several tool results."""
        if message.role == "tool":
            return [self._result(part, held, ability) for part in message.tool_results]
        text = held.put(message.text, message.role)
        made: dict[str, Any] = {"role": message.role, "content": text}
        if message.role != "assistant":
            return [made]
        if message.reasoning:
            made["reasoning_content"] = made["thinking"] = held.put(message.reasoning)
        if message.tool_calls and ability.calls:
            made["tool_calls"] = [self._call(call, held) for call in message.tool_calls]
            if self.format.calls is CallStyle.CHANNELS and message.reasoning and message.text:
                made["thinking"] = held.put(f"{message.reasoning}\n{message.text}")
                made["content"] = ""
        elif message.tool_calls:
            written = self._written_calls(message.tool_calls, held)
            made["content"] = f"{text}\n{written}" if text else written
        return [made]

    def _call(self, call: ToolCallPart, held: Held) -> dict[str, Any]:
        arguments: object = held.put_json(call.arguments)
        if self.format.calls is CallStyle.FUNCTION:
            value = load(call.arguments)
            arguments = held.put_strange(value if isinstance(value, dict) else {})
        function = {"name": held.put_strange(call.name), "arguments": arguments}
        return {"id": call.id, "type": "function", "function": function}

    def _written_calls(self, calls: Sequence[ToolCallPart], held: Held) -> str:
        """Write calls as the model does, for a template that has no words for them."""
        key, style = self.format.arguments_key, self.format.calls
        texts = [
            f'{{"name": {json.dumps(str(held.put_strange(call.name)))}, '
            f'"{key}": {held.put_json(call.arguments)}}}'
            for call in calls
        ]
        opened, closed = self.format.call_open, self.format.call_close
        if style is CallStyle.LISTED:
            return f"{opened}[{', '.join(texts)}]"
        return "\n".join(f"{opened}\n{text}\n{closed}" for text in texts)

    def _result(self, part: ToolResultPart, held: Held, ability: _Ability) -> dict[str, Any]:
        text = held.put(part.text, "tool")
        if not ability.results:
            return {"role": "user", "content": f"<tool_response>\n{text}\n</tool_response>"}
        return {
            "role": "tool",
            "content": text,
            "tool_call_id": part.call_id,
            "name": held.put_strange(part.name),
        }


class _Plain(Held):
    """Data as it is: for looking at what a template does."""

    def put(self, text: str, what: str = "") -> str:
        return text

    def put_strange(self, value: object) -> object:
        return value

    def finished(self, rendered: str) -> str:
        for name, text in self.texts.items():
            rendered = rendered.replace(name, text)
        return rendered


def _function(tool: Tool) -> dict[str, object]:
    return {
        "type": "function",
        "function": {
            "name": tool.name,
            "description": tool.description,
            "parameters": tool.parameters,
        },
    }


def _with_tools(dicts: Dicts, tools: Sequence[Tool], held: Held) -> Dicts:
    """Describe tools in the system message, for a template that has no words for them."""
    lines = "\n".join(
        held.put(json.dumps(_function(tool)["function"], ensure_ascii=False), "system")
        for tool in tools
    )
    text = _HOW_TO_CALL.format(tools=lines)
    at = next((n for n, item in enumerate(dicts) if item["role"] == "system"), None)
    if at is None:
        return [{"role": "system", "content": text}, *dicts]
    first = {**dicts[at], "content": f"{dicts[at]['content']}\n\n{text}"}
    return [*dicts[:at], first, *dicts[at + 1 :]]


def _one_call_each(messages: Sequence[Message]) -> list[Message]:
    """Return messages of one tool call each, every call followed by its result."""
    split: list[Message] = []
    results = {part.call_id: part for message in messages for part in message.tool_results}
    done: set[str] = set()
    for message in messages:
        calls = message.tool_calls
        if message.role == "tool":
            left = tuple(part for part in message.tool_results if part.call_id not in done)
            split += [Message("tool", (part,)) for part in left]
            continue
        if len(calls) < 2:
            split.append(message)
            continue
        said = tuple(p for p in message.parts if isinstance(p, (TextPart, ReasoningPart)))
        for number, call in enumerate(calls):
            split.append(Message("assistant", (*(said if not number else ()), call)))
            if call.id in results:
                split.append(Message("tool", (results[call.id],)))
                done.add(call.id)
    return split


def _as_is(dicts: Dicts) -> Dicts:
    return dicts


def _system_in_question(dicts: Dicts) -> Dicts:
    """Put what the system messages say before the first question."""
    rules = "\n\n".join(item["content"] for item in dicts if item["role"] == "system")
    others = [item for item in dicts if item["role"] != "system"]
    at = next((n for n, item in enumerate(others) if item["role"] == "user"), None)
    if not rules or at is None:
        return others if others else dicts
    first = {**others[at], "content": f"{rules}\n\n{others[at]['content']}"}
    return [*others[:at], first, *others[at + 1 :]]


def _taking_turns(dicts: Dicts) -> Dicts:
    """Make one message of several of the same author, too."""
    turns: Dicts = []
    for item in _system_in_question(dicts):
        last = turns[-1] if turns else None
        plain = "tool_calls" not in item and item["role"] in ("user", "assistant")
        if last is not None and plain and last["role"] == item["role"] and "tool_calls" not in last:
            turns[-1] = {**last, "content": f"{last['content']}\n\n{item['content']}"}
        else:
            turns.append(item)
    return turns

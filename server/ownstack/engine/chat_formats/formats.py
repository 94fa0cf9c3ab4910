"""How one model marks reasoning and tool calls, read from its chat template."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

_REASONING = (
    ("<think>", "</think>"),
    ("[THINK]", "[/THINK]"),
    ("<seed:think>", "</seed:think>"),
    ("<|START_THINKING|>", "<|END_THINKING|>"),
)
_CHANNEL = "<|channel|>"


class CallStyle(Enum):
    """How a tool call is written; the texts are those by which a template is recognised."""

    TAGGED = "tagged"
    """`<tool_call>{"name": …, "arguments": {…}}</tool_call>`: Qwen, Hermes, Granite 4."""
    BARE = "bare"
    """The answer is `{"name": …, "parameters": {…}}`, perhaps behind a mark: Llama 3."""
    LISTED = "listed"
    """A mark, then `[{"name": …, "arguments": {…}}, …]`: Mistral, Granite 3."""
    NAMED = "named"
    """`[TOOL_CALLS]name[ARGS]{…}`: later Mistral models."""
    FUNCTION = "function"
    """`<tool_call><function=name><parameter=key>value</parameter></function></tool_call>`:
    Qwen3-Coder."""
    CHANNELS = "channels"
    """Headers between `<|channel|>` and `<|message|>` name whom a text is for: gpt-oss."""


@dataclass(frozen=True, slots=True)
class ChatFormat:
    """The marks of one model. `ChatFormat()` has no reasoning, and calls as we ask for them."""

    calls: CallStyle = CallStyle.TAGGED
    call_open: str = "<tool_call>"
    call_close: str = "</tool_call>"
    arguments_key: str = "arguments"
    reasoning: tuple[str, str] | None = None
    """What stands before and behind reasoning."""
    own_calls: bool = False
    """The template speaks of tools; otherwise a model is told by us how to call one."""
    lone_call: bool = False
    """Its template takes one call a message, not several."""

    @property
    def marks(self) -> tuple[str, ...]:
        """All marks that an answer may have, some of which are single tokens of a vocabulary."""
        if self.calls is CallStyle.CHANNELS:
            return tuple(
                f"<|{name}|>"
                for name in ["start", "channel", "constrain", "message", "end", "call", "return"]
            )
        named = ("[ARGS]", "[CALL_ID]") if self.calls is CallStyle.NAMED else ()
        marks = (self.call_open, self.call_close, *named, *(self.reasoning or ()))
        return tuple(mark for mark in marks if mark)


def detect(template: str) -> ChatFormat:
    """Return the format of a chat template: no more than a look for what it writes."""
    if _CHANNEL in template and "<|message|>" in template:
        return ChatFormat(CallStyle.CHANNELS, "", "", own_calls=True, lone_call=True)
    reasoning = next((pair for pair in _REASONING if pair[1] in template), None)
    if "<tool_call>" in template and "<function=" in template:
        return ChatFormat(CallStyle.FUNCTION, reasoning=reasoning, own_calls=True)
    if "<tool_call>" in template and '"arguments"' in template.replace('\\"', '"'):
        return ChatFormat(reasoning=reasoning, own_calls=True)
    if "[TOOL_CALLS]" in template:
        style = CallStyle.NAMED if "[ARGS]" in template else CallStyle.LISTED
        return ChatFormat(style, "[TOOL_CALLS]", "", reasoning=reasoning, own_calls=True)
    if "<|tool_call|>" in template:
        return ChatFormat(
            CallStyle.LISTED, "<|tool_call|>", "", reasoning=reasoning, own_calls=True
        )
    if "<|python_tag|>" in template or '{"name": "\' + tool_call.name' in template:
        return ChatFormat(
            CallStyle.BARE,
            "<|python_tag|>",
            "",
            "parameters",
            reasoning=reasoning,
            own_calls=True,
            lone_call=True,
        )
    return ChatFormat(reasoning=reasoning)

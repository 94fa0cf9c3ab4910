"""A model's raw text, taken apart while it comes: reasoning, answer, tool calls.

Marks may be split between tokens; a text is held back only as long as it may be the beginning of
one. A tool call is handed on when it is whole.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence

from ownstack.engine.chat import ChatDelta, ReasoningDelta, TextDelta, ToolCall
from ownstack.engine.chat_formats import calls
from ownstack.engine.chat_formats.calls import MAX_CALL, Call, JsonEnd
from ownstack.engine.chat_formats.formats import CallStyle, ChatFormat
from ownstack.engine.messages import Tool, ToolCallPart

MAX_CALLS = 16
"""Of one answer."""
_MAX_HEADER = 256
_BARE = ('{"name":"', '```json{"name":"', '```{"name":"', '<tools>{"name":"')
"""How calls begin that a small model writes without their mark, blanks left out."""
_LEFT_OVER = re.compile(r"\s{0,64}(?:;|,|```|</tools>|</?tool_call>)?\s{0,64}")
_RECIPIENT = re.compile(r"\bto=(?:functions\.)?([\w.-]{1,128})")
_CHANNEL = re.compile(r"<\|channel\|>\s*(\w{1,32})")


def parser_of(
    chat_format: ChatFormat,
    *,
    tools: Sequence[Tool] = (),
    reasoning: bool = False,
    number: int = 0,
    tokens: frozenset[str] = frozenset(),
) -> AnswerParser:
    """Return a parser of one answer.

    With `reasoning` the answer begins inside of it, since the prompt has opened it. `number` is
    that of the first tool call in the conversation. `tokens` are the marks that are tokens of the
    vocabulary: they come by `mark`, and the same letters in a text are text.
    """
    kind = _ChannelParser if chat_format.calls is CallStyle.CHANNELS else _TagParser
    return kind(chat_format, tools, reasoning, number, tokens)


class AnswerParser(ABC):
    """Takes text by `feed`, tokens that are marks by `mark`, and the end by `close`."""

    def __init__(
        self,
        chat_format: ChatFormat,
        tools: Sequence[Tool],
        reasoning: bool,
        number: int,
        tokens: frozenset[str],
    ) -> None:
        self._format = chat_format
        self._tools = {tool.name: tool for tool in tools}
        self._number = number
        self._calls = 0
        self._spelt = tuple(mark for mark in chat_format.marks if mark not in tokens)
        self._out: list[ChatDelta] = []
        self._raw = ""
        self._newlines = ""
        self._fresh = True
        self.reasoning = reasoning
        self.beyond = False
        """Whether the model goes on after its calls, whose results it cannot know: let it end."""
        self.call: CallBody | None = None
        """The tool call that is being written."""

    @property
    def called(self) -> int:
        """How many tool calls are done."""
        return self._calls

    def feed(self, text: str) -> list[ChatDelta]:
        """Take text; return what of the answer is sure by now."""
        self._raw += text
        while True:
            at, mark = self._next_mark()
            if mark is None:
                break
            before, self._raw = self._raw[:at], self._raw[at + len(mark) :]
            self._take(before)
            self._mark(mark)
        sure = len(self._raw) - self._maybe_mark()
        before, self._raw = self._raw[:sure], self._raw[sure:]
        self._take(before)
        return self._handed()

    def mark(self, text: str) -> list[ChatDelta]:
        """Take a token that is a mark."""
        before, self._raw = self._raw, ""
        self._take(before)
        self._mark(text)
        return self._handed()

    def close(self) -> list[ChatDelta]:
        """Take the end: what was held back is text after all, half a tool call is nothing."""
        before, self._raw = self._raw, ""
        self._take(before)
        self._end()
        return self._handed()

    def _next_mark(self) -> tuple[int, str | None]:
        found = [(at, mark) for mark in self._spelt if (at := self._raw.find(mark)) >= 0]
        return min(found, key=lambda hit: hit[0]) if found else (0, None)

    def _maybe_mark(self) -> int:
        """Return how many of the last characters may begin a mark."""
        longest = 0
        for mark in self._spelt:
            for size in range(min(len(mark) - 1, len(self._raw)), longest, -1):
                if self._raw.endswith(mark[:size]):
                    longest = size
                    break
        return longest

    def _handed(self) -> list[ChatDelta]:
        out, self._out = self._out, []
        return out

    def _say(self, text: str) -> None:
        """Hand on a text; line ends are kept back, since none stand before a mark."""
        if self._calls and not self.reasoning:
            self.beyond = self.beyond or bool(text.strip())
            return
        if self._fresh:
            text = text.lstrip("\n") if self.reasoning or self._out_of_reasoning else text
            if not text:
                return
            self._fresh = False
        text = self._newlines + text
        kept = text.rstrip("\n")
        self._newlines = text[len(kept) :]
        if kept:
            self._out.append(ReasoningDelta(kept) if self.reasoning else TextDelta(kept))

    _out_of_reasoning = False

    def _leave_reasoning(self) -> None:
        self._newlines = ""
        self._fresh = True
        self._out_of_reasoning = True
        self.reasoning = False

    def _enter_reasoning(self) -> None:
        self._newlines = ""
        self._fresh = True
        self.reasoning = True

    def _emit(self, call: Call) -> None:
        self._newlines = ""
        name = f"call{(self._number + self._calls) % 100_000:05d}"
        self._calls += 1
        self._out.append(ToolCall(ToolCallPart(name, call.name, call.arguments)))

    @abstractmethod
    def _take(self, text: str) -> None:
        """Take text that is no mark."""

    @abstractmethod
    def _mark(self, mark: str) -> None:
        """Take a mark."""

    @abstractmethod
    def _end(self) -> None:
        """Take the end of the answer."""


class CallBody:
    """A tool call as far as it is written."""

    def __init__(self, style: CallStyle, opened_by: str) -> None:
        self.style = style
        self.opened_by = opened_by
        self.text = ""
        self._end = JsonEnd()

    @property
    def begun(self) -> bool:
        """Whether it looks like a call at all."""
        return self._end.begun

    def feed(self, text: str) -> str | None:
        """Take text; return what follows the call once that is whole."""
        if self.style is CallStyle.FUNCTION:
            self.text += text
            return None
        if self.style is CallStyle.NAMED and "[ARGS]" not in self.text:
            head, mark, rest = (self.text + text).partition("[ARGS]")
            if not mark:
                self.text += text
                return None
            self.text = head + mark
            text = rest
        end = self._end.feed(text)
        if end is None:
            self.text += text
            return None
        self.text += text[:end]
        return text[end:]


class _TagParser(AnswerParser):
    """Marks stand before and behind reasoning and calls."""

    _after_call = False
    _head = ""
    _said = False

    def _take(self, text: str) -> None:
        if not text:
            return
        if self.call is not None:
            rest = self.call.feed(text)
            if rest is not None:
                self._finish_call()
                self._take(rest)
            elif len(self.call.text) > MAX_CALL:
                self._give_up_call()
            return
        if self.reasoning:
            self._say(text)
            return
        if self._after_call:
            text = self._without_left_over(text)
            if not text:
                return
        if self._tools and not self._said:
            self._begin(text)
        else:
            self._said = True
            self._say(text)

    def _without_left_over(self, text: str) -> str:
        self._head += text
        match = _LEFT_OVER.match(self._head)
        rest = self._head[match.end() :] if match else self._head
        if not rest:
            return ""
        if len(rest) < 12 and any(
            mark.startswith(rest) for mark in ("```", "</tools>", "</tool_call>")
        ):
            return ""
        self._head, self._after_call = "", False
        self._said = not rest.startswith(("{", "```", "<tools>"))
        return rest

    def _begin(self, text: str) -> None:
        """Find out whether an answer begins as a call that lacks its mark."""
        self._head += text
        squeezed = "".join(self._head.split())
        if any(squeezed.startswith(begin) for begin in _BARE):
            head, self._head, self._said = self._head, "", True
            before, brace, rest = head.partition("{")
            style = CallStyle.BARE
            self.call = CallBody(style, before)
            self._take(brace + rest)
        elif not any(begin.startswith(squeezed) for begin in _BARE) or len(self._head) > 256:
            head, self._head, self._said = self._head, "", True
            self._say(head)

    def _mark(self, mark: str) -> None:
        opened, closed = self._format.reasoning or ("", "")
        if mark == closed and self.reasoning:
            self._leave_reasoning()
        elif mark == opened and not self.reasoning and self.call is None:
            self._release_head()
            self._enter_reasoning()
        elif self.call is not None:
            if mark == self._format.call_close:
                self._finish_call()
            else:
                self._take(mark)
        elif mark == self._format.call_open and self._tools and not self.reasoning:
            self._release_head()
            self.call = CallBody(self._format.calls, mark)
        elif not (mark == self._format.call_close and self._calls):
            self._take(mark)

    def _release_head(self) -> None:
        if self._head and not self._after_call:
            self._say(self._head)
        self._head, self._after_call = "", False

    def _finish_call(self) -> None:
        """The call is whole: hand it on, or the text if it is none."""
        call, self.call = self.call, None
        assert call is not None
        found = calls.parse(call.style, call.text, self._tools)
        if call.style is CallStyle.BARE and not call.opened_by.startswith("<|"):
            found = [item for item in found if item.name in self._tools]
        if not found or self._calls + len(found) > MAX_CALLS:
            self._said = True
            self._say(call.opened_by + call.text)
            return
        for item in found:
            self._emit(item)
        self._after_call = True

    def _give_up_call(self) -> None:
        call, self.call = self.call, None
        assert call is not None
        self._said = True
        self._say(call.opened_by + call.text)

    def _end(self) -> None:
        if self.call is not None and self.call.style is CallStyle.FUNCTION:
            self._finish_call()
        elif self.call is not None and not self.call.begun:
            self._give_up_call()
        self.call = None
        if self._head and not self._after_call:
            self._say(self._head)
        if self._newlines and not self.reasoning and not self._calls:
            self._out.append(TextDelta(self._newlines))
        self._newlines = ""


class _ChannelParser(AnswerParser):
    """Each message has a header that says which channel it is for, or which tool."""

    _header: str | None = ""

    def _take(self, text: str) -> None:
        if self._header is not None:
            self._header += text
            if len(self._header) > _MAX_HEADER:  # No header: a model that was trained otherwise.
                header, self._header = self._header, None
                self._say(header)
        elif self.call is not None:
            if self.call.feed(text) is not None or len(self.call.text) > MAX_CALL:
                self._finish_call()
        else:
            self._say(text)

    def _mark(self, mark: str) -> None:
        if mark == "<|message|>" and self._header is not None:
            self._open(self._header)
        elif self._header is not None and mark in ("<|channel|>", "<|constrain|>"):
            self._header += mark
        else:
            self._finish_message()

    def _open(self, header: str) -> None:
        self._header = None
        self._newlines, self._fresh = "", True
        recipient = _RECIPIENT.search(header)
        channel = _CHANNEL.search(header)
        self.reasoning = channel is not None and channel.group(1) == "analysis"
        if recipient is not None and self._tools:
            self.reasoning = False
            self.call = CallBody(CallStyle.CHANNELS, recipient.group(1))

    def _finish_message(self) -> None:
        if self.call is not None:
            self._finish_call()
        self._newlines = ""
        self.reasoning = False
        self._header = ""

    def _finish_call(self) -> None:
        call, self.call = self.call, None
        assert call is not None
        if call.text.strip() and self._calls < MAX_CALLS and len(call.text) <= MAX_CALL:
            self._emit(Call(call.opened_by, call.text.strip()))
        self._header = ""

    def _end(self) -> None:
        """Half a call is none; a text without any header is the answer."""
        self.call = None
        if self._header and not self._header.startswith(("<|", "assistant", " to=")):
            self._say(self._header)
        if self._newlines and not self.reasoning:
            self._out.append(TextDelta(self._newlines))
        self._newlines, self._header = "", None

"""What an answer has to keep to: a grammar from its beginning, or one for each tool call.

A grammar for tool calls waits until the model begins one: so every call can be read, and whatever
else the model writes is its own. Where an answer must be of some form at once, the prompt is
continued to where that begins (`prefix`), so that the model does not reason first.
"""

from __future__ import annotations

import logging

from ownstack.engine.chat_formats.formats import CallStyle, ChatFormat
from ownstack.engine.chat_formats.parser import AnswerParser, parser_of
from ownstack.engine.llama.chat import call_grammar
from ownstack.engine.llama.chat.schema_grammar import schema_grammar
from ownstack.engine.llama.native.bindings import LlamaModel
from ownstack.engine.llama.native.sampler import Grammar
from ownstack.engine.requests import ChatRequest
from ownstack.errors import EngineError

log = logging.getLogger(__name__)


def prefix_of(request: ChatRequest, chat_format: ChatFormat, *, reasoning: bool) -> str:
    """Return what an answer begins with that must keep to a form; "" if it need not."""
    must_call = bool(request.tools) and request.tool_choice == "required"
    if not must_call and grammar_of(request) is None:
        return ""
    if chat_format.calls is CallStyle.CHANNELS:
        if must_call:
            return "<|channel|>commentary to=functions."
        return "<|channel|>final<|message|>"
    closed = f"\n{chat_format.reasoning[1]}\n\n" if reasoning and chat_format.reasoning else ""
    if not must_call or chat_format.calls is CallStyle.BARE:
        return closed
    line_end = "\n" if chat_format.call_close else ""
    return f"{closed}{chat_format.call_open}{line_end}"


def grammar_of(request: ChatRequest) -> str | None:
    """Return the grammar of the whole answer, if it has to keep to one.

    Raises:
        EngineError: a grammar and a schema were asked for, or the schema cannot be used.
    """
    if request.json_schema is None:
        return request.grammar
    if request.grammar is not None:
        raise EngineError("A grammar and a JSON schema were both asked for.", "Ask for one.")
    return schema_grammar(request.json_schema)


class Constraint:
    """Which grammar the next token must keep to. Closed with the answer."""

    def __init__(
        self,
        model: LlamaModel,
        chat_format: ChatFormat,
        request: ChatRequest,
        *,
        reasoning: bool,
        tokens: frozenset[str],
    ) -> None:
        """Raises EngineError if the grammar, or the schema of a tool, cannot be used."""
        self.grammar: Grammar | None = None
        self._model = model
        self._format = chat_format
        self._tools = request.tools
        self._calling = False
        self._until_called = False
        whole = grammar_of(request)
        if whole is not None:
            self.grammar = Grammar(model, whole)
        self._follower: AnswerParser | None = None
        if not request.tools or request.tool_choice == "none" or whole is not None:
            return
        self._follower = parser_of(
            chat_format, tools=request.tools, reasoning=reasoning, tokens=tokens
        )
        if request.tool_choice == "required":
            channels = chat_format.calls is CallStyle.CHANNELS
            text = (
                call_grammar.of_header(request.tools)
                if channels
                else call_grammar.of_calls(chat_format, request.tools)
            )
            self.grammar = Grammar(model, text)
            self._until_called = True

    def began(self, text: str, *, mark: bool) -> None:
        """Take note of what the answer begins with, which the model did not write."""
        if self._follower is not None:
            if mark:
                self._follower.mark(text)
            else:
                self._follower.feed(text)

    def wrote(self, text: str, *, mark: bool) -> None:
        """Take note of what was written; from now on another grammar may rule, or none."""
        follower = self._follower
        if follower is None:
            return
        self.began(text, mark=mark)
        if self._until_called:
            if follower.called:
                self._until_called = False
                self._free()
        elif follower.call is None:
            if self._calling:
                self._free()
        elif not self._calling:
            self._begin(follower)

    @property
    def beyond(self) -> bool:
        """Whether the answer is over: the model goes on as if it knew the results of its calls."""
        return self._follower is not None and self._follower.beyond

    def close(self) -> None:
        grammar, self.grammar = self.grammar, None
        if grammar is not None:
            grammar.close()

    def _free(self) -> None:
        self._calling = False
        self.close()

    def _begin(self, follower: AnswerParser) -> None:
        """A call has begun: from here on it must be one. What cannot be helped is let go."""
        call = follower.call
        assert call is not None
        self._calling = True
        if call.style is CallStyle.CHANNELS:
            tool = next((tool for tool in self._tools if tool.name == call.opened_by), None)
            text = call_grammar.of_arguments(tool) if tool is not None else ""
        else:
            marked = call.opened_by == self._format.call_open
            text = call_grammar.of_calls(self._format, self._tools, marked=marked)
        if not text:
            return
        grammar = Grammar(self._model, text)
        if grammar.follow(self._model.tokenize(call.text)):
            self.grammar = grammar
        else:
            log.info("A tool call has begun that fits no tool.")
            grammar.close()

"""What a tool call may be, in each style: the right one, and no other."""

from __future__ import annotations

import pytest

from ownstack.engine.chat_formats.formats import CallStyle, ChatFormat
from ownstack.engine.llama.chat import call_grammar
from ownstack.engine.llama.native.sampler import Grammar
from ownstack.engine.messages import Tool
from tests.support.native import model

pytestmark = pytest.mark.native

READ = Tool(
    "read",
    "Read a file.",
    {
        "type": "object",
        "properties": {"path": {"type": "string"}, "line": {"type": "integer"}},
        "required": ["path"],
    },
)
QUOTED = Tool('say "hi"', "Odd, but a tool.", {"properties": {"root": {"const": "root"}}})
TOOLS = (READ, QUOTED)
TAGGED = ChatFormat()
LLAMA = ChatFormat(CallStyle.BARE, "<|python_tag|>", "", "parameters")
LISTED = ChatFormat(CallStyle.LISTED, "[TOOL_CALLS]", "")
NAMED = ChatFormat(CallStyle.NAMED, "[TOOL_CALLS]", "")
FUNCTION = ChatFormat(CallStyle.FUNCTION)


def fits(grammar: str, text: str) -> bool:
    """Whether a text may be written; it need not be the whole."""
    rules = Grammar(model(), grammar)
    try:
        return rules.follow(model().tokenize(text))
    finally:
        rules.close()


@pytest.mark.parametrize(
    ("chat_format", "text"),
    [
        (TAGGED, '\n{"name": "read", "arguments": {"path": "a]}\\"", "line": 3}}'),
        (TAGGED, '{"name":"read","arguments":{"path":"x"}}'),
        (TAGGED, '{"name": "say \\"hi\\"", "arguments": {"root": "root"}}'),
        (LLAMA, '{"name": "read", "parameters": {"path": "x"}}'),
        (LISTED, '[{"name": "read", "arguments": {"path": "x"}}]'),
        (LISTED, '[{"name": "read", "arguments": {"path": "x"}}, {"name": "read"'),
        (NAMED, 'read[ARGS]{"path": "x"}'),
        (NAMED, 'read[CALL_ID]abcdefghi[ARGS]{"path": "x"}'),
        (FUNCTION, "\n<function=read>\n<parameter=path>\na < b\n</div>\n\n</parameter>\n"
                   "</function>\n</tool_call>"),
        (FUNCTION, "<function=read>\n</function>\n"),
    ],
)  # fmt: skip
def test_a_call_that_fits(chat_format: ChatFormat, text: str) -> None:
    """As models write it."""
    assert fits(call_grammar.of_calls(chat_format, TOOLS), text)


@pytest.mark.parametrize(
    ("chat_format", "text"),
    [
        (TAGGED, '{"name": "write"'),
        (TAGGED, '{"name": "read", "arguments": {"line": 1}}'),
        (TAGGED, '{"name": "read", "arguments": {"path": 1'),
        (TAGGED, '{"name": "read", "parameters"'),
        (TAGGED, "read("),
        (LISTED, '{"name"'),
        (NAMED, "write"),
        (NAMED, "read{"),
        (FUNCTION, "<function=write>"),
        (FUNCTION, "<function=read>\n<parameter=size>"),
    ],
)
def test_a_call_that_does_not_fit(chat_format: ChatFormat, text: str) -> None:
    """No tool of that name, no argument like that, not that form."""
    assert not fits(call_grammar.of_calls(chat_format, TOOLS), text)


def test_a_call_in_a_header() -> None:
    """The name, how it is written, and the arguments of that tool."""
    grammar = call_grammar.of_header(TOOLS)

    assert fits(grammar, 'read <|constrain|>json<|message|>{"path": "x"}')
    assert not fits(grammar, "write")


def test_arguments_alone() -> None:
    """Of one tool, whose name is known."""
    assert fits(call_grammar.of_arguments(READ), '{"path": "x"}')
    assert not fits(call_grammar.of_arguments(READ), '{"line": "x"')

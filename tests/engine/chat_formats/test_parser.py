"""Raw text of models, taken apart while it comes."""

from __future__ import annotations

import json
from itertools import groupby

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ownstack.engine.chat import ChatDelta, ReasoningDelta, TextDelta, ToolCall
from ownstack.engine.chat_formats.calls import MAX_CALL
from ownstack.engine.chat_formats.formats import CallStyle, ChatFormat
from ownstack.engine.chat_formats.parser import MAX_CALLS, parser_of
from ownstack.engine.messages import Tool

SEARCH = Tool(
    "search",
    "Find code.",
    {"type": "object", "properties": {"query": {"type": "string"}, "limit": {"type": "integer"}}},
)
THINK = ("<think>", "</think>")
TAGGED = ChatFormat(reasoning=THINK, own_calls=True)
BARE = ChatFormat(CallStyle.BARE, "<|python_tag|>", "", "parameters")
MISTRAL = ChatFormat(CallStyle.LISTED, "[TOOL_CALLS]", "")
NAMED = ChatFormat(CallStyle.NAMED, "[TOOL_CALLS]", "", reasoning=("[THINK]", "[/THINK]"))
GRANITE = ChatFormat(CallStyle.LISTED, "<|tool_call|>", "")
FUNCTION = ChatFormat(CallStyle.FUNCTION)
CHANNELS = ChatFormat(CallStyle.CHANNELS, "", "")

ANSWERS = [
    pytest.param(TAGGED, "Hello.", [("text", "Hello.")], id="text"),
    pytest.param(
        TAGGED,
        "<think>\nHm.\n</think>\n\nYes.\n",
        [("reasoning", "Hm."), ("text", "Yes.\n")],
        id="reasoning",
    ),
    pytest.param(
        TAGGED,
        'I look.\n<tool_call>\n{"name": "search", "arguments": {"query": "a}\\"b"}}\n</tool_call>',
        [("text", "I look."), ("call", "search", {"query": 'a}"b'})],
        id="tagged",
    ),
    pytest.param(
        TAGGED,
        '<tool_call>\n{"name": "search", "arguments": {}}\n</tool_call>\n'
        '<tool_call>{"name": "read", "arguments": {"path": "x"}}</tool_call>',
        [("call", "search", {}), ("call", "read", {"path": "x"})],
        id="two calls",
    ),
    pytest.param(
        TAGGED,
        '{"name": "search", "arguments": {"query": "x"}}',
        [("call", "search", {"query": "x"})],
        id="a call without its mark",
    ),
    pytest.param(
        TAGGED,
        '```json\n{\n  "name": "search",\n  "arguments": {"query": "x"}\n}\n```',
        [("call", "search", {"query": "x"})],
        id="a call in a code block",
    ),
    pytest.param(
        TAGGED,
        '{"name": "my-app", "version": 1}',
        [("text", '{"name": "my-app", "version": 1}')],
        id="JSON that is no call",
    ),
    pytest.param(TAGGED, "```json\n[1]\n```", [("text", "```json\n[1]\n```")], id="a code block"),
    pytest.param(
        TAGGED,
        "<tool_call>search(x)</tool_call>",
        [("text", "<tool_call>search(x)")],
        id="a mark without a call",
    ),
    pytest.param(
        BARE,
        '{"name": "search", "parameters": {"query": "x"}}',
        [("call", "search", {"query": "x"})],
        id="llama 3",
    ),
    pytest.param(
        BARE,
        '<|python_tag|>{"name": "search", "parameters": {"query": "x"}}',
        [("call", "search", {"query": "x"})],
        id="llama 3 with a mark",
    ),
    pytest.param(BARE, "<|python_tag|>print(1)", [("text", "<|python_tag|>print(1)")], id="code"),
    pytest.param(
        MISTRAL,
        '[TOOL_CALLS][{"name": "search", "arguments": {"query": "]"}, "id": "abc"}, '
        '{"name": "read", "arguments": {}}]',
        [("call", "search", {"query": "]"}), ("call", "read", {})],
        id="mistral",
    ),
    pytest.param(
        NAMED,
        '[THINK]Hm[/THINK]Look:[TOOL_CALLS]search[CALL_ID]abcdefghi[ARGS]{"query": "x"}'
        "[TOOL_CALLS]read[ARGS]{}",
        [
            ("reasoning", "Hm"),
            ("text", "Look:"),
            ("call", "search", {"query": "x"}),
            ("call", "read", {}),
        ],
        id="later mistral",
    ),
    pytest.param(
        GRANITE,
        '<|tool_call|>[{"name": "search", "arguments": {"query": "x"}}]',
        [("call", "search", {"query": "x"})],
        id="granite",
    ),
    pytest.param(
        FUNCTION,
        "<tool_call>\n<function=search>\n<parameter=query>\na < b\n</parameter>\n"
        "<parameter=limit>\n3\n</parameter>\n</function>\n</tool_call>",
        [("call", "search", {"query": "a < b", "limit": 3})],
        id="qwen3-coder",
    ),
    pytest.param(
        CHANNELS,
        "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>commentary "
        'to=functions.search <|constrain|>json<|message|>{"query": "x"}<|call|>',
        [("reasoning", "Hm."), ("call", "search", {"query": "x"})],
        id="gpt-oss calls",
    ),
    pytest.param(
        CHANNELS,
        " to=functions.search<|channel|>commentary json<|message|>{}<|call|>",
        [("call", "search", {})],
        id="gpt-oss calls from the role",
    ),
    pytest.param(
        CHANNELS,
        "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>Yes.",
        [("reasoning", "Hm."), ("text", "Yes.")],
        id="gpt-oss answers",
    ),
    pytest.param(CHANNELS, "Plain.", [("text", "Plain.")], id="no channel at all"),
]


def said(deltas: list[ChatDelta]) -> list[tuple[object, ...]]:
    """What came, pieces of one kind put together."""
    told: list[tuple[object, ...]] = []
    for kind, group in groupby(deltas, key=type):
        if kind is ToolCall:
            told += [("call", d.part.name, json.loads(d.part.arguments)) for d in group]  # type: ignore[union-attr]
        else:
            name = "reasoning" if kind is ReasoningDelta else "text"
            told.append((name, "".join(d.text for d in group)))  # type: ignore[union-attr]
    return told


def parsed(chat_format: ChatFormat, pieces: list[str], **options: object) -> list[ChatDelta]:
    parser = parser_of(chat_format, tools=(SEARCH,), **options)  # type: ignore[arg-type]
    deltas = [delta for piece in pieces for delta in parser.feed(piece)]
    return deltas + parser.close()


@pytest.mark.parametrize(("chat_format", "raw", "expected"), ANSWERS)
def test_an_answer_is_the_same_however_it_is_cut(
    chat_format: ChatFormat, raw: str, expected: list[tuple[object, ...]]
) -> None:
    """Whole, in two pieces cut anywhere, and character by character."""
    cuts = [[raw], list(raw), *([raw[:at], raw[at:]] for at in range(1, len(raw)))]

    assert all(said(parsed(chat_format, pieces)) == expected for pieces in cuts)


def test_text_is_handed_on_as_it_comes() -> None:
    """Nothing is kept back that cannot become a mark."""
    parser = parser_of(TAGGED)

    assert parser.feed("Hello <b") == [TextDelta("Hello <b")]
    assert parser.feed("> <thi") == [TextDelta("> ")]
    assert parser.feed("s is not one") == [TextDelta("<this is not one")]


def test_without_tools_nothing_is_a_call() -> None:
    """A model that writes of calls may do so."""
    raw = '<tool_call>{"name": "search", "arguments": {}}</tool_call>'
    parser = parser_of(TAGGED)

    assert said(parser.feed(raw) + parser.close()) == [("text", raw)]


def test_marks_that_are_tokens() -> None:
    """The same letters in a text mean nothing then."""
    parser = parser_of(TAGGED, tools=(SEARCH,), tokens=frozenset(TAGGED.marks))
    call = '{"name": "search", "arguments": {}}'

    deltas = parser.feed(f"Write <tool_call>{call}</tool_call>. ")
    deltas += parser.mark("<tool_call>") + parser.feed(call) + parser.mark("</tool_call>")

    assert said(deltas + parser.close()) == [
        ("text", f"Write <tool_call>{call}</tool_call>. "),
        ("call", "search", {}),
    ]


def test_a_prompt_that_has_opened_reasoning() -> None:
    """The answer begins inside of it."""
    deltas = parsed(TAGGED, ["Hm.\n</thi", "nk>\nYes."], reasoning=True)

    assert said(deltas) == [("reasoning", "Hm."), ("text", "Yes.")]


def test_calls_are_numbered() -> None:
    """Identifiers go on where the conversation is; nine letters and digits, as Mistral has it."""
    one = '<tool_call>{"name": "search", "arguments": {}}</tool_call>'
    deltas = parsed(TAGGED, [one * 2], number=7)

    assert [d.part.id for d in deltas if isinstance(d, ToolCall)] == ["call00007", "call00008"]


def test_half_a_call_is_none() -> None:
    """An answer that was cut off in the middle of a call asks for nothing."""
    assert parsed(TAGGED, ['<tool_call>{"name": "search", "argum']) == []


def test_a_call_without_end_is_given_up() -> None:
    """It is kept no longer than a call may be, then it is text."""
    parser = parser_of(TAGGED, tools=(SEARCH,))
    deltas = parser.feed("<tool_call>{")
    for _ in range(MAX_CALL // 1_000 + 1):
        deltas += parser.feed('"x' * 500)

    assert parser.call is None
    assert {type(delta) for delta in deltas} == {TextDelta}


def test_what_follows_a_call_is_left_out() -> None:
    """A model cannot know the result that it goes on with."""
    parser = parser_of(TAGGED, tools=(SEARCH,))
    call = '<tool_call>{"name": "search", "arguments": {}}</tool_call>\n'

    first = parser.feed(f"Wait.\n{call}")
    more = parser.feed(call)
    assert not parser.beyond
    rest = parser.feed("<tool_response>It is in x.py.")

    assert said(first + more) == [("text", "Wait."), *[("call", "search", {})] * 2]
    assert (rest, parser.close(), parser.beyond) == ([], [], True)


def test_calls_without_end() -> None:
    """So many of them, and no more."""
    one = '<tool_call>{"name": "search", "arguments": {}}</tool_call>'
    deltas = parsed(TAGGED, [one] * (MAX_CALLS + 5))

    assert sum(isinstance(delta, ToolCall) for delta in deltas) == MAX_CALLS


@given(
    st.sampled_from([TAGGED, BARE, MISTRAL, NAMED, GRANITE, FUNCTION, CHANNELS]),
    st.lists(
        st.sampled_from(
            [
                *(mark for f in (TAGGED, BARE, NAMED, GRANITE, CHANNELS) for mark in f.marks),
                *('{"name": "search"', "}", "{", "[", '"', "\\", "\n", "x", "<", "]"),
                *("<function=", "search>", "to=functions.x", "analysis", "```json"),
            ]
        ),
        max_size=30,
    ),
)
@settings(max_examples=60, deadline=None)
def test_nothing_upsets_it(chat_format: ChatFormat, pieces: list[str]) -> None:
    """Whatever a model writes: no error, and the same however it is cut."""
    raw = "".join(pieces)
    first = parser_of(chat_format, tools=(SEARCH,))
    whole = first.feed(raw) + first.close()
    second = parser_of(chat_format, tools=(SEARCH,))
    letters = [delta for letter in raw for delta in second.feed(letter)] + second.close()

    def told(deltas: list[ChatDelta]) -> list[object]:
        texts = [
            d.part if isinstance(d, ToolCall) else (type(d), letter)
            for d in deltas
            for letter in ([""] if isinstance(d, ToolCall) else d.text)
        ]
        return list(texts)

    assert told(whole) == told(letters)

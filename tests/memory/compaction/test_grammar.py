"""The grammar of a summary, as llama.cpp reads it, and a summary on a fork of a conversation."""

from __future__ import annotations

import pytest

from ownstack.engine.chat import ChatStream
from ownstack.engine.llama.batch_sizer import BatchSizer
from ownstack.engine.llama.chat.slot import ChatSlot
from ownstack.engine.llama.native.abort_flag import AbortFlag
from ownstack.engine.llama.native.sampler import Grammar
from ownstack.engine.llama.speed import SpeedMeter
from ownstack.engine.messages import Message
from ownstack.engine.requests import ChatRequest
from ownstack.engine.results import Usage
from ownstack.memory.compaction.summary import HEADINGS, Shape, grammar, instruction
from tests.support.native import CODE, exhaust, job, model

pytestmark = pytest.mark.native
GOOD = "".join(
    f"## {heading}\n- {'[0.8] ' if heading == 'Decisions' else ''}about it\n"
    for heading in HEADINGS
)


def fits(text: str, budget: int = 563) -> bool:
    """Whether a text may be written, as far as it goes."""
    rules = Grammar(model(), grammar(Shape.of(budget)))
    try:
        return rules.follow(model().tokenize(text))
    finally:
        rules.close()


@pytest.mark.parametrize("budget", [80, 276, 563, 1_536])
def test_a_summary_with_all_headings_may_be_written(budget: int) -> None:
    assert fits(GOOD, budget)


@pytest.mark.parametrize(
    "text",
    [
        "Sure! Here",
        GOOD.replace("## Constraints", "## Done"),
        GOOD.replace("[0.8] ", ""),
        GOOD.replace("[0.8]", "[1.8]"),
        "## Goal\n- " + "x" * 400,
        "## Goal\n" + "- again\n" * 9,
        "## Goal\n## Constraints",
        "## Goal\n- \x1b[2J",
    ],
)
def test_anything_else_may_not(text: str) -> None:
    assert not fits(text)


def answered(slot: ChatSlot, request: ChatRequest) -> Usage:
    stream, ends = ChatStream(), []
    exhaust(slot.answer(job(), request, stream.push, lambda *end: ends.append(end)))
    return ends[0][1]


def test_a_summary_evaluates_its_instruction_and_leaves_the_conversation_as_it_was() -> None:
    slot = ChatSlot(
        model(), n_ctx=8_192, threads=1, flag=AbortFlag(), batch_sizer=BatchSizer(SpeedMeter())
    )
    try:
        said = (Message.of("user", CODE * 9),)
        answered(slot, ChatRequest(said, conversation="s", max_tokens=4))
        told = Message.of("user", instruction(Shape.of(80)))
        reply = Message.of("assistant", "Ok.")
        summary = answered(
            slot,
            ChatRequest((*said, reply, told), conversation="s:summary", max_tokens=4),
        )
        told_tokens = len(model().tokenize(told.text))
        assert summary.evaluated_tokens < told_tokens + 40
        assert summary.prompt_tokens > summary.evaluated_tokens + 500
        again = Message.of("user", "And now?")
        following = answered(slot, ChatRequest((*said, again), conversation="s", max_tokens=4))
        assert following.evaluated_tokens < 40
    finally:
        slot.close()

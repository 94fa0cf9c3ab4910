"""Whether an engine is at work: whoever unloads models must know."""

from __future__ import annotations

import asyncio

import pytest

from ownstack.engine.activity import Activity
from ownstack.engine.requests import ChatRequest, InfillRequest
from ownstack.engine.scripted import ScriptedEngine
from ownstack.errors import EngineError


@pytest.mark.parametrize("kind", ["chat", "infill"])
@pytest.mark.parametrize("end", ["finish", "fail", "cancel", "close"])
async def test_an_answer_is_work_until_it_ends(kind: str, end: str) -> None:
    """However it ends."""
    engine, gate, heard = ScriptedEngine(), asyncio.Event(), list[str]()
    engine.activity.on_request = lambda: heard.append("asked")
    engine.enqueue("x", gate=gate, error=EngineError("No.") if end == "fail" else None)
    chats = kind == "chat"
    answer = engine.chat(ChatRequest(())) if chats else engine.infill(InfillRequest("", ""))
    assert (engine.activity.busy, heard) == (True, ["asked"])

    if end == "cancel":
        answer.cancel()
    elif end == "close":
        await engine.close()
    gate.set()
    while not answer.done:
        await asyncio.sleep(0)

    assert not engine.activity.busy
    assert heard == ["asked"]


async def test_two_answers() -> None:
    """The end of one does not hide the other."""
    engine, gate = ScriptedEngine(), asyncio.Event()
    engine.enqueue("first")
    engine.enqueue("second", gate=gate)
    first, second = engine.chat(ChatRequest(())), engine.chat(ChatRequest(()))

    await first.result()
    assert engine.activity.busy

    gate.set()
    await second.result()
    assert not engine.activity.busy


def test_a_call_is_work_until_it_returns() -> None:
    """Or raises."""
    activity = Activity()

    def work() -> None:
        with activity.call():
            assert activity.busy
            raise EngineError("No.")

    with pytest.raises(EngineError):
        work()

    assert not activity.busy

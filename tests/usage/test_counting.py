"""Each call of an engine is recorded once, however it ends, and its answer stays as it is."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from ownstack.app.engines.crashes import CrashRecord
from ownstack.app.engines.engine_pool import EnginePool, Progress
from ownstack.engine.generation import Generation
from ownstack.engine.messages import Message
from ownstack.engine.protocol import Engine
from ownstack.engine.requests import ChatRequest, InfillRequest, Priority, ScoreRequest
from ownstack.engine.results import Finish, Generated, Usage
from ownstack.engine.scripted import ScriptedEngine
from ownstack.errors import CannotInfillError, EngineError
from ownstack.models.reference import ModelReference
from ownstack.settings import EngineSettings
from ownstack.usage.calls import Call, Caller, finished
from ownstack.usage.counting import CountedEngine

CALLER = Caller("chat", "llama", "scripted", user="aider")
QUESTION = ChatRequest((Message.of("user", "Is it raining?"),))


@pytest.fixture
def calls() -> list[Call]:
    """What was recorded."""
    return []


@pytest.fixture
def engine() -> ScriptedEngine:
    return ScriptedEngine(scores_lines=True)


@pytest.fixture
def counted(engine: ScriptedEngine, calls: list[Call]) -> CountedEngine:
    return CountedEngine(engine, CALLER, calls.append)


async def test_answers(engine: ScriptedEngine, counted: CountedEngine, calls: list[Call]) -> None:
    """What was asked, what it took, and for whom."""
    for _ in range(3):
        engine.enqueue("Yes, it is.", prompt_tokens=50, evaluated_tokens=10)

    assert (await counted.chat(QUESTION).message()).text == "Yes, it is."
    await counted.infill(InfillRequest("x", "y", priority=Priority.BACKGROUND)).result()
    await counted.score(ScoreRequest("x", "y")).result()

    assert [call.task for call in calls] == ["chat", "infill", "score"]
    assert [call.background for call in calls] == [False, True, False]
    assert {call.outcome for call in calls} == {"answered"}
    assert {(call.caller, call.prompt_tokens, call.reused_tokens) for call in calls} == {
        (CALLER, 50, 40)
    }
    assert calls[0].generated_tokens == engine.count("Yes, it is.")
    assert calls[0].total_ms > 0


async def test_vectors(engine: ScriptedEngine, counted: CountedEngine, calls: list[Call]) -> None:
    """Their tokens are counted by the model's own counter."""
    texts = ["rain", "sun"]

    assert np.array_equal(await counted.embed(texts), await engine.embed(texts))
    assert calls[0].prompt_tokens == sum(map(engine.count, texts))


async def test_what_does_not_end_well(
    engine: ScriptedEngine, counted: CountedEngine, calls: list[Call]
) -> None:
    """Cancelled, failed on the way, refused at once: once each, and the error is the engine's."""
    engine.enqueue("never", gate=asyncio.Event())
    stream = counted.chat(QUESTION)
    stream.cancel()
    await stream.result()
    engine.enqueue("Yes", error=EngineError("It broke."))
    with pytest.raises(EngineError, match="It broke"):
        await counted.chat(QUESTION).result()
    engine.capabilities = ScriptedEngine(infill=False).capabilities
    with pytest.raises(CannotInfillError):
        counted.infill(InfillRequest("x", "y"))

    assert [call.outcome for call in calls] == ["cancelled", "failed", "failed"]


async def test_an_answer_that_ended_before_anybody_asked() -> None:
    """Who wants to hear of the end hears it at once."""
    heard: list[Finish | None] = []
    hear: Callable[[Finish | None, Usage], None] = lambda finish, usage: heard.append(finish)  # noqa: E731
    done, failed = Generation(), Generation()
    done.finish(Generated("x", Finish.END, Usage()))
    failed.fail(EngineError("no"))
    done.when_done(hear)
    failed.when_done(hear)

    assert heard == [Finish.END, None]


def test_what_left_the_machine_is_told_apart() -> None:
    """By what the engine says of its answer; a failure by whose engine it was."""
    hosted = Caller("chat", "hosted", "large")
    away, here = Usage(leaves_machine=True), Usage()

    def local(caller: Caller, finish: Finish | None, usage: Usage) -> bool:
        return finished(caller, "chat", finish, usage, background=False, total_ms=1).local

    assert not local(hosted, Finish.END, away)
    assert local(hosted, Finish.END, here)
    assert not local(hosted, None, here)
    assert local(CALLER, None, here)


async def test_a_lease_counts_for_its_role_and_user(tmp_path: Path, calls: list[Call]) -> None:
    """The pool is the one place where it is done: two roles of one model are told apart."""

    async def open_engine(
        reference: ModelReference, name: str, settings: EngineSettings, progress: Progress
    ) -> Engine:
        return ScriptedEngine("a", "b")

    pool = EnginePool(open_engine, CrashRecord(tmp_path), calls.append)
    leases = [
        pool.lease(ModelReference("elsewhere", "m"), "talker", role, EngineSettings(), print, user)
        for role, user in (("chat", "aider"), ("summary", ""))
    ]
    for lease in leases:
        await lease.ready()
        assert lease.engine is not None
        assert lease.engine is lease.engine
        await lease.engine.chat(QUESTION).result()
    await pool.close()

    assert [call.caller for call in calls] == [
        Caller("chat", "elsewhere", "talker", "aider"),
        Caller("summary", "elsewhere", "talker"),
    ]

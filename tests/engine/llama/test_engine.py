"""llama.cpp in this process, as an engine on an event loop."""

import asyncio
import dataclasses
from pathlib import Path

import numpy as np
import pytest

from ownstack.engine.chat import End, TextDelta
from ownstack.engine.llama import scheduler
from ownstack.engine.llama.engine import LlamaEngine
from ownstack.engine.llama.scheduler import NativeThread
from ownstack.engine.messages import Message
from ownstack.engine.requests import ChatRequest, InfillRequest, ScoreRequest
from ownstack.engine.results import Finish, Usage
from ownstack.errors import (
    CannotInfillError,
    EngineClosedError,
    EngineError,
    ModelCorruptError,
    ModelNotFoundError,
)
from ownstack.settings import EngineSettings
from tests.support.gguf_models import truncated
from tests.support.native import CODE, model_file, opened

pytestmark = pytest.mark.native

REQUEST = InfillRequest(CODE[:200], CODE[200:], max_tokens=6, max_lines=4)
CHAT = ChatRequest((Message.of("user", CODE),), max_tokens=2_000)


async def test_an_answer(tmp_path: Path) -> None:
    """It streams, and ends with what it cost."""
    async with opened(model_file(), tmp_path) as engine:
        generation = engine.infill(REQUEST)
        pieces = [piece async for piece in generation]
        result = await generation.result()

    assert "".join(pieces) == result.text
    assert result.usage.generated_tokens > 0
    assert result.usage.evaluated_tokens == result.usage.prompt_tokens


async def test_capabilities(tmp_path: Path) -> None:
    """What is said about a model is measured or read from it."""
    progress: list[float] = []
    native = NativeThread()
    engine = await LlamaEngine.open(
        model_file("spm"),
        name="tiny",
        native=native,
        settings=EngineSettings(),
        cache=tmp_path,
        on_progress=progress.append,
    )
    await engine.prepare("completion")
    able = engine.capabilities

    assert (able.infill_order, able.infill, able.chat) == ("spm", True, True)
    assert (able.model, able.context_tokens) == ("tiny", 4096)
    assert 256 <= able.prompt_budget_tokens < able.context_tokens
    assert min(engine.speed().prefill, engine.speed().decode) > 0
    assert progress == sorted(progress)
    assert progress[-1] == 1.0
    await engine.close()
    native.close()


async def test_speed_is_remembered(tmp_path: Path) -> None:
    """Measured at the first start, and corrected by what was measured at work."""
    async with opened(model_file(), tmp_path) as engine:
        measured = engine.speed()
    (kept,) = (tmp_path / "probe").iterdir()
    first = kept.read_text("utf-8")
    async with opened(model_file(), tmp_path) as engine:
        await engine.infill(REQUEST).result()
        at_work = engine.speed()

    assert str(measured.prefill) in first
    assert str(at_work.prefill) in kept.read_text("utf-8")
    assert at_work != measured


async def test_cancel(tmp_path: Path) -> None:
    """A running answer ends as cancelled, and the next one is right."""
    async with opened(model_file(), tmp_path) as engine:
        expected = (await engine.infill(REQUEST).result()).text
        long = engine.chat(CHAT)
        await anext(aiter(long))
        long.cancel()
        waiting = engine.infill(REQUEST)
        waiting.cancel()

        assert (await long.result()).finish is Finish.CANCELLED
        assert (await waiting.result()).finish in (Finish.CANCELLED, Finish.LINES, Finish.LENGTH)
        assert (await engine.infill(REQUEST).result()).text == expected


async def test_a_conversation_goes_on_after_a_restart(tmp_path: Path) -> None:
    """It is kept when the engine is closed; forgotten, nothing of it is left."""
    question = Message.of("user", CODE * 3)
    asked = ChatRequest((question,), conversation="a/b", max_tokens=4)
    async with opened(model_file(), tmp_path, role="chat") as engine:
        first = await engine.chat(asked).result()
    following = dataclasses.replace(
        asked, messages=(question, first.message, Message.of("user", "more"))
    )
    async with opened(model_file(), tmp_path, role="chat") as engine:
        second = await engine.chat(following).result()
        await engine.forget("a/b")
    async with opened(model_file(), tmp_path, role="chat") as engine:
        third = await engine.chat(following).result()

    assert first.usage.evaluated_tokens > 256
    assert second.usage.evaluated_tokens < 30
    assert third.usage.evaluated_tokens == third.usage.prompt_tokens


async def test_a_conversation_is_a_stream_of_events(tmp_path: Path) -> None:
    """Text as it is written, then what it cost, then the end; each reader sees it all."""
    async with opened(model_file(says=("Hello", " there", "!")), tmp_path, role="chat") as engine:
        stream = engine.chat(ChatRequest((Message.of("user", "Hi"),)))
        events = [event async for event in stream]
        again = [event async for event in stream]

    deltas = [event.text for event in events if isinstance(event, TextDelta)]
    *_, usage, end = events
    assert "".join(deltas) == "Hello there!"
    assert len(events) == len(deltas) + 2
    assert isinstance(usage, Usage)
    assert usage.prompt_tokens > usage.generated_tokens == 4
    assert end == End(Finish.END)
    assert again[-2:] == events[-2:]


async def test_a_cancelled_conversation(tmp_path: Path) -> None:
    """It ends as cancelled, with what was written."""
    async with opened(model_file(), tmp_path, role="chat") as engine:
        stream = engine.chat(CHAT)
        seen: list[object] = []
        async for event in stream:
            seen.append(event)
            stream.cancel()

    assert isinstance(seen[0], TextDelta)
    assert seen[-1] == End(Finish.CANCELLED)


async def test_completion_goes_before_chat(tmp_path: Path) -> None:
    """A key is answered while a chat is being written, and the chat goes on."""
    async with opened(model_file(), tmp_path) as engine:
        chat = engine.chat(CHAT)
        await anext(aiter(chat))

        await engine.infill(REQUEST).result()

        assert not chat.done
        seen = len(chat.text)
        async for _delta in chat:
            if len(chat.text) > seen:
                break
        assert not chat.done
        chat.cancel()
        await chat.result()


async def test_chat_makes_progress_under_a_storm_of_keys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys that never stop do not starve it."""
    monkeypatch.setattr(scheduler, "SHARE_S", 0.01)
    async with opened(model_file(), tmp_path) as engine:
        chat = engine.chat(CHAT)
        while not chat.text:
            await asyncio.gather(*(engine.infill(REQUEST).result() for _ in range(5)))
        chat.cancel()
        await chat.result()

    assert chat.text


async def test_two_engines_on_one_thread(tmp_path: Path) -> None:
    """They share the cores in turn; closing one leaves the other alone."""
    native = NativeThread()
    async with opened(model_file("spm"), tmp_path, native=native) as spm:
        async with opened(model_file("psm"), tmp_path, native=native) as psm:
            both = await asyncio.gather(
                *(engine.infill(REQUEST).result() for engine in (spm, psm) for _ in range(3))
            )
            assert all(result.usage.generated_tokens for result in both)
        assert (await spm.infill(REQUEST).result()).usage.generated_tokens
    native.close()


async def test_closing_while_busy(tmp_path: Path) -> None:
    """What runs and what waits ends with EngineClosedError; so does what comes later."""
    async with opened(model_file(), tmp_path) as engine:
        running, waiting = engine.chat(CHAT), engine.chat(CHAT)
        await anext(aiter(running))

        await engine.close()

        for stream in (running, waiting):
            with pytest.raises(EngineClosedError):
                await stream.result()
        with pytest.raises(EngineClosedError):
            engine.infill(REQUEST)
        with pytest.raises(EngineClosedError):
            engine.count("a")
        await engine.close()


async def test_closing_after_the_thread(tmp_path: Path) -> None:
    """The order of closing does not matter."""
    native = NativeThread()
    async with opened(model_file(), tmp_path, native=native) as engine:
        running = engine.chat(CHAT)
        await anext(aiter(running))
        await asyncio.to_thread(native.close)
        with pytest.raises(EngineClosedError):
            await running.result()


async def test_an_idle_moment_makes_the_suffix_exact(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the background, once keys have stopped coming."""
    monkeypatch.setattr("ownstack.engine.llama.engine.IDLE_S", 0.0)
    async with opened(model_file("psm"), tmp_path) as engine:
        await engine.infill(REQUEST).result()
        await engine.infill(
            InfillRequest(CODE[:200] + "total = 1", CODE[200:], max_tokens=4)
        ).result()
        while not engine.statistics()["suffixRefreshes"]:
            await asyncio.sleep(0)

        assert engine._parts.infill is not None
        assert engine._parts.infill.drift() == 0


async def test_statistics(tmp_path: Path) -> None:
    """Reuse is what was asked for and not evaluated."""
    async with opened(model_file("spm"), tmp_path) as engine:
        first = await engine.infill(REQUEST).result()
        await engine.infill(REQUEST).result()

        figures = engine.statistics()

    assert figures["answers"] == 2
    assert figures["evaluatedTokens"] == first.usage.prompt_tokens + 1
    assert figures["reusedTokens"] == first.usage.prompt_tokens - 1


async def test_embeddings(tmp_path: Path) -> None:
    """One unit vector a text; equal texts have equal ones."""
    async with opened(model_file(), tmp_path, role="embedding") as engine:
        rows = await engine.embed(["import os", "x = 1", "import os", ""])

    assert rows.shape == (4, 64)
    assert np.linalg.norm(rows[:3], axis=1) == pytest.approx(1.0, abs=1e-4)
    assert rows[0] == pytest.approx(rows[2], abs=1e-4)
    assert rows[0] != pytest.approx(rows[1], abs=1e-2)


async def test_counting_does_not_wait(tmp_path: Path) -> None:
    """The tokeniser is asked on the caller's thread while the native one is busy."""
    async with opened(model_file(), tmp_path) as engine:
        chat = engine.chat(CHAT)
        await anext(aiter(chat))

        assert engine.count("return return") == 2
        assert not chat.done
        chat.cancel()
        await chat.result()


async def test_a_model_that_cannot_infill(tmp_path: Path) -> None:
    """Refused for completion, with the reason; good for chat."""
    path = model_file(fim=None)
    with pytest.raises(CannotInfillError, match="fill in the middle"):
        async with opened(path, tmp_path):
            pass
    async with opened(path, tmp_path, role="chat") as engine:
        with pytest.raises(CannotInfillError):
            engine.infill(REQUEST)
        assert (await engine.chat(ChatRequest(CHAT.messages, max_tokens=3)).message()).text


async def test_files_that_are_no_models(tmp_path: Path) -> None:
    """Missing, cut off, something else: one line each, and the process lives."""
    short = tmp_path / "short.gguf"
    short.write_bytes(model_file().read_bytes())
    truncated(short, -5_000)
    text = tmp_path / "text.gguf"
    text.write_text("not a model", "utf-8")

    for path in (short, text):
        with pytest.raises(ModelCorruptError, match=path.name):
            async with opened(path, tmp_path):
                pass
    with pytest.raises(ModelNotFoundError):
        async with opened(tmp_path / "none.gguf", tmp_path):
            pass


async def test_an_error_in_one_answer(tmp_path: Path) -> None:
    """It fails that answer; the next one is fine."""
    async with opened(model_file(), tmp_path) as engine:
        broken = engine.chat(ChatRequest(CHAT.messages, grammar="root ::= ("))

        with pytest.raises(EngineError, match="grammar"):
            await broken.result()
        assert (await engine.infill(REQUEST).result()).usage.generated_tokens


async def test_opening_can_be_cancelled(tmp_path: Path) -> None:
    """Whatever it was doing, nothing stays behind that closing would trip over."""
    native = NativeThread()
    for turns in (0, 1, 20):
        opening = asyncio.create_task(
            LlamaEngine.open(
                model_file(),
                name="tiny",
                native=native,
                settings=EngineSettings(),
                cache=tmp_path,
            )
        )
        for _ in range(turns):
            await asyncio.sleep(0)
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
    native.close()


def test_a_loop_that_has_gone_is_tolerated(tmp_path: Path) -> None:
    """A window that closes in the middle of an answer harms no other window."""
    native = NativeThread()

    async def leave() -> LlamaEngine:
        engine = await LlamaEngine.open(
            model_file(), name="tiny", native=native, settings=EngineSettings(), cache=tmp_path
        )
        await engine.prepare("completion")
        await anext(aiter(engine.chat(CHAT)))
        return engine

    async def answered(engine: LlamaEngine) -> int:
        result = await engine.infill(REQUEST).result()
        await engine.close()
        return result.usage.generated_tokens

    engine = asyncio.run(leave())
    assert asyncio.run(answered(engine)) > 0
    native.close()


async def test_weighing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small model scores lines; one that does not says so."""
    asked = ScoreRequest("x = ", "\n", candidates=("1", "2"), alternatives=2, max_tokens=4)
    async with opened(model_file("spm"), tmp_path) as engine:
        result = await engine.score(asked).result()
        assert engine.capabilities.scores_lines
    monkeypatch.setattr("ownstack.engine.llama.infill.slots.supported", lambda *_: False)
    async with opened(model_file("spm"), tmp_path) as engine:
        assert not engine.capabilities.scores_lines
        with pytest.raises(EngineError, match="too large to score"):
            engine.score(asked)

    assert {line.text for line in result.scored} >= {"1", "2"}
    assert result.text == result.scored[0].text

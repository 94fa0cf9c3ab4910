"""A real server with real model files: llama-cpp-python's own."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from ownstack.app.engines.engine_check import examine
from ownstack.engine.chat import End, TextDelta
from ownstack.engine.messages import Message
from ownstack.engine.openai.engine import OpenAIEngine
from ownstack.engine.remote.endpoint import Endpoint
from ownstack.engine.requests import ChatRequest, InfillRequest
from ownstack.engine.results import Finish, Usage
from ownstack.models.remote.entry import EngineEntry
from tests.support.embedding_models import make_encoder
from tests.support.gguf_models import CHAT_TEMPLATE, make_gguf
from tests.support.llama_server import llama_server, missing

pytestmark = [
    pytest.mark.native,
    pytest.mark.process,
    pytest.mark.skipif(bool(missing()), reason=f"not installed: {', '.join(missing())}"),
]
CODER = "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf"
FILLER = "qwen2.5-coder-tiny"
HELLO = ChatRequest((Message.of("user", "Hello"),), max_tokens=20)

Opened = Callable[[str], Awaitable[OpenAIEngine]]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("served")
    talker = make_gguf(
        folder / "talker.gguf", chat_template=CHAT_TEMPLATE, says=["Good ", "day, ", "all."]
    )
    filler = make_gguf(folder / "filler.gguf", says=["x", " + 1", "\n", "more"])
    encoder = make_encoder(folder / "encoder.gguf")
    with llama_server(folder, {"talker": talker, "embedder": encoder, FILLER: filler}) as address:
        yield address


@pytest.fixture
async def opened(url: str) -> AsyncIterator[Opened]:
    engines: list[OpenAIEngine] = []

    async def open_engine(model: str) -> OpenAIEngine:
        engines.append(await OpenAIEngine.open(Endpoint(EngineEntry("box", url)), model))
        return engines[-1]

    yield open_engine
    for engine in engines:
        await engine.close()


async def test_it_chats(opened: Opened) -> None:
    """Piece by piece; it counts no tokens while it streams, and the cost says so."""
    engine = await opened("talker")

    seen = [event async for event in engine.chat(HELLO)]

    used = next(event for event in seen if isinstance(event, Usage))
    assert [event for event in seen if event is not used] == [
        *map(TextDelta, ["Good ", "day, ", "all."]),
        End(Finish.END),
    ]
    assert (used.generated_tokens, used.engine, used.estimated) == (3, "box", True)


async def test_it_is_cancelled(opened: Opened) -> None:
    """And answers the next question afterwards."""
    engine = await opened("talker")
    stream = engine.chat(HELLO)
    await anext(aiter(stream))

    stream.cancel()

    assert (await stream.result()).finish is Finish.CANCELLED
    assert (await engine.chat(HELLO).message()).text == "Good day, all."


async def test_it_fills_in(opened: Opened) -> None:
    """By the markers that its name tells; the answer is cut after the lines that are wanted."""
    engine = await opened(FILLER)
    await engine.prepare("completion")

    answer = await engine.infill(InfillRequest("def f():\n    ", "\n", max_lines=1)).result()

    assert (answer.text, answer.finish) == ("x + 1", Finish.LINES)


async def test_it_embeds(opened: Opened) -> None:
    """Rows of length one, the same for the same text."""
    engine = await opened("embedder")

    rows = await engine.embed(["a b", "c d e", "a b"])

    assert rows.shape[0] == 3
    assert np.linalg.norm(rows, axis=1) == pytest.approx([1, 1, 1], abs=1e-5)
    assert rows[0] == pytest.approx(rows[2], abs=1e-5)


async def test_it_is_examined(url: str) -> None:
    """As `ownstack engines test` does it."""
    report = await examine(EngineEntry("box", url), "talker")

    assert [served.id for served in report.models] == ["talker", "embedder", FILLER]
    assert report.answered is not None
    assert report.answered.text == "Good day, all."


async def test_a_real_coder_fills_in(tmp_path: Path) -> None:
    """What stands between is what anybody would write there."""
    path = Path(os.environ.get("OWNSTACK_MODELS", "")) / CODER
    if not path.is_file():
        pytest.skip(f"There is no {CODER} in the folder that OWNSTACK_MODELS names.")
    with llama_server(tmp_path, {CODER: path}) as address:
        engine = await OpenAIEngine.open(Endpoint(EngineEntry("box", address)), CODER)
        await engine.prepare("completion")
        at = InfillRequest("def add(a, b):\n    return ", "\n\nprint(add(1, 2))\n", max_lines=1)
        answer = await engine.infill(at).result()
        await engine.close()

    assert "a + b" in answer.text

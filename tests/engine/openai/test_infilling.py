"""Filling in by a server: which way, and how an answer is cut."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from ownstack.engine.generation import Generation
from ownstack.engine.openai import infilling
from ownstack.engine.requests import InfillRequest, Snippet
from ownstack.engine.results import Finish
from ownstack.errors import CannotInfillError, RemoteEngineError
from ownstack.models.gguf.fim_families import FAMILIES
from ownstack.models.remote.entry import EngineEntry
from tests.engine.openai.conftest import OpenEngine
from tests.support.scripted_server import Line, ScriptedServer, events, refused, whole

AT = InfillRequest("def f(x):\n    return ", "\n", path="f.py", max_lines=1)
QWEN = next(family for family in FAMILIES if family.name == "qwen2.5-coder")


def text(piece: str, finish: str | None = None) -> dict[str, Any]:
    return {"choices": [{"text": piece, "finish_reason": finish}]}


def models(owner: str, id: str = "m") -> Any:
    return whole({"data": [{"id": id, "owned_by": owner}]})


@pytest.mark.parametrize(
    ("owner", "model", "local", "expected"),
    [
        ("llamacpp", "any", True, ("llama-server",)),
        ("vllm", "Qwen/Qwen2.5-Coder-7B", False, ("qwen2.5-coder",)),
        ("vllm", "Qwen/Qwen3-Coder-30B-A3B-Instruct", False, ("qwen2.5-coder",)),
        ("vllm", "meta-llama/Llama-3.3-70B-Instruct", False, ()),
        ("organization_owner", "starcoder2-3b", True, ("starcoder2",)),
        ("library", "qwen2.5-coder:1.5b", True, ("suffix",)),
        ("me", "qwen2.5-coder-1.5b", True, ("qwen2.5-coder",)),
        ("somebody", "qwen2.5-coder:1.5b", True, ("suffix", "qwen2.5-coder")),
        ("", "codestral-latest", False, ("suffix",)),
    ],
)
def test_ways(owner: str, model: str, local: bool, expected: tuple[str, ...]) -> None:
    """Told by which server it is, and by the model's name."""
    host = "127.0.0.1" if local else "gpu.example"

    found = infilling.ways(EngineEntry("team", f"https://{host}/v1"), owner, model)

    assert found == expected


def test_markers_in_the_text_are_none() -> None:
    """A file that quotes a marker cannot say where its prompt ends."""
    request = InfillRequest(
        "a <|fim_suffix|> b <|fim_middle|> c",
        " d <|fim_prefix|> e",
        context=(Snippet("x.py", "x"), Snippet("y.py", "<|fim_prefix|>")),
        path="z.py",
    )

    assert infilling.marked(QWEN, request) == (
        "<|file_sep|>x.py\nx\n<|file_sep|>z.py\n<|fim_prefix|> c<|fim_suffix|> d <|fim_middle|>"
    )


async def test_llama_server(server: ScriptedServer, opened: OpenEngine) -> None:
    """By its own `/infill`, which stands beside `/v1`, and with the context as files."""
    server.answer("/v1/models", models("llamacpp"))
    last = {"content": "", "stop": True, "tokens_evaluated": 9, "tokens_predicted": 3}
    last["timings"] = {"cache_n": 4}
    server.answer("/infill", events({"content": "x"}, {"content": " + 1\nmore"}, last, done=False))
    engine = await opened()
    await engine.prepare("completion")

    request = InfillRequest(AT.prefix, AT.suffix, context=(Snippet("g.py", "g = 1"),), max_lines=2)
    answer = await engine.infill(request).result()

    assert (answer.text, answer.finish) == ("x + 1\nmore", Finish.END)
    assert (answer.usage.prompt_tokens, answer.usage.evaluated_tokens) == (9, 5)
    body = server.to("/infill")[-1].json
    assert (body["input_prefix"], body["input_suffix"]) == (AT.prefix, AT.suffix)
    assert body["input_extra"] == [{"filename": "g.py", "text": "g = 1"}]


async def test_the_window_that_llama_server_runs_with(
    server: ScriptedServer, opened: OpenEngine
) -> None:
    """Not the one that the model was trained with."""
    server.answer(
        "/v1/models",
        whole({"data": [{"id": "m", "owned_by": "llamacpp", "meta": {"n_ctx_train": 131_072}}]}),
    )
    server.answer("/props", whole({"default_generation_settings": {"n_ctx": 16_384}}))

    assert (await opened()).capabilities.context_tokens == 16_384


async def test_a_suffix(server: ScriptedServer, opened: OpenEngine) -> None:
    """By the completions API, where nothing better is known. Lines beyond those wanted are cut."""
    server.answer("/v1/models", models("library"))
    server.answer("/v1/completions", events(text("x\ny", "stop")))
    engine = await opened()
    await engine.prepare("completion")

    answer = await engine.infill(AT).result()

    assert (answer.text, answer.finish) == ("x", Finish.LINES)
    assert server.to("/v1/completions")[-1].json["suffix"] == "\n"


async def test_markers_where_the_suffix_is_refused(
    server: ScriptedServer, opened: OpenEngine
) -> None:
    """The next way is tried."""
    id = "qwen2.5-coder:1.5b"
    server.answer("/v1/models", models("somebody", id))
    server.answer(
        "/v1/completions",
        refused(400, {"error": "suffix is not supported"}),
        events(text("x", "stop")),
    )
    engine = await opened(model=id)
    await engine.prepare("completion")

    assert (await engine.infill(AT).result()).text == "x"
    assert server.to("/v1/completions")[-1].json["prompt"].endswith("<|fim_middle|>")


async def test_a_model_that_cannot(server: ScriptedServer, opened: OpenEngine) -> None:
    """The server's own words say why."""
    server.answer("/v1/models", models("llamacpp"))
    said = "Infill is not supported by this model: prefix token is missing."
    server.answer("/infill", refused(501, {"error": {"message": said}}))
    engine = await opened()

    with pytest.raises(CannotInfillError, match="prefix token is missing"):
        await engine.prepare("completion")
    with pytest.raises(CannotInfillError):
        engine.infill(AT)


class Times:
    """Delays that end when a test says so."""

    def __init__(self) -> None:
        self.ends: dict[float, Callable[[], None]] = {}

    def __call__(self, delay_s: float, end: Callable[[], None]) -> Times:
        self.ends[delay_s] = end
        return self

    def cancel(self) -> None:
        self.ends.clear()


async def begun(server: ScriptedServer, opened: OpenEngine, piece: str) -> tuple[Generation, Times]:
    """Return an answer of which a piece came, and its times: 1 s for whole lines, 2 s for all."""

    async def answer(line: Line) -> None:
        await line.head()
        await line.event(text(piece))
        await line.gone()
        server.closed.set()

    server.answer("/v1/models", models("library"))
    server.answer("/v1/completions", events(text("x", "stop")), answer)
    engine = await opened()
    engine.later = times = Times()
    await engine.prepare("completion")
    request = InfillRequest("a", "b", max_lines=9, first_line_s=1.0, deadline_s=2.0)
    generation = engine.infill(request)
    await generation.wait(bool)
    return generation, times


async def test_a_deadline(server: ScriptedServer, opened: OpenEngine) -> None:
    """What is there by then is the answer, and the server hears that it is over."""
    generation, times = await begun(server, opened, "x + ")

    times.ends[1.0]()
    assert not generation.done
    times.ends[2.0]()

    result = await generation.result()
    assert (result.text, result.finish) == ("x + ", Finish.DEADLINE)
    await asyncio.wait_for(server.closed.wait(), 20)
    assert times.ends == {}


async def test_whole_lines_by_their_time(server: ScriptedServer, opened: OpenEngine) -> None:
    """After `first_line_s` no line is begun."""
    generation, times = await begun(server, opened, "one\n")

    times.ends[1.0]()

    result = await generation.result()
    assert (result.text, result.finish) == ("one\n", Finish.DEADLINE)


async def test_a_fault(server: ScriptedServer, opened: OpenEngine) -> None:
    """Half an answer is none."""
    server.answer("/v1/models", models("library"))
    server.answer("/v1/completions", events(text("x", "stop")), events(text("half"), done=False))
    engine = await opened()
    await engine.prepare("completion")

    with pytest.raises(RemoteEngineError, match="in the middle"):
        await engine.infill(InfillRequest("a", "b")).result()

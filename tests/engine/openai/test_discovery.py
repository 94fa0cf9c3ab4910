"""What a server says of its models."""

from __future__ import annotations

from typing import Any

import pytest

from ownstack.engine.openai.discovery import ServedModel, listed
from ownstack.engine.remote.engine import ASSUMED_CONTEXT_TOKENS
from ownstack.errors import RemoteEngineError
from tests.engine.openai.conftest import OpenEngine
from tests.support.scripted_server import ScriptedServer, refused, whole


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (
            {"data": [{"id": "a", "owned_by": "vllm", "max_model_len": 32_768}]},
            [ServedModel("a", 32_768, "vllm")],
        ),
        ({"data": [{"id": "a", "context_length": 4_096}]}, [ServedModel("a", 4_096)]),
        ({"data": [{"id": "a", "meta": {"n_ctx_train": 9}}]}, [ServedModel("a", 9)]),
        ({"models": [{"name": "b"}]}, [ServedModel("b")]),
        ([{"id": "c"}], [ServedModel("c")]),
        ({"data": [{"id": ""}, {"id": 3}, "x", {"id": "y" * 999}, {"id": "\x1b[2J"}]}, []),
        ({"data": [{"id": "a", "context_length": -1, "owned_by": []}]}, [ServedModel("a")]),
        ({"data": None}, []),
        ("no", []),
    ],
)
def test_lists(answer: Any, expected: list[ServedModel]) -> None:
    """Of several servers; what is no model is left out."""
    assert listed(answer) == expected


async def test_a_server_without_a_list(server: ScriptedServer, opened: OpenEngine) -> None:
    """Its models can be used all the same; their window is assumed."""
    server.answer("/v1/models", refused(404, {"error": "no such path"}))

    engine = await opened(model="any")

    assert engine.capabilities.model == "team:any"
    assert engine.capabilities.context_tokens == ASSUMED_CONTEXT_TOKENS


async def test_a_list_that_wants_a_key(server: ScriptedServer, opened: OpenEngine) -> None:
    """What the engine would be told later is told at once."""
    server.answer("/v1/models", refused(401, {"error": "who are you"}))

    with pytest.raises(RemoteEngineError, match="wants a key: who are you"):
        await opened()


async def test_the_newest_of_ollama(server: ScriptedServer, opened: OpenEngine) -> None:
    """A model without a tag is its `:latest`."""
    models = {"data": [{"id": "qwen3:latest", "owned_by": "library", "context_length": 77}]}
    server.answer("/v1/models", whole(models))

    assert (await opened(model="qwen3")).capabilities.context_tokens == 77

"""Vectors from a server."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from ownstack.engine.openai.embedding import BATCH_TEXTS, vectors
from ownstack.errors import RemoteEngineError
from tests.engine.openai.conftest import OpenEngine
from tests.support.scripted_server import ScriptedServer, refused, whole

EMBEDDINGS = "/v1/embeddings"


def rows(*vectors: Any) -> dict[str, Any]:
    return {"data": [{"index": at, "embedding": row} for at, row in enumerate(vectors)]}


async def test_rows_are_normalised_and_in_order(server: ScriptedServer, opened: OpenEngine) -> None:
    """Whatever order the server has."""
    answer = rows([3.0, 4.0], [0.0, 0.0])
    answer["data"].reverse()
    server.answer(EMBEDDINGS, whole(answer))
    engine = await opened()

    found = await engine.embed(["a", ""])

    assert found.dtype == np.float32
    assert found.tolist() == [pytest.approx([0.6, 0.8]), [0.0, 0.0]]
    assert server.to(EMBEDDINGS)[0].json["input"] == ["a", " "]


async def test_many_texts_go_in_batches(server: ScriptedServer, opened: OpenEngine) -> None:
    """No server takes all at once."""
    server.answer(EMBEDDINGS, whole(rows(*[[1.0]] * BATCH_TEXTS)), whole(rows([1.0], [1.0])))
    engine = await opened()

    assert (await engine.embed(["x"] * (BATCH_TEXTS + 2))).shape == (BATCH_TEXTS + 2, 1)


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"data": "x"},
        rows([1.0]),
        rows([1.0], [1.0, 2.0]),
        rows([1.0], ["x"]),
        rows([1.0], [math.nan]),
        rows([1.0], None),
        rows([], []),
        rows([[1.0]], [[1.0]]),
        {"data": [{"index": 0, "embedding": [1.0]}] * 2},
        {"data": [{"index": 7, "embedding": [1.0]}, {"embedding": [1.0]}]},
        {"data": [1, 2]},
    ],
)
def test_what_is_no_vector(answer: Any) -> None:
    """Is refused as a whole."""
    with pytest.raises(ValueError, match=r"^it (does not )?s"):
        vectors(answer, 2)


async def test_a_server_that_does_not_embed(server: ScriptedServer, opened: OpenEngine) -> None:
    """It says so itself, or nonsense; both are a line."""
    server.answer(EMBEDDINGS, refused(501, {"error": "no embeddings here"}), whole({"data": []}))
    engine = await opened()

    for words in ("no embeddings here", "does not send 1 vectors"):
        with pytest.raises(RemoteEngineError, match=words):
            await engine.embed(["a"])

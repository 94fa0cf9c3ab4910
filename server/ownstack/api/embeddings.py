"""`POST /v1/embeddings`: vectors of texts."""

from __future__ import annotations

import asyncio
import base64
from contextlib import ExitStack

import numpy as np
from starlette.requests import Request
from starlette.responses import JSONResponse

from ownstack.api import bodies
from ownstack.api.bodies import EmbeddingBody
from ownstack.api.refusals import ApiError
from ownstack.api.streaming import while_connected

MAX_TEXTS = 512


async def embed(request: Request) -> JSONResponse:
    """Make vectors of texts."""
    body = await bodies.read(request, EmbeddingBody)
    texts = [body.input] if isinstance(body.input, str) else body.input
    if not 0 < len(texts) <= MAX_TEXTS or not all(texts):
        raise ApiError(400, f"input: 1 to {MAX_TEXTS} texts, none of them empty.", param="input")
    with ExitStack() as held:
        hold = await while_connected(
            request, request.app.state.models.hold(body.model, "embedding", request.state.user)
        )
        held.callback(hold.release)
        engine = hold.engine
        rows = await while_connected(request, engine.embed(texts))
        tokens = await asyncio.to_thread(lambda: sum(map(engine.count, texts)))
    if body.dimensions not in (None, rows.shape[1]):
        raise ApiError(
            400, f"dimensions: the model's vectors have {rows.shape[1]}.", param="dimensions"
        )
    vectors = [
        base64.b64encode(row.astype("<f4").tobytes()).decode()
        if body.encoding_format == "base64"
        else row.astype(np.float64).tolist()
        for row in rows
    ]
    return JSONResponse(
        {
            "object": "list",
            "model": hold.name,
            "data": [
                {"object": "embedding", "index": index, "embedding": vector}
                for index, vector in enumerate(vectors)
            ],
            "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
        }
    )

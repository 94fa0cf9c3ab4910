"""Vectors of texts, by `/v1/embeddings`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ownstack.engine.remote import faults
from ownstack.engine.remote.connection import Connection, RefusedError

BATCH_TEXTS = 32
BATCH_CHARS = 100_000
MAX_WIDTH = 16_384


async def embed(connection: Connection, model: str, texts: Sequence[str]) -> NDArray[np.float32]:
    """Return float32[len(texts), dim], rows L2-normalised.

    Raises:
        EngineError: the server does not answer, or not with vectors.
    """
    rows: list[NDArray[np.float32]] = []
    for batch in _batches(texts):
        body = {"model": model, "input": batch, "encoding_format": "float"}
        try:
            answer = await connection.post_json(f"{connection.endpoint.entry.url}/embeddings", body)
            rows.append(vectors(answer, len(batch)))
            if rows[-1].shape[1] != rows[0].shape[1]:
                raise ValueError("it sends vectors of several widths")
        except RefusedError as error:
            raise error.meaning from error
        except ValueError as error:
            raise faults.misspoken(connection.endpoint, str(error)) from error
    return np.concatenate(rows) if rows else np.zeros((0, 0), np.float32)


def vectors(answer: Any, expected: int) -> NDArray[np.float32]:
    """Return the rows of one answer.

    Raises:
        ValueError: it is not as many vectors of one width; the end of a sentence about the server.
    """
    data = answer.get("data") if isinstance(answer, Mapping) else None
    if not isinstance(data, list) or len(data) != expected:
        raise ValueError(f"it does not send {expected} vectors for as many texts")
    ordered: list[Any] = [None] * expected
    for place, item in enumerate(data):
        index = item.get("index", place) if isinstance(item, Mapping) else None
        if not isinstance(index, int) or not 0 <= index < expected or ordered[index] is not None:
            raise ValueError("it does not say which vector is whose")
        ordered[index] = item.get("embedding", [])
    try:
        rows = np.asarray(ordered, np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError("it sends vectors that are none") from error
    if rows.ndim != 2 or not 0 < rows.shape[1] <= MAX_WIDTH or not np.isfinite(rows).all():
        raise ValueError("it sends vectors that are none")
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return (rows / np.where(lengths > 0, lengths, 1.0)).astype(np.float32)


def _batches(texts: Sequence[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    size = 0
    for text in texts:
        if batch and (len(batch) == BATCH_TEXTS or size + len(text) > BATCH_CHARS):
            yield batch
            batch, size = [], 0
        batch.append(text or " ")  # Some refuse an empty one.
        size += len(text)
    if batch:
        yield batch

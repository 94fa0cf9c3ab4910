"""Text → a vector whose nearness to others is nearness in meaning.

The default needs no model file, no GPU and no network: a table of one vector a term, shipped
with the package (see `training/embedding.py`); a text is the weighted sum of its terms. An
embedding model that the user has can take its place through the engine.
"""

from __future__ import annotations

import asyncio
import functools
import hashlib
import io
import itertools
import logging
import threading
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from ownstack.engine import protocol
from ownstack.index.storage.columns import MAX_COUNT, firsts, term_hash
from ownstack.index.storage.term_counts import Counts, TermCounter

log = logging.getLogger(__name__)

TABLE = Path(__file__).parent / "data" / "embedding.npz"
Vectors = npt.NDArray[np.float32]


class TextEmbedder(Protocol):
    """What makes vectors. `embed` may be called from any thread."""

    @property
    def name(self) -> str:
        """Names the vectors: those of another name cannot be compared with them."""
        ...

    @property
    def dim(self) -> int: ...

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return float32[len(texts), dim], rows L2-normalised, or zeros if nothing is known."""
        ...


class StaticEmbedder:
    """A vector a term, summed. Deterministic; some 20,000 chunks a second on one core."""

    def __init__(self, terms: Sequence[str], table: Vectors, name: str) -> None:
        hashes = np.array([term_hash(term) for term in terms], np.uint32)
        order = np.argsort(hashes, kind="stable")
        self._hashes, self._table = hashes[order], table[order]
        self._counter = TermCounter()
        self._counting = threading.Lock()
        self._name = name

    @property
    def name(self) -> str:
        return self._name

    @property
    def dim(self) -> int:
        return int(self._table.shape[1])

    @property
    def size_bytes(self) -> int:
        """Memory that the table takes."""
        return self._table.nbytes

    def embed(self, texts: Sequence[str]) -> Vectors:
        with self._counting:
            counted = self._counter.count(texts)
        return self.embed_counted(counted, len(texts))

    def embed_counted(self, counted: Counts, n_texts: int) -> Vectors:
        """Return the vectors of texts of which the terms are counted already."""
        places = np.minimum(np.searchsorted(self._hashes, counted.hashes), len(self._hashes) - 1)
        known = self._hashes[places] == counted.hashes
        places = places[known]
        counts = np.minimum(counted.counts[known], MAX_COUNT)
        weights = (1.0 + np.log(counts)).astype(np.float32)
        bounds = firsts(counted.rows[known], n_texts).tolist()
        vectors = np.zeros((n_texts, self.dim), np.float32)
        for row, (start, end) in enumerate(itertools.pairwise(bounds)):
            if start < end:
                vectors[row] = weights[start:end] @ self._table[places[start:end]]
        return _normalised(vectors)


class NoEmbedder:
    """What stands in for a table that cannot be read: no text is like another."""

    name = "none"
    dim = 1

    def __init__(self, reason: str) -> None:
        self.reason = reason
        """In words for a person."""

    def embed(self, texts: Sequence[str]) -> Vectors:
        return np.zeros((len(texts), 1), np.float32)


class EngineEmbedder:
    """An embedding model of the user's. `embed` waits for the event loop: never call it there."""

    def __init__(
        self, model: protocol.Embedder, name: str, loop: asyncio.AbstractEventLoop, dim: int
    ) -> None:
        self._model = model
        self._name = name
        self._loop = loop
        self._dim = dim

    @classmethod
    async def open(cls, model: protocol.Embedder, name: str) -> EngineEmbedder:
        """Ask the model for a vector, to learn how long they are."""
        first = await model.embed(["dim"])
        return cls(model, name, asyncio.get_running_loop(), int(first.shape[1]))

    @property
    def name(self) -> str:
        return f"model-{self._name}-{self._dim}"

    @property
    def dim(self) -> int:
        return self._dim

    def embed(self, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.zeros((0, self._dim), np.float32)
        return asyncio.run_coroutine_threadsafe(self._model.embed(texts), self._loop).result()


@functools.cache
def default_embedder() -> StaticEmbedder | NoEmbedder:
    """Return the embedder of the shipped table, which is read once."""
    return load_embedder(TABLE)


def load_embedder(path: Path) -> StaticEmbedder | NoEmbedder:
    """Read a table. Where that fails, vectors are left out, with the reason."""
    try:
        data = path.read_bytes()
        mark = hashlib.blake2b(data, digest_size=4).hexdigest()
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            terms = bytes(file["terms"]).decode("utf-8").split("\n")
            table = file["table"].astype(np.float32) * file["scale"].astype(np.float32)[:, None]
        if len(terms) != len(table):
            raise ValueError(f"{len(terms)} terms, {len(table)} vectors")
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        reason = f"The table of meanings cannot be read ({error}); only words are searched."
        log.warning(reason)
        return NoEmbedder(reason)
    return StaticEmbedder(terms, table, f"static-{mark}")


def _normalised(vectors: Vectors) -> Vectors:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors /= np.maximum(lengths, 1e-12)
    return vectors

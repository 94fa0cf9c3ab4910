"""Texts to vectors: one text a step, in a context of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from ownstack.engine.llama.native.abort_flag import AbortFlag
from ownstack.engine.llama.native.bindings import LlamaModel
from ownstack.engine.llama.native.context import Context
from ownstack.engine.llama.scheduler import Job, Steps

MAX_TEXT_TOKENS = 512
"""Longer texts are embedded by their beginning."""


class EmbeddingSlot:
    """A context that makes vectors of texts. All methods run on the native thread."""

    def __init__(self, model: LlamaModel, *, threads: int, flag: AbortFlag) -> None:
        self.model = model
        self.window = size = max(1, min(MAX_TEXT_TOKENS, model.n_ctx_train))
        self._context = Context(
            model, n_ctx=size, threads=threads, batch_tokens=size, flag=flag, embeddings=True
        )

    def close(self) -> None:
        self._context.close()

    def embed(
        self, job: Job, texts: Sequence[str], done: Callable[[NDArray[np.float32]], None]
    ) -> Steps:
        """Give `done` float32[len(texts), dim], rows L2-normalised; nothing when cancelled."""
        rows = np.zeros((len(texts), self.model.n_embd), np.float32)
        for number, text in enumerate(texts):
            tokens = self.model.tokenize(text, bos=True)[: self._context.batch_tokens]
            while tokens:
                if job.cancelled:
                    return
                row = self._context.encode(tokens)
                yield len(row) > 0
                if len(row):
                    rows[number] = row / max(float(np.linalg.norm(row)), 1e-12)
                    break
        if not job.cancelled:
            done(rows)

"""llama.cpp with nothing around it: a context of a loaded model, filled in batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ownstack.engine.llama.native.bindings import C, LlamaModel

BATCH_TOKENS = 512


class BareContext:
    """Keys and values of one sequence; each call adds to its end. One thread at a time."""

    def __init__(self, model: LlamaModel, n_ctx: int, threads: int) -> None:
        """`model` must be closed after this.

        Raises:
            MemoryError: there is none for a context of `n_ctx` tokens.
        """
        params = C.llama_context_default_params()
        params.n_ctx, params.n_batch, params.n_ubatch = n_ctx, BATCH_TOKENS, BATCH_TOKENS
        params.n_threads = params.n_threads_batch = threads
        params.no_perf = False
        self.handle: Any = C.llama_init_from_model(model.handle, params)
        if not self.handle:
            raise MemoryError("llama_init_from_model failed")
        self._n_vocab = model.n_vocab

    def clear(self) -> None:
        """Forget everything that was read."""
        C.llama_memory_clear(C.llama_get_memory(self.handle), True)

    def keep(self, n_tokens: int) -> None:
        """Forget all but the first tokens."""
        C.llama_memory_seq_rm(C.llama_get_memory(self.handle), 0, n_tokens, -1)

    def decode(self, tokens: Sequence[int]) -> None:
        """Read tokens, in batches, and wait until that is done.

        Raises:
            RuntimeError: llama.cpp failed, or there is no room.
        """
        for at in range(0, len(tokens), BATCH_TOKENS):
            part = tokens[at : at + BATCH_TOKENS]
            array = (C.llama_token * len(part))(*part)
            if C.llama_decode(self.handle, C.llama_batch_get_one(array, len(part))):
                raise RuntimeError("llama_decode failed")
            # What is not synchronised is not yet computed.
            C.llama_synchronize(self.handle)

    def logits(self) -> NDArray[np.float32]:
        """Return float32[n_vocab] after the last token; a view, until the next `decode`."""
        row = C.llama_get_logits_ith(self.handle, -1)
        return np.ctypeslib.as_array(row, shape=(self._n_vocab,))

    def close(self) -> None:
        handle, self.handle = self.handle, None
        if handle:
            C.llama_free(handle)

"""llama.cpp through its low-level API, for checks: one context, logits of the last token."""

from __future__ import annotations

import ctypes
from pathlib import Path

import llama_cpp
import numpy as np
from numpy.typing import NDArray


@llama_cpp.llama_log_callback
def _silent(level: int, text: bytes, user_data: object) -> None:
    """llama.cpp reports every buffer it allocates; a check prints its own result only."""


class Llama:
    """A GGUF loaded for evaluation on the CPU.

    `use_extra_bufts` is off: repacked weights crash the first decode of Q8_0 files on CPUs with
    AMX (llama-cpp-python 0.3.36, native build).
    """

    def __init__(self, path: Path, threads: int = 2, context: int = 1_024) -> None:
        llama_cpp.llama_log_set(_silent, ctypes.c_void_p(0))
        llama_cpp.llama_backend_init()
        options = llama_cpp.llama_model_default_params()
        options.use_extra_bufts = False
        self.model = llama_cpp.llama_model_load_from_file(str(path).encode(), options)
        if not self.model:
            raise ValueError(f"llama.cpp does not load {path}")
        settings = llama_cpp.llama_context_default_params()
        settings.n_ctx = settings.n_batch = settings.n_ubatch = context
        settings.n_threads = settings.n_threads_batch = threads
        self.context = llama_cpp.llama_init_from_model(self.model, settings)
        self.vocabulary = llama_cpp.llama_vocab_n_tokens(
            llama_cpp.llama_model_get_vocab(self.model)
        )

    def clear(self) -> None:
        llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(self.context), True)

    def decode(self, ids: list[int]) -> NDArray[np.float32]:
        """Logits after the last of `ids`, float32[vocabulary], appended to what was decoded."""
        array = (llama_cpp.llama_token * len(ids))(*ids)
        status = llama_cpp.llama_decode(
            self.context, llama_cpp.llama_batch_get_one(array, len(ids))
        )
        if status:
            raise RuntimeError(f"llama_decode returned {status}")
        logits = llama_cpp.llama_get_logits_ith(self.context, -1)
        pointer = ctypes.cast(logits, ctypes.POINTER(ctypes.c_float))
        return np.ctypeslib.as_array(pointer, shape=(self.vocabulary,)).copy()

    def close(self) -> None:
        llama_cpp.llama_free(self.context)
        llama_cpp.llama_model_free(self.model)

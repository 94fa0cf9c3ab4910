"""One llama.cpp context: a KV cache with sequences, and the call that fills it."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ownstack.engine.llama.native.abort_flag import AbortFlag, Callback
from ownstack.engine.llama.native.adapters import Adapters, Given
from ownstack.engine.llama.native.bindings import C, LlamaModel
from ownstack.errors import AdapterError, EngineClosedError, EngineError, ModelTooLargeError

_NO_CALLBACK = Callback()
_MEAN = C.LLAMA_POOLING_TYPE_MEAN
DONE = 0
NO_ROOM = 1
"""The KV cache has no place for the batch; nothing changed."""
ABORTED = 2
"""The abort flag stopped it; whole micro-batches before that stay in the cache."""
MAX_LOGITS = 16
"""Tokens of one batch after which logits can be read."""


@dataclass(frozen=True, slots=True)
class Perf:
    """llama.cpp's own timings of a context, since it was made."""

    prompt_ms: float
    prompt_tokens: int
    decode_ms: float
    decode_tokens: int


class Context:
    """Keys and values of a model's recent tokens. Used by one thread at a time.

    `batch_tokens` bounds one `decode`. Sequences share one pool of `n_ctx` cells (unified), which
    is what makes copies of parts of a sequence possible; on a split cache they end the process.
    """

    def __init__(
        self,
        model: LlamaModel,
        *,
        n_ctx: int,
        threads: int,
        n_seq_max: int = 1,
        batch_tokens: int = 128,
        flag: AbortFlag | None = None,
        embeddings: bool = False,
        branches: int = 0,
    ) -> None:
        """`branches` is how many tokens `evaluate` may be asked to read logits after."""
        params = C.llama_context_default_params()
        params.n_ctx = n_ctx
        params.n_batch = params.n_ubatch = min(batch_tokens, n_ctx)
        params.n_seq_max = n_seq_max
        params.n_threads = params.n_threads_batch = threads
        params.kv_unified = True
        params.swa_full = True
        params.no_perf = False
        params.embeddings = embeddings
        if embeddings:
            named = any(key.endswith(".pooling_type") for key in model.metadata())
            params.pooling_type = C.LLAMA_POOLING_TYPE_UNSPECIFIED if named else _MEAN
        else:
            # Instead of a logits row for every token of a batch.
            params.n_outputs_max = max(MAX_LOGITS, branches)
        if branches:
            # On a CPU it costs twice as much for some dozen tokens, each with its own past.
            params.flash_attn_type = C.LLAMA_FLASH_ATTN_TYPE_DISABLED
        self._flag = flag  # llama.cpp keeps the callback's address: the flag must live as long
        if flag is not None:
            params.abort_callback = flag.callback
            params.abort_callback_data = flag.data
        self._handle: Any = C.llama_init_from_model(model.handle, params)
        if not self._handle:
            raise ModelTooLargeError(
                f"llama.cpp cannot make a context of {n_ctx} tokens.",
                "Set a smaller ownstack.engine.contextTokens.",
            )
        self.model = model
        self.n_ctx = int(C.llama_n_ctx(self._handle))
        self.batch_tokens = int(C.llama_n_batch(self._handle))
        self._memory = C.llama_get_memory(self._handle)
        self._batch = C.llama_batch_init(self.batch_tokens, 0, 1)
        self._tokens = self._view(self._batch.token)
        self._positions = self._view(self._batch.pos)
        self._wants = self._view(self._batch.logits)
        self._view(self._batch.n_seq_id)[:] = 1
        self._cells = [self._batch.seq_id[row] for row in range(self.batch_tokens)]
        self._sequence = -1
        self._given: Given = ()
        self.decodes = 0
        """Calls so far: logits are those of the last one."""

    @property
    def remembers(self) -> bool:
        """Whether tokens are kept, so that others can follow. An encoder only embeds."""
        return bool(self._memory)

    def _view(self, pointer: Any) -> NDArray[Any]:
        return np.ctypeslib.as_array(pointer, shape=(self.batch_tokens,))

    @property
    def handle(self) -> Any:
        if not self._handle:
            raise EngineClosedError("The context was closed.")
        return self._handle

    def use(self, adapters: Adapters) -> None:
        """Compute with these from now on, and no others; some 10 ms at the next call if they are.

        What sequences hold stays as it was computed: whoever calls this sees to it.

        Raises:
            AdapterError: one cannot be loaded; it computes with those that it did.
        """
        given = self.model.adapters.given(adapters) if adapters else ()
        if given == self._given:
            return
        handle, n = self.handle, len(given)
        handles = self.model.adapters.handles(given)
        pointers = (C.llama_adapter_lora_p_ctypes * max(1, n))(*handles)
        scales = (ctypes.c_float * max(1, n))(*(scale for _, scale in given))
        if C.llama_set_adapters_lora(handle, pointers, n, scales):
            raise AdapterError("llama.cpp could not add the adapters.")
        self._given = given
        self.model.adapters.uses(self, given)

    def decode(
        self,
        tokens: Sequence[int],
        position: int,
        sequence: int = 0,
        *,
        logits: int = 1,
        abortable: bool = True,
    ) -> int:
        """Put at most `batch_tokens` tokens at `position` and on; return DONE, NO_ROOM or ABORTED.

        `abortable=False` is for a call that moves positions first (`shift`): it must be whole.
        The logits after the last `logits` tokens (at most `MAX_LOGITS`) can be read until the
        next call.

        Raises:
            EngineError: llama.cpp refused the batch or failed while computing it.
        """
        self.handle  # noqa: B018  (raises after close)
        n = len(tokens)
        if not 0 < n <= self.batch_tokens:
            raise EngineError(f"A batch of {n} tokens was made, 1 to {self.batch_tokens} can be.")
        if sequence != self._sequence:
            for cell in self._cells:
                cell[0] = sequence
            self._sequence = sequence
        self._batch.n_tokens = n
        self._tokens[:n] = tokens
        self._positions[:n] = np.arange(position, position + n)
        self._wants[:n] = 0
        self._wants[n - logits : n] = 1
        return self.evaluate(self._batch, n, abortable=abortable)

    def evaluate(self, batch: Any, n: int, *, abortable: bool = True) -> int:
        """Evaluate a batch of `n` tokens, this one's own or one of `Branches`; as `decode`."""
        self.handle  # noqa: B018  (raises after close)
        self.decodes += 1
        code = self._run(batch, abortable)
        if code in (DONE, NO_ROOM, ABORTED):
            return code
        raise EngineError(f"llama.cpp could not evaluate {n} tokens (code {code}).")

    def _run(self, batch: Any, abortable: bool) -> int:
        if abortable or self._flag is None:
            return int(C.llama_decode(self._handle, batch))
        C.llama_set_abort_callback(self._handle, _NO_CALLBACK, None)
        try:
            return int(C.llama_decode(self._handle, batch))
        finally:
            C.llama_set_abort_callback(self._handle, self._flag.callback, self._flag.data)

    def encode(self, tokens: Sequence[int]) -> NDArray[np.float32]:
        """Return the pooled embedding of one text of at most `batch_tokens` tokens.

        float32[dim], a copy; float32[0] if the abort flag stopped it.
        """
        handle, n = self.handle, len(tokens)
        if not 0 < n <= self.batch_tokens:
            raise EngineError(
                f"A text of {n} tokens was embedded, 1 to {self.batch_tokens} can be."
            )
        self._sequence = -1
        for cell in self._cells:
            cell[0] = 0
        if self._memory:
            C.llama_memory_clear(self._memory, True)
        self._batch.n_tokens = n
        self._tokens[:n] = tokens
        self._positions[:n] = np.arange(n)
        self._wants[:n] = 1
        run = C.llama_decode if self._memory else C.llama_encode
        code = int(run(handle, self._batch))
        if code == ABORTED:
            return np.zeros(0, np.float32)
        row = C.llama_get_embeddings_seq(handle, 0)
        if code != DONE or not row:
            raise EngineError(f"llama.cpp could not embed {n} tokens (code {code}).")
        embedding: NDArray[np.float32] = np.ctypeslib.as_array(row, (self.model.n_embd,)).copy()
        return embedding

    def logits(self, back: int = 0) -> NDArray[np.float32]:
        """Return float32[n_vocab] after the last decoded token, or after one `back` tokens before.

        A view, until the next decode.
        """
        row = C.llama_get_logits_ith(self.handle, -1 - back)
        if not row:
            raise EngineError("llama.cpp has no logits: the last batch did not ask for them.")
        return np.ctypeslib.as_array(row, shape=(self.model.n_vocab,))

    def all_logits(self, n: int) -> NDArray[np.float32]:
        """Return float32[n, n_vocab] after the tokens of a batch that asked for all of them.

        A view, until the next decode.
        """
        rows = C.llama_get_logits(self.handle)
        if not rows:
            raise EngineError("llama.cpp has no logits: the last batch did not ask for them.")
        return np.ctypeslib.as_array(rows, shape=(n, self.model.n_vocab))

    def end(self, sequence: int = 0) -> int:
        """Return the position after the last token that a sequence really holds."""
        return int(C.llama_memory_seq_pos_max(self._live_memory(), sequence)) + 1

    def remove(self, sequence: int, start: int, end: int = -1) -> bool:
        """Forget positions [start, end); False if this kind of memory cannot do it in part."""
        return bool(C.llama_memory_seq_rm(self._live_memory(), sequence, start, end))

    def copy(self, source: int, target: int, start: int, end: int) -> None:
        """Let `target` share the cells of `source` at [start, end)."""
        C.llama_memory_seq_cp(self._live_memory(), source, target, start, end)

    def shift(self, sequence: int, start: int, delta: int) -> None:
        """Move positions from `start` on by `delta`, if `can_shift`.

        It costs one pass over the whole cache, at the next decode.
        """
        C.llama_memory_seq_add(self._live_memory(), sequence, start, -1, delta)

    @property
    def can_shift(self) -> bool:
        return bool(C.llama_memory_can_shift(self._live_memory()))

    def state(self, sequence: int) -> bytes:
        """Return a sequence's keys and values as bytes, for `set_state`."""
        size = C.llama_state_seq_get_size(self.handle, sequence)
        buffer = (ctypes.c_uint8 * size)()
        written = C.llama_state_seq_get_data(self.handle, buffer, size, sequence)
        return bytes(buffer[:written])

    def set_state(self, sequence: int, state: bytes) -> bool:
        """Put back what `state` gave; False (and an empty sequence) if it cannot be used."""
        buffer = (ctypes.c_uint8 * len(state)).from_buffer_copy(state)
        if C.llama_state_seq_set_data(self.handle, buffer, len(state), sequence):
            return True
        self.remove(sequence, 0)
        return False

    def perf(self) -> Perf:
        data = C.llama_perf_context(self.handle)
        return Perf(data.t_p_eval_ms, data.n_p_eval, data.t_eval_ms, data.n_eval)

    def close(self) -> None:
        """Free the context; only when no decode runs, and before the model is closed."""
        handle, self._handle = self._handle, None
        if handle:
            self.model.adapters.uses(self, ())
            C.llama_batch_free(self._batch)
            C.llama_free(handle)

    def _live_memory(self) -> Any:
        self.handle  # noqa: B018  (raises after close)
        if not self._memory:
            raise EngineError("This model keeps no memory of tokens.")
        return self._memory

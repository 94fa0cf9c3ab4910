"""How the next token is drawn: llama.cpp's own samplers, and a grammar where one is asked for."""

from __future__ import annotations

import ctypes
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ownstack.engine.llama import C, Model
from ownstack.errors import EngineError

_CANDIDATE = np.dtype([("id", np.int32), ("logit", np.float32), ("p", np.float32)])


class Sampler:
    """Draws tokens from logits; one per answer, closed with it.

    The chain owns its parts. top-k comes first, since top-p over a whole vocabulary costs 2.6 ms
    a token. A grammar is asked about the drawn token only (0.2 ms, against 5 ms for the whole
    vocabulary), and the whole vocabulary is filtered when it refuses.
    """

    def __init__(
        self, model: Model, *, temperature: float = 0.0, seed: int = 0, grammar: str | None = None
    ) -> None:
        """Raises EngineError if the grammar cannot be used."""
        self._grammar: Any = None
        self._chain: Any = C.llama_sampler_chain_init(C.llama_sampler_chain_default_params())
        parts = [C.llama_sampler_init_greedy()]
        if temperature > 0:
            parts = [
                C.llama_sampler_init_top_k(40),
                C.llama_sampler_init_top_p(0.95, 1),
                C.llama_sampler_init_min_p(0.05, 1),
                C.llama_sampler_init_temp(temperature),
                C.llama_sampler_init_dist(seed & 0xFFFFFFFF),
            ]
        for part in parts:
            C.llama_sampler_chain_add(self._chain, part)
        # The array llama.cpp works on: numpy fills it, and it may be sorted or shortened there.
        self._candidates = np.zeros(model.n_vocab, _CANDIDATE)
        self._ids = np.arange(model.n_vocab, dtype=np.int32)
        if grammar is not None:
            with model.vocabulary() as vocab:
                # An empty grammar gives a sampler that allows everything.
                self._grammar = grammar.strip() and C.llama_sampler_init_grammar(
                    vocab, grammar.encode(), b"root"
                )
            if not self._grammar:
                self.close()
                raise EngineError("The grammar cannot be used.", "Its root rule may be missing.")

    def sample(self, logits: NDArray[np.float32]) -> int:
        """Draw a token, and note it as the next of the answer."""
        token = self._draw(logits, filtered=False)
        if self._grammar:
            if not self._allowed(token):
                token = self._draw(logits, filtered=True)
                if not self._allowed(token):
                    raise EngineError("The grammar allows none of the model's tokens here.")
            # Accepting a token that the grammar forbids would end the process.
            C.llama_sampler_accept(self._grammar, token)
        C.llama_sampler_accept(self._chain, token)
        return token

    def close(self) -> None:
        chain, self._chain = self._chain, None
        grammar, self._grammar = self._grammar, None
        for sampler in (chain, grammar):
            if sampler:
                C.llama_sampler_free(sampler)

    def _draw(self, logits: NDArray[np.float32], *, filtered: bool) -> int:
        self._candidates["id"] = self._ids
        self._candidates["logit"] = logits
        array = self._array(self._candidates)
        if filtered:
            C.llama_sampler_apply(self._grammar, ctypes.byref(array))
        C.llama_sampler_apply(self._chain, ctypes.byref(array))
        if not 0 <= array.selected < array.size:
            raise EngineError("llama.cpp drew no token.")
        return int(array.data[array.selected].id)

    def _allowed(self, token: int) -> bool:
        one = np.zeros(1, _CANDIDATE)
        one["id"] = token
        array = self._array(one)
        C.llama_sampler_apply(self._grammar, ctypes.byref(array))
        return not math.isinf(array.data[0].logit)

    @staticmethod
    def _array(candidates: NDArray[Any]) -> Any:
        data = candidates.ctypes.data_as(ctypes.POINTER(C.llama_token_data))
        return C.llama_token_data_array(data=data, size=len(candidates), selected=-1, sorted=False)

"""How the next token is drawn: llama.cpp's own samplers, and a grammar where one is asked for."""

from __future__ import annotations

import ctypes
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ownstack.engine.llama.native.bindings import C, LlamaModel
from ownstack.errors import EngineError

_CANDIDATE = np.dtype([("id", np.int32), ("logit", np.float32), ("p", np.float32)])


class Grammar:
    """What a stretch of an answer must be a sentence of; closed after it."""

    def __init__(self, model: LlamaModel, text: str) -> None:
        """Take GBNF with a rule `root`. Raises EngineError if it cannot be used."""
        with model.vocabulary() as vocab:
            # An empty grammar gives a sampler that allows everything.
            self._handle: Any = text.strip() and C.llama_sampler_init_grammar(
                vocab, text.encode("utf-8", "replace"), b"root"
            )
        if not self._handle:
            raise EngineError("The grammar cannot be used.", "Its root rule may be missing.")

    def allows(self, token: int) -> bool:
        candidate = np.zeros(1, _CANDIDATE)
        candidate["id"] = token
        array = _array(candidate)
        self.apply(array)
        return not math.isinf(array.data[0].logit)

    def accept(self, token: int) -> None:
        """Note a token as the next; one that the grammar forbids would end the process."""
        C.llama_sampler_accept(self._handle, token)

    def follow(self, tokens: list[int]) -> bool:
        """Note what was written already; False if the grammar does not allow it."""
        for token in tokens:
            if not self.allows(token):
                return False
            self.accept(token)
        return True

    def apply(self, candidates: Any) -> None:
        """Make impossible what it forbids."""
        C.llama_sampler_apply(self._handle, ctypes.byref(candidates))

    def close(self) -> None:
        handle, self._handle = self._handle, None
        if handle:
            C.llama_sampler_free(handle)


class Sampler:
    """A chain of samplers that draws tokens from logits; one per answer, closed with it.

    The chain owns its parts. top-k comes first, since top-p over a whole vocabulary costs 2.6 ms
    a token. Without chance the likeliest token is taken as it is. A grammar is asked about the
    drawn token only (0.2 ms, against 5 ms for the whole vocabulary), and the whole vocabulary is
    filtered when it refuses.
    """

    def __init__(self, model: LlamaModel, *, temperature: float = 0.0, seed: int = 0) -> None:
        self._chain: Any = C.llama_sampler_chain_init(C.llama_sampler_chain_default_params())
        parts = [C.llama_sampler_init_greedy()]
        self._greedy = temperature <= 0
        if not self._greedy:
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

    def sample(self, logits: NDArray[np.float32], grammar: Grammar | None = None) -> int:
        """Draw a token, and note it as the next of the answer."""
        token = int(logits.argmax()) if self._greedy else self._draw(logits, None)
        if grammar is not None:
            if not grammar.allows(token):
                token = self._draw(logits, grammar)
                if not grammar.allows(token):
                    raise EngineError("The grammar allows none of the model's tokens here.")
            grammar.accept(token)
        C.llama_sampler_accept(self._chain, token)
        return token

    def close(self) -> None:
        chain, self._chain = self._chain, None
        if chain:
            C.llama_sampler_free(chain)

    def _draw(self, logits: NDArray[np.float32], grammar: Grammar | None) -> int:
        self._candidates["id"] = self._ids
        self._candidates["logit"] = logits
        array = _array(self._candidates)
        if grammar is not None:
            grammar.apply(array)
        C.llama_sampler_apply(self._chain, ctypes.byref(array))
        if not 0 <= array.selected < array.size:
            raise EngineError("llama.cpp drew no token.")
        return int(array.data[array.selected].id)


def _array(candidates: NDArray[Any]) -> Any:
    data = candidates.ctypes.data_as(ctypes.POINTER(C.llama_token_data))
    return C.llama_token_data_array(data=data, size=len(candidates), selected=-1, sorted=False)

"""One sequence of a KV cache, and an exact account of the tokens that it holds."""

from __future__ import annotations

import time
from collections.abc import Sequence

from ownstack.engine.llama.batch_sizer import BatchSizer
from ownstack.engine.llama.native.context import ABORTED, DONE, Context
from ownstack.errors import EngineError


def common_prefix(a: Sequence[int], b: Sequence[int]) -> int:
    """Return how many first items of two lists are equal; compares slices, so in C."""
    low, high = 0, min(len(a), len(b))
    if a[:high] == b[:high]:
        return high
    while low < high - 1:
        middle = (low + high) // 2
        if a[low:middle] == b[low:middle]:
            low = middle
        else:
            high = middle
    return low


class KvSequence:
    """The tokens of one sequence, as the KV cache holds them: also after an abort or a failure."""

    def __init__(self, context: Context, sequence_id: int, batch_sizer: BatchSizer) -> None:
        self.context = context
        self.id = sequence_id
        self.batch_sizer = batch_sizer
        self.tokens: list[int] = []

    def keep(self, n: int) -> None:
        """Forget what follows the first `n` tokens, or everything if the memory cannot."""
        if n < len(self.tokens):
            if not self.context.remove(self.id, n):
                self.context.remove(self.id, 0)
                n = 0
            del self.tokens[n:]

    def extend(self, tokens: Sequence[int], *, logits: int, abortable: bool = True) -> int:
        """Evaluate tokens at the end, in one native call; return its code.

        The logits after the last `logits` of them can be read then.
        """
        started_s = time.perf_counter()
        try:
            code = self.context.decode(
                tokens, len(self.tokens), self.id, logits=logits, abortable=abortable
            )
        except EngineError:
            self.clear()
            raise
        if code == DONE:
            self.tokens += tokens
            self.batch_sizer.meter.note(len(tokens), time.perf_counter() - started_s)
            if len(tokens) > 1 >= logits:
                self.batch_sizer.succeeded()
        elif code == ABORTED:
            held = self.context.end(self.id)
            self.tokens = [*self.tokens, *tokens][:held]
            self.batch_sizer.aborted()
        return code

    def clear(self) -> None:
        self.context.remove(self.id, 0)
        self.tokens = []

"""Sequences forked from a context's own, to try several ways of going on in one native call.

A token that several ways share is evaluated once and belongs to all their sequences. Forks share
the cells of what they were forked from, and are gone after the answer; what the context's own
sequences hold is never touched, also not by a call that was aborted.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ownstack.engine.llama.native.bindings import C
from ownstack.engine.llama.native.context import DONE, Context

BATCH = 64
"""Tokens of one native call."""
CELLS = 512
"""What forks may take beside a context's window."""


class Branches:
    """`count` sequences of a context, from number `first` on. Used by one thread at a time."""

    def __init__(self, context: Context, first: int, count: int) -> None:
        self.context = context
        self._count = count
        self._free = list(range(first, first + count))
        self._taken: set[int] = set()
        self._batch = C.llama_batch_init(BATCH, 0, count)
        as_array = np.ctypeslib.as_array
        self._tokens = as_array(self._batch.token, (BATCH,))
        self._positions = as_array(self._batch.pos, (BATCH,))
        self._sizes = as_array(self._batch.n_seq_id, (BATCH,))
        self._members = [as_array(self._batch.seq_id[row], (count,)) for row in range(BATCH)]
        as_array(self._batch.logits, (BATCH,))[:] = 1
        self._drops = 0

    @property
    def stamp(self) -> tuple[int, int]:
        """A number that changes when somebody else used the context, or forks are gone."""
        return self._drops, self.context.decodes

    def fork(self, source: int, end: int) -> int:
        """Return a new sequence that holds what `source` does before position `end`."""
        sequence = self._free.pop()
        self._taken.add(sequence)
        self.context.copy(source, sequence, 0, end)
        return sequence

    def release(self, sequence: int) -> None:
        """Forget a fork."""
        self.context.remove(sequence, 0)
        self._taken.remove(sequence)
        self._free.append(sequence)

    def drop(self) -> bool:
        """Forget all forks; False if there were none."""
        self._drops += 1
        taken = list(self._taken)
        for sequence in taken:
            self.release(sequence)
        return bool(taken)

    def decode(
        self, tokens: Sequence[int], positions: Sequence[int], members: Sequence[Sequence[int]]
    ) -> int:
        """Evaluate at most `BATCH` tokens, each at its position in all of its sequences.

        Parents come before children. Returns what `Context.decode` does; after anything but DONE
        all forks are gone.
        """
        n = len(tokens)
        self._batch.n_tokens = n
        self._tokens[:n] = tokens
        self._positions[:n] = positions
        for row, sequences in enumerate(members):
            self._sizes[row] = len(sequences)
            self._members[row][: len(sequences)] = sequences
        code = self.context.evaluate(self._batch, n)
        if code != DONE:
            self.drop()
        return code

    def logits(self) -> NDArray[np.float32]:
        """Return float32[tokens of the last call, n_vocab]: a view, until the next decode."""
        return self.context.all_logits(self._batch.n_tokens)

    def close(self) -> None:
        """Free the batch, once; the context frees its sequences."""
        batch, self._batch = self._batch, None
        if batch is not None:
            C.llama_batch_free(batch)

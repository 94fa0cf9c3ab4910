"""How many prompt tokens go into one native call: fewer after aborts, so that each keeps some."""

from __future__ import annotations

from ownstack.engine.llama.speed import SpeedMeter

SMALLEST_BATCH = 8


class BatchSizer:
    """The size of the next batch: smaller after an abort, larger again after a success.

    256 tokens cost nothing against more, 128 a small model a fifth.
    """

    def __init__(self, meter: SpeedMeter, largest: int = 256) -> None:
        self.meter = meter
        self.largest = largest
        self._batch_tokens = largest

    def tokens(self, within_s: float | None = None) -> int:
        """Return the size of the next batch, one that takes `within_s` at most if given."""
        if within_s is None:
            return self._batch_tokens
        fits = int(self.meter.speed.prefill * within_s)
        return max(1, min(self._batch_tokens, fits))

    def aborted(self) -> None:
        self._batch_tokens = max(SMALLEST_BATCH, self._batch_tokens // 2)

    def succeeded(self) -> None:
        self._batch_tokens = min(self.largest, self._batch_tokens * 2)

"""How many tokens of a window may be spent on what: every number of compaction, in one place."""

from __future__ import annotations

from dataclasses import dataclass

from ownstack.errors import ContextOverflowError

SMALLEST_WINDOW = 1_024
_MAX_RESERVE = 4_096
_MARGIN = 128
BACKGROUND = 0.75
"""Share of what is usable from which a compaction is made while nobody waits."""
REQUIRED = 0.92
"""Share from which it is made before the next answer."""
LEAST_FREED = 0.10
"""Of the prompt. One that frees less is not worth what it costs: the KV cache of all history."""
SHRUNK_TO = 0.6
"""Of the prompt: what a compaction must come below, or it is tried again."""
_TAIL, _USER, _LEDGER, _SUMMARY, _RESULT = 0.25, 0.08, 0.05, 0.08, 0.10
_MAX_SUMMARY = 1_536
_LEAST_RESULT = 512


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one window, in tokens."""

    window: int
    reserve: int
    """For the answer."""

    @classmethod
    def of(cls, window: int) -> Limits:
        """Return the limits of a model's real window.

        Raises:
            ContextOverflowError: it is too small for a conversation.
        """
        if window < SMALLEST_WINDOW:
            raise ContextOverflowError(
                f"The model's window has {window:,} tokens, a conversation needs "
                f"{SMALLEST_WINDOW:,}.",
                "Give the model a larger context, or choose another one.",
            )
        return cls(window, min(_MAX_RESERVE, window // 8))

    @property
    def usable(self) -> int:
        """What a prompt may have; the other limits are shares of it."""
        return self.window - self.reserve - _MARGIN

    @property
    def background(self) -> int:
        return int(BACKGROUND * self.usable)

    @property
    def required(self) -> int:
        return int(REQUIRED * self.usable)

    @property
    def result(self) -> int:
        """The most that a tool's result may take of history; the rest goes behind a handle."""
        return max(_LEAST_RESULT, int(_RESULT * self.usable))

    @property
    def tail(self) -> int:
        """The newest part of history, which stays verbatim."""
        return int(_TAIL * self.usable)

    @property
    def user(self) -> int:
        """Older messages of the user's that stay verbatim."""
        return int(_USER * self.usable)

    @property
    def ledger(self) -> int:
        return int(_LEDGER * self.usable)

    @property
    def summary(self) -> int:
        return min(_MAX_SUMMARY, int(_SUMMARY * self.usable))

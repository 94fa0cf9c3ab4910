"""A circuit breaker: what failed three times in a row is not tried again by itself."""

from __future__ import annotations

MAX_FAILURES = 3


class Breaker:
    """Counts failures in a row, and remembers why the last one was."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._failures = 0
        self._why = ""

    @property
    def is_open(self) -> bool:
        """Whether it stopped."""
        return self._failures >= MAX_FAILURES

    @property
    def why(self) -> str:
        """Why it stopped, for a person; "" while it goes on."""
        if not self.is_open:
            return ""
        return (
            f"{self._what} failed {self._failures} times in a row, the last time since {self._why}."
        )

    def failed(self, why: str) -> None:
        self._failures += 1
        self._why = why.rstrip(".")

    def succeeded(self) -> None:
        self._failures = 0
        self._why = ""

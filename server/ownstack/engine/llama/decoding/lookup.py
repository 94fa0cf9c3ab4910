"""Drafts without a model: what followed the last words where they stood before.

An answer that repeats what it was shown (an edit, a quotation, a function with one line changed)
is mostly what followed last time. It is tried only as long as it pays: what drafts have cost in an
answer may exceed what they have saved by a small share of its time.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from ownstack.engine.llama.decoding.drafts import MAX_TOKENS

LONGEST, SHORTEST = 8, 4
"""Tokens that must agree before a draft: more of them are tried first."""
FIRST_TOKENS = 4
ALLOWED_SHARE = 0.01
"""Of an answer's time that drafts may lose; the surer ones half a token's time beyond that."""


class PromptLookup:
    """Proposals for one answer, from the prompt and from the answer itself."""

    def __init__(self, prompt: Sequence[int]) -> None:
        self._width = array("i").itemsize
        self._tokens = bytearray(array("i", prompt).tobytes())
        self._size = FIRST_TOKENS
        self._written = 0
        self._balance = 0.0
        self.checks = 0
        self.drafted = 0
        self.accepted = 0

    def wrote(self, token: int) -> None:
        """Take note of the token that was chosen."""
        self._tokens += array("i", [token]).tobytes()
        self._written += 1

    def following(self, at_most: int) -> list[int]:
        """Return tokens that may come next; [] if nothing speaks for any."""
        at_most = min(at_most, MAX_TOKENS, self._size)
        left = self._balance + ALLOWED_SHARE * self._written
        if not self._written or at_most < 2:
            return []
        for length, beyond in ((LONGEST, 0.5), (SHORTEST, 0.0)):
            if left + beyond < 0:
                break
            found = self._found(length)
            if found >= 0:
                drafted = array("i")
                drafted.frombytes(bytes(self._tokens[found : found + at_most * self._width]))
                return drafted.tolist() if len(drafted) > 1 else []
        return []

    def checked(self, drafted: int, accepted: int) -> None:
        """Take note that so many tokens were evaluated, and so many the model's own choice."""
        self.checks += 1
        self.drafted += drafted
        self.accepted += accepted
        if accepted == drafted:
            self._size = min(MAX_TOKENS, 2 * self._size + 1)
        else:
            self._size = max(FIRST_TOKENS, min(self._size, accepted + 1))

    def note(self, tokens: int, seconds: float, tokens_per_s: float) -> None:
        """Take note of a call that brought so many tokens, which alone come at this rate."""
        self._balance = min(8.0, self._balance + tokens - seconds * tokens_per_s)

    def _found(self, length: int) -> int:
        """Return where in the bytes what followed begins, the last time these words stood."""
        size = length * self._width
        if len(self._tokens) < 2 * size:
            return -1
        pattern = bytes(self._tokens[-size:])
        end = len(self._tokens) - self._width
        while True:
            at = self._tokens.rfind(pattern, 0, end)
            if at < 0 or at % self._width == 0:
                return at + size if at >= 0 else -1
            end = at + size - 1

"""Token healing: the partial word before the cursor is given back to the model to write.

A cursor inside a word ends the prompt with tokens the model hardly ever saw there: `retu` is one
token in no corpus, `return` is. So the prompt is cut before the partial word, and the first tokens
of the answer are chosen among those whose bytes agree with what was cut off. Worth 9.8 points of
exact match with the small model that it was developed with.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

# A word with the one mark before it (` name`, `.name`, `_name` are often one token), or a run of
# marks, blanks or underscores.
_PARTIAL = re.compile(r"(?:(?:[^\r\n\w]|_)?[^\W_]+|[ ]?[^\s\w]+|[ \t]+|_+)\Z")
_WINDOW = 48
_KEY_BYTES = 8
_NAME_BYTE = re.compile(rb"[\w$\x80-\xff]")


def cut(prefix: str) -> tuple[str, str]:
    """Split `prefix` into what the prompt keeps and the partial word that the model rewrites.

    Nothing is cut off from a word or run too long to be one token's beginning.
    """
    window = prefix[-_WINDOW:]
    partial = _PARTIAL.search(window)
    if partial is None or (partial.start() == 0 and len(window) == _WINDOW):
        return prefix, ""
    size = len(window) - partial.start()
    return prefix[:-size], prefix[-size:]


def in_name(data: bytes) -> bool:
    """Say whether bytes begin with what may stand in a name; all beyond ASCII may."""
    return _NAME_BYTE.match(data) is not None


class PieceIndex:
    """Which tokens may come next when the bytes that must come first are known.

    Made in 60 ms for 150,000 tokens, mostly in numpy (which lets other threads run).
    """

    def __init__(self, pieces: Sequence[bytes], never: frozenset[int] = frozenset()) -> None:
        """`pieces` are the tokens' bytes; empty ones (control tokens) and `never` are left out."""
        keys = np.frombuffer(
            b"".join(piece[:_KEY_BYTES].ljust(_KEY_BYTES, b"\0") for piece in pieces), dtype=">u8"
        ).astype(np.uint64)
        usable = np.fromiter((len(piece) > 0 for piece in pieces), bool, len(pieces))
        usable[[token for token in never if 0 <= token < len(pieces)]] = False
        order = np.argsort(keys, kind="stable")
        self._tokens: NDArray[np.intp] = order[usable[order]]
        self._keys = keys[self._tokens]
        self.pieces = pieces
        self._last: tuple[bytes, NDArray[np.intp]] = (b"", self._tokens)

    @functools.cached_property
    def after_name(self) -> NDArray[np.intp]:
        """The tokens that, written after a name, leave it as it is."""
        found = (token for token, piece in enumerate(self.pieces) if not in_name(piece))
        return np.fromiter(found, np.intp)

    def allowed(self, required: bytes) -> NDArray[np.intp]:
        """Return the tokens whose bytes begin with `required`, or are a beginning of it."""
        if self._last[0] != required:
            longer = self.starting_with(required)
            shorter = [self._exactly(required[:size]) for size in range(1, len(required))]
            self._last = required, np.concatenate([longer, *shorter])
        return self._last[1]

    def starting_with(self, required: bytes) -> NDArray[np.intp]:
        """Return the tokens whose bytes begin with `required`."""
        key = required[:_KEY_BYTES]
        low = int.from_bytes(key.ljust(_KEY_BYTES, b"\0"), "big")
        high = int.from_bytes(key.ljust(_KEY_BYTES, b"\xff"), "big")
        found = self._between(low, high)
        if len(required) <= _KEY_BYTES and b"\0" not in required:
            return found  # The keys said all: a blank alone begins a third of a vocabulary.
        return self._agreeing(found, lambda piece: piece.startswith(required))

    def _exactly(self, wanted: bytes) -> NDArray[np.intp]:
        key = int.from_bytes(wanted[:_KEY_BYTES].ljust(_KEY_BYTES, b"\0"), "big")
        return self._agreeing(self._between(key, key), lambda piece: piece == wanted)

    def _between(self, low: int, high: int) -> NDArray[np.intp]:
        first = np.searchsorted(self._keys, np.uint64(low), "left")
        last = np.searchsorted(self._keys, np.uint64(high), "right")
        found: NDArray[np.intp] = self._tokens[first:last]
        return found

    def _agreeing(
        self, tokens: NDArray[np.intp], agrees: Callable[[bytes], bool]
    ) -> NDArray[np.intp]:
        return np.array([t for t in tokens if agrees(self.pieces[t])], dtype=np.intp)


class Healing:
    """The bytes that an answer must begin with, and how many of them it has written."""

    def __init__(self, index: PieceIndex, typed: str) -> None:
        self._index = index
        self._rest = typed.encode("utf-8", "replace")

    @property
    def done(self) -> bool:
        """Whether everything typed has been written again, so that the model is free."""
        return not self._rest

    def allowed(self) -> NDArray[np.intp]:
        """Return the tokens that agree with what was typed; empty if the vocabulary has none."""
        return self._index.allowed(self._rest)

    def accept(self, piece: bytes) -> bytes:
        """Take the next token's bytes; return those that go beyond what was typed."""
        rest = self._rest
        self._rest = rest[len(piece) :]
        return piece[len(rest) :]

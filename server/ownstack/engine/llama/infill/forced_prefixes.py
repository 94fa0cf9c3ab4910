"""Lines that begin with a given name: the name is given, the model goes on with the rest.

A small model often knows how a line goes on after a name that it would not have come upon. The
names are evaluated with what else is scored; each is gone on with greedily, since a second way
of going on with the same name would seldom be shown. What is begun here the model's own search
leaves alone (`taken`): no node of the tree belongs to both.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ownstack.engine.llama.decoding.healing import PieceIndex, in_name
from ownstack.engine.llama.infill.line_ends import LineEnds
from ownstack.engine.llama.infill.trie import Node, Trie

MAX_FORCED_PREFIXES = 6
_CALL = "("
_ENDS = 4
"""Ends of a line that are looked at, of which those that go on with the name are none."""


@dataclass(slots=True, eq=False)
class _ForcedPrefix:
    name: str
    call: str
    """How it is called: "", "(", "()" or "(*"."""
    line: bytes
    """The name, with what is typed of it."""
    tokens: tuple[int, ...]
    firsts: NDArray[np.intp]
    """The tokens that may follow it: its call, or all that leave it as it is."""
    node: Node | None = None
    """The last of its tokens."""
    tip: Node | None = None
    """How far its line has got; None when that is over."""


class ForcedPrefixes:
    """The forced prefixes of one request."""

    def __init__(
        self,
        healed: str,
        texts: Sequence[str],
        tokenize: Callable[[str], Sequence[int]],
        index: PieceIndex,
        ends: LineEnds,
    ) -> None:
        """`healed` is what has been typed of a name, and comes first in each line.

        `texts`: see `ScoreRequest.forced_prefixes`.
        """
        self._ends = ends
        self._all: list[_ForcedPrefix] = []
        self.lines: set[bytes] = set()
        """Those that are over."""
        for text in list(dict.fromkeys(filter(None, texts)))[:MAX_FORCED_PREFIXES]:
            name, bracket, rest = text.partition(_CALL)
            written = f"{healed}{name}"
            line, tokens = written.encode("utf-8", "replace"), tuple(tokenize(written))
            if b"".join(index.pieces[token] for token in tokens) == line:
                call = bracket + rest
                firsts = _firsts(call, index)
                self._all.append(_ForcedPrefix(name, call, line, tokens, firsts))
        self._longest_first = sorted(self._all, key=lambda forced: -len(forced.line))

    def plant(self, trie: Trie, max_size: int) -> None:
        """Add the names to a trie that begins anew, as many as there is room for."""
        self.lines = set()
        for forced in self._all:
            fits = trie.size + len(forced.tokens) <= max_size
            forced.node = forced.tip = trie.add(forced.tokens) if fits else None

    def taken(self, node: Node) -> list[NDArray[np.intp]]:
        """Return the tokens after a node with which lines are begun here."""
        return [forced.firsts for forced in self._all if forced.node is node]

    def grown(self, trie: Trie, note: Callable[[Node, bytes, float], None]) -> list[Node]:
        """Return the next node of each line that is not over, one token on.

        `note` is told of the others: a node, what the end writes after it, its log probability.
        """
        nodes = []
        for forced in self._all:
            forced.tip = self._next(forced, trie, note)
            if forced.tip is not None:
                nodes.append(forced.tip)
        return nodes

    def of(self, line: bytes, given: float) -> tuple[str, float]:
        """Return the name that a line begins with, and its log probability.

        With its bracket if it is to be called, and is; "" and 0.0 if the line begins otherwise.
        `given` is the log probability of what has been typed of it.
        """
        for forced in self._longest_first:
            rest = line[len(forced.line) :]
            if not line.startswith(forced.line) or in_name(rest) or forced.node is None:
                continue
            logprobs, logprob = forced.node.logprobs, forced.node.logprob - given
            if logprobs is None:
                continue
            if not forced.call or not rest.startswith(_CALL.encode()):
                return forced.name, min(0.0, logprob)
            called = float(np.exp(logprobs[forced.firsts]).sum(dtype=np.float64))
            return f"{forced.name}{_CALL}", min(0.0, logprob + math.log(max(called, 1e-30)))
        return "", 0.0

    def _next(
        self, forced: _ForcedPrefix, trie: Trie, note: Callable[[Node, bytes, float], None]
    ) -> Node | None:
        node = forced.tip
        if node is None or node.logprobs is None:
            return None
        onward = node.logprobs.copy()
        typed = b""
        if node is forced.node:
            typed = forced.call.removesuffix("*").encode()
            onward = np.full_like(onward, -np.inf)
            onward[forced.firsts] = node.logprobs[forced.firsts]
        onward[self._ends.no_text] = -np.inf
        ends = self._ends.likeliest(node.logprobs, typed, _ENDS)
        if node is forced.node:
            ends = [end for end in ends if not in_name(end[0])]
            ends = [end for end in ends if forced.call != "(*" or not end[0].startswith(b"()")]
        token = int(onward.argmax())
        if ends and ends[0][1] >= onward[token]:
            written, logprob = ends[0]
            self.lines.add(node.path + written)
            note(node, written, node.logprob + logprob)
            return None
        return trie.child(node, token) if np.isfinite(onward[token]) else None


def _firsts(call: str, index: PieceIndex) -> NDArray[np.intp]:
    if not call:
        return index.after_name
    calls, empty = index.starting_with(b"("), index.starting_with(b"()")
    if call == "()" and len(empty):
        return empty
    return np.setdiff1d(calls, empty) if call == "(*" else calls

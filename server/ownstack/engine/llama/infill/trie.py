"""Token sequences merged by their beginnings, with the model's opinion at every node."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(slots=True, eq=False)
class Node:
    """A node of the tree: one way of going on, as far as it has got."""

    token: int
    depth: int
    path: bytes
    """What all tokens up to this one write."""
    parent: Node | None = None
    children: dict[int, Node] = field(default_factory=dict)
    logprob: float = 0.0
    """Of the whole path; known once it is evaluated."""
    logprobs: NDArray[np.float32] | None = None
    """float32[n_vocab] of the next token, once it is evaluated."""
    sequence: int = -1
    """One that holds the path, and maybe more."""


class Trie:
    """A tree of tokens; its root has written nothing. `pieces` are the vocabulary's bytes."""

    def __init__(self, pieces: Sequence[bytes], logits: NDArray[np.float32]) -> None:
        """`logits` are those of the first token."""
        self._pieces = pieces
        self.size = 0
        """Nodes beside the root."""
        self.root = Node(-1, 0, b"")
        self.evaluated: list[Node] = []
        """Parents before children."""
        self.settle([self.root], logits[None, :])

    def child(self, node: Node, token: int) -> Node:
        """Return the node that a token leads to."""
        known = node.children.get(token)
        if known is None:
            known = Node(token, node.depth + 1, node.path + self._pieces[token], node)
            node.children[token] = known
            self.size += 1
        return known

    def add(self, tokens: Iterable[int]) -> Node:
        """Return the node that tokens lead to from the root."""
        node = self.root
        for token in tokens:
            node = self.child(node, token)
        return node

    def pending(self) -> list[Node]:
        """Return what has not been evaluated, the shallower first."""
        level, found = [self.root], list[Node]()
        while level:
            level = [child for node in level for child in node.children.values()]
            found += [node for node in level if node.logprobs is None]
        return found

    def settle(self, nodes: Sequence[Node], logits: NDArray[np.float32]) -> None:
        """Take in logits, float32[len(nodes), n_vocab]; parents come before children."""
        rows = logits - logits.max(axis=1, keepdims=True)
        rows -= np.log(np.exp(rows).sum(axis=1, keepdims=True))
        for node, row in zip(nodes, rows, strict=True):
            node.logprobs = row
            parent = node.parent
            if parent is not None and parent.logprobs is not None:
                node.logprob = parent.logprob + float(parent.logprobs[node.token])
        self.evaluated += nodes


def branch_lines(nodes: Sequence[Node]) -> list[list[Node]]:
    """Return a line for each end among `nodes`: those of them that lead there, parents first."""
    among = set(nodes)
    inner = {node.parent for node in nodes}
    lines = []
    for end in nodes:
        if end in inner:
            continue
        line = [end]
        while (parent := line[-1].parent) is not None and parent in among:
            line.append(parent)
        lines.append(line[::-1])
    return lines

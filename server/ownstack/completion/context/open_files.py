"""Blocks of other open files that the model is shown: what was edited lately, else their heads.

Gathered when the cursor has settled after a change of file, a save or a jump, never while a
request is answered; between two keys the blocks are the same, byte for byte and in the same
order, since they stand first in the prompt. New blocks come last; when the budget is exceeded
the oldest go, several at once. A block much like the text around the cursor is left out
(llama.vim's rule: more than half of the words in common), since a model shown it repeats it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ownstack.completion.place import plain
from ownstack.completion.postprocess.distance import likeness, words
from ownstack.document import Change, Document
from ownstack.engine.requests import Snippet
from ownstack.files.handwriting import is_minified, without_long_lines
from ownstack.files.secret.detection import without_secrets

BLOCK_LINES = 24
MAX_DOCUMENTS = 6
MAX_EDITS = 3
"""Places of recent edits taken from one document."""
MAX_CHARS = 400_000
"""A longer document is no source."""
ALIKE = 0.5
AROUND_CHARS = 2_500
"""Text on each side of the cursor that a block is compared with."""
EVICT_TO = 2 / 3
JUMP_LINES = 32
"""A cursor that has moved this far looks at something else (llama.vim's figure)."""


@dataclass(frozen=True, slots=True)
class Block:
    """`BLOCK_LINES` whole lines of a document, beginning at a multiple of that."""

    uri: str
    path: str
    number: int
    text: str

    @property
    def snippet(self) -> Snippet:
        return Snippet(self.path, self.text)


def gather(
    current: Document,
    offset: int,
    others: Sequence[Document],
    changes: Sequence[Change],
    kept: Sequence[Block],
    budget_tokens: int,
    count: Callable[[str], int],
) -> tuple[Block, ...]:
    """Return the blocks to show with `current`, those of `kept` first and in their order.

    `others`: most recent last; `changes`: oldest first. What cannot be a source (secrets,
    excluded files) has been left out by the caller. Cost: some milliseconds.
    """
    around = words(current.text[max(0, offset - AROUND_CHARS) : offset + AROUND_CHARS])
    sources = {document.uri: document for document in others if document.uri != current.uri}
    fresh = [_same(block, sources.get(block.uri)) for block in kept]
    blocks = [block for block in fresh if block is not None]
    known = {(block.uri, block.number) for block in blocks}
    for document in list(sources.values())[-MAX_DOCUMENTS:]:
        if len(document.text) > MAX_CHARS or is_minified(document.path, document.text):
            continue
        for number in _numbers(document, changes):
            block = _block(document, number)
            if block is not None and (block.uri, number) not in known:
                known.add((block.uri, number))
                blocks.append(block)
    blocks = [block for block in blocks if likeness(words(block.text), around) <= ALIKE]
    return _fitting(blocks, budget_tokens, count)


def _numbers(document: Document, changes: Sequence[Change]) -> list[int]:
    """Return which blocks of a document were edited last, oldest first; its first one if none."""
    numbers: list[int] = []
    for change in reversed(changes):
        if change.uri == document.uri and len(numbers) < MAX_EDITS:
            # Later edits may have moved it by some lines; the block beside it is as good.
            at = min(change.edit.span.start, len(document.text))
            number = document.text.count("\n", 0, at) // BLOCK_LINES
            if number not in numbers:
                numbers.append(number)
    return numbers[::-1] or [0]


def _block(document: Document, number: int) -> Block | None:
    at = 0
    for _ in range(number * BLOCK_LINES):
        at = document.text.find("\n", at) + 1
        if at == 0:
            return None
    end = at
    for _ in range(BLOCK_LINES):
        found = document.text.find("\n", end)
        if found < 0:
            end = len(document.text)
            break
        end = found + 1
    text = without_long_lines(plain(document.text[at:end]), keeps_prose=False).strip("\n")
    if not text.strip():
        return None
    text = without_secrets(document.path, text)
    return Block(document.uri, document.path, number, text)


def _same(block: Block, document: Document | None) -> Block | None:
    """Return a block as its document has it now, None if that is closed or shorter."""
    return None if document is None else _block(document, block.number)


def _fitting(
    blocks: Sequence[Block], budget_tokens: int, count: Callable[[str], int]
) -> tuple[Block, ...]:
    sizes = [count(block.text) for block in blocks]
    used, first = sum(sizes), 0
    if used > budget_tokens:
        while first < len(sizes) and used > budget_tokens * EVICT_TO:
            used -= sizes[first]
            first += 1
    return tuple(blocks[first:])

r"""Training rows: what the product will send, cut from tokenised files.

A sample is `[FILE_SEP other-path \n other-code]* [FILE_SEP path \n]` and then one of

    SPM   FIM_PRE FIM_SUF suffix FIM_MID prefix middle EOT      (typing only appends)
    PSM   FIM_PRE prefix FIM_SUF suffix FIM_MID middle EOT
    plain code

A row is samples until it is full, then FIM_PAD with weight 0. Row `i` is a function of
(seed, i) alone: a run resumes from one number and workers need no shared state.

Cuts fall on random characters. Mostly the prefix and the middle are tokenised as one text,
because the product heals tokens: it drops the partial word before the cursor from the prompt and
lets the network spell it out again. A share is cut hard, so that an unhealed prompt works too.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from training.cuts import Cut, choose_cut, newline_tokens, tokens_after, tokens_before
from training.tokenizer import EOT, FILE_SEP, FIM_MID, FIM_PAD, FIM_PRE, FIM_SUF, byte_pieces
from training.tokens import TokenStore

MIDDLE_WEIGHT = 2.0
LANGUAGE_SHARES = {
    "python": 0.34,
    "typescript": 0.13,
    "javascript": 0.07,
    "go": 0.11,
    "rust": 0.12,
    "java": 0.08,
    "c": 0.08,
    "cpp": 0.07,
}


@dataclass(frozen=True, slots=True)
class RowMix:
    """Probabilities and lengths of what rows are made of: tokens, samples as shares of a row."""

    length: int = 768
    samples: tuple[float, ...] = (1 / 3, 1 / 2, 1 / 2, 2 / 3, 1, 1)
    infill: float = 0.85
    spm: float = 0.87
    healed: float = 0.8
    path: float = 0.8
    context: float = 0.35
    suffixes: tuple[int, ...] = (0, 24, 64, 64, 128, 128, 256)
    max_middle: int = 160
    file_start: float = 0.12


@dataclass(slots=True)
class Sample:
    ids: list[int]
    weights: list[float]

    def add(self, ids: list[int], weight: float = 1.0) -> None:
        self.ids += ids
        self.weights += [weight] * len(ids)


class Rows:
    """Row `i` as (ids int64[length + 1], weights float32[length + 1])."""

    def __init__(
        self,
        store: TokenStore,
        tokenizer: Tokenizer,
        mix: RowMix = RowMix(),
        seed: int = 0,
        language: str | None = None,
    ) -> None:
        """`language` restricts the rows to one language (for evaluation)."""
        self.store, self.tokenizer, self.mix, self.seed = store, tokenizer, mix, seed
        self.pieces = byte_pieces(tokenizer)
        self.newline = newline_tokens(self.pieces)
        self.sizes = np.array([len(piece) for piece in self.pieces], dtype=np.int64)
        lengths = np.diff(store.start)
        wanted = [language] if language else store.languages
        self.files = {
            name: np.flatnonzero(store.language == store.languages.index(name)) for name in wanted
        }
        self.ends = {name: np.cumsum(lengths[files]) for name, files in self.files.items()}
        self.names = list(self.files)
        self.shares = [LANGUAGE_SHARES[name] for name in self.names]
        self.neighbours = group_ranges(store.group, store.language)

    def __getitem__(self, index: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        rng = random.Random(self.seed * 1_000_003 + index)
        row = Sample([], [])
        total = self.mix.length + 1
        while (room := total - len(row.ids)) >= 64:
            wanted = round(self.mix.length * rng.choice(self.mix.samples))
            sample = self.sample(rng, min(room, wanted))
            row.ids += sample.ids[:room]
            row.weights += sample.weights[:room]
        row.add([FIM_PAD] * (total - len(row.ids)), 0.0)
        return np.array(row.ids, np.int64), np.array(row.weights, np.float32)

    def sample(self, rng: random.Random, room: int) -> Sample:
        """One sample of at most `room` tokens."""
        mix = self.mix
        file = self.pick_file(rng)
        out = Sample([], [])
        budget = room - 8
        with_path = rng.random() < mix.path
        header = self.header(file) if with_path else []
        if with_path and room >= 256 and rng.random() < mix.context:
            limit = rng.randrange(48, room // 3)
            out.add(self.context(rng, file, limit))
        out.add(header, 0.2)
        window, ends_file = self.window(rng, file, max(48, budget - len(out.ids)))
        cut = None
        if rng.random() < mix.infill:
            cut = choose_cut(rng, window, self.pieces, self.sizes)
        if cut is None:
            out.add(window.tolist())
            if ends_file:
                out.add([EOT])
        else:
            self.infill(rng, out, window, cut)
        return out

    def infill(self, rng: random.Random, out: Sample, window: NDArray[np.uint16], cut: Cut) -> None:
        """Append one infill sample: `window` with the text between the cut's two bytes missing."""
        mix, encode = self.mix, self.encode
        before = tokens_before(window, cut, cut.end, self.newline, encode)
        suffix = tokens_after(window, cut, cut.end, self.newline, encode)
        suffix = suffix[: rng.choice(mix.suffixes)]
        spm, healed = rng.random() < mix.spm, rng.random() < mix.healed
        if healed:
            split = min(cut.token_at(cut.start), len(before))
            prefix, middle = before[:split], before[split:]
        else:
            prefix = tokens_before(window, cut, cut.start, self.newline, encode)
            middle = encode(cut.text[cut.start : cut.end])
        middle = [*middle[: mix.max_middle], EOT]
        if spm:
            out.add([FIM_PRE, FIM_SUF], 0.0)
            out.add(suffix)
            out.add([FIM_MID], 0.0)
            out.add(prefix)
        else:
            out.add([FIM_PRE], 0.0)
            out.add(prefix)
            out.add([FIM_SUF], 0.0)
            out.add(suffix)
            out.add([FIM_MID], 0.0)
        out.add(middle, MIDDLE_WEIGHT)

    def encode(self, text: bytes) -> list[int]:
        return self.tokenizer.encode(text.decode("utf-8", "replace"), add_special_tokens=False).ids

    def header(self, file: int) -> list[int]:
        return [FILE_SEP, *self.encode(f"{self.store.paths[file]}\n".encode())]

    def pick_file(self, rng: random.Random) -> int:
        """A language by its share, then a file by its length."""
        name = rng.choices(self.names, self.shares)[0]
        ends = self.ends[name]
        at = int(np.searchsorted(ends, rng.randrange(int(ends[-1])), side="right"))
        return int(self.files[name][at])

    def window(self, rng: random.Random, file: int, length: int) -> tuple[NDArray[np.uint16], bool]:
        """At most `length` tokens of a file from the start of a line, and whether it ends there."""
        ids = self.store.file(file)
        if len(ids) <= length:
            return ids, True
        start = 0
        if rng.random() >= self.mix.file_start:
            start = rng.randrange(len(ids) - length // 2)
            breaks = np.flatnonzero(self.newline[ids[start : start + 64]])
            start += int(breaks[0]) + 1 if len(breaks) else 0
        return ids[start : start + length], start + length >= len(ids)

    def context(self, rng: random.Random, file: int, limit: int) -> list[int]:
        """Pieces of other files of the same package, nearest in the tree more often."""
        store = self.store
        first, last = self.neighbours[int(store.group[file]), int(store.language[file])]
        out: list[int] = []
        for _ in range(rng.choice((1, 1, 2, 3))):
            near = rng.random() < 0.6
            low, high = (max(first, file - 12), min(last, file + 13)) if near else (first, last)
            other = rng.randrange(low, high)
            room = limit - len(out)
            if other == file or room < 32:
                continue
            head = self.header(other)
            piece, _ = self.window(
                rng, other, max(16, min(room - len(head), rng.randrange(48, 200)))
            )
            out += [*head, *piece.tolist()]
        return out[:limit]


def group_ranges(
    group: NDArray[np.int32], language: NDArray[np.int8]
) -> dict[tuple[int, int], tuple[int, int]]:
    """First file and one past the last of every (package, language).

    Each is one run in the store, in archive order: neighbours there are neighbours in the tree.
    """
    changes = (np.diff(group) != 0) | (np.diff(language) != 0)
    bounds = [0, *(np.flatnonzero(changes) + 1).tolist(), len(group)]
    return {
        (int(group[first]), int(language[first])): (first, last) for first, last in pairwise(bounds)
    }

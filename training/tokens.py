"""Tokenise the corpus once: `python -m training.tokens`.

Writes `tokens/train.u16` and `tokens/heldout.u16` (uint16, every file's tokens in a row, no
separators) with `tokens/*.npz` beside them (`start` int64[n + 1], `language` int8[n], `group`
int32[n]) and `tokens/*.json` (language and group names, paths). Rows are cut from these files.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from benchmarks.packages import documents
from benchmarks.packages.documents import Document
from training.work import add_work_option, work_folder, write_atomically

log = logging.getLogger("training.tokens")

BATCH_FILES = 128
BATCHES_AHEAD = 64
SPAWN = get_context("spawn")  # Forking a process that has threads can hang.


@dataclass(frozen=True, slots=True)
class TokenStore:
    """Tokenised files. `ids` is memory-mapped; file `i` is `ids[start[i]:start[i + 1]]`."""

    ids: NDArray[np.uint16]
    start: NDArray[np.int64]
    language: NDArray[np.int8]
    group: NDArray[np.int32]
    languages: list[str]
    paths: list[str]

    def file(self, index: int) -> NDArray[np.uint16]:
        return self.ids[self.start[index] : self.start[index + 1]]


def open_store(folder: Path, name: str) -> TokenStore:
    names = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    with np.load(folder / f"{name}.npz") as table:
        start, language, group = table["start"], table["language"], table["group"]
    ids = np.memmap(folder / f"{name}.u16", dtype=np.uint16, mode="r")
    return TokenStore(ids, start, language, group, names["languages"], names["paths"])


@cache
def tokenizer_at(path: Path) -> Tokenizer:
    """A worker's tokenizer; its own threads would only compete with the other workers."""
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    return Tokenizer.from_file(str(path))


def encode(tokenizer: Path, texts: list[str]) -> list[NDArray[np.uint16]]:
    encodings = tokenizer_at(tokenizer).encode_batch_fast(texts, add_special_tokens=False)
    return [np.asarray(encoding.ids, dtype=np.uint16) for encoding in encodings]


def in_order(
    pool: ProcessPoolExecutor, tokenizer: Path, files: Iterator[Document]
) -> Iterator[tuple[Document, NDArray[np.uint16]]]:
    """Every file with its tokens, in the corpus's order; few batches are under way at a time."""
    waiting: deque[tuple[list[Document], Future[list[NDArray[np.uint16]]]]] = deque()
    while True:
        if batch := list(islice(files, BATCH_FILES)):
            texts = [document.text for document in batch]
            waiting.append((batch, pool.submit(encode, tokenizer, texts)))
        elif not waiting:
            return
        if not batch or len(waiting) > BATCHES_AHEAD:
            done, future = waiting.popleft()
            yield from zip(done, future.result(), strict=True)


def write_store(corpus: Path, folder: Path, name: str, tokenizer: Path) -> int:
    """Tokenise one JSON-lines file into the store `name`; the number of tokens."""
    folder.mkdir(parents=True, exist_ok=True)
    languages: dict[str, int] = {}
    groups: dict[str, int] = {}
    lengths, language, group, paths = [], [], [], []

    def fill(scratch: Path) -> None:
        with scratch.open("wb") as out, ProcessPoolExecutor(mp_context=SPAWN) as pool:
            for document, ids in in_order(pool, tokenizer, documents.load(corpus)):
                out.write(ids.tobytes())
                lengths.append(len(ids))
                language.append(languages.setdefault(document.language, len(languages)))
                group.append(groups.setdefault(document.source, len(groups)))
                paths.append(document.path)

    write_atomically(folder / f"{name}.u16", fill)
    np.savez(
        folder / f"{name}.npz",
        start=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        language=np.asarray(language, dtype=np.int8),
        group=np.asarray(group, dtype=np.int32),
    )
    names = {"languages": list(languages), "groups": list(groups), "paths": paths}
    (folder / f"{name}.json").write_text(json.dumps(names), encoding="utf-8")
    return sum(lengths)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    add_work_option(parser)
    work = work_folder(parser.parse_args().work)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    for name in ("train", "heldout"):
        count = write_store(
            work / "corpus" / f"{name}.jsonl", work / "tokens", name, work / "tokenizer.json"
        )
        log.info("%s: %d tokens", name, count)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What the names of files and folders share with a query.

A file is called what it is called without its ending: `SqlMapper.Async.cs` is not `SqlMapper.cs`.
A file that stands for its folder (`routing/mod.rs`, `routing/__init__.py`) is called like that.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ownstack.extract.terms import terms
from ownstack.index.search.query import Query
from ownstack.index.snapshot.blocks import SnapshotBlock
from ownstack.index.snapshot.derived import once
from ownstack.index.snapshot.snapshot import Snapshot
from ownstack.index.storage.columns import Int32s, term_hash

Scores = npt.NDArray[np.float32]
Hashes = npt.NDArray[np.uint32]
OF_QUERY, OF_NAME = 0.4, 0.6
"""What it counts how much of the query a name says, and how much of the name the query says."""
_STANDS_FOR_FOLDER = re.compile(
    r"(?:__init__\.pyi?|__main__\.py|index\.(?:[cm]?[jt]sx?|vue|svelte)|mod\.rs|init\.lua)$"
)


@dataclass(frozen=True, slots=True)
class _Holders:
    """Which documents hold which term, sorted by the terms' hashes; each pair is there once."""

    hashes: Hashes
    documents: Int32s

    def of(self, term: str) -> Int32s:
        wanted = np.uint32(term_hash(term))
        first = np.searchsorted(self.hashes, wanted)
        return self.documents[first : np.searchsorted(self.hashes, wanted, side="right")]


@dataclass(frozen=True, slots=True)
class _Paths:
    """The words of all live paths."""

    n_files: int
    names: _Holders
    folders: _Holders
    whole: Scores
    """float32[n_documents]: what all words of a file's own name are worth together, above 0."""

    def worth(self, n_holders: int | npt.NDArray[np.intp]) -> Scores:
        """Return what a word is worth by how many files hold it."""
        return np.log(1 + self.n_files / (0.5 + np.asarray(n_holders))).astype(np.float32)


def path_words(snapshot: Snapshot, query: Query) -> tuple[Scores, Scores]:
    """Return what files' own names, and their folders', share with the query, 0 to 1.

    A word counts by its rarity. So does a name that the query says as a whole: `sessions.py` is
    what "session management" means, but `schemas.ts` is one of many where every folder has one.
    """
    paths = once(snapshot, "words of paths", _paths)
    n_documents = len(snapshot.documents)
    of_names, worth_of_query = _shared(paths, paths.names, query, n_documents)
    of_folders, worth_of_folders = _shared(paths, paths.folders, query, n_documents)
    rarity = np.minimum(of_names / math.log(1 + paths.n_files / 1.5), 1.0) if paths.n_files else 0
    name = OF_QUERY * of_names / worth_of_query + OF_NAME * rarity * of_names / paths.whole
    return name.astype(np.float32), of_folders / np.float32(worth_of_folders)


def _shared(
    paths: _Paths, holders: _Holders, query: Query, n_documents: int
) -> tuple[Scores, float]:
    """Return what the query's words in each document are worth, and what all of them would be."""
    found, total = np.zeros(n_documents, np.float32), 0.0
    for term in query.terms:
        documents = holders.of(term)
        worth = paths.worth(len(documents))
        found[documents] += worth
        total += float(worth)
    return found, total or 1.0


def _paths(snapshot: Snapshot) -> _Paths:
    n_documents = len(snapshot.documents)
    found = [part.block.cached("path words", _path_words) for part in snapshot.parts]
    names = _sorted(snapshot, [of_names for of_names, _ in found])
    folders = _sorted(snapshot, [of_folders for _, of_folders in found])
    paths = _Paths(snapshot.file_count, names, folders, np.ones(n_documents, np.float32))
    _, place, n_holders = np.unique(names.hashes, return_inverse=True, return_counts=True)
    worths = paths.worth(n_holders)[place]
    whole = np.bincount(names.documents, worths, n_documents).astype(np.float32)
    paths.whole[whole > 0] = whole[whole > 0]
    return paths


def _sorted(snapshot: Snapshot, found: list[tuple[Hashes, Int32s]]) -> _Holders:
    """Join the words of blocks, without those of dead documents."""
    firsts = [part.first_document for part in snapshot.parts]
    hashes = np.concatenate([np.zeros(0, np.uint32), *(hashes for hashes, _ in found)])
    documents = np.concatenate(
        [
            np.zeros(0, np.int32),
            *(own + np.int32(first) for (_, own), first in zip(found, firsts, strict=True)),
        ]
    )
    live = snapshot.live_documents[documents]
    order = np.argsort(hashes[live], kind="stable")
    return _Holders(hashes[live][order], documents[live][order])


def _path_words(block: SnapshotBlock) -> tuple[tuple[Hashes, Int32s], tuple[Hashes, Int32s]]:
    """Return the words of the documents' own names, and of their folders, as hashes."""
    of_names: list[tuple[int, int]] = []
    of_folders: list[tuple[int, int]] = []
    for number, document in enumerate(block.batch.documents):
        *folders, name = document.path.split("/")
        if folders and _STANDS_FOR_FOLDER.match(name):
            name = folders.pop()
        own = set(terms(name.rpartition(".")[0] or name))
        around = {term for folder in folders for term in terms(folder)} - own
        of_names += ((term_hash(term), number) for term in own)
        of_folders += ((term_hash(term), number) for term in around)
    return _columns(of_names), _columns(of_folders)


def _columns(pairs: list[tuple[int, int]]) -> tuple[Hashes, Int32s]:
    hashes, documents = zip(*pairs, strict=True) if pairs else ((), ())
    return np.array(hashes, np.uint32), np.array(documents, np.int32)

"""What makes one piece of code a better answer than another, and what each rule counts.

Every rule gives a number for each row (chunk) or each file of a snapshot. Those about words,
vectors and kinds are functions here; about paths, `path_words.py`; about names, `meant.py`; about
tests, old versions and the like, `standing.py`. None of them reads a file.

The weights were fitted on questions about 23 projects in fifteen languages, and hold for each
language when they are chosen on the others (`python -m benchmarks.retrieval`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ownstack.extract.kinds import MEANT
from ownstack.index.search.query import Query
from ownstack.index.snapshot.blocks import SnapshotBlock
from ownstack.index.snapshot.snapshot import Snapshot
from ownstack.index.storage.columns import Int32s

Scores = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Weights:
    """What each rule counts. A part of the score is at most its weight; factors multiply it."""

    text: float = 0.55
    title: float = 0.2
    vector: float = 0.3
    file_text: float = 0.35
    file_title: float = 0.5
    file_vector: float = 0.3
    file_name: float = 0.95
    path: float = 0.1
    name: float = 0.5
    kind: float = 0.1
    central: float = 0.15
    test: float = 0.4
    vendored: float = 0.5
    generated: float = 0.6
    legacy: float = 0.5
    example: float = 0.6
    declared: float = 0.8
    prose: float = 0.6
    repeated: float = 0.4
    """Factor for each further result out of one file."""


_K1, _B = 1.2, 0.75


def lexical(snapshot: Snapshot, query: Query) -> tuple[Scores, Scores, Scores, Scores]:
    """Return BM25 of rows by text and title, and of files by the same two, as if each were one.

    float32[n_rows] twice, float32[n_documents] twice. Okapi's formula, idf as Lucene has it.
    """
    owner, n_documents = snapshot.document_of_row, len(snapshot.documents)
    found: list[Scores] = []
    for field in ("text", "title"):
        lengths = snapshot.lengths(field)
        of_file = np.bincount(owner, lengths, n_documents).astype(np.float32)
        row_norms, file_norms = _norms(lengths), _norms(of_file, snapshot.live_documents)
        rows, files = np.zeros(len(lengths), np.float32), np.zeros(n_documents, np.float32)
        for term in query.terms:
            at, counts = snapshot.postings(term, field)
            if not len(at):
                continue
            tf = counts.astype(np.float32)
            rows[at] += _idf(len(lengths), len(at)) * tf / (tf + row_norms[at])
            in_files = np.bincount(owner[at], tf, n_documents).astype(np.float32)
            held = np.flatnonzero(in_files)
            tf = in_files[held]
            files[held] += _idf(snapshot.file_count, len(held)) * tf / (tf + file_norms[held])
        found += [rows, files]
    return found[0], found[2], found[1], found[3]


def _norms(lengths: Scores, live: npt.NDArray[np.bool_] | None = None) -> Scores:
    counted = lengths if live is None else lengths[live]
    mean = max(1.0, float(counted.mean())) if len(counted) else 1.0
    norms: Scores = lengths * np.float32(_K1 * _B / mean)
    norms += np.float32(_K1 * (1 - _B))
    return norms


def _idf(n: int, n_with: int) -> float:
    return math.log(1 + max(0.0, n - n_with + 0.5) / (n_with + 0.5))


def nearness(snapshot: Snapshot, vector: Scores) -> tuple[Scores, Scores]:
    """Return how near each row is to a vector, 0 (the mean) to 1, and each file's nearest."""
    # Not `@`: BLAS would wait for a thread on every core, and others are at work on them.
    near: Scores = np.einsum("nd,d->n", snapshot.vectors(), vector)
    live = snapshot.live
    if live.any():
        middle = float(near[live].mean())
        highest = float(near[live].max())
        near = np.maximum(near - middle, 0.0) * live / max(highest - middle, 1e-6)
    of_file = np.zeros(len(snapshot.documents), np.float32)
    np.maximum.at(of_file, snapshot.document_of_row, near)
    return near, of_file


def kinds_asked(snapshot: Snapshot, query: Query) -> Scores:
    """Return 1 for rows of a kind that a word of the query names ("function", "types"), else 0."""
    wanted = {kin for kind in query.asked_kinds for kin in MEANT.get(kind, frozenset((kind,)))}
    return of_kinds(snapshot, wanted).astype(np.float32)


def of_kinds(snapshot: Snapshot, wanted: Iterable[str]) -> npt.NDArray[np.bool_]:
    """Return which rows are of one of some kinds."""
    found = [np.zeros(0, np.bool_)]
    for part in snapshot.parts:
        known, codes = part.block.cached("kinds of chunks", _kinds)
        found.append(np.isin(codes, [known[kind] for kind in wanted if kind in known]))
    return np.concatenate(found)


def _kinds(block: SnapshotBlock) -> tuple[dict[str, int], Int32s]:
    known: dict[str, int] = {}
    codes = [known.setdefault(kind, len(known)) for kind in block.batch.chunks.kind]
    return known, np.array(codes, np.int32)

"""What makes one piece of code a better answer than another: each rule is a function here.

Every rule gives a number for each row (chunk) or each file of a snapshot; `Weights` says what it
counts. Nothing here reads a file.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ownstack.index import names
from ownstack.index.block import Block
from ownstack.index.columns import FLAG_GENERATED, FLAG_TEST, FLAG_VENDORED, Int32s
from ownstack.index.derived import once
from ownstack.index.query import KIN, Name, Query
from ownstack.index.snapshot import Snapshot
from ownstack.index.tokens import terms

Scores = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Weights:
    """What each rule counts. A part of the score is at most its weight; factors multiply it."""

    text: float = 1.0
    title: float = 0.3
    vector: float = 0.3
    file_text: float = 0.3
    file_title: float = 0.3
    file_vector: float = 0.3
    file_name: float = 0.6
    path: float = 0.1
    name: float = 0.5
    kind: float = 0.1
    central: float = 0.15
    test: float = 0.4
    vendored: float = 0.5
    generated: float = 0.6
    legacy: float = 0.5
    example: float = 0.6
    facade: float = 0.8
    prose: float = 0.6
    repeated: float = 0.4
    """Factor for each further result out of one file."""


_MAJOR_KINDS = "class function method interface type enum struct trait module object protocol macro"
MAJOR_KINDS = frozenset(_MAJOR_KINDS.split())
MINOR = 0.5
"""What the name of a field, a variable or a constant counts beside that of a function."""
EXACT, OTHER_CASE = 1.0, 0.8
ONLY_NAME, CODE_NAME, WORD_NAME = 3.0, 2.0, 1.0
"""The query is nothing but this name; is written like code; is a word that is also a name."""
BEGINS, ALIKE = 1.2, 1.0
_K1, _B = 1.2, 0.75
_LEGACY = re.compile(r"(?:^|[/_.-])(?:compat|legacy|deprecated|obsolete|old)(?=[/_.-]|$)", re.I)
_VERSION = re.compile(r"(?:^|/)_?v(\d+)(?=/)")
_EXAMPLE = re.compile(
    r"(?:^|/)(?:examples?|samples?|demos?|docs?|docs_src|tutorials?|benchmarks?|bench|fixtures)/"
)
_FACADE = re.compile(
    r"(?:^|/)(?:__init__\.pyi?|__main__\.py|index\.[cm]?[jt]sx?|mod\.rs)$|\.d\.[cm]?ts$"
)
_PROSE = re.compile(r"\.(?:md|mdx|rst|txt|adoc|json|ya?ml|toml|lock|html?|css|svg)$", re.I)


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


def path_words(snapshot: Snapshot, query: Query) -> tuple[Scores, Scores]:
    """Return what files' own names, and their folders', share with the query, 0 to 1.

    A word counts by its rarity among paths. A name that is covered by the query as a whole
    (`sessions.py` for "session management") counts twice one of which half is.
    """
    tables = [part.block.cached("path words", _path_words) for part in snapshot.parts]
    n_documents = len(snapshot.documents)
    asked = dict.fromkeys(query.terms, 0)
    for table in tables:
        for term in asked:
            asked[term] += len(table.holders.get(term, ()))
    rarity = {term: math.log(1 + n_documents / (0.5 + n)) for term, n in asked.items()}
    total = sum(rarity.values()) or 1.0
    name, folder = np.zeros(n_documents, np.float32), np.zeros(n_documents, np.float32)
    for part, table in zip(snapshot.parts, tables, strict=True):
        for term, worth in rarity.items():
            for document, in_name in table.holders.get(term, ()):
                place = part.first_document + document
                if in_name:
                    covers = 1.0 / table.n_words[document]
                    name[place] += 0.6 * worth / total + 0.4 * covers
                else:
                    folder[place] += worth / total
    return name, folder


@dataclass(frozen=True, slots=True)
class _PathWords:
    holders: dict[str, list[tuple[int, bool]]]
    """Term → (document, whether it is in the file's own name)."""
    n_words: list[int]
    """How many different terms a file's own name has, at least 1."""


def _path_words(block: Block) -> _PathWords:
    holders: dict[str, list[tuple[int, bool]]] = {}
    n_words = []
    for number, document in enumerate(block.batch.documents):
        *folders, name = document.path.split("/")
        stem = set(terms(name.split(".", 1)[0] or name))
        around = {term for folder in folders for term in terms(folder)} - stem
        for term in stem:
            holders.setdefault(term, []).append((number, True))
        for term in around:
            holders.setdefault(term, []).append((number, False))
        n_words.append(max(1, len(stem)))
    return _PathWords(holders, n_words)


def named(snapshot: Snapshot, query: Query) -> dict[int, float]:
    """Return rows that define a symbol that the query names, and how surely it is meant."""
    found: dict[int, float] = {}
    for name in query.names:
        level = ONLY_NAME if query.is_name else CODE_NAME if name.is_code else WORD_NAME
        rows = list(names.defined(snapshot, name.text))
        for symbol in rows:
            _note(snapshot, found, symbol, level * _fits(snapshot, symbol, name))
        if not rows and (query.is_name or name.is_code):
            for symbol in names.beginning(snapshot, name.text):
                _note(snapshot, found, symbol, BEGINS)
            for symbol, likeness in names.alike(snapshot, name.text):
                _note(snapshot, found, symbol, ALIKE * likeness)
    return found


def _fits(snapshot: Snapshot, row: int, name: Name) -> float:
    label, kind, qualified = names.described(snapshot, row)
    fit = EXACT if label == name.text else OTHER_CASE
    if kind not in MAJOR_KINDS:
        fit *= MINOR
    if name.scope and name.scope.lower() not in qualified.lower():
        fit *= OTHER_CASE
    return fit


def _note(snapshot: Snapshot, found: dict[int, float], symbol: int, worth: float) -> None:
    row = names.chunk_of_symbol(snapshot, symbol)
    if row >= 0:
        found[row] = max(found.get(row, 0.0), worth)


def kinds_asked(snapshot: Snapshot, query: Query) -> Scores:
    """Return 1 for rows of a kind that a word of the query names ("function", "types"), else 0."""
    wanted = {kin for kind in query.asked_kinds for kin in KIN.get(kind, frozenset((kind,)))}
    return of_kinds(snapshot, wanted).astype(np.float32)


def of_kinds(snapshot: Snapshot, wanted: set[str]) -> npt.NDArray[np.bool_]:
    """Return which rows are of one of some kinds."""
    found = [np.zeros(0, np.bool_)]
    for part in snapshot.parts:
        known, codes = part.block.cached("kinds of chunks", _kinds)
        found.append(np.isin(codes, [known[kind] for kind in wanted if kind in known]))
    return np.concatenate(found)


def _kinds(block: Block) -> tuple[dict[str, int], Int32s]:
    known: dict[str, int] = {}
    codes = [known.setdefault(kind, len(known)) for kind in block.batch.chunks.kind]
    return known, np.array(codes, np.int32)


def standing(snapshot: Snapshot, query: Query, weights: Weights) -> Scores:
    """Return a factor for each document: tests, old versions, examples and the like come later."""
    sorts, versions = once(snapshot, "sorts of files", _sorts_of_files)
    factors = np.ones(len(sorts), np.float32)
    asked = f"/{query.text.lower()}/".replace(" ", "/")
    for bit, factor in (
        (FLAG_TEST, 1.0 if query.about_tests else weights.test),
        (FLAG_VENDORED, weights.vendored),
        (FLAG_GENERATED, weights.generated),
        (_IS_LEGACY, 1.0 if _LEGACY.search(asked) else weights.legacy),
        (_IS_EXAMPLE, 1.0 if _EXAMPLE.search(asked) else weights.example),
        (_IS_FACADE, weights.facade),
        (_IS_PROSE, weights.prose),
    ):
        factors[(sorts & bit) > 0] *= np.float32(factor)
    wanted = [int(found) for found in re.findall(r"/v(\d{1,5})(?=/)", asked)]
    factors[(versions >= 0) & ~np.isin(versions, wanted)] *= np.float32(weights.legacy)
    return factors


_IS_LEGACY, _IS_EXAMPLE, _IS_FACADE, _IS_PROSE = 1 << 16, 1 << 17, 1 << 18, 1 << 19


def _sorts_of_files(snapshot: Snapshot) -> tuple[Int32s, Int32s]:
    """Return each document's flags, and its version if that is not the newest, else -1."""
    blocks = [part.block.cached("sorts", _sorts) for part in snapshot.parts]
    sorts = np.concatenate([np.zeros(0, np.int32), *blocks])
    versions = np.full(len(sorts), -1, np.int32)
    for document, version in _older_versions(snapshot):
        versions[document] = version
    return sorts, versions


def _sorts(block: Block) -> Int32s:
    return np.array([_sort(one.path, one.flags) for one in block.batch.documents], np.int32)


def _sort(path: str, flags: int) -> int:
    signs = ((_IS_LEGACY, _LEGACY), (_IS_EXAMPLE, _EXAMPLE), (_IS_FACADE, _FACADE))
    for bit, sign in (*signs, (_IS_PROSE, _PROSE)):
        if sign.search(path):
            flags |= bit
    return flags


def _older_versions(snapshot: Snapshot) -> Sequence[tuple[int, int]]:
    """Return documents of a version that is not the newest, and its number.

    They lie below a folder `v1` that has a brother `v2`, or whose files stand beside it, too.
    """
    versioned = [
        (part.first_document + number, before, int(version), after)
        for part in snapshot.parts
        for number, before, version, after in part.block.cached("versions", _versions)
        if snapshot.live_documents[part.first_document + number]
    ]
    newest: dict[str, float] = {}
    for _, before, version, after in versioned:
        current = math.inf if snapshot.file(f"{before}/{after}".lstrip("/")) else version
        newest[before] = max(newest.get(before, 0.0), current)
    return [
        (document, version)
        for document, before, version, _ in versioned
        if version < newest[before]
    ]


def _versions(block: Block) -> list[tuple[int, str, str, str]]:
    found = []
    for number, document in enumerate(block.batch.documents):
        version = _VERSION.search(document.path)
        if version and len(version.group(1)) < 6:
            before, after = document.path[: version.start()], document.path[version.end() + 1 :]
            found.append((number, before, version.group(1), after))
    return found

"""Which definitions the words of a query name, and how surely each of them is meant."""

from __future__ import annotations

import bisect
import itertools

import numpy as np

from ownstack.extract.kinds import MAJOR_KINDS, REFERENCE_KINDS
from ownstack.index.search.query import Name, Query
from ownstack.index.snapshot import names
from ownstack.index.snapshot.blocks import SnapshotPart
from ownstack.index.snapshot.snapshot import Snapshot
from ownstack.index.storage.columns import term_hash

MINOR = 0.5
"""What the name of a field, a variable or a constant counts beside that of a function."""
EXACT, OTHER_CASE = 1.0, 0.8
ONLY_NAME, CODE_NAME, JOINED_NAME, WORD_NAME = 3.0, 2.0, 2.0, 1.0
"""The query is nothing but this name; it is written like code; some words of the query make it up;
it is a word that is also a name."""
BEGINS, ALIKE = 1.2, 1.0
SHARED = 0.5
"""A name that n definitions have counts n to the power of minus this for each of them."""
MAX_SHARED = 128
"""A word that more definitions have for their name means none of them."""
HANDED_ON = 1.0
"""What a name that is imported for others counts beside a definition."""
_IMPORT = REFERENCE_KINDS.index("import")


def named(snapshot: Snapshot, query: Query) -> dict[int, float]:
    """Return rows that define a symbol that the query names, and how surely it is meant.

    A name says the less the more definitions have it: that of a namespace, of a trait's method,
    of a class in seventeen parts.
    """
    found: dict[int, float] = {}
    for name in query.names:
        level = _level(query, name)
        most = None if query.is_name else MAX_SHARED + 1
        defined = list(itertools.islice(names.defined(snapshot, name.text), most))
        if not query.is_name and len(defined) > MAX_SHARED:
            continue
        share = level * max(1, len(defined)) ** -SHARED
        for symbol in defined:
            row = names.chunk_of_symbol(snapshot, symbol)
            _note(found, row, share * _fits(snapshot, symbol, name))
        if not (query.is_name or name.is_code):
            continue
        if next(names.written(snapshot, name.text), None) is not None:
            continue
        handed_on = _handed_on(snapshot, name.text)
        for row in handed_on:
            _note(found, row, level * HANDED_ON * len(handed_on) ** -SHARED)
        if not defined and not handed_on:
            for symbol in names.beginning(snapshot, name.text):
                _note(found, names.chunk_of_symbol(snapshot, symbol), BEGINS)
            for symbol, likeness in names.alike(snapshot, name.text):
                _note(found, names.chunk_of_symbol(snapshot, symbol), ALIKE * likeness)
    return found


def _level(query: Query, name: Name) -> float:
    if query.is_name:
        return ONLY_NAME
    if name.is_joined:
        return JOINED_NAME
    return CODE_NAME if name.is_code else WORD_NAME


def _fits(snapshot: Snapshot, row: int, name: Name) -> float:
    label, kind, qualified = names.described(snapshot, row)
    fit = EXACT if label == name.text or name.is_joined else OTHER_CASE
    if kind not in MAJOR_KINDS:
        fit *= MINOR
    if name.scope and name.scope.lower() not in qualified.lower():
        fit *= OTHER_CASE
    return fit


def _note(found: dict[int, float], row: int, worth: float) -> None:
    if row >= 0:
        found[row] = max(found.get(row, 0.0), worth)


def _handed_on(snapshot: Snapshot, name: str) -> list[int]:
    """Return rows that import a name that their file does not use: it is there for others."""
    found = []
    for part in snapshot.parts:
        columns = part.block.batch.references
        rows = part.block.references_to(term_hash(name))
        documents, is_import = columns.document[rows], columns.kind[rows] == _IMPORT
        only = is_import & ~np.isin(documents, documents[~is_import])
        for row in np.sort(rows[only]).tolist():
            document = int(columns.document[row])
            if (
                snapshot.live_documents[part.first_document + document]
                and columns.name[row] == name
            ):
                found.append(_row_of_line(part, document, int(columns.lines[row][0])))
    return found


def _row_of_line(part: SnapshotPart, document: int, line: int) -> int:
    """Return the last chunk of a document that begins at a line or before it."""
    first = part.first_row_of(part.first_document + document) - part.first_row
    end = part.first_row_of(part.first_document + document + 1) - part.first_row
    starts = part.block.batch.chunks.start_line[first:end].tolist()
    return part.first_row + first + max(0, bisect.bisect_right(starts, line) - 1)

"""One search for all who ask: the terminal, the editor and the model's tools.

Rows are scored by words, by meaning (`ranking.py`) and by names (`meant.py`), what is known of
their files is added, and the best are taken one by one, each further one of the same file at a
discount. What is returned has been compared with the file on disk.
"""

from __future__ import annotations

import fnmatch
import heapq
import logging
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ownstack.extract.kinds import MEANT
from ownstack.extract.rows import SearchHit
from ownstack.extract.terms import terms
from ownstack.index.embedding.embedder import TextEmbedder
from ownstack.index.search import meant, path_words, ranking, standing
from ownstack.index.search.file_graph import file_ranks
from ownstack.index.search.places import shown
from ownstack.index.search.query import Query, parse
from ownstack.index.search.ranking import Scores, Weights
from ownstack.index.snapshot.snapshot import Snapshot

log = logging.getLogger(__name__)

MAX_PATH_CHARS = 4_096
MAX_LIMIT = 1_000
CANDIDATES = 40
"""So many candidates are weighed for each result that is asked for."""
WEIGHTS = Weights()


@dataclass(frozen=True, slots=True)
class _Scored:
    """Scores of all rows, and the parts that they are the sum of."""

    total: Scores
    of_rows: dict[str, Scores]
    of_files: dict[str, Scores]
    names: dict[int, float]
    factors: Scores


def search(
    snapshot: Snapshot,
    query: str,
    limit: int = 10,
    embedder: TextEmbedder | None = None,
    weights: Weights = WEIGHTS,
    below: str = "",
) -> list[SearchHit]:
    """Return the best pieces of code for a query in words, names and filters, best first.

    `path:src/ lang:python kind:class` narrow it down, and so does `below`, a path. Without an
    embedder, or where its vectors are not those of the snapshot, words and names alone decide.
    """
    asked = parse(query)
    limit = max(0, min(limit, MAX_LIMIT))
    if asked.is_empty or limit == 0 or snapshot.chunk_count == 0:
        return []
    allowed = _allowed(snapshot, asked, below[:MAX_PATH_CHARS].strip("/"))
    scored = _score(snapshot, asked, _vector(snapshot, asked, embedder), weights)
    scored.total[~allowed] = 0.0
    hits: list[SearchHit] = []
    for row, factor in _taken(snapshot, scored, limit, weights):
        chunk = snapshot.chunk(row)
        if chunk is None or (place := shown(snapshot, chunk.path, chunk.start_line)) is None:
            continue
        cell, start_line = place
        hits.append(
            SearchHit(
                path=chunk.path,
                start_line=start_line,
                end_line=start_line + chunk.end_line - chunk.start_line,
                kind=chunk.kind,
                name=chunk.name,
                score=round(float(scored.total[row]) * factor, 4),
                text=chunk.text,
                parts=_parts(snapshot, scored, row, factor),
                cell=cell,
            )
        )
        if len(hits) == limit:
            break
    return hits


def _vector(snapshot: Snapshot, query: Query, embedder: TextEmbedder | None) -> Scores | None:
    if embedder is None or query.is_name or embedder.dim != snapshot.vectors().shape[1]:
        return None  # What has a name is found by it; what is like the name is something else.
    vector = embedder.embed([query.text])[0]
    return vector if vector.any() else None


def _score(snapshot: Snapshot, query: Query, vector: Scores | None, weights: Weights) -> _Scored:
    text, title, file_text, file_title = ranking.lexical(snapshot, query)
    file_name, path = path_words.path_words(snapshot, query)
    of_rows = {"text": weights.text * _to_one(text), "title": weights.title * _to_one(title)}
    of_files = {
        "file_text": weights.file_text * _to_one(file_text),
        "file_title": weights.file_title * _to_one(file_title),
        "file_name": weights.file_name * file_name,
        "path": weights.path * path,
        "central": weights.central * file_ranks(snapshot),
    }
    if vector is not None and weights.vector + weights.file_vector > 0:
        near, file_near = ranking.nearness(snapshot, vector)
        of_rows["vector"] = weights.vector * near
        of_files["file_vector"] = weights.file_vector * file_near
    if query.asked_kinds:
        of_rows["kind"] = weights.kind * ranking.kinds_asked(snapshot, query)
    total = np.zeros(snapshot.chunk_count, np.float32)
    for part in of_rows.values():
        total += part
    found = (total > 0) | (not query.terms)
    per_file = np.zeros(len(snapshot.documents), np.float32)
    for part in of_files.values():
        per_file += part
    total += per_file[snapshot.document_of_row] * found
    names = {row: weights.name * fit for row, fit in meant.named(snapshot, query).items()}
    for row, worth in names.items():
        total[row] += worth
    factors = standing.standing(snapshot, query, weights)
    total *= factors * snapshot.live
    return _Scored(total, of_rows, of_files, names, factors)


def _to_one(scores: Scores) -> Scores:
    highest = float(scores.max(initial=0.0))
    return scores / np.float32(highest) if highest > 0 else scores


def _taken(
    snapshot: Snapshot, scored: _Scored, limit: int, weights: Weights
) -> Iterator[tuple[int, float]]:
    """Yield rows, best first, and the factor for those whose file came before.

    A symbol comes once, with the best of its pieces.
    """
    total, owner = scored.total, snapshot.document_of_row
    n_candidates = min(len(total), limit * CANDIDATES)
    rows = np.argpartition(-total, n_candidates - 1)[:n_candidates]
    rows = rows[total[rows] > 0]
    rows = rows[np.lexsort((rows, -total[rows]))]
    heap = [(-float(total[row]), place, 0) for place, row in enumerate(rows.tolist())]
    taken: dict[int, int] = {}
    symbols: set[tuple[int, int]] = set()
    of_row = _symbols(snapshot, rows)
    while heap:
        _, place, n_before = heapq.heappop(heap)
        row = int(rows[place])
        document = int(owner[row])
        if (n_now := taken.get(document, 0)) != n_before:
            worth = float(total[row]) * weights.repeated**n_now
            heapq.heappush(heap, (-worth, place, n_now))
            continue
        symbol = (document, int(of_row[place]))
        if symbol[1] >= 0 and symbol in symbols:
            continue
        symbols.add(symbol)
        taken[document] = n_now + 1
        yield row, weights.repeated**n_now


def _symbols(snapshot: Snapshot, rows: npt.NDArray[np.intp]) -> npt.NDArray[np.int32]:
    """Return each row's symbol, by its place among those of the document, or -1."""
    if not snapshot.parts:
        return np.zeros(0, np.int32)
    columns = [part.block.batch.chunks.symbol for part in snapshot.parts]
    return np.concatenate(columns)[rows]


def _parts(snapshot: Snapshot, scored: _Scored, row: int, factor: float) -> dict[str, float]:
    document = int(snapshot.document_of_row[row])
    parts = {name: float(scores[row]) for name, scores in scored.of_rows.items()}
    parts |= {name: float(scores[document]) for name, scores in scored.of_files.items()}
    parts["name"] = scored.names.get(row, 0.0)
    kept = {name: round(value, 4) for name, value in parts.items() if value > 0}
    for name, value in (
        ("standing (factor)", float(scored.factors[row])),
        ("repeated (factor)", factor),
    ):
        if value != 1.0:
            kept[name] = round(value, 4)
    return kept


def _allowed(snapshot: Snapshot, query: Query, below: str) -> npt.NDArray[np.bool_]:
    """Return which rows the filters leave: bool[n]."""
    rows = np.ones(snapshot.chunk_count, np.bool_)
    if query.paths or query.languages or below:
        documents = np.array(
            [
                (not below or f"{document.path}/".startswith(f"{below}/"))
                and (not query.paths or any(_is_below(document.path, path) for path in query.paths))
                and (
                    not query.languages or _is_in(document.language, document.path, query.languages)
                )
                for document in snapshot.documents
            ],
            np.bool_,
        )
        rows &= documents[snapshot.document_of_row]
    if query.kinds:
        wanted = {kin for kind in query.kinds for kin in (kind, *MEANT.get(kind, ()))}
        rows &= ranking.of_kinds(snapshot, wanted)
    return rows


def _is_below(path: str, wanted: str) -> bool:
    """`src/`, `src/a.py`, a part of the path, or a pattern with `*` and `?`."""
    path, wanted = path.lower(), wanted.lower().lstrip("/").removeprefix("./")
    if "*" in wanted or "?" in wanted:
        pattern = wanted.replace("[", "[[]")
        return fnmatch.fnmatchcase(path, pattern) or fnmatch.fnmatchcase(path, f"*/{pattern}")
    return wanted in path


def _is_in(language: str, path: str, wanted: tuple[str, ...]) -> bool:
    """By the language's id, or the file's extension."""
    name = path.rsplit("/", 1)[-1].lower()
    return language in wanted or any(name.endswith(f".{ending.lstrip('.')}") for ending in wanted)


def snippet(hit: SearchHit, query: str, n_lines: int = 8) -> tuple[int, str]:
    """Return the lines of a hit that say most of the query, and the number of the first of them.

    A definition that fits begins with its first line.
    """
    lines = hit.text.split("\n")
    if len(lines) <= n_lines:
        return hit.start_line, hit.text
    asked = set(parse(query).terms)
    worth = np.array([len(asked.intersection(terms(line))) for line in lines], np.float64)
    worth[0] += 0.5
    windows = np.convolve(worth, np.ones(n_lines), "valid")
    first = int(windows.argmax())
    return hit.start_line + first, "\n".join(lines[first : first + n_lines])

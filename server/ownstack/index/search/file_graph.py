"""How central each file is, kept between queries, since a save changes little of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ownstack.index.search.centrality import centrality
from ownstack.index.snapshot.snapshot import Snapshot

Ranks = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Known:
    ranks: Ranks
    by_path: dict[str, float]


def file_ranks(snapshot: Snapshot) -> Ranks:
    """Return float32[number of documents], 0 (nobody uses it) to 1, by order of magnitude.

    Made anew when a project has grown by half: that is when its first block becomes another one.
    """
    n_documents = len(snapshot.documents)
    if not snapshot.parts:
        return np.zeros(n_documents, np.float32)
    known = snapshot.parts[0].block.cached("file ranks", lambda _: _rank(snapshot))
    if len(known.ranks) >= n_documents:
        return known.ranks[:n_documents]
    newer = snapshot.documents[len(known.ranks) :]
    later = np.array([known.by_path.get(document.path, 0.0) for document in newer], np.float32)
    return np.concatenate([known.ranks, later])


def _rank(snapshot: Snapshot) -> _Known:
    found = centrality(snapshot).documents
    ranks = np.log1p(found * len(found)).astype(np.float32)
    ranks /= max(float(ranks.max(initial=0.0)), 1e-9)
    by_path = {
        document.path: rank
        for document, rank in zip(snapshot.documents, ranks.tolist(), strict=True)
    }
    return _Known(ranks, by_path)

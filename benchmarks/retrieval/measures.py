"""NDCG@10 as the annotations' authors define it: each target counts once, with gain 1."""

from __future__ import annotations

import math
from collections.abc import Sequence

from benchmarks.retrieval.packages import Target
from ownstack.extract.rows import SearchHit

DEPTH = 10


def ndcg(hits: Sequence[SearchHit], targets: Sequence[Target]) -> float:
    """Return 0 to 1; `hits` are best first, and only the first ten count."""
    ranks = set()
    for target in targets:
        for rank, hit in enumerate(hits[:DEPTH], 1):
            if matches(hit, target):
                ranks.add(rank)
                break
    ideal = sum(1 / math.log2(rank + 1) for rank in range(1, min(DEPTH, len(targets)) + 1))
    return sum(1 / math.log2(rank + 1) for rank in ranks) / ideal


def matches(hit: SearchHit, target: Target) -> bool:
    """Say whether a hit is in the target's file and overlaps its lines."""
    return hit.path == target.path and (
        hit.start_line <= target.end_line and hit.end_line >= target.start_line
    )

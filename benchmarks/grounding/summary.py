"""What the answers of one way come to, beside the bars."""

from __future__ import annotations

import random
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.bars import Figure, quantile, wilson
from benchmarks.grounding.judging import (
    Files,
    checked_files,
    cited_files,
    exists,
    holds,
    named_files,
    shown,
)
from benchmarks.grounding.questions import Asked
from benchmarks.grounding.records import Record

LEAST_CITED = 85.0
"""Percent of answers of the product."""
LEAST_GAIN = 1.3
"""Times the share of the plain prompt."""
_DRAWS, _SEED = 2_000, 1


@dataclass(frozen=True, slots=True)
class Verdict:
    """One answer, judged."""

    record: Record
    names: bool
    """Its text names a relevant file."""
    cites: bool
    """Its text or the citations that a user sees with it name one."""
    checked: bool
    """The same if the product's check of citations is added, whatever the way."""
    places: int
    """Shown with it."""
    there: int
    """Of these: file and lines exist."""
    told: int
    """Of these: something is said of them by name."""
    held: int
    """Of these: the name stands there."""
    relevant: int
    """Of `places`: they lead to a relevant file."""


def judged(asked: Asked, record: Record, files: Files) -> Verdict:
    """Judge one answer."""
    places = shown(record, files)
    holding = [holds(place, record.text, files) for place in places]
    cited = cited_files(record, files)
    return Verdict(
        record,
        names=bool(named_files(record, files) & asked.relevant),
        cites=bool(cited & asked.relevant),
        checked=bool((cited | checked_files(record)) & asked.relevant),
        places=len(places),
        there=sum(exists(place, files) for place in places),
        told=sum(held is not None for held in holding),
        held=sum(held is True for held in holding),
        relevant=sum(files.meant(place.path) in asked.relevant for place in places),
    )


def table(title: str, ways: Mapping[str, Sequence[Verdict]]) -> str:
    """Return the figures of each way as Markdown."""
    heads = [
        "relevant file named in the text",
        "cited",
        "cited, every text checked",
        "shown places that exist",
        "that hold what is said",
        "in relevant files",
        "first token, s",
        "end, s",
        "tokens read",
        "tokens written",
        "first token over prefill",
    ]
    lines = [
        f"| {title} | answers | {' | '.join(heads)} |",
        "|---|---|" + "---|" * len(heads),
    ]
    for arm, verdicts in ways.items():
        count = len(verdicts)
        usages = [verdict.record.usage for verdict in verdicts]
        cells = [
            share(sum(verdict.names for verdict in verdicts), count),
            share(sum(verdict.cites for verdict in verdicts), count),
            share(sum(verdict.checked for verdict in verdicts), count),
            share(sum(v.there for v in verdicts), sum(v.places for v in verdicts)),
            share(sum(v.held for v in verdicts), sum(v.told for v in verdicts)),
            share(sum(v.relevant for v in verdicts), sum(v.places for v in verdicts)),
            _spread([verdict.record.first_s for verdict in verdicts]),
            _spread([verdict.record.end_s for verdict in verdicts]),
            f"{quantile([usage.evaluated_tokens for usage in usages], 0.5):.0f}",
            f"{quantile([usage.generated_tokens for usage in usages], 0.5):.0f}",
            f"{over_prefill(verdicts):.3f}",
        ]
        lines.append(f"| {arm} | {count} | {' | '.join(cells)} |")
    return "\n".join(lines)


def share(hits: int, count: int) -> str:
    """Return a share in percent with its 95 % interval."""
    if not count:
        return "none"
    low, high = wilson(hits, count)
    return f"{100 * hits / count:.1f} % [{100 * low:.0f}, {100 * high:.0f}] of {count}"


def over_prefill(verdicts: Sequence[Verdict]) -> float:
    """Return the median of the time to the first token over that of reading the new tokens."""
    ratios = [
        1e3 * verdict.record.first_s / verdict.record.usage.prefill_ms
        for verdict in verdicts
        if verdict.record.usage.prefill_ms
    ]
    return statistics.median(ratios) if ratios else float("nan")


def bars(ways: Mapping[str, Sequence[Verdict]]) -> list[Figure]:
    """Return what was promised of the product, as far as it was measured."""
    own, plain = ways.get("retrieve", ()), ways.get("bm25", ())
    if not own:
        return []
    hits, places = sum(verdict.cites for verdict in own), sum(verdict.places for verdict in own)
    there = sum(verdict.there for verdict in own)
    cited, exist = 100 * hits / len(own), 100 * there / places if places else float("nan")
    figures = [
        Figure("answers that cite a relevant file", cited, "%", ">=", LEAST_CITED,
               share(hits, len(own))),
        Figure("shown citations that exist", exist, "%", ">=", 100.0, share(there, places)),
        Figure("first token over prefill", over_prefill(own), "x", "<=", 1.1),
    ]  # fmt: skip
    if plain:
        pairs = paired(own, plain)
        gain = _gain(pairs)
        low, high = resampled(pairs)
        note = f"[{low:.2f}, {high:.2f}], {len(pairs)} questions in pairs"
        figures.append(Figure("over the plain prompt's share", gain, "x", ">=", LEAST_GAIN, note))
    return figures


def paired(own: Sequence[Verdict], plain: Sequence[Verdict]) -> list[tuple[bool, bool]]:
    """Return whether the two cite a relevant file, for each question that both answered."""
    known = {(verdict.record.package, verdict.record.question): verdict.cites for verdict in plain}
    return [
        (verdict.cites, known[verdict.record.package, verdict.record.question])
        for verdict in own
        if (verdict.record.package, verdict.record.question) in known
    ]


def resampled(pairs: Sequence[tuple[bool, bool]]) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of the ratio, over questions."""
    chance = random.Random(_SEED)
    ratios = [_gain(chance.choices(pairs, k=len(pairs))) for _ in range(_DRAWS)] if pairs else []
    return quantile(ratios, 0.025), quantile(ratios, 0.975)


def _gain(pairs: Sequence[tuple[bool, bool]]) -> float:
    """Return how many times as often the first of each pair is true; NaN if none is."""
    own, plain = sum(left for left, _ in pairs), sum(right for _, right in pairs)
    if not plain:
        return float("inf") if own else float("nan")
    return own / plain


def _spread(values: Sequence[float]) -> str:
    return f"{quantile(values, 0.5):.1f} (95 %: {quantile(values, 0.95):.1f})"

"""The product with a large model, beside everything else that the same user could have.

Each bar holds in every language, so each figure is that of the language where it is missed most.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from benchmarks.bars import Figure
from benchmarks.infilling.bare import BARE
from benchmarks.infilling.evaluation import NETWORK, Results
from benchmarks.infilling.product import BUILT_IN, PRODUCT, SETTLED
from benchmarks.infilling.summary import Row, gain, indices_of, languages, row, shown_from
from ownstack.completion.sources.fitting import THRESHOLDS

RIVALS = (NETWORK, BUILT_IN, BARE)
"""The model alone, echo and the built-in network, the model as other clients ask it."""


def large_figures(results: Results) -> list[Figure]:
    """Return the bars of the product with a large model, nothing where it was not asked."""
    found: list[Figure] = []
    if PRODUCT in results.proposals and SETTLED in results.proposals:
        found.append(_over(results, SETTLED, (PRODUCT,), "over the first second in a file", None))
    for system in (SETTLED, PRODUCT):
        if system not in results.proposals:
            continue
        rivals = tuple(name for name in RIVALS if name in results.proposals)
        if rivals:
            limit = 4.0 if system == SETTLED else None
            found.append(_over(results, system, rivals, "over the best of the others", limit))
        found += _threshold_figures(results, system)
    return found


def _over(
    results: Results, system: str, others: tuple[str, ...], title: str, limit: float | None
) -> Figure:
    """Return how much more a system is exact than the best other one, by language."""
    gains = {}
    for language in languages(results):
        strata = [indices_of(results, language)]
        best = max(others, key=lambda name: sum(results.right(name, strata[0])))
        gains[language] = gain(results, system, best, strata), best
    name, (least, _) = min(gains.items(), key=lambda item: item[1][0].points)
    compared = "; ".join(
        f"{language} {more.points:+.1f} [{more.low:.1f} {more.high:.1f}] over {best}"
        for language, (more, best) in gains.items()
    )
    return Figure(f"{system}: exact {title}, worst in {name}", least.points, "points", ">=",
                  limit, compared)  # fmt: skip


def _threshold_figures(results: Results, system: str) -> list[Figure]:
    rows = [
        row(results, system, language, indices_of(results, language))
        for language in languages(results)
    ]

    def shy(line: Row) -> float:
        indices = indices_of(results, line.language)
        return shown_from(results, system, THRESHOLDS["shy"], [indices])[1]

    def worst(
        title: str, of: Callable[[Row], float], unit: str, limit: float, *, least: bool = True
    ) -> Figure:
        values = {line.language: of(line) for line in rows}
        known = [value for value in values.values() if not math.isnan(value)] or [math.nan]
        value = (min if least else max)(known)
        compared = ", ".join(f"{language} {value:.3g}" for language, value in values.items())
        better = ">=" if least else "<="
        return Figure(f"{system}: {title}, worst", value, unit, better, limit, compared)

    return [
        worst("shown when normal", lambda line: 100 * line.shown, "%", 50.0),
        worst("exact of shown when normal", lambda line: 100 * line.shown_exact, "%", 70.0),
        worst("exact of shown when shy", lambda line: 100 * shy(line), "%", 85.0),
        worst("calibration error", lambda line: line.calibration_error, "", 0.05, least=False),
    ]

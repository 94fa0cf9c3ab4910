"""The figures as tables for people, and as plain data for programs."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from benchmarks.bars import Figure
from benchmarks.infilling.bare import BARE
from benchmarks.infilling.beside import large_figures
from benchmarks.infilling.evaluation import ECHO, MIXTURE, NETWORK, ORACLE, Results
from benchmarks.infilling.measures import interval
from benchmarks.infilling.networks import SHIFTED, TYPED_KEYS, UNSHIFTED
from benchmarks.infilling.product import PRODUCT, SETTLED
from benchmarks.infilling.summary import (
    MEAN,
    SHARES,
    Row,
    bucket_names,
    calibration,
    coverage,
    gain,
    indices_of,
    languages,
    mean_row,
    row,
    shown_from,
)
from benchmarks.infilling.systems import Ngram
from ownstack.completion.sources.fitting import THRESHOLDS

APPLICATIONS = ("rust", "typescript", "go")
DRAWN = 10
NOTHING = "\N{EN DASH}"
_TAIL_CHARS = 40
_WIDTH = 170


def rows_of(results: Results, *, twins: bool | None = False) -> list[Row]:
    """Return a row per language and system, and where there are several languages their mean."""
    found: list[Row] = []
    named = {name: indices_of(results, name, twins=twins) for name in languages(results)}
    named = {name: indices for name, indices in named.items() if indices}
    for system in results.proposals:
        rows = [row(results, system, name, indices) for name, indices in named.items()]
        found += rows
        if len(rows) > 1:
            found.append(mean_row(results, system, rows, list(named.values())))
    order = [*named, MEAN]
    return sorted(found, key=lambda row: order.index(row.language))


def figures_of(results: Results, rows: Sequence[Row]) -> list[Figure]:
    """Return what was promised beside what was measured."""
    table = {(row.system, row.language): row for row in rows}
    strata = [indices_of(results, name) for name in languages(results)]
    found: list[Figure] = []
    if (ECHO, "python") in table:
        found += _echo_figures(results, table, ["python"], "Python", 29.0, 70.0)
    applications = [name for name in APPLICATIONS if (ECHO, name) in table]
    if applications:
        title = "mean of " + ", ".join(applications)
        found += _echo_figures(results, table, applications, title, 38.0, 78.0)
    if ECHO in results.proposals:
        echo = table[ECHO, MEAN if (ECHO, MEAN) in table else languages(results)[0]]
        found.append(
            Figure("echo: calibration error", echo.calibration_error, "", "<=", 0.05,
                   f"10 bins, {echo.proposed:.0%} of {echo.n} positions have a proposal")
        )  # fmt: skip
        found.append(
            Figure("echo: a keystroke, p95", echo.ms_p95, "ms", "<=", 5.0,
                   f"p50 {echo.ms_p50:.2f} ms; p95 of one processor {echo.cpu_ms_p95:.2f} ms")
        )  # fmt: skip
    if stored := [size for size in results.index_bytes.values() if size[1]]:
        index, text = (sum(side) for side in zip(*stored, strict=True))
        found.append(
            Figure("echo: index on disk over the text in it", index / text, "x", "<=", 6.0,
                   f"{index / 1e6:.0f} MB of {text / 1e6:.0f} MB, {len(stored)} projects")
        )  # fmt: skip
    if NETWORK in results.proposals:
        found += _network_figures(results, table, strata)
    if {SHIFTED, UNSHIFTED} <= results.proposals.keys():
        found += _shift_figures(results, strata)
    if {MIXTURE, ECHO} <= results.proposals.keys():
        found += _mixture_figures(results, table, strata)
    found += _eagerness_figures(results, strata)
    if {PRODUCT, SETTLED} & results.proposals.keys() and BARE in results.proposals:
        found += large_figures(results)
    if PRODUCT in results.proposals:
        found += _product_figures(results, table, strata)
    return found


def _echo_figures(
    results: Results,
    table: dict[tuple[str, str], Row],
    names: Sequence[str],
    title: str,
    least: float,
    surest: float,
) -> list[Figure]:
    exact = 100 * sum(table[ECHO, name].exact for name in names) / len(names)
    sure = 100 * sum(table[ECHO, name].at[0.3] for name in names) / len(names)
    low, high = interval([results.right(ECHO, indices_of(results, name)) for name in names])
    n = sum(table[ECHO, name].n for name in names)
    baseline = [table[Ngram.name, name].exact for name in names if (Ngram.name, name) in table]
    compared = f"95 % {100 * low:.1f} to {100 * high:.1f}, n={n}"
    if baseline:
        compared += f"; n-gram {100 * sum(baseline) / len(baseline):.1f}"
    return [
        Figure(f"echo: exact rest of the line, {title}", exact, "%", ">=", least, compared),
        Figure(f"echo: exact, its 30 % surest, {title}", sure, "%", ">=", surest),
    ]


def _network_figures(
    results: Results, table: dict[tuple[str, str], Row], strata: Sequence[Sequence[int]]
) -> list[Figure]:
    over = MEAN if (NETWORK, MEAN) in table else languages(results)[0]
    network = table[NETWORK, over]
    is_large = MIXTURE in results.skipped
    found = [
        Figure("network: a keystroke, p95", network.ms_p95, "ms", "<=", None if is_large else 15.0,
               f"p50 {network.ms_p50:.1f} ms; after a jump p50 {network.jump_ms_p50:.0f} ms")
    ]  # fmt: skip
    if (Ngram.name, over) in table:
        baseline = table[Ngram.name, over].exact
        ratio = network.exact / baseline if baseline else math.inf
        found.append(
            Figure("network over the n-gram, exact", ratio, "x", ">=", 1.3,
                   f"{100 * network.exact:.1f} and {100 * baseline:.1f} %")
        )  # fmt: skip
    if ORACLE in results.proposals:
        best = gain(results, ORACLE, ECHO, strata)
        found.append(
            Figure("oracle over echo, exact", best.points, "points",
                   compared=f"95 % {best.low:.1f} to {best.high:.1f}: the most a mixture can gain")
        )  # fmt: skip
    return found


def _shift_figures(results: Results, strata: Sequence[Sequence[int]]) -> list[Figure]:
    lost = gain(results, UNSHIFTED, SHIFTED, strata)
    pairs = zip(results.proposals[SHIFTED], results.proposals[UNSHIFTED], strict=True)
    same = [shifted.text == exact.text for shifted, exact in pairs]
    return [
        Figure("suffix shift: exact match lost", lost.points, "points", "<=", 1.0,
               f"95 % {lost.low:.1f} to {lost.high:.1f}, in pairs, {TYPED_KEYS} keys typed"),
        Figure("suffix shift: the same answers", 100 * sum(same) / len(same), "%",
               compared=f"n={len(same)}, twins included"),
    ]  # fmt: skip


def _product_figures(
    results: Results, table: dict[tuple[str, str], Row], strata: Sequence[Sequence[int]]
) -> list[Figure]:
    over = MEAN if (PRODUCT, MEAN) in table else languages(results)[0]
    product = table[PRODUCT, over]
    mixed = MIXTURE in results.proposals
    found = [
        Figure("shown at the default threshold", 100 * product.shown, "% of positions", ">=",
               30.0 if mixed else None, "" if mixed else "without the mixture"),
        Figure("exact where shown", 100 * product.shown_exact, "%", ">=",
               70.0 if mixed else None, "bars of a CPU-trained network; GPU: 40 and 72 %"),
    ]  # fmt: skip
    if ECHO in results.proposals:
        found += _gain_figures(results, PRODUCT, strata, 2.0 if mixed else None)
    return found


def _mixture_figures(
    results: Results, table: dict[tuple[str, str], Row], strata: Sequence[Sequence[int]]
) -> list[Figure]:
    mixture = table[MIXTURE, MEAN if (MIXTURE, MEAN) in table else languages(results)[0]]
    found = [
        Figure("mixture: calibration error", mixture.calibration_error, "", "<=", 0.05),
        Figure("mixture: a keystroke, p95", mixture.ms_p95, "ms",
               compared=f"p50 {mixture.ms_p50:.1f} ms; after a jump {mixture.jump_ms_p50:.0f} ms"),
    ]  # fmt: skip
    return found + _gain_figures(results, MIXTURE, strata, 2.0)


def _gain_figures(
    results: Results, system: str, strata: Sequence[Sequence[int]], least: float | None
) -> list[Figure]:
    """Return what a system adds to echo, on average and where it adds least."""
    more = gain(results, system, ECHO, strata)
    worst, name = min(
        (gain(results, system, ECHO, [part]).points, name)
        for part, name in zip(strata, languages(results), strict=True)
    )
    return [
        Figure(f"{system} over echo, exact", more.points, "points", ">=", least,
               f"95 % {more.low:.1f} to {more.high:.1f}; GPU-trained: at least 6"),
        Figure(f"{system} over echo in its worst language", worst, "points", ">=",
               None if least is None else 0.0, name),
    ]  # fmt: skip


def _eagerness_figures(results: Results, strata: Sequence[Sequence[int]]) -> list[Figure]:
    """Return how much is shown, and how right, at each of the user's choices."""
    return [
        Figure(f"{system}: shown when {eagerness}", 100 * shown, "% of positions",
               compared=f"from {least:.2f} on; {100 * right:.1f} % of them exact")
        for system in (ECHO, MIXTURE, PRODUCT, SETTLED)
        if system in results.proposals
        for eagerness, least in THRESHOLDS.items()
        for shown, right in [shown_from(results, system, least, strata)]
    ]  # fmt: skip


def print_tables(results: Results, rows: Sequence[Row], twin_rows: Sequence[Row]) -> None:
    console = Console(width=_WIDTH)
    title = "Rest of the line at random cursors, files without twins"
    console.print(_quality_table(rows, title))
    console.print(_confidence_table(rows, results))
    if twin_rows:
        title = "The same in files that are nearly another one of the project, or generated"
        console.print(_quality_table(twin_rows, title))
    for name, reason in results.skipped.items():
        console.print(f"skipped: [b]{escape(name)}[/]: {escape(reason)}")


def _quality_table(rows: Sequence[Row], title: str) -> Table:
    table = Table(title=title, caption="shares in %; ± standard error; [..] 95 % bootstrap")
    headings = ["language", "system", "n", "exact", "", "in code", "edit sim.", "first word"]
    for heading in [*headings, *(f"{name} left" for name in bucket_names())]:
        table.add_column(heading, justify="left" if heading in headings[:2] else "right")
    for line, new in _with_breaks(rows):
        table.add_row(
            line.language if new else "",
            line.system,
            str(line.n),
            f"{_percent(line.exact)} ±{_percent(line.error)}",
            f"[{_percent(line.low)} {_percent(line.high)}]",
            *map(_percent, (line.code, line.similarity, line.first_word)),
            *map(_percent, line.by_left.values()),
            style="bold" if line.language == MEAN else "",
        )
    return table


def _confidence_table(rows: Sequence[Row], results: Results) -> Table:
    table = Table(
        title="The same positions by confidence, and what it costs",
        caption="n % surest = exact share of the n % most confident positions; ECE in [0, 1]; "
        "prompt = tokens the model is shown, median; jump = ms p50; MiB = growth of the process",
    )
    headings = ["language", "system", *(f"{share:.0%} surest" for share in SHARES)]
    headings += ["proposed", "shown", "in part", "exact shown", "ECE", "prompt", "ms p50", "p95"]
    headings += ["jump", "MiB"]
    for heading in headings:
        table.add_column(heading, justify="left" if heading in headings[:2] else "right")
    for line, new in _with_breaks(rows):
        memory = results.memory_mib.get(line.system)
        table.add_row(
            line.language if new else "",
            line.system,
            *map(_percent, line.at.values()),
            *map(_percent, (line.proposed, line.shown, line.in_part, line.shown_exact)),
            _number(line.calibration_error, 3),
            _number(line.prompt_tokens_p50, 0),
            _number(line.ms_p50, 2),
            _number(line.ms_p95, 2),
            _number(line.jump_ms_p50, 2),
            "" if memory is None or line.language != MEAN else f"{memory:.0f}",
            style="bold" if line.language == MEAN else "",
        )
    return table


def _with_breaks(rows: Sequence[Row]) -> Iterable[tuple[Row, bool]]:
    last = ""
    for line in rows:
        yield line, line.language != last
        last = line.language


def print_drawn(results: Results, seed: int) -> None:
    """Print ten positions drawn by `seed`, and what was proposed there."""
    table = Table(title=f"{DRAWN} positions drawn at random (seed {seed}), not chosen")
    systems = [name for name in results.proposals if name not in (Ngram.name, ORACLE)]
    for heading in ("project", "before the cursor", "truth", *systems):
        table.add_column(heading, overflow="fold")
    count = min(DRAWN, len(results.cases))
    for index in random.Random(seed).sample(range(len(results.cases)), count):
        case = results.cases[index]
        tail = case.before[-_TAIL_CHARS:].rpartition("\n")[2]
        cells = [case.project, "…" + tail, case.truth]
        for system in systems:
            answer = results.proposals[system][index]
            mark = "✓ " if results.right(system, [index])[0] else ""
            cells.append(
                f"{mark}{answer.text} ({answer.confidence:.2f})" if answer.text else NOTHING
            )
        table.add_row(*map(escape, cells))
    Console(width=_WIDTH).print(table)


def as_data(
    results: Results,
    rows: Sequence[Row],
    twin_rows: Sequence[Row],
    figures: Sequence[Figure],
    about: dict[str, Any],
) -> dict[str, Any]:
    """Return everything as JSON can say it: NaN as null, curves with a point per percent."""
    by_system = {}
    strata = [i for name in languages(results) for i in indices_of(results, name)]
    for system in results.proposals:
        if system == ORACLE:
            continue
        curve, bins = coverage(results, system, strata), calibration(results, system, strata)
        by_system[system] = {
            "coverage": [[n / 100, curve.at(n / 100)] for n in range(1, 101)],
            "reliability": [bins.confidence.tolist(), bins.accuracy.tolist(), bins.count.tolist()],
        }
    value = {
        "about": about,
        "figures": [asdict(figure) | {"passed": figure.passed} for figure in figures],
        "rows": [asdict(line) for line in rows],
        "twins": [asdict(line) for line in twin_rows],
        "curves": by_system,
        "memoryMib": results.memory_mib,
        "indexBytes": results.index_bytes,
        "enterSeconds": results.enter_s,
        "skipped": results.skipped,
    }
    plain: dict[str, Any] = _finite(value)
    return plain


def records(results: Results) -> Iterable[dict[str, Any]]:
    """Yield every position with every answer, for looking closer."""
    for index, case in enumerate(results.cases):
        yield {
            "project": case.project,
            "language": case.language,
            "path": case.document.path,
            "line": case.before.count("\n") + 1,
            "before": case.before[-200:],
            "truth": case.truth,
            "twin": case.twin,
            "kind": case.kind,
            "answers": {
                system: {
                    "text": answers[index].text,
                    "confidence": answers[index].confidence,
                    "shown": answers[index].shown,
                    "part": answers[index].part,
                    "exact": results.right(system, [index])[0],
                    "ms": round(answers[index].ms, 3),
                    "promptTokens": answers[index].prompt_tokens,
                }
                for system, answers in results.proposals.items()
            },
        }


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _finite(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(part) for part in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _percent(share: float) -> str:
    return _number(100 * share, 1)


def _number(value: float, digits: int) -> str:
    return NOTHING if math.isnan(value) else f"{value:.{digits}f}"

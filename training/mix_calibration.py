"""Fit and measure the mixture: `python -m training.mix_calibration --model M.gguf --projects DIR`.

Cursors are drawn as `benchmarks.infilling` draws them, in its `dev` projects, none of which is
trained on; a share of the documents ends at the cursor, as what is being written. At each, echo
proposes, the index names what it knows, and the network scores that and its own lines, as the
product has it do. With `--answers FILE` what the network said is kept, and read again for as long
as the model is the same: fitting alone takes a minute.

What is printed of the mixture is measured on the projects that it was not fitted on (folds by
project, for both of its models); the weights to copy into `completion/sources/ranking.py` are
fitted on all.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import random
import re
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import groupby, islice
from pathlib import Path

import numpy as np

from benchmarks.infilling.cursors import Case, draw_cases
from benchmarks.infilling.index import Index
from benchmarks.infilling.networks import open_engine, request_at
from benchmarks.infilling.projects import ProjectError, fetched, load_projects
from benchmarks.infilling.sources import ProjectFiles, read_project
from benchmarks.infilling.symbols import Symbols
from ownstack.completion.context.known_symbols import KnownSymbols
from ownstack.completion.context.window import TokenCounts, Windows
from ownstack.completion.echo.query import query_at
from ownstack.completion.echo.scoring import ScoredCandidate, certainty
from ownstack.completion.place import Place
from ownstack.completion.sources.fitting import THRESHOLDS
from ownstack.completion.sources.ranked import PROPOSALS
from ownstack.completion.sources.ranking import (
    Option,
    RankedOption,
    options,
    rank_options,
    sequence_mixture,
)
from ownstack.completion.sources.scoring_client import ALTERNATIVES
from ownstack.engine.llama.scheduler import NativeThread
from ownstack.engine.protocol import Engine
from ownstack.engine.requests import ScoreRequest
from ownstack.engine.results import ScoredLine
from training.echo_calibration import calibration_error, fit, fit_logit

GROWING = 0.25
"""This share of the documents ends at the cursor."""
MORE = 3
"""So many times as many cursors are looked at for known names, which one in 30 has."""
RIDGE = 1e-2
"""Few projects: weights are kept small."""
PROGRESS_EVERY = 100
_NAME = re.compile(r"([\w$]*)(.*)", re.S)


@dataclass(frozen=True, slots=True)
class Row:
    """One cursor: what echo and the network say there."""

    case: Case
    grows: bool
    """The document ends at the cursor."""
    echoed: list[ScoredCandidate]
    scored: tuple[ScoredLine, ...]
    """What the network said."""
    known: KnownSymbols
    """The names that the index knows there."""
    options: list[Option]
    """What echo and the network came upon."""
    extra: bool = False
    """Drawn for its known names alone, which are rare; not counted among the others."""

    @property
    def truth(self) -> str:
        return self.case.truth.rstrip()

    @property
    def right(self) -> int | None:
        """The place of the right line among the options."""
        texts = [option.text for option in self.options]
        return texts.index(self.truth) if self.truth in texts else None

    @property
    def pool(self) -> np.ndarray:
        return np.array([option.features for option in self.options])

    @property
    def echo(self) -> str:
        """What echo says alone."""
        return self.echoed[0].candidate.text if self.echoed else ""

    @property
    def sure(self) -> float:
        """How sure echo is of it."""
        return certainty(self.echoed[0]) if self.echoed else 0.0

    @property
    def network(self) -> str:
        """What the network says alone: the likeliest of its own lines."""
        own = [
            option
            for option in self.options
            if option.by_network is not None and option.by_network.found
        ]
        return max(own, key=lambda option: option.logprob).text if own else ""


def projects_of(split: str, cache: Path) -> list[ProjectFiles]:
    """Return the projects of a split that can be had."""
    found = []
    for project in load_projects():
        if project.split != split:
            continue
        try:
            root = fetched(project, cache.resolve())
        except ProjectError as error:
            say(str(error))
            continue
        found.append(read_project(project.name, project.language, root))
    return found


def drawn(projects: Sequence[ProjectFiles], positions: int, seed: int) -> list[tuple[Case, bool]]:
    """Draw cursors in files that are no twins; some of the documents end there."""
    draw = random.Random(f"growing {seed}")
    found = []
    for case in draw_cases(projects, positions, seed):
        grows = draw.random() < GROWING
        if not case.twin:
            cut = replace(case, document=replace(case.document, text=case.before))
            found.append((cut if grows else case, grows))
    return found


async def echoes(
    cases: Sequence[Case], projects: Sequence[ProjectFiles]
) -> list[list[ScoredCandidate]]:
    """Return what echo proposes at each cursor, the likeliest first."""
    roots = {project.name: project.root for project in projects}
    found = []
    for name, mine in groupby(cases, lambda case: case.project):
        with tempfile.TemporaryDirectory() as folder:
            index = await Index.of(roots[name], Path(folder))
            echo = index.echo()
            for case in mine:
                query = query_at(case.document, case.offset)
                proposals = islice(echo.propose(query, case.document, []), PROPOSALS)
                found.append([proposal.scored for proposal in proposals if proposal.text])
            index.close()
    return found


def names_at(cases: Sequence[Case], projects: Sequence[ProjectFiles]) -> list[KnownSymbols]:
    """Return the names that the index knows at each cursor."""
    roots = {project.name: project.root for project in projects}
    found = []
    for name, mine in groupby(cases, lambda case: case.project):
        with tempfile.TemporaryDirectory() as folder:
            symbols = Symbols(roots[name], Path(folder))
            found += [symbols.names(case) for case in mine]
            symbols.close()
    return found


async def score(
    engine: Engine,
    cases: Sequence[Case],
    echoed: Sequence[Sequence[ScoredCandidate]],
    names: Sequence[KnownSymbols],
) -> list[tuple[ScoredLine, ...]]:
    """Return what the network thinks of echo's lines, of known names and its own lines."""
    counts = TokenCounts(engine.count)
    started, found = time.monotonic(), []
    for case, lines, known in zip(cases, echoed, names, strict=True):
        request = ScoreRequest.at(
            request_at(Place(case.document, case.offset), Windows(), counts),
            candidates=tuple(line.candidate.text for line in lines),
            alternatives=ALTERNATIVES,
            forced_prefixes=known.begun,
        )
        found.append((await engine.score(request).result()).scored)
        if len(found) % PROGRESS_EVERY == 0:
            say(f"{len(found)} of {len(cases)} scored, {time.monotonic() - started:.0f} s")
    return found


async def scored_by(
    model: Path,
    answers: Path | None,
    cases: Sequence[Case],
    echoed: Sequence[Sequence[ScoredCandidate]],
    names: Sequence[KnownSymbols],
) -> list[tuple[ScoredLine, ...]]:
    """Ask a model, or read what it said the last time."""
    texts = [[line.candidate.text for line in lines] for lines in echoed]
    asked = json.dumps([[case.offset for case in cases], texts, [name.begun for name in names]])
    digest = hashlib.sha256(model.read_bytes() + asked.encode("utf-8", "replace")).hexdigest()
    if answers is not None and answers.is_file():
        kept = json.loads(answers.read_text("utf-8"))
        if kept["digest"] == digest and "scored" in kept:
            return [tuple(ScoredLine(**fields) for fields in row) for row in kept["scored"]]
    native = NativeThread()
    with tempfile.TemporaryDirectory() as cache:
        engine = await open_engine(model.resolve(), native, Path(cache), "auto")
        try:
            found = await score(engine, cases, echoed, names)
        finally:
            await engine.close()
            native.close()
    if answers is not None:
        rows = [[asdict(line) for line in row] for row in found]
        answers.write_text(json.dumps({"digest": digest, "scored": rows}), "utf-8")
    return found


def fit_choice(rows: Sequence[Row]) -> list[float]:
    """Return weights for `rank_options`."""
    known = [(row.pool, row.right) for row in rows if len(row.options) > 1]
    pools = [pool for pool, right in known if right is not None]
    weights = fit_logit(pools, [right for _, right in known if right is not None], RIDGE)
    return [float(weight) for weight in weights]


def fit_certainty(best: Sequence[RankedOption | None], rows: Sequence[Row]) -> list[float]:
    """Return weights for `RankedOption.chance`."""
    said = [(ranked, row) for ranked, row in zip(best, rows, strict=True) if ranked is not None]
    signals = np.array([ranked.signals for ranked, _ in said])
    right = np.array([ranked.text == row.truth for ranked, row in said], float)
    return [float(weight) for weight in fit(signals, right)]


def best_of(row: Row, choice: Sequence[float]) -> RankedOption | None:
    return next(iter(rank_options(row.options, choice)), None)


def held_out(rows: Sequence[Row]) -> tuple[list[RankedOption | None], np.ndarray]:
    """Return each row's best option and its chance, both by weights fitted on other projects."""
    names = [row.case.project for row in rows]
    best: list[RankedOption | None] = [None] * len(rows)
    for name in sorted(set(names)):
        choice = fit_choice([row for row in rows if row.case.project != name])
        for i, row in enumerate(rows):
            if names[i] == name:
                best[i] = best_of(row, choice)
    chance = np.zeros(len(rows))
    for name in sorted(set(names)):
        others = [i for i, other in enumerate(names) if other != name]
        weights = fit_certainty([best[i] for i in others], [rows[i] for i in others])
        for i, mixed in enumerate(best):
            if names[i] == name and mixed is not None:
                chance[i] = mixed.chance(weights)
    return best, chance


def report(rows: Sequence[Row], best: Sequence[RankedOption | None], chance: np.ndarray) -> None:
    """Print what the mixture gains and how well it knows itself."""
    unweighed, _ = held_out([replace(row, options=_unweighed(row)) for row in rows])
    unnamed, _ = held_out([replace(row, options=_unnamed(row)) for row in rows])
    sequence = [next(iter(sequence_mixture(row.options, row.sure)), None) for row in rows]
    systems = {
        "echo": [row.echo for row in rows],
        "network": [row.network for row in rows],
        "sequence mixture": [mixed.text if mixed else "" for mixed in sequence],
        "logit, no network": [mixed.text if mixed else "" for mixed in unweighed],
        "logit, no names": [mixed.text if mixed else "" for mixed in unnamed],
        "logit": [mixed.text if mixed else "" for mixed in best],
        "oracle": [row.truth if row.right is not None else "" for row in rows],
    }
    right = {
        name: np.array([text == row.truth for text, row in zip(texts, rows, strict=True)])
        for name, texts in systems.items()
    }
    groups = _groups(rows)
    print(f"{'exact, %':24}" + "".join(f"{name:>20}" for name in groups))
    for name, exact in right.items():
        cells = (f"{100 * exact[i].mean():8.1f} {_gain(exact, right['echo'], i):>11}"
                 for i in groups.values())  # fmt: skip
        print(f"{name:24}" + "".join(cells))
    sure = np.array([row.sure for row in rows])
    print(f"calibration error: echo {calibration_error(sure, right['echo']):.3f}, "
          f"mixture {calibration_error(chance, right['logit']):.3f}")  # fmt: skip
    for name, least in [
        *THRESHOLDS.items(),
        *((f"{n / 100:.2f}", n / 100) for n in range(10, 70, 5)),
    ]:
        parts = []
        for system, confidence in (("echo", sure), ("logit", chance)):
            shown = confidence >= least
            by = " ".join(
                f"{100 * shown[i].mean():.0f}/{100 * right[system][i][shown[i]].mean():.0f}"
                for i in groups.values()
                if shown[i].any()
            )
            parts.append(f"{system} {by}")
        print(f"shown/exact from {name:>6} ({least:.2f}): " + "; ".join(parts))
    print(f"names complete, the name among them, functions, called: {_known(rows)}")
    quick = np.where(sure >= 0.9, right["echo"], right["logit"])
    print(f"echo at once when surer than 0.9: {100 * quick.mean():.2f} % exact")


def _groups(rows: Sequence[Row]) -> dict[str, np.ndarray]:
    """Return the rows by language, all of them, and those in documents that end there."""
    languages = np.array([row.case.language for row in rows])
    grows = np.array([row.grows for row in rows])
    groups = {name: (languages == name) & ~grows for name in sorted(set(languages.tolist()))}
    extra = np.array([row.extra for row in rows])
    told = np.array([row.known.complete for row in rows])
    groups = {name: which & ~extra for name, which in groups.items()}
    groups |= {
        "all": ~grows & ~extra,
        "(growing)": grows & ~extra,
        "(names complete)": told & ~grows,
    }
    return {name: which for name, which in groups.items() if which.any()}


def _known(rows: Sequence[Row]) -> tuple[int, int, int, int]:
    """Return what `INSIDE` and `CALLED` of the mixture are the shares of."""
    told = [row for row in rows if row.known.complete]
    names = [(row.known, *_NAME.fullmatch(row.truth).groups()) for row in told]  # type: ignore[union-attr]
    functions = [rest for known, name, rest in names if name in known.calls]
    called = [rest for rest in functions if rest.startswith("(")]
    return len(told), sum(row.known.holds(row.truth) for row in told), len(functions), len(called)


def _gain(exact: np.ndarray, over: np.ndarray, which: np.ndarray) -> str:
    """Return points gained and the standard error."""
    points = 100 * (exact[which].astype(float) - over[which])
    return f"{points.mean():+.1f} ±{points.std() / max(1, len(points)) ** 0.5:.1f}"


def _unweighed(row: Row) -> list[Option]:
    query = query_at(row.case.document, row.case.offset)
    return options(query, row.echoed, ())


def _unnamed(row: Row) -> list[Option]:
    """Return the options of a network that was given no names."""
    own = [replace(line, forced_prefix="", forced_prefix_logprob=0.0) for line in row.scored]
    kept = [line for line in own if line.proposed or line.found]
    return options(query_at(row.case.document, row.case.offset), row.echoed, kept)


def say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--model", type=Path, required=True, help="a GGUF that scores lines")
    parser.add_argument("--projects", type=Path, required=True, help="where projects are kept")
    parser.add_argument("--positions", type=int, default=400, help="per language")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--answers", type=Path, help="keep what the model says in this file")
    parsed = parser.parse_args()
    projects = projects_of("dev", parsed.projects)
    cases = drawn(projects, parsed.positions, parsed.seed)
    more = drawn(projects, MORE * parsed.positions, parsed.seed + 1)
    names = names_at([case for case, _ in (*cases, *more)], projects)
    n_cases = len(cases)
    told = [known.complete for known in names[n_cases:]]
    cases += [case for case, keep in zip(more, told, strict=True) if keep]
    names = names[:n_cases] + [name for name in names[n_cases:] if name.complete]
    plain = [case for case, _ in cases]
    echoed = [
        [line for line in lines if not known.declares(line.candidate.text)]
        for lines, known in zip(asyncio.run(echoes(plain, projects)), names, strict=True)
    ]
    scored = asyncio.run(scored_by(parsed.model, parsed.answers, plain, echoed, names))
    rows = [
        Row(
            *(case, grows, lines, thought, known),
            options(query_at(case.document, case.offset), lines, thought, known),
            extra=at >= n_cases,
        )
        for at, ((case, grows), lines, thought, known) in enumerate(
            zip(cases, echoed, scored, names, strict=True)
        )
    ]
    best, chance = held_out(rows)
    report(rows, best, chance)
    print("CHOICE =", tuple(np.round(fit_choice(rows), 3).tolist()))
    print("CERTAINTY =", tuple(np.round(fit_certainty(best, rows), 3).tolist()))


if __name__ == "__main__":
    main()

"""Fit how lines are weighed: `python -m training.weighing_calibration M.gguf --projects DIR`.

Cursors are drawn as `benchmarks.infilling` draws them, in its `dev` projects, none of which is
trained on. At each, a model that writes is asked for the rest of the line, with echo's lines to
score beside it, in a fixed window. What it says goes into `--answers DIR`, a line for each cursor,
so that it can be stopped and continued; `--minutes` ends it. Fitting alone takes a minute.

What is printed is measured on the projects that the weights were not fitted on (folds by project);
with `--split test`, on those projects, by the weights of the product. Those to copy into
`completion/sources/weights.py` are fitted on all development projects.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from benchmarks.infilling.cursors import Case
from benchmarks.infilling.networks import open_engine, request_at
from ownstack.completion.context.window import TokenCounts, Windows
from ownstack.completion.echo.logistic import logistic
from ownstack.completion.echo.query import query_at
from ownstack.completion.echo.scoring import ScoredCandidate
from ownstack.completion.line_chance import LineChance, line_tokens
from ownstack.completion.place import Place
from ownstack.completion.sources.fitting import THRESHOLDS
from ownstack.completion.sources.line_weigher import CANDIDATES, first_line
from ownstack.completion.sources.ranking import Option, RankedOption, options, rank_options
from ownstack.completion.sources.weighing import Judgement, alone, is_alone, signals, with_own
from ownstack.completion.sources.weights import LARGE, SMALL
from ownstack.engine.llama.scheduler import NativeThread
from ownstack.engine.protocol import Engine
from ownstack.engine.results import ScoredLine, WrittenToken
from training.echo_calibration import calibration_error, fit, fit_logit
from training.mix_calibration import RIDGE, drawn, echoes, projects_of, say

BETAS = (0.5, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0, 5.6, 8.0)
CERTAINTY_RIDGE = 3.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model wrote at a cursor, and what it thinks of echo's lines there."""

    text: str
    tokens: tuple[WrittenToken, ...]
    scored: tuple[ScoredLine, ...]
    ms: float

    @staticmethod
    def read(line: str) -> Answer:
        fields = json.loads(line)
        return Answer(
            fields["text"],
            tuple(WrittenToken(**token) for token in fields["tokens"]),
            tuple(ScoredLine(**each) for each in fields["scored"]),
            fields["ms"],
        )


@dataclass(frozen=True, slots=True)
class Row:
    """One cursor, and what can be chosen from there."""

    case: Case
    echoed: Sequence[ScoredCandidate]
    answer: Answer
    options: list[Option]

    @property
    def truth(self) -> str:
        return self.case.truth.rstrip()

    @property
    def line(self) -> str:
        return first_line(self.answer.text)

    @property
    def own(self) -> tuple[WrittenToken, ...]:
        return line_tokens(self.answer.tokens, self.line)

    @property
    def is_alone(self) -> bool:
        return is_alone(rank_options(self.options))

    @property
    def right(self) -> int | None:
        texts = [option.text for option in self.options]
        return texts.index(self.truth) if self.truth in texts else None

    def tokens_of(self, text: str) -> tuple[WrittenToken, ...]:
        return self.own if text == self.line else ()


async def asked(
    engine: Engine, case: Case, echoed: Sequence[ScoredCandidate], prompt_tokens: int
) -> Answer:
    """Ask a model for the rest of the line, and to score echo's."""
    counts = TokenCounts(engine.count)
    place = Place(case.document, case.offset)
    request = replace(
        request_at(place, Windows(), counts, prompt_tokens),
        candidates=tuple(line.text for line in echoed[:CANDIDATES]),
    )
    started = time.perf_counter()
    result = await engine.infill(request).result()
    ms = (time.perf_counter() - started) * 1e3
    return Answer(result.text, result.tokens, result.scored, ms)


async def answers(
    options: argparse.Namespace,
    model: Path,
    cases: Sequence[Case],
    echoed: Sequence[Sequence[ScoredCandidate]],
) -> list[Answer | None]:
    """Ask a model at every cursor, or read what it said before; None where time was over."""
    file = options.answers / f"{model.stem}-{options.split}-{options.prompt_tokens}.jsonl"
    file.parent.mkdir(parents=True, exist_ok=True)
    kept = dict(_kept(file))
    ends_s = time.monotonic() + 60 * options.minutes
    keys = [_key(case, lines) for case, lines in zip(cases, echoed, strict=True)]
    # Cursors of all languages in turn, so that an early end leaves as many of each.
    order = sorted(range(len(cases)), key=lambda i: hashlib.sha256(keys[i].encode()).digest())
    missing = [i for i in order if keys[i] not in kept]
    if missing and options.minutes:
        native = NativeThread()
        with tempfile.TemporaryDirectory() as cache, file.open("a", encoding="utf-8") as out:
            engine = await open_engine(model.resolve(), native, Path(cache), "auto")
            try:
                for n, i in enumerate(missing):
                    if time.monotonic() > ends_s:
                        break
                    found = await asked(engine, cases[i], echoed[i], options.prompt_tokens)
                    kept[keys[i]] = found
                    out.write(json.dumps({"key": keys[i], **asdict(found)}) + "\n")
                    out.flush()
                    if n % 50 == 49:
                        say(f"{model.stem}: {n + 1} of {len(missing)}")
            finally:
                await engine.close()
                native.close()
    return [kept.get(key) for key in keys]


def _kept(file: Path) -> Iterator[tuple[str, Answer]]:
    if file.is_file():
        for line in file.read_text("utf-8").splitlines():
            yield json.loads(line)["key"], Answer.read(line)


def _key(case: Case, echoed: Sequence[ScoredCandidate]) -> str:
    """Return what an answer belongs to: the cursor, its text, and the lines that were scored."""
    texts = [line.text for line in echoed[:CANDIDATES]]
    about = json.dumps([case.document.path, case.document.text, case.offset, texts])
    digest = hashlib.sha256(about.encode("utf-8", "replace")).hexdigest()[:24]
    return f"{case.project}/{digest}"


def rows_of(
    cases: Sequence[Case],
    echoed: Sequence[Sequence[ScoredCandidate]],
    answered: Sequence[Answer | None],
    *,
    is_scored: bool,
) -> list[Row]:
    """Return the cursors that were answered; without `is_scored`, as if there had been no time."""
    rows = []
    for case, lines, answer in zip(cases, echoed, answered, strict=True):
        if answer is None:
            continue
        line = first_line(answer.text)
        own = line_tokens(answer.tokens, line)
        scored = answer.scored if is_scored else ()
        query = query_at(case.document, case.offset)
        rows.append(Row(case, lines, answer, options(query, lines, with_own(scored, line, own))))
    return rows


def fit_choice(rows: Sequence[Row]) -> tuple[float, ...]:
    """Return weights for `rank_options`."""
    rights = [(row, row.right) for row in rows if len(row.options) > 1]
    known = [(row, right) for row, right in rights if right is not None]
    pools = [np.array([option.features for option in row.options]) for row, _ in known]
    weights = fit_logit(pools, [right for _, right in known], RIDGE)
    return tuple(float(weight) for weight in weights)


def fit_certainty(rows: Sequence[Row], best: Sequence[RankedOption]) -> tuple[float, ...]:
    """Return weights for the chance of the best."""
    echoed = [(r, o) for r, o in zip(rows, best, strict=True) if not r.is_alone]
    features = [signals(option) for _, option in echoed]
    right = [option.text == row.truth for row, option in echoed]
    found = fit(np.array(features), np.array(right, float), CERTAINTY_RIDGE)
    return tuple(float(weight) for weight in found)


def best_of(row: Row, choice: Sequence[float]) -> RankedOption:
    return rank_options(row.options, choice)[0]


def chance_of(
    row: Row, best: RankedOption, certainty: Sequence[float], by_itself: Sequence[float]
) -> float:
    """Return the chance that the best is right; `by_itself`: where echo has nothing to say."""
    if row.is_alone:
        return logistic(by_itself, alone(row.own))
    return logistic(certainty, signals(best))


def held_out(rows: Sequence[Row]) -> tuple[list[RankedOption], np.ndarray]:
    """Return each row's best option and its chance, both by weights fitted on other projects."""
    names = np.array([row.case.project for row in rows])
    best: dict[int, RankedOption] = {}
    for name in sorted(set(names.tolist())):
        choice = fit_choice([row for row in rows if row.case.project != name])
        best |= {int(i): best_of(rows[i], choice) for i in np.flatnonzero(names == name)}
    chosen = [best[i] for i in range(len(rows))]
    chance = np.zeros(len(rows))
    for name in sorted(set(names.tolist())):
        others = np.flatnonzero(names != name)
        weights = fit_certainty([rows[i] for i in others], [chosen[i] for i in others])
        by_itself = fit_alone([rows[i] for i in others])
        for i in np.flatnonzero(names == name):
            chance[i] = chance_of(rows[i], chosen[i], weights, by_itself)
    return chosen, chance


def fit_alone(rows: Sequence[Row]) -> tuple[float, ...]:
    """Return weights for the chance of the model's own line, whatever echo says."""
    own = [(row.line == row.truth, row.own) for row in rows if row.own]
    features = np.array([alone(tokens) for _, tokens in own])
    right = np.array([is_right for is_right, _ in own], float)
    return tuple(float(weight) for weight in fit(features, right, CERTAINTY_RIDGE))


def by(
    rows: Sequence[Row], judgement: Judgement, by_itself: Sequence[float]
) -> tuple[list[RankedOption], np.ndarray]:
    """Return each row's best option and its chance, by given weights."""
    best = [best_of(row, judgement.choice) for row in rows]
    certainty = judgement.certainty
    pairs = zip(rows, best, strict=True)
    return best, np.array([chance_of(row, o, certainty, by_itself) for row, o in pairs])


def fit_beta(rows: Sequence[Row], best: Sequence[RankedOption], chance: np.ndarray) -> float:
    """Return the β of `LineChance` under which beginnings that are shown are right as it says."""

    def error(beta: float) -> float:
        gaps = []
        for least in THRESHOLDS.values():
            parts = parts_of(rows, best, chance, beta, least)
            gaps.append(abs(sum(right - said for said, right, _ in parts)))
        return sum(gaps)

    return min(BETAS, key=error)


def parts_of(
    rows: Sequence[Row],
    best: Sequence[RankedOption],
    chance: np.ndarray,
    beta: float,
    least: float,
) -> list[tuple[float, bool, int]]:
    """Return of each beginning that is shown its chance, whether it is right, and its length."""
    found = []
    for row, option, whole in zip(rows, best, chance, strict=True):
        line = LineChance(float(whole), row.tokens_of(option.text), beta)
        part = line.sure_part(option.text, least) if whole < least else ""
        if part:
            found.append((line.part(len(part)), row.truth.startswith(part), len(part)))
    return found


def report(rows: Sequence[Row], best: Sequence[RankedOption], chance: np.ndarray) -> None:
    """Print what weighing gains over the model alone, and how well it knows itself."""
    right = np.array([o.text == row.truth for row, o in zip(rows, best, strict=True)])
    alone = np.array([row.line == row.truth for row in rows])
    echo = np.array([bool(row.echoed) and row.echoed[0].text == row.truth for row in rows])
    oracle = np.array([row.right is not None for row in rows])
    languages = np.array([row.case.language for row in rows])
    print(f"{'':12}{'n':>6}{'model':>8}{'echo':>8}{'weighed':>9}{'gain':>14}{'oracle':>8}"
          f"{'cal.err':>9}" + "".join(f"{name:>16}" for name in THRESHOLDS))  # fmt: skip
    for name in (*sorted(set(languages.tolist())), "all"):
        which = (languages == name) | (name == "all")
        gain = 100 * (right[which].astype(float) - alone[which])
        error = gain.std() / len(gain) ** 0.5
        shown = ""
        for least in THRESHOLDS.values():
            over = chance[which] >= least
            exact = 100 * right[which][over].mean() if over.any() else float("nan")
            shown += f"{100 * over.mean():8.1f}/{exact:5.1f} %"
        says, of = calibration_error(chance[which], right[which]), 100 / which.sum()
        print(f"{name:12}{which.sum():6}{of * alone[which].sum():8.1f}{of * echo[which].sum():8.1f}"
              f"{of * right[which].sum():9.1f}{gain.mean():+7.1f} ±{error:4.1f}"
              f"{of * oracle[which].sum():8.1f}{says:9.3f}{shown}")  # fmt: skip


def report_parts(
    rows: Sequence[Row], best: Sequence[RankedOption], chance: np.ndarray, beta: float
) -> None:
    """Print how often a part is shown where the whole is not sure, and how often it is right."""
    for name, least in THRESHOLDS.items():
        parts = parts_of(rows, best, chance, beta, least)
        of = max(1, len(parts))
        print(f"parts, {name}: shown at {100 * len(parts) / len(rows):.1f} %, right "
              f"{100 * sum(right for _, right, _ in parts) / of:.1f} %, "
              f"{sum(length for *_, length in parts) / of:.1f} characters")  # fmt: skip


def print_tuple(name: str, values: Sequence[float]) -> None:
    rounded = ", ".join(f"{value:.3f}".rstrip("0").rstrip(".") for value in values)
    print(f"{name} = ({rounded})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("model", type=Path, help="a GGUF that writes")
    parser.add_argument("--projects", type=Path, required=True, help="where projects are kept")
    parser.add_argument("--split", choices=("dev", "test"), default="dev")
    parser.add_argument("--positions", type=int, default=200, help="per language")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--prompt-tokens", type=int, default=384)
    parser.add_argument("--answers", type=Path, required=True, help="keep what models say there")
    parser.add_argument("--minutes", type=float, default=600.0, help="0: fit what was answered")
    parser.add_argument("--weights", choices=("small", "large"), default="small",
                        help="with --split test: those of which class")  # fmt: skip
    parsed = parser.parse_args()
    projects = projects_of(parsed.split, parsed.projects)
    cases = [case for case, _ in drawn(projects, parsed.positions, parsed.seed)]
    echoed = asyncio.run(echoes(cases, projects))
    answered = asyncio.run(answers(parsed, parsed.model, cases, echoed))
    weights = {"small": SMALL, "large": LARGE}[parsed.weights]
    for is_scored, judgement in ((True, weights.scored), (False, weights.unscored)):
        rows = rows_of(cases, echoed, answered, is_scored=is_scored)
        print(f"\n{parsed.model.stem}, {len(rows)} cursors, echo's lines "
              f"{'scored' if is_scored else 'not scored'}")  # fmt: skip
        if parsed.split == "test":
            best, chance = by(rows, judgement, weights.alone)
            report(rows, best, chance)
            report_parts(rows, best, chance, weights.beta)
            continue
        best, chance = held_out(rows)
        beta = fit_beta(rows, best, chance)
        report(rows, best, chance)
        report_parts(rows, best, chance, beta)
        print_tuple("choice", fit_choice(rows))
        print_tuple("certainty", fit_certainty(rows, best))
        print_tuple("alone", fit_alone(rows))
        print(f"beta = {beta}")


if __name__ == "__main__":
    main()

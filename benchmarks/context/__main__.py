"""`python -m benchmarks.context --model MODEL.gguf`: is the project's index a help?

Cursors of the projects of `benchmarks/infilling` where the rest of the line uses a symbol that
another file defines, with `--first-uses` one that no other line of the project uses. Each is asked
twice with the same window, without the index and with it, as the product uses it for such a model.
One that scores (the built-in one) stands beside echo, and is given the names that the index knows.
A larger one is shown the definitions of the names at the cursor, which take their share of the
window. *First name*: the name that is being written is finished as it should be. *Names right*:
the identifiers of the answer are those of the line, in its order. *Foreign names*: the share of
the other files' symbols that the answer holds. Intervals are bootstrapped over cursors, within
languages, of the paired differences.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path

import platformdirs

from benchmarks.bars import Figure, report
from benchmarks.context.positions import Position, draw_positions, identifiers
from benchmarks.infilling.index import Index
from benchmarks.infilling.measures import exact, interval
from benchmarks.infilling.mixtures import mixed_line
from benchmarks.infilling.networks import open_engine, request_at
from benchmarks.infilling.projects import ProjectError, fetched, load_projects
from benchmarks.infilling.sources import ProjectFiles, read_project
from benchmarks.infilling.symbols import Symbols
from ownstack.completion.context.definitions import fitting, wanted
from ownstack.completion.context.known_symbols import NOTHING
from ownstack.completion.context.provider import DEFINITIONS_SHARE
from ownstack.completion.context.symbol_lookup import known_symbols_at
from ownstack.completion.context.window import TokenCounts, Windows, context_budget
from ownstack.completion.echo import Echo
from ownstack.completion.place import Place
from ownstack.completion.sources.fitting import THRESHOLDS
from ownstack.completion.sources.line_weigher import first_line
from ownstack.engine.llama.engine import LlamaEngine
from ownstack.engine.llama.scheduler import NativeThread
from ownstack.engine.requests import Snippet
from ownstack.index.snapshot.snapshot import Snapshot

LANGUAGES = ("python", "typescript", "rust", "go")


@dataclass(frozen=True, slots=True)
class Answered:
    """What was answered at a position, without and with the index."""

    position: Position
    without: str
    helped: str
    n_given: int
    """Files with definitions, or names."""
    context_tokens: int
    """Of the definitions."""
    lookup_ms: float
    surely: tuple[bool, bool] = (True, True)
    """Whether either is sure enough to be shown."""


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="python -m benchmarks.context",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    cache = platformdirs.user_cache_path("ownstack") / "benchmarks" / "projects"
    made.add_argument("--model", type=Path, required=True, help="a GGUF that can infill")
    made.add_argument("--projects", type=Path, default=cache, help="where projects are kept")
    made.add_argument("--only", action="append", default=[], metavar="NAME",
                      help="a project or a language; may be repeated")  # fmt: skip
    made.add_argument("--split", choices=("dev", "test"), default="dev")
    made.add_argument("--positions", type=int, default=100, help="per language")
    made.add_argument("--first-uses", action="store_true",
                      help="only of symbols that nothing else in the project uses")  # fmt: skip
    made.add_argument("--prompt-tokens", type=int, default=1024,
                      help="of the window of a model that does not score")  # fmt: skip
    made.add_argument("--seed", type=int, default=42)
    made.add_argument("--show", type=int, default=0, metavar="N", help="print N cursors in full")
    made.add_argument("--json", action="store_true")
    return made


def main(argv: Sequence[str] | None = None) -> int:
    options = parser().parse_args(argv)
    if not options.model.is_file():
        parser().error(f"no such file: {options.model}")
    projects = gather(options)
    if not projects:
        say("no project can be had")
        return 2
    home = Path(tempfile.mkdtemp(prefix="ownstack-bench-"))
    os.environ["OWNSTACK_HOME"] = str(home)
    try:
        symbols = {project.name: indexed(project, home) for project in projects}
        positions = draw_positions(
            projects,
            lambda project: symbols[project.name].snapshot,
            options.positions,
            options.seed,
            options.first_uses,
        )
        answers = asyncio.run(ask_all(options, projects, symbols, positions, home))
        for symbol in symbols.values():
            symbol.close()
    finally:
        shutil.rmtree(home, ignore_errors=True)
    for answer in answers[: options.show]:
        show(answer)
    which = "first uses, " if options.first_uses else ""
    title = f"the index as context, {which}{options.split} projects, " \
            f"{options.prompt_tokens} tokens, " \
            f"{options.model.name}"  # fmt: skip
    report(figures(answers), as_json=options.json, title=title)
    return 0


def gather(options: argparse.Namespace) -> list[ProjectFiles]:
    found = []
    for project in load_projects():
        names = {project.name, project.language}
        if project.split != options.split or (options.only and not names & set(options.only)):
            continue
        try:
            root = fetched(project, options.projects.resolve())
        except ProjectError as error:
            say(str(error))
            continue
        found.append(read_project(project.name, project.language, root))
    return found


def indexed(project: ProjectFiles, home: Path) -> Symbols:
    symbols = Symbols(project.root, home / "index")
    snapshot = symbols.snapshot
    say(f"{project.name}: {snapshot.file_count} files, {snapshot.symbol_count} symbols")
    return symbols


async def ask_all(
    options: argparse.Namespace,
    projects: Sequence[ProjectFiles],
    symbols: dict[str, Symbols],
    positions: Sequence[Position],
    home: Path,
) -> list[Answered]:
    native = NativeThread()
    engine = await open_engine(options.model.resolve(), native, home / "cache", "auto")
    roots = {project.name: project.root for project in projects}
    answers: list[Answered] = []
    try:
        for name, mine in groupby(positions, lambda position: position.case.project):
            echoes = await Index.of(roots[name], home / "echo" / name.replace("/", "__"))
            for position in mine:
                snapshot = symbols[name].at(position.case)
                if engine.capabilities.scores_lines:
                    asked = score(engine, echoes.echo(), snapshot, position)
                else:
                    asked = ask(engine, snapshot, position, options.prompt_tokens)
                answers.append(await asked)
                if len(answers) % 50 == 0:
                    say(f"{len(answers)} of {len(positions)}")
            echoes.close()
    finally:
        await engine.close()
        native.close()
    return answers


async def score(
    engine: LlamaEngine, echo: Echo, snapshot: Snapshot, position: Position
) -> Answered:
    """Mix echo and the network at one position, without known names and with them."""
    case = position.case
    started = time.perf_counter()
    known = known_symbols_at(snapshot, case.document, case.offset)
    lookup_ms = (time.perf_counter() - started) * 1e3
    place, counts = Place(case.document, case.offset), TokenCounts(engine.count)
    request = request_at(place, Windows(), counts)
    texts, surely = [], []
    for given in (NOTHING, known):
        best = await mixed_line(engine, echo, case, request, given)
        texts.append("" if best is None else best.text)
        surely.append(best is not None and best.chance() >= THRESHOLDS["normal"])
    return Answered(
        position, texts[0], texts[1], len(known.begun), 0, lookup_ms, (surely[0], surely[1])
    )


async def ask(
    engine: LlamaEngine, snapshot: Snapshot, position: Position, prompt_tokens: int
) -> Answered:
    """Ask at one position with the file alone, then with definitions."""
    case = position.case
    place = Place(case.document, case.offset)
    counts = TokenCounts(engine.count)
    counts.begin()
    started = time.perf_counter()
    found = wanted(snapshot, case.document, case.offset)
    budget = int(context_budget(prompt_tokens) * DEFINITIONS_SHARE)
    blocks = fitting(snapshot, found, (), budget, counts.of)
    lookup_ms = (time.perf_counter() - started) * 1e3
    snippets = tuple(block.snippet for block in blocks)
    spent = sum(engine.count(f"{snippet.path}\n{snippet.text}\n") for snippet in snippets)
    alone = await complete(engine, place, (), prompt_tokens)
    helped = await complete(engine, place, snippets, prompt_tokens - spent)
    return Answered(position, alone, helped, len(snippets), spent, lookup_ms)


async def complete(
    engine: LlamaEngine, place: Place, context: tuple[Snippet, ...], budget_tokens: int
) -> str:
    request = request_at(place, Windows(), TokenCounts(engine.count), budget_tokens)
    result = await engine.infill(replace(request, context=context)).result()
    return first_line(result.text)


def first_name_right(answer: str, position: Position) -> bool:
    """Say whether the name at the cursor is finished as in the file, or as rightly none begun."""
    head = _typed_of_name(position)
    names = [re.match(r"[\w$]*", head + text) for text in (answer, position.case.truth)]
    return names[0] is not None and names[1] is not None and names[0][0] == names[1][0]


def names_right(answer: str, case_truth: str) -> bool:
    return identifiers(answer) == identifiers(case_truth)


def foreign_share(answer: str, position: Position) -> float:
    """Return the share of the other files' symbols that an answer completes or holds."""
    head = _typed_of_name(position)
    held = set(identifiers(head + answer))
    return sum(name in held for name in position.foreign) / len(position.foreign)


def _typed_of_name(position: Position) -> str:
    return _TYPED.search(position.case.before)[0]  # type: ignore[index]  # it matches everything


_TYPED = re.compile(r"[A-Za-z0-9_$]*\Z")


def figures(answers: Sequence[Answered]) -> list[Figure]:
    made: list[Figure] = []
    for language in dict.fromkeys(answer.position.case.language for answer in answers):
        mine = [answer for answer in answers if answer.position.case.language == language]
        made += compared(language, [mine])
    by_language = [
        [answer for answer in answers if answer.position.case.language == language]
        for language in dict.fromkeys(answer.position.case.language for answer in answers)
    ]
    made += compared("mean of languages", by_language)
    if answers:
        shown = [answer for answer in answers if answer.n_given]
        made += [
            Figure("cursors", len(answers), ""),
            Figure("given something", 100 * len(shown) / len(answers), "%"),
            Figure("definitions, mean",
                   statistics.mean(answer.context_tokens for answer in answers), "tokens"),
            Figure("look-up, median",
                   statistics.median(answer.lookup_ms for answer in answers), "ms"),
        ]  # fmt: skip
    return made


def compared(name: str, strata: Sequence[Sequence[Answered]]) -> list[Figure]:
    """Return the measures of some answers, with the index, beside those without."""
    made = _shown(name, [answer for many in strata for answer in many])
    for measure, value in (
        ("exact", lambda text, position: float(exact(text, position.case.truth))),
        ("first name", lambda text, position: float(first_name_right(text, position))),
        ("names right", lambda text, position: float(names_right(text, position.case.truth))),
        ("foreign names", foreign_share),
    ):
        alone = [[value(answer.without, answer.position) for answer in many] for many in strata]
        helped = [[value(answer.helped, answer.position) for answer in many] for many in strata]
        differences = [
            [b - a for a, b in zip(first, second, strict=True)]
            for first, second in zip(alone, helped, strict=True)
        ]
        low, high = interval(differences)
        base, now = (statistics.mean(map(statistics.mean, values)) for values in (alone, helped))
        made.append(
            Figure(
                f"{name}: {measure}",
                round(100 * now, 2),
                "%",
                ">=",
                compared=f"{100 * base:.2f} % without; difference {100 * (now - base):+.2f} "
                f"[{100 * low:+.2f}, {100 * high:+.2f}]",
            )
        )
    return made


def _shown(name: str, answers: Sequence[Answered]) -> list[Figure]:
    """Return how much is sure enough to be shown, and how much of that is right."""
    made = []
    for what, is_right in (
        ("shown", lambda text, position: True),
        ("shown and exact", lambda text, position: exact(text, position.case.truth)),
        ("shown, first name right", first_name_right),
    ):
        without = [
            answer.surely[0] and is_right(answer.without, answer.position) for answer in answers
        ]
        helped = [
            answer.surely[1] and is_right(answer.helped, answer.position) for answer in answers
        ]
        made.append(
            Figure(
                f"{name}: {what}",
                round(100 * statistics.mean(helped), 2),
                "%",
                ">=",
                compared=f"{100 * statistics.mean(without):.2f} % without",
            )
        )
    return made


def show(answer: Answered) -> None:
    case = answer.position.case
    line = case.before.rpartition("\n")[2]
    say(f"{case.project} {case.document.path}: {line}|{case.truth}")
    say(f"   without: {answer.without}\n   with:    {answer.helped}")
    say(f"   foreign: {', '.join(answer.position.foreign)}; {answer.context_tokens} tokens")


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())

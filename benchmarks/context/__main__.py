"""`python -m benchmarks.context --model MODEL.gguf`: are definitions of other files a help?

Cursors of the development projects of `benchmarks/infilling` where the rest of the line names a
symbol that another file defines. Each is asked twice with the same window: with the file alone,
and with the definitions that the product finds for the names at the cursor, which take their
share of that window. *Names right*: the identifiers of the answer are those of the line, in its
order. *Foreign names*: the share of the other files' symbols that the answer holds. Intervals
are bootstrapped over cursors, within languages, of the paired differences.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import platformdirs

from benchmarks.bars import Figure, report
from benchmarks.context.positions import Position, draw_positions, identifiers
from benchmarks.infilling.measures import exact, interval
from benchmarks.infilling.networks import MAX_TOKENS, open_engine
from benchmarks.infilling.projects import ProjectError, fetched, load_projects
from benchmarks.infilling.sources import ProjectFiles, read_project
from benchmarks.infilling.systems import first_line
from ownstack.completion.definitions import fitting, wanted
from ownstack.completion.gathering import DEFINITIONS_SHARE
from ownstack.completion.place import Place
from ownstack.completion.window import TokenCounts, Windows, context_budget
from ownstack.engine.local import LlamaEngine
from ownstack.engine.protocol import InfillRequest, Snippet
from ownstack.engine.scheduler import NativeThread
from ownstack.index.embed import NoEmbedder
from ownstack.index.project import ProjectIndex
from ownstack.index.snapshot import Snapshot

LANGUAGES = ("python", "typescript", "rust", "go")


@dataclass(frozen=True, slots=True)
class Answered:
    """What was answered at a position, without and with definitions."""

    position: Position
    without: str
    with_definitions: str
    n_snippets: int
    context_tokens: int
    lookup_ms: float


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
    made.add_argument("--positions", type=int, default=100, help="per language")
    made.add_argument("--prompt-tokens", type=int, default=1024, help="of the whole window")
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
        snapshots = {project.name: indexed(project, home) for project in projects}
        positions = draw_positions(
            projects, lambda one: snapshots[one.name], options.positions, options.seed
        )
        answers = asyncio.run(ask_all(options, snapshots, positions, home))
    finally:
        shutil.rmtree(home, ignore_errors=True)
    for answer in answers[: options.show]:
        show(answer)
    title = f"definitions as context, dev projects, {options.prompt_tokens} tokens, " \
            f"{options.model.name}"  # fmt: skip
    report(figures(answers), as_json=options.json, title=title)
    return 0


def gather(options: argparse.Namespace) -> list[ProjectFiles]:
    found = []
    for project in load_projects():
        names = {project.name, project.language}
        if project.split != "dev" or (options.only and not names & set(options.only)):
            continue
        try:
            root = fetched(project, options.projects.resolve())
        except ProjectError as error:
            say(str(error))
            continue
        found.append(read_project(project.name, project.language, root))
    return found


def indexed(project: ProjectFiles, home: Path) -> Snapshot:
    """Index a project; meaning is not searched here."""
    index = ProjectIndex.open(project.root, home / "index", NoEmbedder("not needed"))
    index.refresh()
    snapshot = index.snapshot
    index.close()
    say(f"{project.name}: {snapshot.file_count} files, {snapshot.symbol_count} symbols")
    return snapshot


async def ask_all(
    options: argparse.Namespace,
    snapshots: dict[str, Snapshot],
    positions: Sequence[Position],
    home: Path,
) -> list[Answered]:
    native = NativeThread()
    engine = await open_engine(options.model.resolve(), native, home / "cache", "auto")
    answers = []
    try:
        for number, position in enumerate(positions, 1):
            snapshot = snapshots[position.case.project]
            answers.append(await ask(engine, snapshot, position, options.prompt_tokens))
            if number % 50 == 0:
                say(f"{number} of {len(positions)}")
    finally:
        await engine.close()
        native.close()
    return answers


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
    spent = sum(engine.count(f"{one.path}\n{one.text}\n") for one in snippets)
    alone = await complete(engine, place, (), prompt_tokens)
    helped = await complete(engine, place, snippets, prompt_tokens - spent)
    return Answered(position, alone, helped, len(snippets), spent, lookup_ms)


async def complete(
    engine: LlamaEngine, place: Place, context: tuple[Snippet, ...], budget_tokens: int
) -> str:
    window = Windows().cut(place, budget_tokens, TokenCounts(engine.count))
    request = InfillRequest(
        prefix=window.prefix,
        suffix=window.suffix,
        path=place.document.path,
        context=context,
        max_tokens=MAX_TOKENS,
        max_lines=1,
    )
    result = await engine.infill(replace(request)).result()
    return first_line(result.text)


def names_right(answer: str, case_truth: str) -> bool:
    return identifiers(answer) == identifiers(case_truth)


def foreign_share(answer: str, position: Position) -> float:
    """Return the share of the other files' symbols that an answer completes or holds."""
    typed = position.case.before
    head = typed[len(typed.rstrip("_$" + _LETTERS)) :]
    held = set(identifiers(head + answer))
    return sum(name in held for name in position.foreign) / len(position.foreign)


_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def figures(answers: Sequence[Answered]) -> list[Figure]:
    made: list[Figure] = []
    for language in dict.fromkeys(one.position.case.language for one in answers):
        mine = [one for one in answers if one.position.case.language == language]
        made += compared(language, [mine])
    by_language = [
        [one for one in answers if one.position.case.language == language]
        for language in dict.fromkeys(one.position.case.language for one in answers)
    ]
    made += compared("mean of languages", by_language)
    if answers:
        shown = [one for one in answers if one.n_snippets]
        made += [
            Figure("cursors", len(answers), ""),
            Figure("with a definition", 100 * len(shown) / len(answers), "%"),
            Figure("definitions, mean", statistics.mean(one.context_tokens for one in answers),
                   "tokens"),
            Figure("look-up, median", statistics.median(one.lookup_ms for one in answers), "ms"),
        ]  # fmt: skip
    return made


def compared(name: str, strata: Sequence[Sequence[Answered]]) -> list[Figure]:
    """Return the three measures of some answers, with definitions, beside those without."""
    made = []
    for measure, value in (
        ("exact", lambda text, one: float(exact(text, one.case.truth))),
        ("names right", lambda text, one: float(names_right(text, one.case.truth))),
        ("foreign names", foreign_share),
    ):
        alone = [[value(one.without, one.position) for one in many] for many in strata]
        helped = [[value(one.with_definitions, one.position) for one in many] for many in strata]
        differences = [
            [b - a for a, b in zip(first, second, strict=True)]
            for first, second in zip(alone, helped, strict=True)
        ]
        low, high = interval(differences)
        base, now = (statistics.mean(map(statistics.mean, one)) for one in (alone, helped))
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


def show(answer: Answered) -> None:
    case = answer.position.case
    line = case.before.rpartition("\n")[2]
    say(f"{case.project} {case.document.path}: {line}|{case.truth}")
    say(f"   without: {answer.without}\n   with:    {answer.with_definitions}")
    say(f"   foreign: {', '.join(answer.position.foreign)}; {answer.context_tokens} tokens")


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())

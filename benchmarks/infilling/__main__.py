"""`python -m benchmarks.infilling`: the rest of the line, at random cursors, by every system.

    python -m benchmarks.infilling [--split test] [--model MODEL.gguf] [--data HUMANEVAL.jsonl.gz]

The projects of `projects.toml` are fetched on first use; none of them is trained on, which is
checked. Each is evaluated as a user has it: every file but the one under the cursor is known, and
in that one everything but the rest of the line. Without a model, echo and the baseline are
measured; with `--data`, HumanEval's single lines too. Only `--split test` gives figures to
publish: what something was tuned on says little about it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import platformdirs

from benchmarks.bars import Figure, machine, report
from benchmarks.infilling import humaneval, plots
from benchmarks.infilling.answer_log import AnswerLog, LogError
from benchmarks.infilling.bare import Bare
from benchmarks.infilling.contamination import Overlap, overlaps
from benchmarks.infilling.cursors import Case, draw_cases
from benchmarks.infilling.evaluation import MIXTURE, Results, add_oracle, ask
from benchmarks.infilling.large import large_project
from benchmarks.infilling.mixtures import Mixture
from benchmarks.infilling.networks import (
    SHIFTED,
    TYPED_KEYS,
    UNSHIFTED,
    Network,
    open_engine,
)
from benchmarks.infilling.product import BUILT_IN, PRODUCT, SETTLED, Product
from benchmarks.infilling.projects import ProjectError, fetched, load_projects, trained_on
from benchmarks.infilling.report import (
    as_data,
    figures_of,
    print_drawn,
    print_tables,
    records,
    rows_of,
)
from benchmarks.infilling.sources import ProjectFiles, read_project
from benchmarks.infilling.systems import EchoSystem, Ngram, System
from ownstack.engine.llama.engine import LlamaEngine
from ownstack.engine.llama.scheduler import NativeThread
from ownstack.errors import OwnstackError
from ownstack.paths import builtin_model

DRAWN_SEED = 7
SYSTEMS = ("ngram", "echo", "network", "no-suffix", "bare", "mixture", "builtin", "product")
MORE_SYSTEMS = ("shift",)
"""Only asked if they are named."""


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="python -m benchmarks.infilling",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    cache = platformdirs.user_cache_path("ownstack") / "benchmarks" / "projects"
    made.add_argument("--projects", type=Path, default=cache, help="where projects are kept")
    made.add_argument("--split", choices=["dev", "test"], default="dev")
    made.add_argument("--only", action="append", default=[], metavar="NAME",
                      help="a project or a language; may be repeated")  # fmt: skip
    made.add_argument("--positions", type=int, default=200, help="per language")
    made.add_argument("--seed", type=int, default=42)
    made.add_argument("--model", type=Path, help="a GGUF that can infill")
    made.add_argument("--order", choices=["auto", "psm", "spm"], default="auto",
                      help="what the model was trained for, if its file does not say")  # fmt: skip
    made.add_argument("--threads", type=int, default=0,
                      help="of the model; 0 = as many as the product chooses")  # fmt: skip
    made.add_argument("--systems", default=",".join(SYSTEMS), metavar="NAMES",
                      help=f"default: %(default)s; also {', '.join(MORE_SYSTEMS)}")  # fmt: skip
    made.add_argument("--settled", action="store_true",
                      help="ask the product once more, after ten seconds in the file")  # fmt: skip
    made.add_argument("--data", type=Path, help="HumanEval-SingleLineInfilling.jsonl.gz")
    made.add_argument("--corpus", type=Path, help="train.jsonl: look for the projects in it")
    made.add_argument("--large", action="store_true",
                      help="echo's speed and memory over all fetched projects as one")  # fmt: skip
    made.add_argument("--json", action="store_true")
    made.add_argument("--plots", type=Path, metavar="DIR", help="write PNG files there")
    made.add_argument("--records", type=Path, metavar="FILE", help="every answer, as JSON lines")
    made.add_argument("--log", type=Path, metavar="FILE",
                      help="write each answer there, and ask for none that is there")  # fmt: skip
    return made


def main(argv: Sequence[str] | None = None) -> int:
    options = parser().parse_args(argv)
    options.systems = options.systems.split(",")
    if unknown := set(options.systems) - {*SYSTEMS, *MORE_SYSTEMS}:
        parser().error(f"no such system: {', '.join(sorted(unknown))}")
    for path in (options.model, options.data, options.corpus):
        if path is not None and not path.is_file():
            parser().error(f"no such file: {path}")
    if options.plots and plots.missing():
        say(plots.missing())
    projects, skipped = gather(options)
    if not projects and not options.data:
        say("no project can be evaluated:\n  " + "\n  ".join(skipped.values()))
        return 2
    overlap = overlaps(projects, options.corpus) if options.corpus else []
    try:
        log = AnswerLog(options.log, asked_of(options)) if options.log else None
    except LogError as error:
        parser().error(str(error))
    home = Path(tempfile.mkdtemp(prefix="ownstack-bench-"))
    os.environ["OWNSTACK_HOME"] = str(home)
    try:
        cases = draw_cases(projects, options.positions, options.seed)
        results = Results([])
        if cases:
            results = asyncio.run(measure(options, projects, cases, home, log))
        results.skipped |= skipped
        large: list[Figure] = []
        tested: list[Figure] = []
        if options.large:
            root = options.projects.resolve()
            large = asyncio.run(large_project(root, cases, home / "large"))
        extra = None
        if options.data:
            items = humaneval.load_items(options.data, options.positions, options.seed)
            asked = [item.case for item in items]
            extra = asyncio.run(measure(options, [], asked, home, log))
            tested = humaneval.figures(extra, humaneval.judged(items, extra))
    finally:
        if log:
            log.close()
        shutil.rmtree(home, ignore_errors=True)
    more = [*overlap_figures(overlap), *large, *tested]
    return conclude(options, projects, results, extra, more)


def gather(options: argparse.Namespace) -> tuple[list[ProjectFiles], dict[str, str]]:
    """Return the projects that were asked for and can be had, and why the others cannot."""
    everything = load_projects()
    if learned := trained_on(everything):
        raise SystemExit(f"trained on, so not to be evaluated on: {', '.join(learned)}")
    found, skipped = [], {}
    for project in everything:
        names = {project.name, project.language}
        if project.split != options.split or (options.only and not names & set(options.only)):
            continue
        try:
            root = fetched(project, options.projects.resolve())
        except ProjectError as error:
            skipped[project.name] = str(error)
            say(str(error))
            continue
        found.append(read_project(project.name, project.language, root))
    return found, skipped


def asked_of(options: argparse.Namespace) -> dict[str, Any]:
    """Return what answers depend on, beside the cursor, the system and the program itself."""
    return {
        "model": options.model.name if options.model else None,
        "order": options.order,
        "threads": options.threads,
    }


async def measure(
    options: argparse.Namespace,
    projects: list[ProjectFiles],
    cases: list[Case],
    home: Path,
    log: AnswerLog | None = None,
) -> Results:
    """Ask every system at every case, one system after the other."""
    results, wanted = Results(cases), options.systems
    table = {project.name: project for project in projects}

    async def put(system: System) -> None:
        """Ask a system everywhere, and close it."""
        try:
            await ask(system, results, table, time.perf_counter, say, log)
        finally:
            await system.close()

    if "ngram" in wanted:
        await put(Ngram())
    if "echo" in wanted:
        echo = EchoSystem(home / "echo")
        await put(echo)
        results.index_bytes = echo.sizes
    native = NativeThread()
    engine = await opened(options, native, home, results)
    quick = await opened_quick(options, engine, native, home, results)
    try:
        if engine is not None:
            await put_model(options, engine, native, home, results, put)
        if quick is not None and "builtin" in wanted:
            await put(Product(BUILT_IN, lambda: quick, home))
        if "product" in wanted:
            await put(Product(PRODUCT, lambda: engine, home, quick=lambda: quick))
        if options.settled and projects:
            await put(Product(SETTLED, lambda: engine, home, settled=True, quick=lambda: quick))
    finally:
        for each in (engine, quick):
            if each is not None:
                await each.close()
        native.close()
    return results


async def put_model(
    options: argparse.Namespace,
    engine: LlamaEngine,
    native: NativeThread,
    home: Path,
    results: Results,
    put: Callable[[System], Awaitable[None]],
) -> None:
    """Ask the model without the product."""
    wanted = options.systems
    for name, with_suffix in (("network", True), ("no-suffix", False)):
        if name in wanted:
            network = Network(engine, with_suffix=with_suffix)
            await put(network)
            results.memory_mib[network.name] += engine.capabilities.memory_bytes / 2**20
    add_oracle(results)
    if "bare" in wanted:
        await put(Bare(engine._model, native, options.order, options.threads))
    if "shift" in wanted:
        await put_shift(options, engine, native, home, results, put)
    if engine.capabilities.scores_lines and "mixture" in wanted:
        await put(Mixture(engine, home / "mixture-echo"))


async def put_shift(
    options: argparse.Namespace,
    engine: LlamaEngine,
    native: NativeThread,
    home: Path,
    results: Results,
    put: Callable[[System], Awaitable[None]],
) -> None:
    """Ask with the suffix's keys and values moved along while it is typed, and with exact ones."""
    if engine.capabilities.infill_order != "psm":
        results.skipped[SHIFTED] = "the suffix comes first: none is shifted"
        return
    await put(Network(engine, name=SHIFTED, keys=TYPED_KEYS))
    exact = await open_engine(
        options.model.resolve(), native, home / "cache", options.order, options.threads, "off"
    )
    try:
        await put(Network(exact, name=UNSHIFTED))
    finally:
        await exact.close()


async def opened(
    options: argparse.Namespace, native: NativeThread, home: Path, results: Results
) -> LlamaEngine | None:
    """Open the model that was given, or note why there is none."""
    if options.model is None:
        results.skipped["network"] = "no --model was given"
        return None
    try:
        return await open_engine(
            options.model.resolve(), native, home / "cache", options.order, options.threads
        )
    except OwnstackError as error:
        results.skipped["network"] = str(error)
        return None


async def opened_quick(
    options: argparse.Namespace,
    engine: LlamaEngine | None,
    native: NativeThread,
    home: Path,
    results: Results,
) -> LlamaEngine | None:
    """Open the built-in network that a user has beside a model that is too large to score."""
    if engine is None or engine.capabilities.scores_lines:
        return None
    results.skipped[MIXTURE] = f"{engine.capabilities.model} is too large to score"
    path = builtin_model()
    if not path.is_file():
        results.skipped[BUILT_IN] = f"{path.name} is not there"
        return None
    return await open_engine(path, native, home / "cache", "auto", options.threads)


def conclude(
    options: argparse.Namespace,
    projects: list[ProjectFiles],
    results: Results,
    extra: Results | None,
    more: list[Figure],
) -> int:
    """Print everything; return how many bars were missed, as an exit status."""
    rows, twin_rows = rows_of(results), rows_of(results, twins=True)
    figures = [*(figures_of(results, rows) if rows else ()), *more]
    title = f"infilling, {options.split} projects, {options.positions} positions a language"
    if options.model:
        title += f", {options.model.name}"
    if rows and options.plots and not plots.missing():
        for path in plots.draw(results, options.plots, title):
            say(f"wrote {path}")
    if options.records:
        with options.records.open("w", encoding="utf-8") as file:
            file.writelines(
                json.dumps(record, ensure_ascii=False) + "\n" for record in records(results)
            )
    if options.json:
        about = {**description(options, projects), "title": title, "machine": machine()}
        value = as_data(results, rows, twin_rows, figures, about)
        if extra is not None:
            value["humaneval"] = as_data(extra, rows_of(extra), [], [], {})
        print(json.dumps(value, indent=2))
        return int(any(figure.passed is False for figure in figures))
    if rows:
        print_tables(results, rows, twin_rows)
    if extra is not None:
        print_tables(extra, rows_of(extra), [])
    print_drawn(results if rows else extra or results, DRAWN_SEED)
    return 1 if report(figures, as_json=False, title=title) else 0


def overlap_figures(overlap: list[Overlap]) -> list[Figure]:
    if not overlap:
        return []
    worst = max(overlap, key=lambda project: project.share)
    return [
        Figure("lines of a project met in training, worst", 100 * worst.share, "%",
               compared=f"{worst.project}; runs of 5 lines, {worst.runs} of them",
               detail={project.project: project.share for project in overlap})
    ]  # fmt: skip


def description(options: argparse.Namespace, projects: list[ProjectFiles]) -> dict[str, Any]:
    """Say what was measured, so that it can be measured again."""
    versions = {project.name: project.version for project in load_projects()}
    return {
        "split": options.split,
        "seed": options.seed,
        "positions": options.positions,
        "model": options.model.name if options.model else None,
        "projects": [
            {
                "name": project.name,
                "version": versions[project.name],
                "language": project.language,
                "files": len(project.documents),
                "drawn_files": len(project.drawn),
                "twin_files": len(project.twins.near),
                "generated_files": len(project.twins.generated),
                "chars": project.n_chars,
            }
            for project in projects
        ],
    }


def say(what: str) -> None:
    print(f"infilling: {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())

"""`python -m benchmarks.learning`: what adapters are worth, and what they cost.

    python -m benchmarks.learning fetch FOLDER
    python -m benchmarks.learning table --base MODEL.gguf [--generic ADAPTER.gguf]
        [--own PROJECT=ADAPTER.gguf ...] [--minutes 30] [--log FILE] [--plots DIR]
    python -m benchmarks.learning curves OUT.png NAME=RUN_FOLDER ...
    python -m benchmarks.learning speed --base MODEL.gguf ADAPTER.gguf [ADAPTER.gguf]
    python -m benchmarks.learning typing --base MODEL.gguf PROJECT [--bursts 16]
    python -m benchmarks.learning kills --base MODEL.gguf PROJECT [--times 30]

See the README beside this file.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import platformdirs

from benchmarks.bars import Figure, machine, report
from benchmarks.infilling.answer_log import AnswerLog, LogError
from benchmarks.infilling.cursors import Case
from benchmarks.infilling.projects import (
    Project,
    ProjectError,
    fetched,
    load_projects,
    trained_on,
)
from benchmarks.learning import plots, speed, subjects, table
from benchmarks.learning.asking import (
    Answers,
    WithAdapters,
    about,
    ask_all,
    open_with_adapters,
)
from benchmarks.learning.conditions import (
    CONDITIONS,
    Condition,
    Given,
    Serving,
    conditions_of,
    sha256,
)
from ownstack.engine.llama.scheduler import NativeThread
from ownstack.errors import OwnstackError
from ownstack.paths import Home

PROJECTS = Path(__file__).resolve().parent / "projects.toml"
SEED = 18


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="python -m benchmarks.learning",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    cache = platformdirs.user_cache_path("ownstack") / "benchmarks" / "projects"
    parts = made.add_subparsers(dest="part", required=True)

    fetch = parts.add_parser("fetch", help="lay the projects into a folder, to learn from")
    fetch.add_argument("folder", type=Path)

    asked = parts.add_parser("table", help="exact match by project and condition")
    asked.add_argument("--base", type=Path, required=True, help="a GGUF that can infill")
    asked.add_argument("--generic", type=Path, metavar="ADAPTER")
    asked.add_argument("--own", type=_named, action="append", default=[],
                       metavar="PROJECT=ADAPTER",
                       help="trained on top of the generic one")  # fmt: skip
    asked.add_argument("--alone", type=_named, action="append", default=[],
                       metavar="PROJECT=ADAPTER",
                       help="trained without the generic one")  # fmt: skip
    asked.add_argument("--only", action="append", default=[], metavar="NAME",
                       help="a project or a language; may be repeated")  # fmt: skip
    asked.add_argument("--conditions", default=",".join(CONDITIONS), metavar="NAMES",
                       help="default: %(default)s")  # fmt: skip
    asked.add_argument("--positions", type=int, default=100, help="per project")
    asked.add_argument("--seed", type=int, default=SEED)
    asked.add_argument("--minutes", type=float, default=60.0,
                       help="ask no longer; with --log, the next run goes on")  # fmt: skip
    asked.add_argument("--threads", type=int, default=0, help="0 = as the product chooses")
    asked.add_argument("--log", type=Path, metavar="FILE",
                       help="write each answer there, and ask for none that is there")  # fmt: skip
    asked.add_argument("--plots", type=Path, metavar="DIR", help="write a PNG file there")
    asked.add_argument("--data", type=Path, metavar="FILE", help="write all figures as JSON")
    asked.add_argument("--json", action="store_true")

    curves = parts.add_parser("curves", help="losses while learning, as a picture")
    curves.add_argument("picture", type=Path)
    curves.add_argument("runs", type=_named, nargs="+", metavar="NAME=RUN_FOLDER")

    speed = parts.add_parser("speed", help="tokens a second with none, one, two; and a swap")
    speed.add_argument("--base", type=Path, required=True, help="a GGUF that can infill")
    speed.add_argument("adapters", type=Path, nargs="+", help="one or two")
    speed.add_argument("--rounds", type=int, default=6)
    speed.add_argument("--threads", type=int, default=0)
    speed.add_argument("--json", action="store_true")

    typing = parts.add_parser("typing", help="what a key waits for while a model is trained")
    typing.add_argument("--bursts", type=int, default=16)
    killed = parts.add_parser("kills", help="kill a learner at random moments")
    killed.add_argument("--times", type=int, default=30)
    killed.add_argument("--minutes", type=float, default=1.0, help="of training, for a whole run")
    killed.add_argument("--seed", type=int, default=SEED)
    for part in (typing, killed):
        part.add_argument("--base", type=Path, required=True, help="a GGUF that can infill")
        part.add_argument("folder", type=Path, help="a project to learn from")
        part.add_argument("--json", action="store_true")
    for part in (fetch, asked):
        part.add_argument("--projects", type=Path, default=cache, help="where projects are kept")
    return made


def main(argv: Sequence[str] | None = None) -> int:
    made = parser()
    options = made.parse_args(argv)
    wanted = _files(options)
    if absent := [str(path) for path in wanted if not path.is_file()]:
        made.error(f"no such file: {', '.join(absent)}")
    try:
        return PARTS[options.part](options)
    except (ProjectError, LogError, OwnstackError) as error:
        say(str(error))
        return 2


def lay_out(options: argparse.Namespace) -> int:
    """Put each project into a folder that is called by its name."""
    for project in load_projects(PROJECTS):
        folder = options.folder / plain_name(project)
        if not folder.exists():
            shutil.copytree(fetched(project, options.projects), folder)
        print(folder)
    return 0


def draw(options: argparse.Namespace) -> int:
    if plots.missing():
        say(plots.missing())
        return 2
    curves = {name: plots.read_curve(run / "progress.jsonl") for name, run in options.runs}
    print(plots.draw_curves(curves, options.picture, ""))
    return 0


def judge(options: argparse.Namespace) -> int:
    given = Given(options.generic, dict(options.own), dict(options.alone))
    wanted = options.conditions.split(",")
    if unknown := set(wanted) - set(CONDITIONS):
        raise ProjectError(f"no such condition: {', '.join(sorted(unknown))}")
    asked_of = [
        subject
        for subject in gather(options)
        if not options.only or {subject.name, subject.language} & set(options.only)
    ]
    known = {subject.name for subject in asked_of}
    if strange := (given.own.keys() | given.alone.keys()) - known:
        say(f"not asked, so not judged: {', '.join(sorted(strange))}")
    cases = subjects.in_turn(
        [list(subjects.draw(item, options.positions, options.seed)) for item in asked_of]
    )
    if not cases:
        raise ProjectError("there is nothing to ask")
    conditions = {
        item.name: [each for each in conditions_of(item.name, given) if each.name in wanted]
        for item in asked_of
    }
    for item in asked_of:
        names = ", ".join(each.name for each in conditions[item.name])
        say(f"{item.name}: {item.n_lines} lines in {len(item.texts)} files; {names}")
    answers = asyncio.run(answer(options, cases, conditions))
    return tell(options, answers)


def gather(options: argparse.Namespace) -> list[subjects.Subject]:
    """Fetch the projects; what is in Python is learned from, and asked about where it is not."""
    projects = load_projects(PROJECTS)
    if seen := trained_on(projects):
        raise ProjectError(f"these are learned from: {', '.join(seen)}")
    found = []
    for project in projects:
        root = fetched(project, options.projects)
        make = subjects.held_out if project.language == "python" else subjects.whole
        found.append(make(plain_name(project), project.language, root))
    return found


async def answer(
    options: argparse.Namespace,
    cases: Sequence[Case],
    conditions: dict[str, list[Condition]],
) -> Answers:
    serving, native = Serving(), NativeThread()
    log = AnswerLog(options.log, about(sha256(options.base), options.seed)) if options.log else None
    with tempfile.TemporaryDirectory(prefix="ownstack-bench-") as cache:
        engine = await open_with_adapters(
            options.base.resolve(), native, Path(cache), serving, options.threads
        )
        try:
            return await ask_all(
                WithAdapters(engine, serving),
                cases,
                conditions,
                budget_s=60 * options.minutes,
                log=log,
                say=say,
            )
        finally:
            await engine.close()
            native.close()
            if log:
                log.close()


def tell(options: argparse.Namespace, answers: Answers) -> int:
    rows, pairs = table.rows_of(answers), table.comparisons_of(answers)
    figures = table.figures_of(pairs, answers.left)
    if options.data:
        data = {"base": options.base.name, "machine": machine(), "seed": options.seed}
        data |= table.as_data(rows, pairs, answers)
        options.data.write_text(json.dumps(data, indent=1), "utf-8")
    if not options.json:
        table.print_tables(rows, pairs)
    if options.plots:
        if plots.missing():
            say(plots.missing())
        else:
            say(str(plots.draw_bars(rows, options.plots / "exact.png", options.base.stem)))
    return _told(figures, options, f"adapters on {options.base.stem}")


def time_adapters(options: argparse.Namespace) -> int:
    base = options.base.resolve()
    figures = asyncio.run(speed.measure(base, options.adapters, options.rounds, options.threads))
    return _told(figures, options, f"adapters on {base.stem}")


def type_beside(options: argparse.Namespace) -> int:
    from benchmarks.learning import typed_beside
    from benchmarks.typing.__main__ import stop_daemon

    base, folder = options.base.resolve(), options.folder.resolve()
    with own_home() as home:
        try:
            figures = asyncio.run(typed_beside.measure(base, folder, home, options.bursts))
        finally:
            asyncio.run(stop_daemon())
    return _told(figures, options, f"typing beside training, {base.stem}")


def kill_learners(options: argparse.Namespace) -> int:
    from benchmarks.learning import kills

    base, folder = options.base.resolve(), options.folder.resolve()
    with own_home() as home:
        measured = kills.measure(
            base,
            folder,
            home,
            times=options.times,
            minutes=options.minutes,
            seed=options.seed,
            say=say,
        )
        figures = asyncio.run(measured)
    return _told(figures, options, f"learning that is killed, {base.stem}")


@contextmanager
def own_home() -> Iterator[Home]:
    """Make a home that is removed, for this process and those that it starts."""
    with tempfile.TemporaryDirectory(prefix="ownstack-bench-") as folder:
        os.environ["OWNSTACK_HOME"] = folder
        home = Home.below(Path(folder))
        home.data.mkdir()
        yield home


def _told(figures: list[Figure], options: argparse.Namespace, title: str) -> int:
    return 1 if report(figures, as_json=options.json, title=title) else 0


def plain_name(project: Project) -> str:
    return project.name.rpartition("/")[2]


def say(what: str) -> None:
    print(f"… {what}", file=sys.stderr, flush=True)


def _named(text: str) -> tuple[str, Path]:
    name, sign, path = text.partition("=")
    if not (name and sign and path):
        raise argparse.ArgumentTypeError("NAME=PATH is wanted")
    return name, Path(path)


def _files(options: argparse.Namespace) -> list[Path]:
    """Return the files that have to be there."""
    if options.part == "table":
        named = [path for _, path in (*options.own, *options.alone)]
        return [options.base, *([options.generic] if options.generic else []), *named]
    if options.part == "curves":
        return [run / "progress.jsonl" for _, run in options.runs]
    if options.part == "speed":
        return [options.base, *options.adapters]
    return [] if options.part == "fetch" else [options.base]


PARTS: dict[str, Callable[[argparse.Namespace], int]] = {
    "fetch": lay_out,
    "table": judge,
    "curves": draw,
    "speed": time_adapters,
    "typing": type_beside,
    "kills": kill_learners,
}

if __name__ == "__main__":
    sys.exit(main())

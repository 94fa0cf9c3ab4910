"""`python -m benchmarks.grounding --data DIR --model MODEL.gguf`: answers that name their sources.

Questions in words about packages whose relevant files people have annotated (the data of
`benchmarks/retrieval`), answered by one model: by the product, which finds code first (`retrieve`)
or has tools (`tools`), with the best five pieces by BM25 in a plain prompt (`bm25`), and without
any code (`bare`). See README.md for what is counted.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from platformdirs import user_cache_path

from benchmarks.bars import report
from benchmarks.grounding.arms import ARMS, Bench, answered
from benchmarks.grounding.judging import Files
from benchmarks.grounding.questions import Asked, drawn
from benchmarks.grounding.records import Record, Records, key
from benchmarks.grounding.summary import Verdict, bars, judged, table
from benchmarks.retrieval.index import snapshot_of
from benchmarks.retrieval.subjects import Subject, packages
from ownstack.chat import tool_ability
from ownstack.chat.retrieval import Project
from ownstack.engine.llama.engine import LlamaEngine
from ownstack.engine.llama.scheduler import NativeThread
from ownstack.engine.protocol import Engine
from ownstack.index.embedding.embedder import default_embedder
from ownstack.memory.log.conversation_log import ConversationLog
from ownstack.settings import EngineSettings


def main() -> int:
    """Ask what was not asked yet, print; the exit status says whether a bar was missed."""
    options = arguments().parse_args()
    cache = options.cache or user_cache_path("ownstack") / "benchmarks"
    subjects = packages(options.data, cache)
    questions = drawn(subjects, options.questions, options.seed)
    settings = {"window": options.window, "answer_tokens": options.answer_tokens}
    records = Records(options.results)
    model = options.model.stem
    wanted = [
        (arm, asked)
        for asked in questions
        for arm in options.arms
        if key(model, arm, asked.package, asked.text, settings) not in records.known
    ]
    if wanted:
        asyncio.run(ask_all(options.model, subjects, wanted, settings, records))
    files = {subject.name: Files(subject.folder) for subject in subjects}
    ways = {
        arm: verdicts
        for arm in options.arms
        if (verdicts := of_arm(records, files, questions, (model, arm), settings))
    }
    figures = bars(ways)
    if not options.json:
        print(table(model, ways))
    return 1 if report(figures, as_json=options.json, title=f"Grounding of {model}") else 0


def arguments() -> argparse.ArgumentParser:
    """Return what reads the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.grounding", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="annotations and sources.json")
    parser.add_argument("--model", type=Path, required=True, help="a GGUF that can chat")
    parser.add_argument("--results", type=Path, required=True, help="answers are kept here")
    parser.add_argument("--arms", nargs="+", choices=ARMS, default=list(ARMS))
    parser.add_argument("--questions", type=int, default=60)
    parser.add_argument("--seed", type=int, default=14, help="of what is drawn")
    parser.add_argument("--window", type=int, default=8_192, help="tokens")
    parser.add_argument("--answer-tokens", type=int, default=256, help="then it is stopped")
    parser.add_argument("--cache", type=Path, help="where packages are kept (default: user cache)")
    parser.add_argument("--json", action="store_true")
    return parser


def of_arm(
    records: Records,
    files: Mapping[str, Files],
    questions: Sequence[Asked],
    way: tuple[str, str],
    settings: dict[str, int],
) -> list[Verdict]:
    """Judge the answers that are known of a model (the first of `way`) in one way."""
    found: list[Verdict] = []
    for asked in questions:
        record = records.known.get(key(*way, asked.package, asked.text, settings))
        if record is not None:
            found.append(judged(asked, record, files[asked.package]))
    return found


async def ask_all(
    path: Path,
    subjects: Sequence[Subject],
    wanted: Sequence[tuple[str, Asked]],
    settings: dict[str, int],
    records: Records,
) -> None:
    """Have a model answer, one question after another; each answer is kept at once."""
    native = NativeThread()
    with tempfile.TemporaryDirectory(prefix="ownstack-grounding-") as folder:
        home = Path(folder)
        engine = await LlamaEngine.open(
            path, name=path.stem, native=native,
            settings=EngineSettings(context_tokens=settings["window"]), cache=home / "engine",
        )  # fmt: skip
        try:
            await engine.prepare("chat")
            await ask_engine(engine, home, subjects, wanted, settings, records)
        finally:
            await engine.close()
            native.close()


async def ask_engine(
    engine: Engine,
    home: Path,
    subjects: Sequence[Subject],
    wanted: Sequence[tuple[str, Asked]],
    settings: dict[str, int],
    records: Records,
) -> None:
    """Ask an engine what is wanted, and keep its answers."""
    embedder = default_embedder()
    by_name = {subject.name: subject for subject in subjects}
    projects: dict[str, Project] = {}
    is_guided = True
    if any(arm == "tools" for arm, _ in wanted):
        is_guided = await tool_ability.measure(engine) < tool_ability.ENOUGH
    log = ConversationLog.open(home / "log" / "log.sqlite", home / "recall.sqlite")
    with contextlib.closing(log):
        for number, (arm, asked) in enumerate(wanted, 1):
            subject = by_name[asked.package]
            if asked.package not in projects:
                snapshot = snapshot_of(subject.folder, embedder)
                projects[asked.package] = Project(
                    subject.folder, lambda snapshot=snapshot: snapshot, embedder
                )
            bench = Bench(
                engine, log, home, projects[asked.package],
                f"{subject.name} {subject.version}", settings, is_guided,
            )  # fmt: skip
            record = await answered(bench, arm, asked)
            records.add(record)
            print(_line(number, len(wanted), record), file=sys.stderr, flush=True)


def _line(number: int, count: int, record: Record) -> str:
    return (
        f"{number} of {count}: {record.arm}, {record.package}: {record.question} "
        f"({record.first_s:.1f} s, {record.end_s:.1f} s)"
    )


if __name__ == "__main__":
    sys.exit(main())

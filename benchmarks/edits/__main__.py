"""`python -m benchmarks.edits`: what edits are worth, with real models and with recorded outputs.

    python -m benchmarks.edits --recorded
    python -m benchmarks.edits --data DIR --model MODEL.gguf [--count 164] [--log FILE.jsonl]
    python -m benchmarks.edits --tasks --model MODEL.gguf [--log FILE.jsonl]
    python -m benchmarks.edits --speed --model MODEL.gguf

See the README beside this file.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import platformdirs
from rich.console import Console

from benchmarks.bars import Figure, quantile, report
from benchmarks.edits import fixing, recorded, speed, tasks
from benchmarks.edits.outcome_log import read_log, write_log
from ownstack.engine.llama.engine import LlamaEngine
from ownstack.engine.llama.scheduler import NativeThread
from ownstack.settings import EngineSettings


async def with_engine(
    path: Path, threads: int, window: int, measure: Callable[[LlamaEngine], Awaitable[list[Figure]]]
) -> list[Figure]:
    """Measure with a model that is loaded for it."""
    native = NativeThread()
    engine = await LlamaEngine.open(
        path, name=path.stem, native=native,
        settings=EngineSettings(threads=threads, context_tokens=window),
        cache=platformdirs.user_cache_path("ownstack") / "benchmarks" / "engine",
    )  # fmt: skip
    try:
        await engine.prepare("edit")
        return await measure(engine)
    finally:
        await engine.close()
        native.close()


async def fix_all(engine: LlamaEngine, options: argparse.Namespace) -> list[Figure]:
    """Mend bugs in all ways; what is in the log already is not done again."""
    found = list(fixing.bugs(options.data))
    random.Random(options.seed).shuffle(found)
    rows = read_log(options.log, fixing.Outcome)
    done = {row.bug for row in rows}
    for number, bug in enumerate(found[: options.count]):
        if bug.id in done:
            continue
        outcomes = await fixing.outcomes(engine, bug)
        rows += outcomes
        write_log(options.log, outcomes)
        fixed = {arm: sum(row.fixed for row in rows if row.arm == arm) for arm in fixing.ARMS}
        print(f"{number + 1} of {options.count}: {bug.id} {fixed}", file=sys.stderr, flush=True)
    return fixing.figures(rows)


async def do_tasks(engine: LlamaEngine, options: argparse.Namespace) -> list[Figure]:
    """Do the small tasks; what is in the log already is not done again."""
    rows = read_log(options.log, tasks.Outcome)
    done = {row.task for row in rows}
    left = [task for task in tasks.TASKS if tasks.name_of(task) not in done]
    async for row in tasks.outcomes(engine, left):
        rows.append(row)
        write_log(options.log, [row])
    Console().print(tasks.table(rows))
    return list(tasks.figures(rows))


async def measure_speed(engine: LlamaEngine, options: argparse.Namespace) -> list[Figure]:
    """Return how fast functions are written again."""
    rows = await speed.measure(engine, speed.functions(options.count, options.seed))
    faster = [row.plain_s / row.drafted_s for row in rows]
    first = [row.first_line_s / row.prefill_s for row in rows]
    n = f"{len(rows)} functions"
    return [
        Figure("drafts against plain decoding, median", quantile(faster, 0.5), "x", ">=", 1.3, n),
        Figure("the same text", sum(row.same for row in rows), f"of {len(rows)}", ">=", len(rows)),
        Figure("first line against reading the prompt, median", quantile(first, 0.5), "x", "<=",
               1.2, f"worst {max(first):.2f}"),
        Figure("tokens a second with drafts, median",
               quantile([row.tokens / row.drafted_s for row in rows], 0.5), "tokens/s", ">="),
    ]  # fmt: skip


def main() -> int:
    """Measure; the exit status says whether a bar was missed."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.edits",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--model", type=Path, help="a GGUF that can chat")
    parser.add_argument("--data", type=Path, help="a folder with HumanEvalPack's functions")
    parser.add_argument("--recorded", action="store_true", help="what checks catch; no model")
    parser.add_argument("--tasks", action="store_true", help="small edits of standard modules")
    parser.add_argument("--speed", action="store_true", help="how fast functions are written again")
    parser.add_argument("--count", type=int, default=164)
    parser.add_argument("--seed", type=int, default=15)
    parser.add_argument("--threads", type=int, default=0, help="0: as many as there are cores")
    parser.add_argument("--window", type=int, default=8_192, help="tokens")
    parser.add_argument("--log", type=Path, help="keep outcomes here, and go on from them")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.recorded:
        rows = asyncio.run(recorded.run())
        print(recorded.table(rows))
        return 0 if all(row.is_right for row in rows) else 1
    if options.model is None or not (options.data or options.speed or options.tasks):
        parser.error("name a model, and what to measure with it")
    do = measure_speed if options.speed else do_tasks if options.tasks else fix_all
    measured = with_engine(
        options.model, options.threads, options.window, lambda engine: do(engine, options)
    )
    figures = asyncio.run(measured)
    return 1 if report(figures, as_json=options.json, title=f"Edits of {options.model.stem}") else 0


if __name__ == "__main__":
    sys.exit(main())

"""`python -m benchmarks.drafts`: what drafts save, and that they change no answer.

    python -m benchmarks.drafts --model MODEL.gguf [--projects DIR] [--positions 50] [--json]

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
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import platformdirs
from rich.console import Console
from rich.table import Table

from benchmarks.bars import machine
from benchmarks.drafts.asking import KINDS, NONE, Answers, ask_all, same
from benchmarks.infilling.__main__ import gather
from benchmarks.infilling.cursors import Case, draw_cases
from benchmarks.infilling.networks import open_engine
from benchmarks.infilling.sources import ProjectFiles
from benchmarks.typing.models import make_101m
from ownstack.engine.llama.decoding.drafts import DraftPayoff
from ownstack.engine.llama.kv_sequence import common_prefix
from ownstack.engine.llama.scheduler import NativeThread

TIE = 0.02
"""Logits nearer than this are a tie, which the order of additions decides."""


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser(
        prog="python -m benchmarks.drafts",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    cache = platformdirs.user_cache_path("ownstack") / "benchmarks" / "projects"
    made.add_argument("--model", type=Path, required=True, help="a GGUF that can infill")
    made.add_argument("--order", choices=["auto", "psm", "spm"], default="auto",
                      help="what the model was trained for, if its file does not say")  # fmt: skip
    made.add_argument("--projects", type=Path, default=cache, help="where projects are kept")
    made.add_argument("--only", action="append", default=[], metavar="NAME",
                      help="a project or a language; may be repeated")  # fmt: skip
    made.add_argument("--positions", type=int, default=50, help="per language")
    made.add_argument("--seed", type=int, default=42)
    made.add_argument("--random-model", type=Path, metavar="GGUF",
                      help="keep the random one here; made if it is missing")  # fmt: skip
    made.add_argument("--skip-random", action="store_true", help="MODEL alone")
    made.add_argument("--json", action="store_true")
    made.set_defaults(split="dev")
    return made


def main(argv: Sequence[str] | None = None) -> int:
    options = parser().parse_args(argv)
    if not options.model.is_file():
        parser().error(f"no such file: {options.model}")
    projects, skipped = gather(options)
    cases = draw_cases(projects, options.positions, options.seed)
    if not cases:
        say("no cursor could be drawn:\n  " + "\n  ".join(skipped.values()))
        return 2
    home = Path(tempfile.mkdtemp(prefix="ownstack-bench-"))
    os.environ["OWNSTACK_HOME"] = str(home)
    try:
        answers = asyncio.run(measure(options, projects, cases, home))
    finally:
        shutil.rmtree(home, ignore_errors=True)
    rows = [row(answer, kind) for answer in answers for kind in (NONE, *KINDS)]
    differences = [
        asdict(each) | {"model": answer.model} for answer in answers for each in answer.differences
    ]
    if options.json:
        print(
            json.dumps({"machine": machine(), "rows": rows, "differences": differences}, indent=2)
        )
    else:
        show(rows, differences)
    # NaN, not larger than anything: asked again, the answers were the same.
    return int(any(each["gap"] > TIE for each in differences))


async def measure(
    options: argparse.Namespace, projects: list[ProjectFiles], cases: list[Case], home: Path
) -> list[Answers]:
    models = [(options.model.resolve(), options.order)]
    if not options.skip_random:
        path = options.random_model or home / "random-101m.gguf"
        if not path.is_file():
            make_101m(path, options.model)
        models.append((path, "auto"))
    # All kinds share one engine: the wrong drafts would stop the others.
    DraftPayoff.pays = lambda self: True  # type: ignore[method-assign]
    native = NativeThread()
    answers = []
    try:
        for path, order in models:
            engine = await open_engine(path, native, home / "engine", order)
            try:
                known = {project.name: project for project in projects}
                answers.append(await ask_all(engine, cases, known, home / "index", say))
            finally:
                await engine.close()
    finally:
        await asyncio.to_thread(native.close)
    return answers


def row(answers: Answers, kind: str) -> dict[str, Any]:
    """Return the figures of one kind of drafts, beside those without."""
    mine, plain = answers.by_kind[kind], answers.by_kind[NONE]
    pairs = list(zip(mine, plain, strict=True))
    used = [(a, b) for a, b in pairs if a.usage.drafts]
    drafts = sum(a.usage.drafts for a, _ in used)
    drafted = sum(a.usage.drafted_tokens for a, _ in used)
    accepted = sum(a.usage.accepted_tokens for a, _ in used)
    return {
        "model": answers.model,
        "parameters": answers.parameters,
        "order": answers.order,
        "drafts": kind,
        "answers": len(mine),
        "identical": sum(same(a, b) for a, b in pairs) / len(pairs),
        "tokens": sum(a.usage.generated_tokens for a in mine),
        "answers_with_drafts": len(used),
        "drafts_checked": drafts,
        "drafted_tokens": drafted,
        "accepted_tokens": accepted,
        "accepted_per_draft": accepted / drafts if drafts else None,
        "accepted_share": accepted / drafted if drafted else None,
        "decode_ms": sum(a.usage.decode_ms for a in mine),
        "decode_ms_without": sum(b.usage.decode_ms for b in plain),
        "draftable_decode_ms": sum(a.usage.decode_ms for a, _ in used),
        "draftable_decode_ms_without": sum(b.usage.decode_ms for _, b in used),
    }


def show(rows: list[dict[str, Any]], differences: list[dict[str, Any]]) -> None:
    table = Table(title="drafts", caption=str(machine()))
    for heading in ("model", "drafts", "identical", "answers drafted", "drafts",
                    "accepted per draft", "of drafted", "decode", "at draftable"):  # fmt: skip
        table.add_column(heading, justify="left" if heading in ("model", "drafts") else "right")
    for row in rows:
        per_draft, share = row["accepted_per_draft"], row["accepted_share"]
        table.add_row(
            f"{row['model']} ({row['order']})",
            row["drafts"],
            f"{100 * row['identical']:.2f} %",
            f"{row['answers_with_drafts']} of {row['answers']}",
            str(row["drafts_checked"]),
            "" if per_draft is None else f"{per_draft:.2f}",
            "" if share is None else f"{100 * share:.0f} %",
            against(row["decode_ms"], row["decode_ms_without"]),
            against(row["draftable_decode_ms"], row["draftable_decode_ms_without"]),
        )
    Console(width=160).print(table)
    for each in differences:
        same_chars = common_prefix(each["expected"], each["found"])
        print(
            f"{each['model']}, {each['kind']}: another answer from character {same_chars} on, "
            f"where the two likeliest tokens are {each['gap']:.2g} apart"
        )


def against(ms: float, without_ms: float) -> str:
    return f"{ms:.0f} ms ({100 * (ms / without_ms - 1):+.0f} %)" if without_ms else ""


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    raise SystemExit(main())

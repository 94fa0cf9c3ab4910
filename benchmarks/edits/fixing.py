"""HumanEvalFix: functions with one planted bug each, mended by a model in three ways.

- bare: the model is told to fix the function, once; its first code block is taken.
- checks: the product's loop, which may not run anything: syntax, names, signatures.
- loop: the product's loop, which may run the examples that a user would have, by their own tests.

The hidden tests judge. An answer that two of them ask for in the same words is written once, and
its seconds count for both.
"""

from __future__ import annotations

import gzip
import json
import math
import re
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.bars import Figure, quantile, wilson
from benchmarks.edits.programs import run
from benchmarks.edits.replay import RecordedEngine
from ownstack.actions import fix
from ownstack.actions.checks.choice import checkers_for
from ownstack.actions.context import Around
from ownstack.actions.edit import EditMaker
from ownstack.actions.target import target_of
from ownstack.engine.messages import Message
from ownstack.engine.protocol import Engine
from ownstack.engine.requests import ChatRequest
from ownstack.errors import EditError
from ownstack.languages import language_of
from ownstack.syntax import trees
from ownstack.text import Span, fenced

NAME = "humanevalpack-python.jsonl.gz"
ARMS = ("bare", "checks", "loop")
MAX_SECONDS = 180.0
MAX_PROBLEM = 400
_BLOCK = re.compile(r"```[^\n]{0,40}\n(.*?)(?:```|\Z)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Bug:
    """A function with a planted bug."""

    id: str
    name: str
    file: str
    """With the bug."""
    head: str
    """What stands above the function: imports."""
    examples: str
    """Program text that calls the function and asserts."""
    hidden: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one way made of one bug."""

    bug: str
    arm: str
    fixed: bool
    valid: bool
    """Whether there was an edit, and it parses."""
    shown: bool
    """Whether a user would be shown one."""
    passed_examples: bool
    rounds: int
    drafts: int
    seconds: float
    tokens: int
    problem: str = ""


def bugs(data: Path) -> tuple[Bug, ...]:
    """Read them. Raises OSError if there are none."""
    with gzip.open(data / NAME, "rt", encoding="utf-8") as lines:
        return tuple(_bug(json.loads(line)) for line in lines)


async def outcomes(engine: Engine, bug: Bug) -> tuple[Outcome, ...]:
    """Mend one bug in all ways."""
    recorded = RecordedEngine(engine)
    return (
        await _bare(recorded, bug),
        await _product(recorded, bug, runs_examples=False),
        await _product(recorded, bug, runs_examples=True),
    )


async def _bare(engine: RecordedEngine, bug: Bug) -> Outcome:
    engine.begin()
    asked = f"Fix the bug in the function `{bug.name}`.\n\n{fenced(bug.file, 'python')}"
    answer = await engine.chat(ChatRequest((Message.of("user", asked),), max_tokens=1_024)).result()
    blocks = _BLOCK.findall(answer.message.text)
    code = blocks[0] if blocks else answer.message.text
    after = f"{bug.head}\n{code}"
    return _judged(bug, "bare", after, 1, 1, engine)


async def _product(engine: RecordedEngine, bug: Bug, *, runs_examples: bool) -> Outcome:
    engine.begin()
    arm = "loop" if runs_examples else "checks"
    with tempfile.TemporaryDirectory(prefix="ownstack-edits-") as folder:
        root = Path(folder)
        (root / "solution.py").write_text(bug.file, "utf-8")
        (root / "test_solution.py").write_text(_test_file(bug), "utf-8")
        at = bug.file.index(f"def {bug.name}(")
        language = language_of("", "solution.py", bug.file)
        target = target_of(bug.file, "solution.py", language, Span(at, at))
        checkers = checkers_for(root, target, run_tools=False, run_tests=runs_examples)
        maker = EditMaker(engine, checkers, max_seconds=MAX_SECONDS)
        started_s = time.perf_counter()
        try:
            made = await maker.make(fix.bug(target, Around()), "")
        except EditError as error:
            outcome = _judged(bug, arm, None, 0, 0, engine)
            return replace(outcome, problem=str(error), seconds=time.perf_counter() - started_s)
        outside_s = time.perf_counter() - started_s
    outcome = _judged(bug, arm, made.after, made.rounds, made.drafts, engine)
    failed = [f"{check.name}: {check.detail}" for check in made.checks if check.detail]
    problem = "; ".join(failed)[:MAX_PROBLEM]
    return replace(outcome, problem=problem, seconds=outside_s + engine.saved_s)


def _judged(
    bug: Bug, arm: str, after: str | None, rounds: int, drafts: int, engine: RecordedEngine
) -> Outcome:
    if after is None:
        return Outcome(bug.id, arm, False, False, False, False, rounds, drafts, 0.0, engine.tokens)
    language = language_of("", "solution.py", after)
    assert language is not None
    tree = trees.parse_whole(after, language)
    valid = tree is not None and not tree.errors()
    return Outcome(
        bug.id, arm,
        fixed=run(f"{after}\n{bug.hidden}").ok,
        valid=valid, shown=True,
        passed_examples=run(f"{after}\n{bug.examples}").ok,
        rounds=rounds, drafts=drafts, seconds=engine.seconds, tokens=engine.tokens,
    )  # fmt: skip


def _bug(row: dict[str, Any]) -> Bug:
    file = row["prompt"] + row["buggy_solution"]
    name = row["entry_point"]
    head = file[: file.index(f"def {name}(")]
    return Bug(row["task_id"], name, file, head, row["example_test"], row["test"])


def _test_file(bug: Bug) -> str:
    """Return the examples as a user's test: each of them an assertion of one function."""
    return f"from solution import {bug.name}\n\n\ndef test_examples():\n" + "".join(
        f"    {line}\n" if line.strip() else "\n" for line in bug.examples.splitlines()
    )


def figures(rows: Sequence[Outcome]) -> list[Figure]:
    """Return what the three ways came to."""
    by_arm = {arm: [row for row in rows if row.arm == arm] for arm in ARMS}
    bare, checks, loop = (by_arm[arm] for arm in ARMS)
    n = len(bare)
    fixed = {arm: 100 * sum(row.fixed for row in by_arm[arm]) / n for arm in ARMS}
    low, high = gain_interval(bare, loop)
    median = {arm: quantile([row.seconds for row in by_arm[arm]], 0.5) for arm in ARMS}
    shown = [row for row in (*checks, *loop) if row.shown]
    broken = sum(not row.valid for row in shown)
    found = [
        Figure("fixed by the loop, over the bare answer", fixed["loop"] - fixed["bare"], "points",
               ">=", 12.0, f"95 % [{low:.1f}, {high:.1f}], n = {n}"),
        Figure("fixed without running anything, over it", fixed["checks"] - fixed["bare"],
               "points", ">=", 0.0),
        Figure("median time of the loop", median["loop"] / median["bare"], "x", "<=", 3.0,
               f"{median['loop']:.1f} s against {median['bare']:.1f} s"),
        Figure("edits shown that break the syntax", broken, f"of {len(shown)}", "<=", 0),
    ]  # fmt: skip
    for arm in ARMS:
        a, b = wilson(sum(row.fixed for row in by_arm[arm]), n)
        mine = by_arm[arm]
        valid = 100 * sum(row.valid for row in mine) / n
        p90 = quantile([row.seconds for row in mine], 0.9)
        found += [
            Figure(f"{arm}: fixed", fixed[arm], "%", ">=", None,
                   f"95 % [{100 * a:.0f}, {100 * b:.0f}]; valid {valid:.0f} %; examples pass "
                   f"{100 * sum(row.passed_examples for row in mine) / n:.0f} %; seconds "
                   f"{median[arm]:.1f}, p90 {p90:.1f}; drafts "
                   f"{sum(row.drafts for row in mine) / n:.2f}"),
        ]  # fmt: skip
    return found


def gain_interval(bare: Sequence[Outcome], loop: Sequence[Outcome]) -> tuple[float, float]:
    """Return the 95 % interval of the paired gain in points (normal approximation)."""
    other = {row.bug: row.fixed for row in loop}
    gains = [float(other[row.bug]) - float(row.fixed) for row in bare]
    mean = sum(gains) / len(gains)
    spread = math.sqrt(sum((gain - mean) ** 2 for gain in gains) / max(1, len(gains) - 1))
    half = 1.96 * spread / math.sqrt(len(gains))
    return 100 * (mean - half), 100 * (mean + half)

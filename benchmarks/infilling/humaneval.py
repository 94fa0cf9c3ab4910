"""HumanEval single-line infilling, with the prompts as they are given.

The cursor is at the start of the missing line, so that its indentation is part of the answer;
the line's break stays, as it would in an editor. There is no project. What is written passes if
the item's own tests do, in a process of their own (`benchmarks/edits/programs.py`).
"""

from __future__ import annotations

import gzip
import json
import os
import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.bars import Figure, wilson
from benchmarks.edits.programs import run
from benchmarks.infilling.bare import BARE
from benchmarks.infilling.cursors import Case
from benchmarks.infilling.evaluation import ORACLE, Results
from benchmarks.infilling.measures import interval
from benchmarks.infilling.product import PRODUCT
from ownstack.document import Document

LANGUAGE = "humaneval"
_PROOF = "All tests were run, and none failed."
"""A program that leaves before its tests ends well, too."""


@dataclass(frozen=True, slots=True)
class Item:
    """One function with a line missing, and what tests it."""

    case: Case
    test: str
    """Python that defines `check`."""
    entry_point: str

    def program(self, line: str) -> str:
        """Return the function with a line in it, its tests, their call, and what proves it."""
        function = self.case.before + line + self.case.after
        return f"{function}\n{self.test}\ncheck({self.entry_point})\nprint({_PROOF!r})\n"


def load_items(path: Path, count: int, seed: int) -> list[Item]:
    """Return `count` items in an order drawn by `seed`."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        items = [json.loads(line) for line in lines]
    random.Random(seed).shuffle(items)
    return [_item(number, item) for number, item in enumerate(items[:count])]


def _item(number: int, item: dict[str, str]) -> Item:
    prompt, truth = item["prompt"], item["canonical_solution"].rstrip()
    text = prompt + "\n" + item["suffix"]
    document = Document(f"untitled:{item['task_id']}.py", "solution.py", "python", 1, text)
    case = Case(item["task_id"], LANGUAGE, document, len(prompt), truth, number=number)
    return Item(case, item["test"], item["entry_point"])


Passed = dict[str, list[bool]]
"""System → whether its line passes, in the order of the items."""


def judged(items: Sequence[Item], results: Results) -> Passed:
    """Run the tests of every line that was written; each different program runs once."""
    programs = {
        system: [
            item.program(answer.text) for item, answer in zip(items, answers, strict=True)
        ]
        for system, answers in results.proposals.items()
        if system != ORACLE
    }  # fmt: skip
    different = list(dict.fromkeys(program for asked in programs.values() for program in asked))
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        ok = dict(zip(different, threads.map(_passes, different), strict=True))
    return {system: [ok[program] for program in asked] for system, asked in programs.items()}


def _passes(program: str) -> bool:
    ran = run(program)
    return ran.ok and _PROOF in ran.output


def figures(results: Results, passed: Passed) -> list[Figure]:
    """Return the pass rates, and the product's beside bare llama.cpp's."""
    found = list(_rates(results, passed))
    if {BARE, PRODUCT} <= passed.keys():
        differences = 100 * (np.array(passed[PRODUCT], float) - np.array(passed[BARE], float))
        low, high = interval([differences])
        found.append(
            Figure(f"HumanEval: {PRODUCT} over {BARE}, passed", float(differences.mean()), "points",
                   ">=", -1.0, f"95 % {low:.1f} to {high:.1f}, in pairs")
        )  # fmt: skip
    return found


def _rates(results: Results, passed: Passed) -> Iterator[Figure]:
    for system, oks in passed.items():
        low, high = wilson(sum(oks), len(oks))
        exactly = results.right(system, range(len(oks)))
        rate = 100 * sum(oks) / max(1, len(oks))
        yield Figure(
            f"HumanEval single-line: {system}, tests passed", rate, "%",
            compared=f"95 % {100 * low:.1f} to {100 * high:.1f}, n={len(oks)};"
            f" exact {100 * sum(exactly) / max(1, len(oks)):.1f} %",
            detail={"passed": sum(oks), "exact": sum(exactly), "count": len(oks)},
        )  # fmt: skip

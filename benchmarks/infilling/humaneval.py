"""HumanEval single-line infilling, with the prompts as they are given.

The cursor is at the start of the missing line, so that its indentation is part of the answer;
the line's break stays, as it would in an editor. There is no project.
"""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path

from benchmarks.infilling.cursors import Case
from ownstack.document import Document

LANGUAGE = "humaneval"


def load_cases(path: Path, count: int, seed: int) -> list[Case]:
    """Return `count` items in an order drawn by `seed`."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        items = [json.loads(line) for line in lines]
    random.Random(seed).shuffle(items)
    return [_case(number, item) for number, item in enumerate(items[:count])]


def _case(number: int, item: dict[str, str]) -> Case:
    prompt, truth = item["prompt"], item["canonical_solution"].rstrip()
    text = prompt + "\n" + item["suffix"]
    document = Document(f"untitled:{item['task_id']}.py", "solution.py", "python", 1, text)
    return Case(item["task_id"], LANGUAGE, document, len(prompt), truth, number=number)

"""Train a model's generic infill adapter: `python -m training.infill_adapter` (after `corpus`).

A chat model has half forgotten how to fill in what is missing. This teaches it again, on the
permissive corpus of the built-in network and by the trainer that `ownstack learn` runs: nothing in
it is anybody's project. Files are chosen by hashes of their paths, the languages by `SHARES`; what
is held out are the corpus's held-out packages.

The same command goes on where it was stopped (Ctrl-C, SIGTERM). At the end stands
`W/adapters/NAME/adapter.gguf`, with `trained.json` beside it.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from benchmarks.packages.documents import Document, load
from ownstack.learning.data import jsonl
from ownstack.learning.data.passages import Dataset, HeldOut, Passage
from ownstack.learning.training.plan import ALL_MODULES, DATASET, TrainingPlan
from ownstack.models.gguf.base_key import base_key
from training.corpus import fraction
from training.work import add_work_option, work_folder

SHARES = {
    "python": 0.28,
    "typescript": 0.16,
    "javascript": 0.10,
    "go": 0.14,
    "rust": 0.14,
    "java": 0.08,
    "c": 0.05,
    "cpp": 0.05,
}
TRAINING_CHARS, HELD_OUT_CHARS = 12_000_000, 400_000
MAX_FILE_CHARS = 40_000
RANK = 8
"""Half of a project's: it has a habit to learn, not names."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    add_work_option(parser)
    parser.add_argument("--base", type=Path, required=True, help="the model's GGUF file")
    parser.add_argument("--name", help="of the run's folder (default: the file's)")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--rank", type=int, default=RANK)
    options = parser.parse_args()
    work, base = work_folder(options.work), options.base.resolve()
    folder = work / "adapters" / (options.name or base.stem)
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / DATASET).exists():
        jsonl.write(dataset(work), folder / DATASET)
    plan = TrainingPlan(
        str(base), base_key(base), rank=options.rank, alpha=2.0 * options.rank,
        modules=ALL_MODULES,
        minutes=options.minutes,
    )  # fmt: skip
    plan.write(folder)
    return subprocess.call([sys.executable, "-m", "ownstack.learning.training", str(folder)])


def dataset(work: Path) -> Dataset:
    """Return a sample of the corpus, as a project that is nobody's."""
    train = sample(work / "corpus" / "train.jsonl", TRAINING_CHARS)
    held_out = sample(work / "corpus" / "heldout.jsonl", HELD_OUT_CHARS)
    return Dataset("", tuple(map(_passage, train)), held_out=tuple(map(_held_out, held_out)))


def sample(file: Path, chars: int) -> list[Document]:
    """Return documents of about so many characters, each language with its share."""
    by_language: defaultdict[str, list[tuple[float, Document]]] = defaultdict(list)
    for document in _fitting(file):
        key = fraction(f"adapter/{document.source}/{document.path}")
        by_language[document.language].append((key, document))
    chosen: list[Document] = []
    for language, share in SHARES.items():
        room = chars * share
        for _, document in sorted(by_language[language], key=lambda pair: pair[0]):
            room -= len(document.text)
            if room < 0:
                break
            chosen.append(document)
    return chosen


def _fitting(file: Path) -> Iterator[Document]:
    return (each for each in load(file) if len(each.text) <= MAX_FILE_CHARS)


def _passage(document: Document) -> Passage:
    n_lines = document.text.count("\n") + 1
    return Passage(document.path, document.language, document.text, (1.0,) * n_lines)


def _held_out(document: Document) -> HeldOut:
    lines = tuple(range(document.text.count("\n") + 1))
    return HeldOut(document.path, document.language, document.text, lines, "file")


if __name__ == "__main__":
    sys.exit(main())

"""A small corpus (this project's own training scripts), its tokenizer and its token store.

Importing this module skips a test module, with the reason, where training cannot run.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import pytest

torch = pytest.importorskip("torch", reason="training needs torch")
pytest.importorskip("tokenizers", reason="training needs the tokenizers package")

SCRIPTS = Path(__file__).resolve().parents[2] / "training"
VOCABULARY = 512


class Tiny(NamedTuple):
    work: Path
    texts: list[str]


def build(work: Path) -> Tiny:
    from training.tokenizer import train
    from training.tokens import write_store

    scripts = [path.read_text(encoding="utf-8") for path in sorted(SCRIPTS.glob("*.py"))]
    texts = [text for text in scripts if "<|" not in text]
    (work / "corpus").mkdir()
    with (work / "corpus" / "train.jsonl").open("w", encoding="utf-8") as file:
        for number, text in enumerate(texts):
            entry = {"source": "own", "language": "python", "path": f"training/{number}.py"}
            file.write(json.dumps({**entry, "text": text}) + "\n")
    tokenizer = train(iter(texts), VOCABULARY, min_frequency=2)
    tokenizer.save(str(work / "tokenizer.json"))
    write_store(work / "corpus" / "train.jsonl", work / "tokens", "train", work / "tokenizer.json")
    return Tiny(work, texts)

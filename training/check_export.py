"""The exported file against PyTorch: `python -m training.check_export CHECKPOINT`.

For held-out infill prompts: the logits after the prompt and the greedy continuation, by PyTorch
in float32 and by llama.cpp from an F32, an F16 and a Q8_0 export of the same checkpoint. F32 must
give the same text everywhere; for the others the agreement is printed. A continuation may part
where two tokens are equally likely within rounding, so the smallest margin of choice is printed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from training.checkpoint import load_model
from training.export import FILE_TYPES, write_model
from training.llama import Llama
from training.model import InfillModel
from training.rows import MIDDLE_WEIGHT, RowMix, Rows
from training.tokenizer import FIM_MID, load
from training.tokens import open_store
from training.work import add_work_option, work_folder

GREEDY_TOKENS = 20


@dataclass(frozen=True, slots=True)
class Answer:
    """Logits after the prompt, the greedy continuation, and its smallest top-two margin."""

    logits: NDArray[np.float32]
    tokens: list[int]
    margin: float = float("inf")


def prompts(work: Path, count: int) -> list[list[int]]:
    """Everything up to the missing text, of held-out rows that hold a single infill sample."""
    mix = RowMix(length=512, samples=(1,), infill=1.0, context=0.3)
    rows = Rows(open_store(work / "tokens", "heldout"), load(work), mix, seed=7)
    found: list[list[int]] = []
    index = 0
    while len(found) < count:
        ids, weights = rows[index]
        index += 1
        middle = np.flatnonzero(weights == MIDDLE_WEIGHT)
        if len(middle) and FIM_MID in ids[: middle[0]]:
            found.append(ids[: middle[0]].tolist())
    return found


@torch.no_grad()
def by_torch(model: InfillModel, prompt: list[int]) -> Answer:
    first = logits = model(torch.tensor([prompt]))[0, -1]
    ids, margins = list(prompt), []
    while len(ids) < len(prompt) + GREEDY_TOKENS:
        best = logits.topk(2).values
        margins.append((best[0] - best[1]).item())
        ids.append(int(logits.argmax()))
        logits = model(torch.tensor([ids]))[0, -1]
    return Answer(first.numpy(), ids[len(prompt) :], min(margins))


def by_llama(llama: Llama, prompt: list[int]) -> Answer:
    llama.clear()
    first = logits = llama.decode(prompt)
    tokens = [int(logits.argmax())]
    while len(tokens) < GREEDY_TOKENS:
        logits = llama.decode(tokens[-1:])
        tokens.append(int(logits.argmax()))
    return Answer(first, tokens)


def divergence(p_logits: NDArray[np.float32], q_logits: NDArray[np.float32]) -> float:
    """Kullback-Leibler divergence of two distributions given by their logits, in nats."""
    p = p_logits.astype(np.float64) - np.logaddexp.reduce(p_logits.astype(np.float64))
    q = q_logits.astype(np.float64) - np.logaddexp.reduce(q_logits.astype(np.float64))
    return float((np.exp(p) * (p - q)).sum())


def report(kind: str, expected: list[Answer], got: list[Answer]) -> int:
    """Print one line; the number of prompts whose greedy text differs."""
    pairs = list(zip(expected, got, strict=True))
    wrong = [e.margin for e, g in pairs if e.tokens != g.tokens]
    furthest = max(float(np.abs(e.logits - g.logits).max()) for e, g in pairs)
    mean = sum(divergence(e.logits, g.logits) for e, g in pairs) / len(pairs)
    print(
        f"{kind}: greedy {GREEDY_TOKENS} tokens equal in {len(pairs) - len(wrong)}/{len(pairs)}, "
        f"largest logit difference {furthest:.4f}, mean KL {mean:.2e}"
        + (f", margins where they part: {', '.join(f'{m:.4f}' for m in wrong)}" if wrong else "")
    )
    return len(wrong)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--prompts", type=int, default=20)
    add_work_option(parser)
    arguments = parser.parse_args()
    work = work_folder(arguments.work)
    model, progress = load_model(arguments.checkpoint)
    questions = prompts(work, arguments.prompts)
    expected = [by_torch(model, prompt) for prompt in questions]
    print(f"step {progress.step}, {len(questions)} held-out prompts")
    different: dict[str, int] = {}
    for kind in FILE_TYPES:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.gguf"
            write_model(path, model, work / "tokenizer.json", kind, "check")
            llama = Llama(path)
            different[kind] = report(kind, expected, [by_llama(llama, q) for q in questions])
            llama.close()
    return 1 if different["f32"] else 0


if __name__ == "__main__":
    sys.exit(main())

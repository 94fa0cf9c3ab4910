"""Train the table of vectors that the index searches with: `python -m training.embedding OUT`.

One vector a term (`ownstack.extract.terms`), a text's vector is their weighted sum, and the table
is all there is to learn: the two texts of a pair shall be nearer to each other than to those of
the other pairs of the batch (InfoNCE, both ways). See `training/README.md`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from benchmarks.packages.documents import load
from ownstack.extract.terms import STOP_WORDS, term_counts
from training.embedding_pairs import Pair, pairs
from training.embedding_start import start
from training.minilm import PACKAGE, SHA256
from training.work import add_work_option, work_folder, write_atomically

N_TERMS = 32_768
DIM = 128
MAX_TERMS_OF_A_TEXT = 96
KINDS = ("doc", "name", "neighbour")
BATCH = 1_024
RATE = 3e-3
SEED = 7
_MIN_TEXTS = 6
"""A term that fewer texts hold is not learned."""

Ints = npt.NDArray[np.int32]


class Texts:
    """Bags of terms, one after the other: ids, weights, and where each text begins."""

    def __init__(self, ids: Ints, weights: npt.NDArray[np.float32], firsts: Ints) -> None:
        self.ids = ids
        self.weights = weights
        self.firsts = firsts

    def bags(self, rows: npt.NDArray[Any]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Return ids, weights and offsets of some texts, as `EmbeddingBag` wants them."""
        starts, ends = self.firsts[rows], self.firsts[rows + 1]
        lengths = ends - starts
        offsets = np.concatenate([[0], np.cumsum(lengths)[:-1]])
        at = np.repeat(starts - offsets, lengths) + np.arange(lengths.sum())
        return (
            torch.from_numpy(self.ids[at].astype(np.int64)),
            torch.from_numpy(self.weights[at]),
            torch.from_numpy(offsets.astype(np.int64)),
        )


def weight(count: int) -> float:
    """Return what a term counts that occurs so often; the product does the same."""
    return 1 + math.log(count)


def prepare(corpus: Path, cache: Path) -> None:
    """Read the corpus twice: for the vocabulary, then for the pairs; write `cache` (npz)."""
    in_texts: Counter[str] = Counter()
    n_texts = 0
    for pair in _pairs(corpus):
        for text in (pair.question, pair.answer):
            in_texts.update(term_counts(text).keys())
            n_texts += 1
    known = [
        (term, n)
        for term, n in in_texts.most_common(N_TERMS + len(STOP_WORDS))
        if n >= _MIN_TEXTS and term not in STOP_WORDS
    ][:N_TERMS]
    ids = {term: number for number, (term, _) in enumerate(known)}
    rarity = np.array([math.log(n_texts / n) for _, n in known], np.float32)
    columns: dict[str, Any] = {"rarity": rarity, "terms": np.array(list(ids))}
    kinds: list[int] = []
    sides: tuple[_Bags, _Bags] = (_Bags(ids), _Bags(ids))
    for pair in _pairs(corpus):
        question, answer = sides[0].bag(pair.question), sides[1].bag(pair.answer)
        if len(question) > 1 - (pair.kind == "name") and len(answer) > 2:
            sides[0].add(question)
            sides[1].add(answer)
            kinds.append(KINDS.index(pair.kind))
    columns["kinds"] = np.array(kinds, np.int8)
    for name, side in zip(("question", "answer"), sides, strict=True):
        columns |= {f"{name}_{key}": value for key, value in side.columns().items()}

    def write(scratch: Path) -> None:
        with scratch.open("wb") as file:
            np.savez(file, **columns)

    write_atomically(cache, write)


class _Bags:
    def __init__(self, ids: dict[str, int]) -> None:
        self._ids = ids
        self._found: list[npt.NDArray[np.int32]] = []
        self._weights: list[npt.NDArray[np.float32]] = []

    def bag(self, text: str) -> list[tuple[int, int]]:
        ids = self._ids
        found = [(ids[term], n) for term, n in term_counts(text).items() if term in ids]
        return found[:MAX_TERMS_OF_A_TEXT]

    def add(self, bag: Sequence[tuple[int, int]]) -> None:
        self._found.append(np.array([term for term, _ in bag], np.int32))
        self._weights.append(np.array([weight(n) for _, n in bag], np.float32))

    def columns(self) -> dict[str, npt.NDArray[Any]]:
        firsts = np.zeros(len(self._found) + 1, np.int32)
        np.cumsum([len(ids) for ids in self._found], out=firsts[1:])
        return {
            "ids": np.concatenate(self._found),
            "weights": np.concatenate(self._weights),
            "firsts": firsts,
        }


def _pairs(corpus: Path) -> Iterable[Pair]:
    for document in load(corpus):
        yield from pairs(document)


def train(
    data: dict[str, npt.NDArray[Any]], minutes: float, epochs: float, first: torch.Tensor
) -> npt.NDArray[np.float32]:
    """Return the table, float32[n_terms, dim]; stops early, rate at zero, when time is up."""
    torch.manual_seed(SEED)
    torch.set_num_threads(1)  # The machine is shared, and threads would wait for each other.
    random = np.random.default_rng(SEED)
    rarity = torch.from_numpy(data["rarity"])
    question, answer = (
        Texts(*(data[f"{side}_{key}"] for key in ("ids", "weights", "firsts")))
        for side in ("question", "answer")
    )
    bag = torch.nn.EmbeddingBag(len(rarity), DIM, mode="sum", sparse=False)
    with torch.no_grad():
        bag.weight.copy_(first * (rarity / rarity.mean()).unsqueeze(1))
    scale = torch.tensor(math.log(20.0), requires_grad=True)
    steps = torch.optim.Adam([bag.weight, scale], lr=RATE)
    n_pairs, began, done, loss_mean = len(data["kinds"]), time.monotonic(), 0, 0.0
    target = torch.arange(BATCH)
    for epoch in range(math.ceil(epochs)):
        order = random.permutation(n_pairs)
        for at in range(0, n_pairs - BATCH, BATCH):
            share = max(
                (epoch + at / n_pairs) / epochs, (time.monotonic() - began) / (60 * minutes)
            )
            if share >= 1:
                return bag.weight.detach().numpy()
            for group in steps.param_groups:
                group["lr"] = RATE * min(1.0, done / 50 + 0.02) * (1 - share)
            rows = order[at : at + BATCH]
            asked, answers = (
                torch.nn.functional.normalize(bag(ids, offsets, weights), dim=1)
                for ids, weights, offsets in (question.bags(rows), answer.bags(rows))
            )
            logits = asked @ answers.T * scale.exp()
            loss = (
                torch.nn.functional.cross_entropy(logits, target)
                + torch.nn.functional.cross_entropy(logits.T, target)
            ) / 2
            steps.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            steps.step()
            done += 1
            loss_mean += (float(loss.detach()) - loss_mean) / min(done, 50)
            if done % 50 == 0:
                spent = time.monotonic() - began
                print(f"{done} steps, {share:.0%}, loss {loss_mean:.3f}, {spent:.0f} s", flush=True)
    return bag.weight.detach().numpy()


def export(table: npt.NDArray[np.float32], terms: Sequence[str], out: Path) -> None:
    """Write the table as 8-bit numbers, each term with its scale, and how it was made."""
    scale = np.abs(table).max(axis=1).clip(1e-6) / 127
    numbers = np.rint(table / scale[:, None])

    def write(scratch: Path) -> None:
        with scratch.open("wb") as file:
            np.savez_compressed(
                file,
                terms=np.frombuffer("\n".join(terms).encode("utf-8"), np.uint8),
                table=numbers.astype(np.int8),
                scale=scale.astype(np.float32),
            )

    write_atomically(out / "embedding.npz", write)
    about = {
        "what": "one vector a term of code, for ownstack.index.embedding.embedder.StaticEmbedder",
        "terms": len(terms),
        "dim": int(table.shape[1]),
        "licence": "MIT, as Ownstack",
        "made_by": "python -m training.embedding",
        "starts_from": f"all-MiniLM-L6-v2 (Apache-2.0), as in {PACKAGE} (MIT)",
        "learned_from": "training/sources.toml: permissive code without the evaluation packages",
    }
    (out / "embedding.json").write_text(json.dumps(about, indent=1) + "\n", "utf-8")


def main() -> None:
    """Prepare the pairs and the start if they are not there yet, train, export."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path, help="the table's folder")
    parser.add_argument("--wheel", type=Path, required=True, help=f"of {PACKAGE}")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--epochs", type=float, default=1.0)
    add_work_option(parser)
    options = parser.parse_args()
    if hashlib.sha256(options.wheel.read_bytes()).hexdigest() != SHA256:
        parser.error(f"{options.wheel} is not the wheel of {PACKAGE}")
    work = work_folder(options.work)
    corpus, cache = work / "corpus" / "train.jsonl", work / "embedding" / "pairs.npz"
    if not cache.exists():
        prepare(corpus, cache)
    with np.load(cache) as file:
        data = {name: file[name] for name in file.files}
    for number, kind in enumerate(KINDS):
        print(f"{kind}: {(data['kinds'] == number).sum():,} pairs")
    terms = data["terms"].tolist()
    torch.manual_seed(SEED)
    begins = work / "embedding" / "start.npy"
    if not begins.exists():
        np.save(begins, start(terms, DIM, corpus, options.wheel).numpy())
    table = train(data, options.minutes, options.epochs, torch.from_numpy(np.load(begins)))
    options.out.mkdir(parents=True, exist_ok=True)
    export(table, terms, options.out)


if __name__ == "__main__":
    main()

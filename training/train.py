"""Train the network: `python -m training.train`. The same command resumes the run.

The learning rate is constant after a short warm-up, so a run can always be extended. A second
command with `--anneal MINUTES` starts from the last checkpoint, lets the rate fall to zero and
writes `annealed.pt`; the constant-rate checkpoint stays, and training can go on from it.

A run's folder holds `last.pt`, `annealed.pt` and `log.jsonl`.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import torch
import torch._inductor.config
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from training import checkpoint
from training.checkpoint import Progress
from training.clock import RunningClock, deadline
from training.heldout import HeldOutRows, held_out_loss, held_out_rows
from training.loss import loss_and_gradient, tied_cross_entropy
from training.model import CONFIGS, InfillModel
from training.optim import Optimiser, learning_scale
from training.rows import RowMix, Rows
from training.tokenizer import load
from training.tokens import open_store
from training.work import add_work_option, work_folder

log = logging.getLogger("training.train")

LOG_STEPS = 20
CHUNKS = {"cpu": 1_024, "cuda": 16_384}


class RowDataset(Dataset[tuple[Tensor, Tensor]]):
    def __init__(self, rows: Rows) -> None:
        self.rows = rows

    def __getitem__(self, index: int) -> tuple[Tensor, Tensor]:
        ids, weights = self.rows[index]
        return torch.from_numpy(ids), torch.from_numpy(weights)


class Batches:
    """Batches from row `first` on: (ids int64[batch, length + 1], weights float32[...])."""

    def __init__(self, rows: Rows, batch: int, workers: int, device: str) -> None:
        self.rows, self.batch, self.workers, self.device = rows, batch, workers, device

    def __call__(self, first: int) -> Iterator[tuple[Tensor, Tensor]]:
        loader = DataLoader(
            RowDataset(self.rows),
            batch_size=self.batch,
            sampler=range(first, first + 2**40),
            num_workers=self.workers,
            pin_memory=self.device == "cuda",
            prefetch_factor=8 if self.workers else None,
        )
        for ids, weights in loader:
            yield ids.to(self.device, non_blocking=True), weights.to(self.device, non_blocking=True)


class Journal:
    """One JSON object a line, and the same on standard output."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, event: str, progress: Progress, **fields: object) -> None:
        head = {"event": event, "time": time.strftime("%Y-%m-%dT%H:%M:%S")}
        line = json.dumps({**head, "step": progress.step, "tokens": progress.tokens, **fields})
        with self.path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
        log.info("%s", line)


class Trainer:
    """One run: a network, its optimiser, where it stands, and its checkpoint file."""

    def __init__(
        self,
        model: InfillModel,
        batches: Batches,
        target: Path,
        journal: Journal,
        device: str = "cpu",
        compiled: bool = False,
    ) -> None:
        self.device, self.batches, self.target, self.journal = device, batches, target, journal
        self.model = model.to(device)
        self.optimiser = Optimiser(self.model, device)
        self.hidden, self.kernel = model.hidden, loss_and_gradient
        if compiled:
            avoid_avx512()
            self.hidden = torch.compile(model.hidden, dynamic=False)
            self.kernel = torch.compile(loss_and_gradient, dynamic=False)
        self.progress = Progress(seed=batches.rows.seed)
        self.stopped = False

    def resume(self, path: Path) -> None:
        self.progress = checkpoint.load(path, self.model, self.optimiser)

    def save(self) -> None:
        """Write the checkpoint.

        Raises:
            FloatingPointError: weights are not finite; the checkpoint that is there stays.
        """
        if not all(torch.isfinite(parameter).all() for parameter in self.model.parameters()):
            raise FloatingPointError("Weights are not finite; nothing was saved. Try --eager.")
        checkpoint.save(self.target, self.model, self.optimiser, self.progress)

    def step(self, ids: Tensor, weights: Tensor, annealed: float) -> Tensor:
        """One update; the weighted mean loss in nats, still on the device."""
        with torch.autocast(self.device, torch.bfloat16):
            states = self.hidden(ids[:, :-1]).flatten(0, 1)
            loss = tied_cross_entropy(
                states,
                self.model.embedding.weight,
                ids[:, 1:].flatten(),
                weights[:, 1:].flatten(),
                CHUNKS[self.device],
                self.kernel,
            )
        loss.backward()
        self.optimiser.step(learning_scale(self.progress.step, annealed), self.progress.step)
        self.progress.step += 1
        self.progress.row += len(ids)
        self.progress.tokens += ids[:, 1:].numel()
        return loss.detach()

    def stop(self, *_: object) -> None:
        self.stopped = True


def avoid_avx512() -> None:
    """Compile for AVX2: with AVX-512 the gradients of keys came out NaN (torch 2.13, g++ 12.2).

    So they agree with the uncompiled ones within 0.2 %, at 2.7 times the speed.
    """
    if torch.backends.cpu.get_cpu_capability() == "AVX512":
        torch._inductor.config.cpp.simdlen = 256


def run(
    trainer: Trainer,
    held_out: HeldOutRows,
    end: float,
    anneal_s: float,
    save_every_s: float,
    evaluate_every_s: float,
) -> None:
    """Train until the deadline, a signal, or the end of the finishing phase."""
    progress, clock = trainer.progress, RunningClock()
    saved = evaluated = mark = time.time()
    mark_tokens, losses, pending = progress.tokens, [], None
    for ids, weights in trainer.batches(progress.row):
        begun = time.perf_counter()
        done = progress.anneal_s / anneal_s if anneal_s else 0.0
        if trainer.stopped or time.time() > end or done >= 1.0:
            break
        loss = trainer.step(ids, weights, done)
        if pending is not None:  # Waits for the step before, so that a GPU's steps take their time.
            losses.append(pending.item())
        pending = loss
        if progress.step % LOG_STEPS == 0 and losses:
            now, mean = time.time(), sum(losses) / len(losses)
            speed = (progress.tokens - mark_tokens) / (now - mark)
            trainer.journal.write(
                "step",
                progress,
                loss=round(mean, 4),
                tokens_per_s=round(speed),
                running_s=round(progress.running_s),
                annealed=round(done, 3),
            )
            mark, mark_tokens, losses = now, progress.tokens, []
        if time.time() - saved > save_every_s:
            trainer.save()
            saved = time.time()
        if time.time() - evaluated > evaluate_every_s:
            evaluate(trainer, held_out)
            evaluated = mark = time.time()
            mark_tokens = progress.tokens
        counted = clock.counted(time.perf_counter() - begun)
        progress.running_s += counted
        progress.anneal_s += counted if anneal_s else 0.0
    trainer.save()
    evaluate(trainer, held_out)


def evaluate(trainer: Trainer, held_out: HeldOutRows) -> None:
    losses = held_out_loss(trainer.model, held_out, trainer.device, CHUNKS[trainer.device])
    trainer.journal.write("evaluation", trainer.progress, **losses)


def starting_point(folder: Path, anneal_s: float) -> Path | None:
    """An unfinished finishing phase goes on; else the constant-rate checkpoint is taken."""
    annealed, last = folder / "annealed.pt", folder / "last.pt"
    if anneal_s and annealed.exists():
        spent = checkpoint.read(annealed)["progress"]["anneal_s"]
        if spent < anneal_s:
            return annealed
    return last if last.exists() else None


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    add_work_option(parser)
    parser.add_argument("--config", choices=sorted(CONFIGS), default="cpu")
    parser.add_argument("--name", default=None, help="run folder (default: the config's name)")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--batch", type=int, default=12, help="rows a step")
    parser.add_argument("--length", type=int, default=RowMix().length, help="tokens a row")
    parser.add_argument("--minutes", type=float, default=None, help="stop after this long")
    parser.add_argument("--until", default=None, help="stop at HH:MM")
    parser.add_argument("--anneal", type=float, default=0.0, help="minutes of falling rate")
    parser.add_argument("--save-every", type=float, default=300.0, help="seconds")
    parser.add_argument("--evaluate-every", type=float, default=600.0, help="seconds")
    parser.add_argument("--held-out-rows", type=int, default=8, help="per language")
    parser.add_argument("--workers", type=int, default=0, help="processes that cut rows")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--eager", action="store_true", help="do not compile")
    return parser


def main() -> int:
    arguments = build_parser().parse_args()
    end = deadline(arguments.minutes, arguments.until)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    work = work_folder(arguments.work)
    folder = work / "runs" / (arguments.name or arguments.config)
    folder.mkdir(parents=True, exist_ok=True)
    (work / "pgid").write_text(f"{os.getpgrp()}\n", encoding="utf-8")
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    torch.set_float32_matmul_precision("high")

    anneal_s = 60 * arguments.anneal
    mix = RowMix(length=arguments.length)
    tokenizer = load(work)
    rows = Rows(open_store(work / "tokens", "train"), tokenizer, mix, arguments.seed)
    held_out = held_out_rows(
        open_store(work / "tokens", "heldout"), tokenizer, mix, arguments.held_out_rows
    )
    trainer = Trainer(
        InfillModel(CONFIGS[arguments.config]),
        Batches(rows, arguments.batch, arguments.workers, arguments.device),
        folder / ("annealed.pt" if anneal_s else "last.pt"),
        Journal(folder / "log.jsonl"),
        arguments.device,
        not arguments.eager,
    )
    if start := starting_point(folder, anneal_s):
        trainer.resume(start)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, trainer.stop)
    parameters = sum(parameter.numel() for parameter in trainer.model.parameters())
    trainer.journal.write(
        "start",
        trainer.progress,
        parameters=parameters,
        torch=torch.__version__,
        config=arguments.config,
        batch=arguments.batch,
        length=arguments.length,
        anneal_minutes=arguments.anneal,
        resumed=str(start and start.name),
    )
    run(trainer, held_out, end, anneal_s, arguments.save_every, arguments.evaluate_every)
    return 0


if __name__ == "__main__":
    sys.exit(main())

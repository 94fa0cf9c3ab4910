"""The training itself: rows in, steps of AdamW, checkpoints, and an adapter at the end."""

from __future__ import annotations

import hashlib
import json
import logging
import math
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import torch

from ownstack.files.writing import write_whole, write_whole_by
from ownstack.learning.data import jsonl
from ownstack.learning.data.passages import Dataset, HeldOut, Passage
from ownstack.learning.training import base as bases
from ownstack.learning.training import checkpoint
from ownstack.learning.training.adapter_file import read_adapter, write_adapter
from ownstack.learning.training.checkpoint import Progressed
from ownstack.learning.training.clock import RunningClock
from ownstack.learning.training.lora import Lora, merge
from ownstack.learning.training.loss import mean_loss, row_losses
from ownstack.learning.training.plan import ADAPTER, DATASET, TRAINED, TrainingError, TrainingPlan
from ownstack.learning.training.progress import Progress, ProgressFile, State
from ownstack.learning.training.rows import Row, Rows
from ownstack.learning.training.vocabulary import TrainingVocabulary
from ownstack.models.gguf.base_key import base_key
from ownstack.processes import trim_heap

log = logging.getLogger(__name__)

WARM_UP = 0.05
"""Share of the time in which the learning rate rises."""
LAST_RATE = 0.05
"""What it has fallen to at the end, by a cosine (as a share)."""
WARM_UP_STEPS = 8
"""At least so many steps of rising."""
MAX_NORM = 1.0
JUDGE_ROWS = 5
JUDGE_ROW_TOKENS = 1_024


class Trainer:
    """One run, in its folder."""

    def __init__(self, folder: Path, plan: TrainingPlan, stop: Callable[[], bool]) -> None:
        """Load everything; blocks for half a minute. `stop` is asked before each step.

        Raises:
            TrainingError: it cannot be trained; why, and what to do.
            OwnstackError: the model cannot be read, or cannot do what the role needs.
        """
        self._folder, self._plan, self._stop = folder, plan, stop
        self._progress = ProgressFile(folder)
        self._progress.write(Progress("loading"))
        path = Path(plan.base)
        _check_base(path, plan)
        dataset = _dataset(folder)
        torch.manual_seed(plan.seed)
        if plan.threads:
            torch.set_num_threads(plan.threads)
        self._device = "cuda" if torch.cuda.is_available() else "cpu"
        self._vocabulary = TrainingVocabulary(path)
        self._rows = self._rows_of(dataset)
        self._judged = self._judging_rows(dataset.held_out)
        self._base = bases.load(path)
        if plan.on_top_of:
            below = read_adapter(Path(plan.on_top_of), self._base.shape)
            merge(self._base, below, plan.on_top_scale)
        self._base.model.to(self._device)
        self._lora = Lora(
            self._base, rank=plan.rank, alpha=plan.alpha, modules=plan.modules, seed=plan.seed
        )
        self._optimiser = torch.optim.AdamW(
            self._lora.parameters.values(), lr=plan.learning_rate, weight_decay=0.0
        )
        self._belongs = checkpoint.belongs_to(folder, plan)
        self._done = Progressed()
        self._resume()

    def run(self) -> bool:
        """Train until the time is over, and export; False if it was stopped before."""
        plan, done = self._plan, self._done
        clock = RunningClock(done.trained_s)
        saved = judged = done.trained_s
        if done.loss_before is None and self._judged:
            done.loss_before = mean_loss(self._base, self._judged, self._device)
            self._tell("training", held_out_loss=done.loss_before)
        while self._share() < 1:
            if self._stop():
                self._save()
                self._tell("stopped")
                return False
            begun, tokens = time.monotonic(), done.tokens
            rate = self._rate()
            loss = self._step(rate)
            took_s = time.monotonic() - begun
            clock.count(took_s)
            done.trained_s = clock.trained_s
            held_out = None
            if self._judged and plan.judge_s and done.trained_s - judged >= plan.judge_s:
                judged = done.trained_s
                held_out = mean_loss(self._base, self._judged, self._device)
            self._tell(
                "training",
                loss=loss,
                learning_rate=rate,
                held_out_loss=held_out,
                rate=(done.tokens - tokens) / max(took_s, 1e-6),
            )
            if done.trained_s - saved >= plan.checkpoint_s:
                saved = done.trained_s
                self._save()
        self._save()
        self._export()
        return True

    def _step(self, rate: float) -> float:
        """Learn from some rows; return their mean loss."""
        done = self._done
        for group in self._optimiser.param_groups:
            group["lr"] = rate
        rows = [self._rows[done.row + index] for index in range(self._plan.rows_per_step)]
        weight = sum(sum(row.weights) for row in rows)
        total, count = 0.0, 0
        for row in rows:
            losses = row_losses(self._base, row, self._device)
            weights = torch.tensor(row.weights, device=losses.device)
            ((losses * weights).sum() / weight).backward()
            total += float(losses.detach().sum())
            count += len(row.weights)
            done.tokens += len(row.ids)
            done.samples += row.samples
            # Rows are of many sizes: between their tensors the heap would grow to twice its need.
            trim_heap()
        torch.nn.utils.clip_grad_norm_(self._lora.parameters.values(), MAX_NORM)
        self._optimiser.step()
        self._optimiser.zero_grad(set_to_none=True)
        done.row += len(rows)
        done.step += 1
        loss = total / max(1, count)
        if not math.isfinite(loss):
            raise TrainingError(
                "The loss is no number any more.", "Train anew with a smaller --learning-rate."
            )
        return loss

    def _share(self) -> float:
        """Return how much of the training is done; 1 and more: all."""
        plan, done = self._plan, self._done
        by_steps = done.step / plan.steps if plan.steps else 0.0
        return max(by_steps, done.trained_s / (60 * plan.minutes))

    def _rate(self) -> float:
        """Return the learning rate: it rises, and falls to nearly nothing when time is over."""
        plan, done = self._plan, self._done
        share = min(1.0, self._share())
        rising = max(share / WARM_UP, 1 / WARM_UP_STEPS) if share < WARM_UP else 1.0
        rising = min(rising, (done.step + 1) / WARM_UP_STEPS)
        falling = LAST_RATE + (1 - LAST_RATE) * 0.5 * (1 + math.cos(math.pi * share))
        return plan.learning_rate * min(rising, falling)

    def _save(self) -> None:
        self._tell("saving")
        checkpoint.save(
            self._folder,
            self._belongs,
            self._done,
            self._lora.state(),
            self._optimiser.state_dict(),
        )

    def _resume(self) -> None:
        state = checkpoint.load(self._folder, self._belongs)
        if state is None:
            return
        try:
            self._done = Progressed(**state["progressed"])
            self._lora.restore(state["lora"])
            self._optimiser.load_state_dict(state["optimiser"])
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            raise TrainingError(
                f"The checkpoint in {self._folder} is damaged: {error}.",
                "Begin anew with: ownstack learn FOLDER --fresh",
            ) from error
        log.info("Going on at step %d", self._done.step)

    def _export(self) -> None:
        self._tell("exporting")
        plan, done = self._plan, self._done
        loss_after = mean_loss(self._base, self._judged, self._device) if self._judged else None
        weights, shape = self._lora.weights(), self._base.shape
        name = Path(plan.base).stem
        target = self._folder / ADAPTER
        write_whole_by(target, lambda beside: write_adapter(beside, weights, shape, name))
        figures = {
            **asdict(done),
            "loss_after": loss_after,
            "parameters": self._lora.size,
            "architecture": shape.architecture,
            "sha256": hashlib.sha256(target.read_bytes()).hexdigest(),
            "threads": torch.get_num_threads(),
            "device": self._device,
        }
        write_whole(self._folder / TRAINED, json.dumps(figures, indent=1).encode(), is_lasting=True)
        self._tell("done", held_out_loss=loss_after)

    def _tell(
        self,
        state: State,
        *,
        loss: float | None = None,
        learning_rate: float | None = None,
        held_out_loss: float | None = None,
        rate: float | None = None,
    ) -> None:
        done = self._done
        self._progress.write(
            Progress(
                state,
                round(done.trained_s, 2),
                done.step,
                done.tokens,
                done.samples,
                loss,
                learning_rate,
                held_out_loss,
                rate,
            )
        )

    def _rows_of(self, dataset: Dataset) -> Rows:
        plan = self._plan
        infills = plan.role == "completion"
        if infills:
            _ = self._vocabulary.form  # Raises where the model cannot infill.
        rows = Rows(
            self._vocabulary,
            dataset.passages if infills else (),
            () if infills else dataset.exchanges,
            row_tokens=plan.row_tokens,
            seed=plan.seed,
        )
        if not rows:
            what = "text to fill in" if infills else "edits and answers that were accepted"
            raise TrainingError(
                f"There is nothing to learn from: no {what}.",
                "ownstack learn data says what was left out, and why.",
            )
        return rows

    def _judging_rows(self, held_out: tuple[HeldOut, ...]) -> list[Row]:
        """Return rows of what is held out in which only what is missing counts."""
        if self._plan.role != "completion":
            return []
        passages = [_asked(held) for held in held_out]
        rows = Rows(
            self._vocabulary,
            passages,
            row_tokens=min(self._plan.row_tokens, JUDGE_ROW_TOKENS),
            seed=self._plan.seed + 1,
            trunk_weight=0.0,
        )
        return [row for row in (rows[i] for i in range(JUDGE_ROWS)) if row.states] if rows else []


def _asked(held: HeldOut) -> Passage:
    asked = set(held.lines)
    n_lines = held.text.count("\n") + 1
    weights = tuple(float(line in asked) for line in range(n_lines))
    return Passage(held.path, held.language, held.text, weights)


def _dataset(folder: Path) -> Dataset:
    try:
        return jsonl.read(folder / DATASET)
    except (OSError, ValueError) as error:
        raise TrainingError(
            f"What is to be learned from cannot be read: {error}.",
            "Begin anew with: ownstack learn FOLDER --fresh",
        ) from error


def _check_base(path: Path, plan: TrainingPlan) -> None:
    try:
        key = base_key(path)
    except OSError as error:
        raise TrainingError(
            f"The model {path} cannot be read: {error}.", "Choose one: ownstack models use NAME"
        ) from error
    if key != plan.base_key:
        raise TrainingError(
            f"The model {path.name} is another one than when this training was planned.",
            "Begin anew with: ownstack learn FOLDER --fresh",
        )

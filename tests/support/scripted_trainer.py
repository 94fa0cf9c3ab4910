"""A trainer that learns nothing: it keeps to `learning/training`'s word with files and signals.

Run as a script: `scripted_trainer.py [SCENARIO] RUN_FOLDER`. A step takes some milliseconds and
counts as a second; a checkpoint is written every `CHECKPOINT_STEPS`.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from ownstack.files.writing import write_whole

STEP_S = 0.004
CHECKPOINT_STEPS = 10
SCRIPT = __file__


def main(scenario: str, folder: Path) -> int:
    """Train; return the exit status."""
    stopped: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _frame: stopped.append(number))
    plan = json.loads((folder / "plan.json").read_text())
    if scenario == "illegal":
        signal.signal(signal.SIGILL, signal.SIG_DFL)
        os.kill(os.getpid(), signal.SIGILL)
    if scenario == "told":
        return _cannot("The loss is no number any more.", "Train anew.")
    if scenario == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    step = _resumed(folder)
    _tell(folder, "loading", step)
    last = round(60 * plan["minutes"])
    while step < last:
        if stopped:
            _save(folder, step, scenario)
            _tell(folder, "stopped", step)
            return 0
        if scenario == "killed" and step == last // 2:
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(STEP_S)
        step += 1
        _tell(folder, "training", step)
        if step % CHECKPOINT_STEPS == 0:
            try:
                _save(folder, step, scenario if step > last // 2 else "")
            except OSError as error:
                return _cannot(f"A file cannot be written: {error}.", "Make room, and go on.")
        if scenario == "slow":
            time.sleep(1)
    _save(folder, step, "")
    _tell(folder, "exporting", step)
    data = b"GGUF" + f"{plan['base_key']} {plan['rank']} {step}".encode()
    write_whole(folder / "adapter.gguf", data, is_lasting=True)
    trained = {
        "step": step,
        "tokens": 100 * step,
        "trained_s": float(step),
        "loss_before": 2.5,
        "loss_after": 1.5,
        "sha256": hashlib.sha256(data).hexdigest(),
    }
    write_whole(folder / "trained.json", json.dumps(trained).encode(), is_lasting=True)
    _tell(folder, "done", step)
    return 0


def _resumed(folder: Path) -> int:
    try:
        saved: dict[str, Any] = json.loads((folder / "checkpoint.pt").read_text())
    except FileNotFoundError:
        return 0
    return int(saved["step"])


def _save(folder: Path, step: int, scenario: str) -> None:
    if scenario == "full":
        raise OSError(errno.ENOSPC, "No space left on device")
    write_whole(folder / "checkpoint.pt", json.dumps({"step": step}).encode(), is_lasting=True)


def _tell(folder: Path, state: str, step: int) -> None:
    row = {
        "state": state,
        "trained_s": float(step),
        "step": step,
        "tokens": 100 * step,
        "loss": 2.5 - step / 100,
        "held_out_loss": None,
        "rate": 150.0,
    }
    with (folder / "progress.jsonl").open("a") as file:
        file.write(json.dumps(row) + "\n")


def _cannot(what: str, hint: str) -> int:
    print(json.dumps({"what": what, "hint": hint}), file=sys.stderr)
    return 3


if __name__ == "__main__":
    sys.exit(main("".join(sys.argv[1:-1]), Path(sys.argv[-1])))

"""Runs of `learning/run.py` with a scripted trainer and gate, here or in a process of its own."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from ownstack.learning.data.passages import Dataset, HeldOut, Passage
from ownstack.learning.gate.verdict import Verdict
from ownstack.learning.run import learn
from ownstack.learning.run_folder import Wish
from ownstack.learning.run_parts import Judging, Learned, Options, Parts, Told
from ownstack.learning.worker import TRAINER
from ownstack.models.gguf.base_key import base_key
from ownstack.paths import Home
from tests.support import scripted_trainer

LINES = 300
JUDGED = 8
REAL_MINUTES = 0.1
REAL_CHECKPOINT_S = 1.0


def make_base(folder: Path) -> Path:
    """Write a model that can infill, small, and return its file."""
    # Not for those who only learn: the package takes half a second to load.
    from tests.support.gguf_models import make_gguf

    folder.mkdir(parents=True, exist_ok=True)
    return make_gguf(folder / "base.gguf")


def dataset(project: Path, _home: Home | None = None, *, lines: int = LINES) -> Dataset:
    text = "\n".join(f"value_{number} = {number}" for number in range(lines))
    passage = Passage("values.py", "python", text, (1.0,) * lines)
    held = HeldOut("held.py", "python", "a = 1\nb = 2\n", (0, 1), "file")
    project.mkdir(exist_ok=True)
    for path, written in ((passage.path, passage.text), (held.path, held.text)):
        (project / path).write_text(written, "utf-8")
    return Dataset(str(project), (passage,), (), (held,))


def fit(judging: Judging) -> Verdict | None:
    """Find every adapter good, after a while."""
    for done in range(JUDGED):
        if judging.is_stopped():
            return None
        judging.progress(done, JUDGED)
        time.sleep(0.002)
    return Verdict("fit", "It is better.", {"cursors": JUDGED})


def aside(judging: Judging) -> Verdict | None:
    return Verdict("aside", "It is no better than the plain model.", {"cursors": JUDGED})


def parts(scenario: str = "", **changed: Any) -> Parts:
    """Return a run's parts, with a trainer that does what the scenario says."""
    trainer = (scripted_trainer.SCRIPT, *([scenario] if scenario else []))
    usual: dict[str, Any] = {
        "collect": dataset,
        "trainer": trainer,
        "judge": fit,
        "check_needs": lambda: None,
        "free_memory": lambda: 10**12,
        "go_last": lambda: None,
        "sleep": lambda _s: time.sleep(0.005),
    }
    return Parts(**{**usual, **changed})


def wish(base: Path, project: Path, **changed: Any) -> Wish:
    usual: dict[str, Any] = {
        "project": str(project),
        "base": str(base),
        "base_key": base_key(base),
        "base_name": base.stem,
        "architecture": "llama",
        "minutes": 1.0,
    }
    return Wish(**{**usual, **changed})


def run(home: Home, base: Path, project: Path, **changed: Any) -> Learned:
    """Learn here, with `parts` and `wish` changed by name."""
    options = changed.pop("options", Options())
    told = changed.pop("tell", lambda told: None)
    fields = {name: changed.pop(name) for name in ("rank", "minutes", "role") if name in changed}
    scenario = changed.pop("scenario", "")
    return learn(
        home, wish(base, project, **fields), options, tell=told, parts=parts(scenario, **changed)
    )


def main(base: str, project: str, trainer: str = "scripted") -> None:
    """Learn in this process, and print a line of JSON for whatever is told.

    `trainer`: "real" for that of the package, with little to do.
    """
    minutes, made = 1.0, parts()
    if trainer == "real":
        minutes = REAL_MINUTES
        plan = {"row_tokens": 256, "checkpoint_s": REAL_CHECKPOINT_S, "judge_s": 0.0}
        made = parts(trainer=TRAINER, plan=plan)

    def tell(told: Told) -> None:
        print(json.dumps({"phase": told.phase, "waits": told.waits, "done": told.done}), flush=True)

    wished = wish(Path(base), Path(project), minutes=minutes)
    learned = learn(Home.default(), wished, tell=tell, parts=made)
    record = learned.record
    print(json.dumps({"phase": "over", "record": record.id if record else ""}), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])

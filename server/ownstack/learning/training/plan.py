"""What one training is asked to do: a file in its run's folder."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from ownstack.errors import OwnstackError
from ownstack.files.opening import read_regular
from ownstack.files.writing import write_whole
from ownstack.models.roles import Role

MAX_BYTES = 65_536
PLAN, DATASET, PROGRESS = "plan.json", "dataset.jsonl", "progress.jsonl"
CHECKPOINT, ADAPTER, TRAINED = "checkpoint.pt", "adapter.gguf", "trained.json"


ALL_MODULES = (
    *("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"),
    *("c_fc", "c_proj"),
)
"""All projections, as transformers calls them in the architectures that can be trained."""
MODULES = ("q_proj", "v_proj", "o_proj", "down_proj", "c_proj")
"""Each adapted module costs time with every token: these four leave 0.94 of the speed without, all
of them 0.82 (rank 16 in float16; coder-0.5b, processor time of one thread while it writes)."""


class TrainingError(OwnstackError):
    """An adapter cannot be trained; why, and what to do."""


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """Which model learns, how, and for how long."""

    base: str
    """The path of its GGUF file."""
    base_key: str
    """See `models/gguf/base_key.py`; another file in its place is refused."""
    role: Role = "completion"
    rank: int = 16
    alpha: float = 32.0
    modules: tuple[str, ...] = MODULES
    """What is adapted in each layer."""
    minutes: float = 60.0
    """Of training, without loading; paused time does not count."""
    steps: int = 0
    """It ends after so many, if that is earlier; 0 = by time alone."""
    threads: int = 0
    """0 = as many as there are physical cores."""
    seed: int = 0
    learning_rate: float = 1.2e-3
    """Far above that of full training, as is usual with LoRA. With 4e-4 the loss of held-out lines
    fell half as far in the same 30 steps (coder-0.5b, a project of 0.6 M characters: 1.81 to 1.70,
    and to 1.59)."""
    row_tokens: int = 1_280
    """Tokens that are computed at once; memory grows with it."""
    rows_per_step: int = 2
    checkpoint_s: float = 120.0
    judge_s: float = 300.0
    """The loss on what is held out is computed so often."""
    on_top_of: str = ""
    """The path of an adapter that serves beside this one; "" = none."""
    on_top_scale: float = 1.0

    def write(self, folder: Path) -> None:
        """Write it into a run's folder. Raises OSError."""
        write_whole(folder / PLAN, json.dumps(asdict(self), indent=1).encode(), is_lasting=True)

    @classmethod
    def read(cls, folder: Path) -> TrainingPlan:
        """Read it from a run's folder.

        Raises:
            TrainingError: it is not there, or is none.
        """
        try:
            raw = json.loads(read_regular(folder / PLAN, MAX_BYTES)[0])
            if not isinstance(raw, dict):
                raise ValueError("it is no object")
            known = {item.name for item in fields(cls)}
            values = {name: value for name, value in raw.items() if name in known}
            if isinstance(values.get("modules"), list):
                values["modules"] = tuple(values["modules"])
            plan = cls(**values)
            _check(plan)
        except (OSError, ValueError, TypeError, RecursionError) as error:
            raise TrainingError(
                f"The plan of the training in {folder} cannot be read: {error}.",
                "Begin anew with: ownstack learn FOLDER --fresh",
            ) from error
        return plan


def _check(plan: TrainingPlan) -> None:
    limits: dict[str, tuple[float, float]] = {
        "rank": (1, 256),
        "alpha": (0.01, 4_096),
        "minutes": (0.01, 10_080),
        "steps": (0, 1_000_000),
        "threads": (0, 256),
        "seed": (0, 2**31),
        "learning_rate": (1e-7, 0.1),
        "row_tokens": (128, 16_384),
        "rows_per_step": (1, 256),
        "checkpoint_s": (0.0, 300.0),
        "judge_s": (0.0, 86_400.0),
        "on_top_scale": (-100.0, 100.0),
    }
    for name, (low, high) in limits.items():
        value: Any = getattr(plan, name)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise ValueError(f"{name} is no number")
        if not low <= value <= high:  # NaN lies between no two.
            raise ValueError(f"{name} is not between {low} and {high}")
    if not plan.modules or not all(module in ALL_MODULES for module in plan.modules):
        raise ValueError("modules are not those of a layer")
    if not all(isinstance(text, str) for text in (plan.base, plan.base_key, plan.on_top_of)):
        raise ValueError("a path in it is no text")

"""The folder of one run: what was asked for, and by its files, how far it has come.

Each phase leaves a file as its last step, written whole: whoever goes on after a kill begins with
the first phase whose file is missing. There is one folder for each project and role.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, Literal, get_args

from ownstack.errors import LearningError
from ownstack.files.opening import read_regular
from ownstack.files.writing import write_whole
from ownstack.learning.adapters.folder import file_sha256
from ownstack.learning.training.plan import ADAPTER, DATASET, PROGRESS, TRAINED
from ownstack.models.roles import Role
from ownstack.paths import Home, private_folder, short_hash

RUN, OUTCOMES = "run.json", "outcomes.jsonl"
VERSION = 1
MAX_BYTES = 1_048_576
KEPT_S = 14 * 86_400.0
"""A project has changed so much after that time that what it was is not learned to the end."""
_TAIL_BYTES = 8_192
_MAX_NUMBER = 1e12

Mode = Literal["auto", "fresh", "resume"]


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be learned, and by which model."""

    project: str
    """The folder's absolute path, as the index names it."""
    base: str
    """The path of the model's file."""
    base_key: str
    base_name: str
    architecture: str
    role: Role = "completion"
    rank: int = 16
    minutes: float = 60.0
    on_top_of: str = ""
    """The id of the adapter that it is trained on top of."""
    created_s: float = 0.0
    """When it was first asked for; seconds since 1970."""


class RunFolder:
    """What one run keeps on the disk."""

    def __init__(self, path: Path, wish: Wish) -> None:
        self.path = path
        self.wish = wish

    @classmethod
    def open(cls, home: Home, wish: Wish, mode: Mode = "auto") -> tuple[RunFolder, str]:
        """Return the folder in which a wish is fulfilled, and in a sentence how it begins.

        The caller has the turn to train. What cannot be gone on with is begun anew, unless to go on
        was all that was asked for.

        Raises:
            LearningError: there is nothing to go on with, or it is another model's; why.
            OSError: the folder cannot be made.
        """
        path = place_of(home, wish.project, wish.role)
        before = read_wish(path)
        problem = "" if before is None else unlike(before, wish)
        if mode == "resume" and (before is None or problem):
            raise LearningError(
                problem or f"Nothing was begun to be learned from {wish.project}.",
                "Begin anew with: ownstack learn FOLDER --fresh"
                if problem
                else "Leave --resume out.",
            )
        if before is not None and not problem and mode != "fresh":
            said = "Going on with what was begun before."
            return cls(path, _write(path, wish, before.created_s)), said
        said = f"{problem} So it is begun anew." if problem and mode == "auto" else ""
        _clear(path)
        private_folder(home.learning_folder)
        private_folder(path)
        return cls(path, _write(path, wish, time.time())), said

    @property
    def dataset_file(self) -> Path:
        return self.path / DATASET

    @property
    def adapter_file(self) -> Path:
        return self.path / ADAPTER

    @property
    def outcomes_file(self) -> Path:
        return self.path / OUTCOMES

    def trained(self) -> Mapping[str, Any] | None:
        """Return what the trainer says of the adapter that it has made; None if there is none.

        One whose file is not the one that was made is none either: it is made again.
        """
        try:
            raw = json.loads(read_regular(self.path / TRAINED, MAX_BYTES)[0])
            if isinstance(raw, dict) and file_sha256(self.adapter_file) == raw.get("sha256"):
                return raw
        except (OSError, ValueError, RecursionError):
            pass
        return None

    def latest(self) -> Mapping[str, Any]:
        """Return the last line of what the trainer tells of itself; nothing if it has not begun."""
        try:
            with open(self.path / PROGRESS, "rb") as file:
                file.seek(0, 2)
                file.seek(max(0, file.tell() - _TAIL_BYTES))
                lines = file.read(_TAIL_BYTES).split(b"\n")[:-1]
            raw = json.loads(lines[-1])
        except (OSError, ValueError, IndexError, RecursionError):
            return {}
        return raw if isinstance(raw, dict) else {}

    def leave_what_lasts(self, folder: Path) -> None:
        """Write into an adapter's folder what is told of it later: the curve, and the counts.

        Raises:
            OSError: it cannot be written.
        """
        for name in (PROGRESS, DATASET):
            data = (self.path / name).read_bytes() if name == PROGRESS else self._head()
            write_whole(folder / name, data, is_private=True)

    def remove(self) -> None:
        """Remove the whole folder; text of the project is not kept longer than it is learned."""
        _clear(self.path)

    def _head(self) -> bytes:
        with open(self.dataset_file, "rb") as file:
            return file.readline(MAX_BYTES)


def place_of(home: Home, project: str, role: Role) -> Path:
    """Return the folder in which a project is learned from for a role."""
    return home.learning_folder / short_hash(f"{role}\0{project}")


def read_wish(path: Path) -> Wish | None:
    """Return what is being learned in a folder; None if nothing is, or nobody can tell."""
    try:
        raw = json.loads(read_regular(path / RUN, MAX_BYTES)[0])
        if raw.pop("version") != VERSION:
            return None
        wish = Wish(**{item.name: raw[item.name] for item in fields(Wish)})
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    texts = (wish.project, wish.base, wish.base_key, wish.base_name, wish.on_top_of)
    numbers = (wish.minutes, wish.created_s)
    is_one = (
        all(isinstance(text, str) for text in (*texts, wish.architecture))
        and all(type(n) in (int, float) and 0 <= n <= _MAX_NUMBER for n in numbers)
        and type(wish.rank) is int
        and wish.role in get_args(Role)
    )
    return wish if is_one else None


def unlike(before: Wish, wish: Wish, now_s: float | None = None) -> str:
    """Return why a run cannot be gone on with under another wish, as a sentence; "" if it can."""
    if before.base_key != wish.base_key:
        if before.base == wish.base:
            return f"The model {wish.base_name} was changed since this was begun."
        return f"It was begun with another model, {before.base_name}."
    if before.rank != wish.rank:
        return f"It was begun with rank {before.rank}, not {wish.rank}."
    if before.on_top_of != wish.on_top_of:
        return "Another adapter serves below it since this was begun."
    if (time.time() if now_s is None else now_s) - before.created_s > KEPT_S:
        return "It was begun more than two weeks ago."
    return ""


def _write(path: Path, wish: Wish, created_s: float) -> Wish:
    values = {**asdict(wish), "created_s": created_s}
    data = json.dumps({"version": VERSION, **values}, indent=1).encode()
    write_whole(path / RUN, data, is_private=True, is_lasting=True)
    return Wish(**values)


def _clear(path: Path) -> None:
    # Without this file nothing in the folder counts.
    (path / RUN).unlink(missing_ok=True)
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)

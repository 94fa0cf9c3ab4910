"""Which models were in memory when a process died: a native crash cannot be caught, only counted.

Each process that holds models keeps a note beside the others; a clean end removes it. A note of
a dead process is one death for each of its models. Two in a row set a model aside.
"""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path
from typing import Any

import psutil

from ownstack.errors import ModelSetAsideError
from ownstack.paths import private_folder

log = logging.getLogger(__name__)

SET_ASIDE_AFTER = 2


class CrashRecord:
    """Notes in one folder. A folder that cannot be written only means that nothing is learned."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._note = folder / f"using-{os.getpid()}.json"
        self._deaths_file = folder / "deaths.json"
        self._models: list[str] = []
        self._collect()

    def deaths(self, model: Path) -> int:
        """Return how often in a row the process died while it held `model`."""
        return int(self._deaths().get(str(model), 0))

    def check(self, model: Path, name: str) -> None:
        """Refuse a model that has been there at too many deaths.

        Raises:
            ModelSetAsideError: say so, and how to try again.
        """
        if self.deaths(model) >= SET_ASIDE_AFTER:
            raise ModelSetAsideError(
                f"The model {name} crashed the engine {self.deaths(model)} times and is set aside.",
                f"To try it again: ownstack models use {name} --for completion",
            )

    def begin(self, model: Path) -> None:
        """Note that `model` is being loaded or used by this process."""
        self._models.append(str(model))
        self._write_note()

    def end(self, model: Path, *, worked: bool) -> None:
        """Note that it was given back in good order; `worked` forgives earlier deaths."""
        if str(model) in self._models:
            self._models.remove(str(model))
        self._write_note()
        if worked:
            self.forgive(model)

    def forgive(self, model: Path) -> None:
        deaths = self._deaths()
        if deaths.pop(str(model), None) is not None:
            self._write(self._deaths_file, deaths)

    def _collect(self) -> None:
        """Count the deaths of the processes that left a note."""
        deaths = self._deaths()
        notes = [note for note in self._folder.glob("using-*.json") if _abandoned(_read(note))]
        for note in notes:
            raw = _read(note)
            if raw.get("boot") == _boot():
                for model in raw.get("models", []):
                    deaths[str(model)] = int(deaths.get(str(model), 0)) + 1
                    log.warning("A process died while it used %s.", model)
            try:
                note.unlink()
            except OSError as error:
                log.warning("A crash note cannot be removed: %s", error)
                return
        if notes:
            self._write(self._deaths_file, deaths)

    def _write_note(self) -> None:
        if self._models:
            note = {
                "pid": os.getpid(),
                "started": psutil.Process().create_time(),
                "boot": _boot(),
                "models": self._models,
            }
            self._write(self._note, note)
            return
        try:
            self._note.unlink(missing_ok=True)
        except OSError as error:
            log.warning("A crash note cannot be removed: %s", error)

    def _deaths(self) -> dict[str, Any]:
        return _read(self._deaths_file)

    def _write(self, file: Path, value: object) -> None:
        try:
            private_folder(self._folder)
            file.write_text(json.dumps(value), "utf-8")
        except OSError as error:
            log.warning("Crashes cannot be recorded: %s", error)


def _read(file: Path) -> dict[str, Any]:
    try:
        raw = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return raw if isinstance(raw, dict) else {}


def _abandoned(note: dict[str, Any]) -> bool:
    """Tell whether the process that wrote `note` has gone (its number may be in use again)."""
    try:
        return bool(psutil.Process(int(note["pid"])).create_time() != note["started"])
    except psutil.NoSuchProcess:
        return True
    except psutil.Error:
        return False
    except (KeyError, TypeError, ValueError):
        return True


def _boot() -> str:
    """Name this run of the machine: switching it off is no crash of ours."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return str(round(psutil.boot_time(), -2))

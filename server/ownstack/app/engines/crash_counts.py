"""How often models crashed the engine in a row, each crash remembered for a day."""

from __future__ import annotations

import json
import logging
import math
import os
import stat
import time
from pathlib import Path

from ownstack.engine.llama.native.verdicts import SET_ASIDE_S
from ownstack.files.opening import read_regular
from ownstack.paths import private_folder, set_aside

log = logging.getLogger(__name__)

MAX_BYTES = 1_000_000


class Deaths:
    """A file: model → how often, and when the last time. Read anew at each call."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def of(self, model: str) -> int:
        return self._read().get(model, (0, 0.0))[0]

    def until(self, model: str) -> float:
        """Return when they will be forgotten, in seconds since the epoch."""
        return self._read().get(model, (0, 0.0))[1] + SET_ASIDE_S

    def add(self, model: str) -> None:
        deaths = self._read()
        self._write(deaths | {model: (deaths.get(model, (0, 0.0))[0] + 1, time.time())})

    def forget(self, model: str) -> None:
        deaths = self._read()
        if deaths.pop(model, None) is not None:
            self._write(deaths)

    def _read(self) -> dict[str, tuple[int, float]]:
        """Return those of the last day; what earlier versions counted is no crash for certain."""
        try:
            raw = json.loads(read_regular(self._file, MAX_BYTES)[0])
        except (OSError, ValueError, RecursionError):
            return {}
        now_s = time.time()
        return {
            model: (entry["n"], entry["last"])
            for model, entry in (raw.items() if isinstance(raw, dict) else ())
            if isinstance(entry, dict)
            if type(entry.get("n")) is int and entry["n"] > 0
            if type(entry.get("last")) is float and math.isfinite(entry["last"])
            if 0 <= now_s - entry["last"] < SET_ASIDE_S
        }

    def _write(self, deaths: dict[str, tuple[int, float]]) -> None:
        entries = {model: {"n": n, "last": last} for model, (n, last) in deaths.items()}
        try:
            private_folder(self._file.parent)
            if os.path.lexists(self._file) and not stat.S_ISREG(self._file.lstat().st_mode):
                set_aside(self._file)
            self._file.write_text(json.dumps(entries), "utf-8")
        except OSError as error:
            log.warning("Crashes cannot be recorded: %s", error)

"""How fast models were on this machine, as `ownstack models bench` has measured them."""

from __future__ import annotations

import json
import logging
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ownstack.files.opening import read_regular
from ownstack.files.writing import write_whole

log = logging.getLogger(__name__)

_MAX_BYTES = 1_000_000
_MOST = 500
"""Files that are remembered; the oldest measurement goes first."""


@dataclass(frozen=True, slots=True)
class MeasuredSpeed:
    """Tokens per second of one model file, with the engine that is used at work."""

    prefill: float
    decode: float
    prompt_tokens: int
    """How long the prompt was that prefill was measured with."""
    device: str = "cpu"
    threads: int = 0


class SpeedRecord:
    """Measured speeds in one JSON file, each good until its model file changes."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def put(self, model: Path, speed: MeasuredSpeed) -> None:
        """Remember a measurement.

        Raises:
            OSError: it cannot be written, or there is no such model.
        """
        entries = self._entries()
        entries.pop(str(model), None)
        entries[str(model)] = {"stamp": _stamp(model), **asdict(speed)}
        kept = dict(list(entries.items())[-_MOST:])
        write_whole(self._file, json.dumps(kept, indent=1).encode())

    def get(self, model: Path) -> MeasuredSpeed | None:
        """Return what was measured with a file as it is now."""
        entry = self._entries().get(str(model))
        try:
            if not isinstance(entry, dict) or entry.pop("stamp", None) != _stamp(model):
                return None
            speed = MeasuredSpeed(**entry)
            return speed if speed.prefill > 0 and speed.decode > 0 else None
        except (OSError, TypeError) as error:
            log.info("The measured speed of %s does not count: %s", model.name, error)
            return None

    def _entries(self) -> dict[str, Any]:
        try:
            content, _ = read_regular(self._file, _MAX_BYTES)
            entries = json.loads(content)
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, RecursionError) as error:
            log.info("The measured speeds cannot be read, and are measured anew: %s", error)
            return {}
        return entries if isinstance(entries, dict) else {}


def _stamp(model: Path) -> list[int]:
    status = model.stat()
    return [status.st_size, status.st_mtime_ns]

"""What a probe found out about models on this machine, kept as one JSON file each.

That a model cannot be used is forgotten after a day, and at once when the user chooses it again.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import time
from dataclasses import dataclass
from pathlib import Path

from ownstack.engine.results import Speed
from ownstack.files.opening import read_regular
from ownstack.files.writing import write_whole

log = logging.getLogger(__name__)

SET_ASIDE_S = 24 * 3600.0
"""A model that crashed is tried again after so long: library, driver or file may be others."""
_MAX_VERDICT_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a model is to be loaded, and what is known of its speed."""

    extra_bufts: bool = True
    usable: bool = True
    speed: Speed | None = None


def folder(cache: Path) -> Path:
    return cache / "probe"


def read(file: Path) -> Verdict | None:
    """Return the verdict of a file; None if there is none that counts."""
    try:
        content, status = read_regular(file, _MAX_VERDICT_BYTES)
        raw = json.loads(content)
        speed = Speed(**raw["speed"]) if raw["speed"] else None
        verdict = Verdict(bool(raw["extra_bufts"]), bool(raw["usable"]), speed)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        log.info("A kept verdict cannot be read, the model is tried again: %s", error)
        return None
    return verdict if verdict.usable or 0 <= time.time() - status.st_mtime < SET_ASIDE_S else None


def write(file: Path, verdict: Verdict) -> None:
    """Replace the file whole; a cache that cannot be written costs a probe at each start."""
    try:
        write_whole(file, json.dumps(dataclasses.asdict(verdict)).encode(), is_private=True)
    except OSError as error:
        log.warning("The probe's verdict cannot be kept: %s", error)


def forgive(cache: Path) -> None:
    """Forget which models cannot be used; each is tried again when it is wanted.

    Files are named by what a model holds, which takes the library to find out: so all are forgiven.
    """
    for file in folder(cache).glob("*.json"):
        verdict = read(file)
        if verdict is not None and not verdict.usable:
            try:
                file.unlink()
            except OSError as error:
                log.warning("The probe's verdict cannot be removed: %s", error)

"""Why a trainer ended, in words that say what to do next."""

from __future__ import annotations

import json
import signal

from ownstack.errors import LearningError
from ownstack.learning.needs import INSTALL, torch_hint

MENDABLE = 3
"""A trainer's exit status when its last words say what to do."""
GO_ON = "What was learned until then is kept. Go on with: ownstack learn FOLDER --resume"
_ILLEGAL = {-getattr(signal, "SIGILL", 4), 0xC000001D, 0xC000001D - (1 << 32)}
"""Signals are negative; the others are Windows' STATUS_ILLEGAL_INSTRUCTION."""
_KILLED = {-getattr(signal, "SIGKILL", 9)}
_DISK = ("No space left", "ENOSPC", "Disk quota", "not enough space", "file write failed")
_FULL = 1_000_000
_MEMORY = ("MemoryError", "not enough memory", "Cannot allocate memory", "out of memory")
_MAX_WORDS = 300


def failure(status: int, said: str, *, free_disk: int | None = None) -> LearningError:
    """Return what to tell of a trainer that ended with a status other than 0.

    `said`: the end of what it wrote to its standard error; a full disk takes no more
    of it, so `free_disk`, in bytes, is asked too.
    """
    told = _told(said) if status == MENDABLE else None
    if told is not None:
        return told
    if status in _ILLEGAL:
        return LearningError(
            "The processor of this machine lacks instructions that PyTorch needs.",
            f"Another build of PyTorch may do without them: {torch_hint()}",
        )
    if status in _KILLED:
        return LearningError(
            "The trainer was killed: by somebody, or by the system for want of memory.",
            f"If it happens again, close other programs or choose a smaller base. {GO_ON}",
        )
    words = _last_line(said)
    if any(sign in said for sign in _DISK):
        return LearningError(f"The disk is full ({words}).", f"Make room. {GO_ON}")
    if free_disk is not None and free_disk < _FULL:
        return LearningError("The disk is full.", f"Make room. {GO_ON}")
    if any(sign in said for sign in _MEMORY):
        return LearningError(
            f"Memory ran out ({words}).",
            f"Close other programs, or choose a smaller base. {GO_ON}",
        )
    if "ModuleNotFoundError" in said or "ImportError" in said:
        return LearningError(f"The trainer cannot begin ({words}).", f"Install it: {INSTALL}")
    what = f"signal {-status}" if status < 0 else f"status {status}"
    return LearningError(f"The trainer failed ({words or what}).", GO_ON)


def _told(said: str) -> LearningError | None:
    for line in reversed(said.splitlines()):
        try:
            raw = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(raw, dict) and isinstance(raw.get("what"), str):
            hint = raw.get("hint")
            return LearningError(raw["what"], hint if isinstance(hint, str) else "")
    return None


def _last_line(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[-1][:_MAX_WORDS].rstrip(".") if lines else ""

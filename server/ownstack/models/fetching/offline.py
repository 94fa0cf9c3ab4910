"""Whether the user forbade everything that goes to another machine, and by what."""

from __future__ import annotations

import os

OFFLINE_VARIABLE = "OWNSTACK_OFFLINE"
_OFF = ("", "0", "false", "no", "off")


def set_variable(*names: str) -> str:
    """Return the first of these environment variables that is switched on, "" if none is."""
    values = ((name, os.environ.get(name, "").strip().lower()) for name in names)
    return next((name for name, value in values if value not in _OFF), "")


def offline_reason(setting: bool) -> str:
    """Return why nothing may leave this machine, as the end of a sentence; "" if it may."""
    if set_variable(OFFLINE_VARIABLE):
        return f"{OFFLINE_VARIABLE} is set"
    return "the setting ownstack.models.offline is on" if setting else ""

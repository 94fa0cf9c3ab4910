"""The first line each way on a daemon connection; described in docs/PROTOCOL.md.

A client says what it wants (`Hello`), the daemon answers (`Welcome`); each is one JSON object on
one line. After a welcome to a "session" the bytes of the language server protocol follow, after one
to "serve" a line that says where, and one that says whether.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from ownstack import __version__
from ownstack.errors import DaemonError

PROTOCOL = 1
"""Raised when a line of the handshake changes its meaning."""
MAX_LINE_BYTES = 65_536

Want = Literal["session", "serve", "status", "stop"]
LASTING: frozenset[Want] = frozenset(("session", "serve"))
"""What goes on on the same connection, in what this version speaks."""
Refusal = Literal["", "protocol", "token", "version", "busy", "leaving"]


@dataclass(frozen=True, slots=True)
class Hello:
    """What a client wants."""

    want: Want
    version: str = __version__
    protocol: int = PROTOCOL
    token: str = ""
    """Proves that the client may read the daemon's address file (TCP only)."""
    only_if_idle: bool = False
    """For "stop": refuse while a window is attached."""


@dataclass(frozen=True, slots=True)
class Welcome:
    """What the daemon says to it."""

    ok: bool
    reason: Refusal = ""
    version: str = __version__
    protocol: int = PROTOCOL
    pid: int = field(default_factory=os.getpid)
    sessions: int = 0
    status: Mapping[str, Any] = field(default_factory=dict)
    """For "status": what `ownstack daemon status --json` prints."""


def encode(message: Hello | Welcome) -> bytes:
    """Return the line for a message, its line break included."""
    return json.dumps(dataclasses.asdict(message)).encode("ascii") + b"\n"


def decode_hello(line: bytes) -> Hello:
    """Read a client's line.

    Raises:
        DaemonError: it is not one.
    """
    values = _values(line, Hello)
    if values.get("want") not in get_args(Want):
        raise DaemonError(
            f"A client wants {values.get('want')!r}, which this daemon does not know."
        )
    return Hello(**values)


def decode_welcome(line: bytes) -> Welcome:
    """Read the daemon's line.

    Raises:
        DaemonError: it is not one.
    """
    values = _values(line, Welcome)
    if "ok" not in values:
        raise DaemonError("The daemon's answer does not say whether it agrees.")
    return Welcome(**values)


def newer(version: str, other: str) -> bool:
    """Tell whether `version` is later than `other`, by their leading numbers ("1.10" > "1.9")."""
    return _numbers(version) > _numbers(other)


def _numbers(version: str) -> tuple[int, ...]:
    leading = re.match(r"\d+(\.\d+)*", version)
    return tuple(int(part) for part in leading.group().split(".")) if leading else ()


def _values(line: bytes, kind: type[Hello] | type[Welcome]) -> dict[str, Any]:
    """Return the known fields whose values have the type of the field's default; drop others."""
    try:
        raw = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DaemonError("The daemon connection does not speak the Ownstack protocol.") from error
    if not isinstance(raw, dict):
        raise DaemonError("The daemon connection does not speak the Ownstack protocol.")
    kinds = {
        "want": str,
        "version": str,
        "protocol": int,
        "token": str,
        "only_if_idle": bool,
        "ok": bool,
        "reason": str,
        "pid": int,
        "sessions": int,
        "status": dict,
    }
    known = {item.name for item in dataclasses.fields(kind)}
    values = {key: value for key, value in raw.items() if key in known}
    wrong = [key for key, value in values.items() if not isinstance(value, kinds[key])]
    if wrong:
        raise DaemonError(f"The daemon handshake has a wrong value for {', '.join(wrong)}.")
    return values

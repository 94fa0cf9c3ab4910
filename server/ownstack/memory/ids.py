"""Ids of projects, sessions, turns and events: UUIDv8 (RFC 9562), each derived from its parent's.

An id is its time in milliseconds (48 bits, so that ids sort by age), then 74 bits of a SHA-256
over the parent's id, what it names and that time. The same facts give the same id on any machine,
so a write that is tried again stores nothing twice, and an archive names what it was made from.
"""

from __future__ import annotations

import hashlib
import uuid

BASE = uuid.UUID("6f776e73-7461-8b6b-8000-000000000000")
"""The root of all ids of this program."""
_MAX_MS = (1 << 48) - 1


def derived(parent: uuid.UUID, kind: str, name: str, at: float = 0.0) -> uuid.UUID:
    """Return the id of what `name` is below `parent`, at a time in seconds since 1970."""
    ms = min(max(round(at * 1000), 0), _MAX_MS)
    digest = hashlib.sha256(parent.bytes)
    for field in (kind, name):
        data = field.encode("utf-8", "surrogatepass")
        # Lengths, so that no two lists of fields are the same bytes.
        digest.update(len(data).to_bytes(8, "big") + data)
    digest.update(ms.to_bytes(6, "big"))
    bits = int.from_bytes(digest.digest()[:16], "big")
    bits = ms << 80 | bits & ((1 << 80) - 1)
    bits = bits & ~(0xF << 76) | 0x8 << 76  # the version
    return uuid.UUID(int=bits & ~(0b11 << 62) | 0b10 << 62)  # the variant


def project_id(root: str) -> str:
    """Return the id of a project, by the absolute path of its folder; it knows no time."""
    return str(derived(BASE, "project", root))


def session_id(project: str, at: float, name: str = "") -> str:
    """Return the id of a session that a project began; `name` tells apart those of one moment."""
    return str(derived(parse(project), "session", name, at))


def turn_id(session: str, turn: int) -> str:
    """Return the id of a turn, by its number in the session."""
    return str(derived(parse(session), "turn", str(turn)))


def event_id(session: str, turn: int, kind: str, at: float, content: str) -> str:
    """Return the id of what happened in a turn; `content` is its data as canonical JSON."""
    return str(derived(parse(turn_id(session, turn)), kind, f"{at!r} {content}", at))


def parse(text: str) -> uuid.UUID:
    """Return an id of ours, read from its text.

    Raises:
        ValueError: it is no UUIDv8 as this module writes them.
    """
    found = uuid.UUID(text)
    if found.version != 8 or str(found) != text:
        raise ValueError(f"{text!r} is no id of this program")
    return found

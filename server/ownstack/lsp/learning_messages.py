"""What is sent about adapters, which are what was learned from the user's own code.

Types of the messages that `lsp/protocol.py` lists.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ownstack.app.learning.listing import LearnedAdapter

LIST = "ownstack/adapters"
USE = "ownstack/adapters/use"
ROLL_BACK = "ownstack/adapters/rollBack"
REPORT = "ownstack/adapters/report"


@dataclass(frozen=True, slots=True)
class AdaptersParams:
    """Parameters of a request that has none."""


@dataclass(frozen=True, slots=True)
class AdapterParams:
    id: str


@dataclass(frozen=True, slots=True)
class AdaptersResult:
    adapters: list[LearnedAdapter]
    """The newest first."""
    problems: list[str]
    """What cannot be read, a sentence each."""
    refusal: str
    """Why nothing is learned from this window's folders, a sentence, or ""."""


@dataclass(frozen=True, slots=True)
class AdapterReport:
    html: str
    """A whole page, which fetches nothing and runs nothing."""


REQUESTS: Mapping[str, tuple[Any, Any]] = {
    LIST: (AdaptersParams, AdaptersResult),
    USE: (AdapterParams, AdaptersResult),
    ROLL_BACK: (AdapterParams, AdaptersResult),
    REPORT: (AdapterParams, AdapterReport),
}
NOTIFICATIONS: Mapping[str, Any] = {}
LONG: frozenset[str] = frozenset()
PAYLOADS = (AdaptersParams, AdapterParams, LearnedAdapter, AdaptersResult, AdapterReport)

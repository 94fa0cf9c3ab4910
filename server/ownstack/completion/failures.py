"""Failures of completion's parts: named in the log once a kind, since a key comes after another."""

from __future__ import annotations

import logging

log = logging.getLogger(__name__)


class Failures:
    """The failures that one window has met."""

    def __init__(self) -> None:
        self._named: set[tuple[str, str]] = set()

    def note(self, stage: str, error: Exception) -> None:
        """Name a failure once per kind; completion goes on without the stage."""
        kind = (stage, type(error).__name__)
        if kind not in self._named:
            self._named.add(kind)
            log.warning("%s failed, and will only be named this once", stage, exc_info=error)

"""The log's fixtures, for facts that are kept in it."""

from tests.memory.log.conftest import log, open_log

__all__ = ["log", "open_log"]

"""A lock that the system lets go of when its holder dies, however it dies."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from ownstack.paths import private_folder


class FileLock:
    """One holder of a file, process-wide and machine-wide, until `release` or death.

    Or several that share it, where the system can do that.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    def take(cls, file: Path, *, shares: bool = False, waits: bool = False) -> FileLock | None:
        """Return the lock, or None if somebody holds it and this does not wait until nobody does.

        Raises:
            OSError: the folder cannot be made, or the file cannot be written.
        """
        private_folder(file.parent)
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(descriptor, shares=shares, waits=waits)
        except OSError:
            os.close(descriptor)
            return None
        return cls(descriptor)

    def release(self) -> None:
        os.close(self._descriptor)


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int, *, shares: bool, waits: bool) -> None:
        # None are shared here. Who waits gives up after ten seconds.
        msvcrt.locking(descriptor, msvcrt.LK_LOCK if waits else msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(descriptor: int, *, shares: bool, waits: bool) -> None:
        kind = fcntl.LOCK_SH if shares else fcntl.LOCK_EX
        fcntl.flock(descriptor, kind if waits else kind | fcntl.LOCK_NB)

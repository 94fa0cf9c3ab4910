"""A lock that the system lets go of when its holder dies, however it dies.

`filelock` was looked at in its place: it shares no lock as the system does, and waits by asking
again and again.
"""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

from ownstack.paths import private_folder, set_aside

_NO_FOLLOW: int = getattr(os, "O_NOFOLLOW", 0)


class FileLock:
    """One holder of a file, process-wide and machine-wide, until `release` or death.

    Or several that share it, where the system can do that.
    """

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    @classmethod
    def take(
        cls, file: Path, *, shares: bool = False, waits: bool = False, private: bool = True
    ) -> FileLock | None:
        """Return the lock, or None if somebody holds it and this does not wait until nobody does.

        What stands in its place and is no file is set aside. The folder is closed to other users
        if it is `private`; else it may be a link, and stays as it is.

        Raises:
            OSError: the folder cannot be made, or the file cannot be written.
        """
        if private:
            private_folder(file.parent)
        if os.path.lexists(file) and not stat.S_ISREG(file.lstat().st_mode):
            set_aside(file)
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | _NO_FOLLOW, 0o600)
        try:
            _lock(descriptor, shares=shares, waits=waits)
        except OSError:
            os.close(descriptor)
            return None
        return cls(descriptor)

    @classmethod
    def is_held(cls, file: Path, *, private: bool = True) -> bool:
        """Say whether somebody holds it; no where that cannot be found out. See `take`."""
        try:
            lock = cls.take(file, private=private)
        except OSError:
            return False
        if lock is not None:
            lock.release()
        return lock is None

    def release(self) -> None:
        os.close(self.descriptor)

    def __enter__(self) -> FileLock:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


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

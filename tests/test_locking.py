"""One holder at a time."""

import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ownstack.locking import FileLock

HOLD = """
import sys
from pathlib import Path
from ownstack.locking import FileLock
lock = FileLock.take(Path(sys.argv[1]))
print("held" if lock else "refused", flush=True)
sys.stdin.read()
"""


def test_a_second_holder_is_refused_until_the_first_lets_go(tmp_path: Path) -> None:
    """Within one process, and across."""
    first = FileLock.take(tmp_path / "lock")
    assert first is not None
    assert FileLock.take(tmp_path / "lock") is None

    first.release()

    again = FileLock.take(tmp_path / "lock")
    assert again is not None
    again.release()


@pytest.mark.skipif(sys.platform == "win32", reason="locks are not shared there")
def test_some_share_it_and_hold_off_who_does_not(tmp_path: Path) -> None:
    """Who shares waits for nobody that shares; who waits gets it in the end."""
    shares = [FileLock.take(tmp_path / "lock", shares=True, waits=True) for _ in range(2)]
    assert FileLock.take(tmp_path / "lock") is None
    for lock in shares:
        assert lock is not None
        lock.release()

    alone = FileLock.take(tmp_path / "lock")
    assert alone is not None
    assert FileLock.take(tmp_path / "lock", shares=True) is None
    with ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(FileLock.take, tmp_path / "lock", shares=True, waits=True)
        alone.release()
        lock = waiting.result()
    assert lock is not None
    lock.release()


@pytest.mark.process
def test_a_killed_holder_lets_go(tmp_path: Path) -> None:
    """The system releases what a dead process held, so there is no stale lock."""
    command = [sys.executable, "-c", HOLD, str(tmp_path / "lock")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        assert FileLock.take(tmp_path / "lock") is None

        holder.send_signal(signal.SIGKILL)
        holder.wait()

    lock = FileLock.take(tmp_path / "lock")
    assert lock is not None
    lock.release()

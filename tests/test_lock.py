"""One holder at a time."""

import signal
import subprocess
import sys
from pathlib import Path

from ownstack.lock import FileLock

HOLD = """
import sys
from pathlib import Path
from ownstack.lock import FileLock
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

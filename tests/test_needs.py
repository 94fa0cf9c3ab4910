"""Marks say what a test needs, and somebody watches."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.support.needs import Witness, unwanted

WITNESS = Witness()
QUICK = "not native and not process and not e2e and not slow"


def start() -> None:
    subprocess.run([sys.executable, "-c", ""], check=True)


@pytest.mark.process
def test_a_process_is_seen() -> None:
    """Also one that a thread of the test starts."""
    WITNESS.begin()
    thread = threading.Thread(target=start)
    thread.start()
    thread.join()

    assert WITNESS.seen() == {"process"}


@pytest.mark.process
def test_a_process_of_an_earlier_thread_is_not_the_tests() -> None:
    """What an earlier test left running may start one at any moment."""
    go = threading.Event()
    thread = threading.Thread(target=lambda: go.wait() and start())
    thread.start()

    WITNESS.begin()
    go.set()
    thread.join()

    assert WITNESS.seen() == set()


@pytest.mark.parametrize(
    ("mark", "expected"),
    [
        ("pytestmark = pytest.mark.native\n", True),
        ("pytestmark = [\n    pytest.mark.skipif(True),\n    pytest.mark.process,\n]\n", True),
        ("pytestmark = pytest.mark.skipif(True)\n", False),
        ("@pytest.mark.native\ndef test_one() -> None: ...\n", False),
    ],
)
def test_a_module_that_is_left_out_as_a_whole_is_not_imported(
    mark: str, expected: bool, tmp_path: Path
) -> None:
    """Importing it may load a native library."""
    (tmp_path / "test_it.py").write_text(mark)

    assert unwanted(tmp_path / "test_it.py", QUICK) is expected


def test_every_module_is_wanted_by_default(tmp_path: Path) -> None:
    """Without `-m` nothing is left out."""
    (tmp_path / "test_it.py").write_text("pytestmark = pytest.mark.native\n")

    assert not unwanted(tmp_path / "test_it.py", "")

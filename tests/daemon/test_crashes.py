"""What is learned from processes that died."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from ownstack.daemon.crashes import CrashRecord
from ownstack.errors import ModelSetAsideError

MODEL = Path("/models/m.gguf")

DIE = """
import os, signal, sys
from pathlib import Path
from ownstack.daemon.crashes import CrashRecord
CrashRecord(Path(sys.argv[1])).begin(Path(sys.argv[2]))
os.kill(os.getpid(), signal.SIGKILL)
"""


def die(folder: Path) -> None:
    """Let a process die while it holds the model."""
    done = subprocess.run([sys.executable, "-c", DIE, str(folder), str(MODEL)], check=False)
    assert done.returncode == -9


def test_two_deaths_set_a_model_aside(tmp_path: Path) -> None:
    """One death may be an accident; after two the model is refused, and the message says why."""
    die(tmp_path)
    CrashRecord(tmp_path).check(MODEL, "m")
    die(tmp_path)

    with pytest.raises(ModelSetAsideError, match="m crashed the engine 2 times"):
        CrashRecord(tmp_path).check(MODEL, "m")


def test_a_good_end_forgives(tmp_path: Path) -> None:
    """Deaths count in a row only."""
    die(tmp_path)
    record = CrashRecord(tmp_path)
    record.begin(MODEL)
    record.end(MODEL, worked=True)

    assert record.deaths(MODEL) == 0


def test_a_load_that_failed_in_good_order_forgives_nothing(tmp_path: Path) -> None:
    """A refusal is no proof that the model works."""
    die(tmp_path)
    record = CrashRecord(tmp_path)
    record.begin(MODEL)
    record.end(MODEL, worked=False)

    assert record.deaths(MODEL) == 1


def test_a_living_process_has_not_crashed(tmp_path: Path) -> None:
    """The note of a process that still runs is left alone."""
    CrashRecord(tmp_path).begin(MODEL)

    assert CrashRecord(tmp_path).deaths(MODEL) == 0


def test_switching_the_machine_off_is_no_crash(tmp_path: Path) -> None:
    """A note from before the machine was started is dropped."""
    note = tmp_path / "using-1.json"
    note.write_text(json.dumps({"pid": 1, "started": 0, "boot": "other", "models": [str(MODEL)]}))

    assert CrashRecord(tmp_path).deaths(MODEL) == 0
    assert not note.exists()


@pytest.mark.parametrize("content", ["", "[]", "{", '{"pid": "x"}'])
def test_damaged_notes_are_dropped(tmp_path: Path, content: str) -> None:
    """A half-written file is nobody's crash."""
    (tmp_path / "using-1.json").write_text(content)
    (tmp_path / "deaths.json").write_text(content)

    assert CrashRecord(tmp_path).deaths(MODEL) == 0


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    """Nothing is learned, and nothing fails."""
    (tmp_path / "file").write_text("")
    record = CrashRecord(tmp_path / "file" / "crashes")

    record.begin(MODEL)
    record.end(MODEL, worked=True)

    assert record.deaths(MODEL) == 0

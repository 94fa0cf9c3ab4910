"""What is learned from processes that died."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ownstack.app.engines import crashes
from ownstack.app.engines.crashes import CrashRecord, _boot
from ownstack.errors import ModelSetAsideError

pytestmark = pytest.mark.process

MODEL = Path("/models/m.gguf")

DIE = """
import faulthandler, os, signal, sys, threading
from pathlib import Path
from ownstack.app.engines.crashes import CrashRecord
from ownstack.engine.requests import Priority
from ownstack.engine.llama.scheduler import Job, NativeThread

folder, model, how = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
record = CrashRecord(folder)
record.arm()
record.begin(model)
record.begin(model.with_name("idle.gguf"))

def work(job):
    if how == "working":
        faulthandler._sigsegv()
    if how == "aborting":
        os.abort()
    if how == "killed at work":
        os.kill(os.getpid(), signal.SIGKILL)
    at_work.set()
    if how == "elsewhere":
        threading.Event().wait()
    yield True

at_work = threading.Event()
native = NativeThread()
job = Job(work, Priority.CHAT, print, None, lambda on: record.working(model, on))
native.submit(job)
at_work.wait()
if how == "elsewhere":
    faulthandler._sigsegv()
native.close()
if how == "after work":
    faulthandler._sigsegv()
os.kill(os.getpid(), signal.SIGKILL)
"""


def die(folder: Path, how: str = "working") -> None:
    """Let a process die while it holds the model."""
    command = [sys.executable, "-c", DIE, str(folder), str(MODEL), how]
    done = subprocess.run(command, check=False, stderr=subprocess.DEVNULL)
    assert done.returncode in (-9, -6, -11)


@pytest.mark.parametrize("how", ["working", "aborting"])
def test_two_crashes_set_a_model_aside(tmp_path: Path, how: str) -> None:
    """One may be an accident; after two the model is refused, and the message says why."""
    die(tmp_path, how)
    CrashRecord(tmp_path).check(MODEL, "m")
    die(tmp_path, how)

    record = CrashRecord(tmp_path)
    with pytest.raises(ModelSetAsideError, match=r"m crashed the engine 2 times .* until 20") as no:
        record.check(MODEL, "m")
    assert no.value.hint == "To try it again: ownstack models use m --for completion"
    assert record.deaths(MODEL.with_name("idle.gguf")) == 0

    record.forgive(MODEL)
    record.check(MODEL, "m")


@pytest.mark.parametrize("how", ["killed", "killed at work", "after work", "elsewhere"])
def test_what_is_no_crash_of_native_work_counts_for_nothing(tmp_path: Path, how: str) -> None:
    """A container that is stopped, an editor that ends its server, a crash of something else."""
    for _ in range(3):
        die(tmp_path, how)

    record = CrashRecord(tmp_path)

    assert record.deaths(MODEL) == 0
    record.check(MODEL, "m")
    assert [file.name for file in tmp_path.iterdir() if file.name != "deaths.json"] == []


def test_a_process_that_the_system_killed_for_want_of_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Would be killed again and again by a model that does not fit."""
    for number in range(2):
        monkeypatch.setattr(crashes, "_killed_for_memory", lambda number=number: number)
        die(tmp_path, "killed at work")
        note = next(tmp_path.glob("using-*"))
        note.write_text(json.dumps(json.loads(note.read_text()) | {"killed": number}))
        monkeypatch.setattr(crashes, "_killed_for_memory", lambda number=number: number + 1)
        CrashRecord(tmp_path)

    assert CrashRecord(tmp_path).deaths(MODEL) == 2


def test_a_model_is_set_aside_for_a_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then library, driver or file may be others."""
    die(tmp_path)
    die(tmp_path)
    record = CrashRecord(tmp_path)
    now_s = time.time()
    monkeypatch.setattr(time, "time", lambda: now_s + 23 * 3600)
    assert record.deaths(MODEL) == 2

    monkeypatch.setattr(time, "time", lambda: now_s + 25 * 3600)

    assert record.deaths(MODEL) == 0
    record.check(MODEL, "m")


def test_what_an_earlier_version_counted_is_forgotten(tmp_path: Path) -> None:
    """It counted every process that was killed."""
    (tmp_path / "deaths.json").write_text(json.dumps({str(MODEL): 2}))

    CrashRecord(tmp_path).check(MODEL, "m")


@pytest.mark.parametrize(
    ("name", "known", "named"),
    [("my model", True, "'my model'"), ("m", False, str(MODEL))],
    ids=["with a blank", "named by its path in the settings"],
)
def test_the_command_that_undoes_it_names_the_model(
    tmp_path: Path, name: str, known: bool, named: str
) -> None:
    """As a shell and the list of models understand it."""
    die(tmp_path)
    die(tmp_path)

    with pytest.raises(ModelSetAsideError, match=f"models use {named} --for completion"):
        CrashRecord(tmp_path, lambda name: known).check(MODEL, name)


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


ODD = [
    {"models": 3},
    {"models": {"a": 1}},
    {"models": [[], {}, None]},
    {"models": None},
    {"pid": 10**400},
    {"pid": -1},
    {"pid": [1]},
    {"pid": 1e300},
    {"started": {}},
    {"boot": []},
]


@pytest.mark.parametrize("odd", ODD, ids=range(len(ODD)))
def test_notes_of_other_types(tmp_path: Path, odd: dict[str, object]) -> None:
    """Whatever stands where something else belongs."""
    note = {"pid": 2**22 + 1, "started": 0, "boot": _boot(), "models": [str(MODEL)]} | odd
    (tmp_path / "using-1.json").write_text(json.dumps(note))
    (tmp_path / "work-1").write_text("1111")
    (tmp_path / "fault-1.txt").write_text("Fatal Python error: Aborted\n")
    lasts = {"a": "x", "b": [1], "c": -1, "d": 1e300, "e": True, "f": None, "z": time.time()}
    deaths = {name: {"n": 1, "last": last} for name, last in lasts.items()}
    odd_ones = {"x": "2", "y": 1, "w": {"n": "1", "last": 1.0}, "v": {"n": -1}, "u": {}}
    (tmp_path / "deaths.json").write_text(json.dumps(deaths | odd_ones))

    record = CrashRecord(tmp_path)

    assert record.deaths(MODEL) == ("models" not in odd and "boot" not in odd)
    assert [name for name in (deaths | odd_ones) if record.deaths(Path(name))] == ["z"]
    record.begin(MODEL)
    record.end(MODEL, worked=True)
    assert list(tmp_path.glob("using-*")) == []


@pytest.mark.parametrize("kind", ["folder", "fifo", "device", "loop", "deep", "huge"])
def test_what_stands_in_the_place_of_notes(tmp_path: Path, kind: str) -> None:
    """Is no file that anybody reads; deaths are counted on."""
    if not hasattr(os, "mkfifo"):
        pytest.skip("there are no FIFOs")
    pid = os.getpid()
    ours = (f"using-{pid}.json", f"work-{pid}", f"fault-{pid}.txt")
    for name in ("deaths.json", "using-1.json", "work-1", "fault-1.txt", *ours):
        place = tmp_path / name
        if kind == "folder":
            (place / "x").mkdir(parents=True)
        elif kind == "fifo":
            os.mkfifo(place)
        elif kind in ("device", "loop"):
            place.symlink_to("/dev/zero" if kind == "device" else place.name)
        elif kind == "deep":
            place.write_text("[" * 500_000)
        else:
            place.touch()
            os.truncate(place, 10_000_000_000)
    die(tmp_path)

    record = CrashRecord(tmp_path)

    assert record.deaths(MODEL) == 1
    record.begin(MODEL)
    with record.at_work(MODEL):
        assert (tmp_path / f"work-{pid}").read_text() == "1"
    assert (tmp_path / f"work-{pid}").read_text() == "0"
    record.end(MODEL, worked=True)
    assert CrashRecord(tmp_path).deaths(MODEL) == 0


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    """Nothing is learned, and nothing fails."""
    (tmp_path / "file").write_text("")
    record = CrashRecord(tmp_path / "file" / "crashes")

    record.begin(MODEL)
    record.end(MODEL, worked=True)

    assert record.deaths(MODEL) == 0

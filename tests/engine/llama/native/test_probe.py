"""First decodes in a child: who may die there, and what is remembered."""

import json
import os
import shlex
import sys
from pathlib import Path

import pytest

from ownstack.engine.llama.native import verdicts
from ownstack.engine.llama.native.probe import Probe
from ownstack.engine.llama.native.verdicts import Verdict
from ownstack.engine.results import Speed
from ownstack.errors import ModelSetAsideError
from tests.support import native

pytestmark = pytest.mark.native

DIES = "import os, signal; os.kill(os.getpid(), signal.SIGSEGV)"
DIES_WITH_EXTRA_BUFTS = f"import sys\nif sys.argv[2] == '1':\n    {DIES}"


class Child:
    """A command that plays the child, and counts its starts."""

    def __init__(self, tmp_path: Path, code: str) -> None:
        self.count = tmp_path / "starts"
        script = tmp_path / "child.py"
        script.write_text(f"open({str(self.count)!r}, 'a').write('x')\n{code}\n", "utf-8")
        self.command = (sys.executable, str(script))

    @property
    def starts(self) -> int:
        return len(self.count.read_text("utf-8")) if self.count.exists() else 0


def probe(folder: Path, child: Child, *, amx: bool = False, timeout_s: float = 60.0) -> Probe:
    return Probe(folder, child.command, timeout_s, amx=lambda: amx)


def test_a_real_child_lives(tmp_path: Path) -> None:
    """The command that the product uses, on a small model, whatever this machine's CPU."""
    probe = Probe(tmp_path, amx=lambda: False)

    assert probe.verdict(native.model_file()) == Verdict(extra_bufts=True)


def test_a_verdict_is_kept(tmp_path: Path) -> None:
    """The second start, and the third with its speed, start no child."""
    child = Child(tmp_path, "")
    path, speed = native.model_file(), Speed(900.0, 70.0)

    probe(tmp_path, child).verdict(path)
    probe(tmp_path, child).remember_speed(path, 0, speed)

    assert probe(tmp_path, child).verdict(path) == Verdict(extra_bufts=True, speed=speed)
    assert child.starts == 1


def test_another_file_or_other_layers_are_tried_anew(tmp_path: Path) -> None:
    """A verdict is about one file, on one kind of device."""
    child = Child(tmp_path, "")
    tried = probe(tmp_path, child)

    tried.verdict(native.model_file("psm"))
    tried.verdict(native.model_file("spm"))
    tried.verdict(native.model_file("spm"), gpu_layers=10)

    assert child.starts == 3


def test_a_dying_child_is_tried_without_extra_buffers(tmp_path: Path) -> None:
    """Q8_0 on AMX, as measured."""
    child = Child(tmp_path, DIES_WITH_EXTRA_BUFTS)

    assert probe(tmp_path, child).verdict(native.model_file()) == Verdict(extra_bufts=False)
    assert child.starts == 2


def test_on_amx_what_is_known_to_be_safe_comes_first(tmp_path: Path) -> None:
    """One child instead of two."""
    child = Child(tmp_path, DIES_WITH_EXTRA_BUFTS)

    verdict = probe(tmp_path, child, amx=True).verdict(native.model_file())

    assert (verdict, child.starts) == (Verdict(extra_bufts=False), 1)


def test_a_model_that_kills_both_is_set_aside(tmp_path: Path) -> None:
    """Said each time, but tried only once; the hint names the command that undoes it."""
    child = Child(tmp_path, DIES)
    model = native.model_file()

    for _ in range(2):
        with pytest.raises(ModelSetAsideError) as error:
            probe(tmp_path, child).verdict(model)
    assert child.starts == 2
    command = f"ownstack models use {shlex.quote(str(model))} --for completion"
    assert f"To try it again: {command} (or for the role" in error.value.hint

    verdicts.forgive(tmp_path)
    Child(tmp_path, "")
    assert probe(tmp_path, child).verdict(model).usable


def test_a_model_that_was_set_aside_is_tried_again_after_a_day(tmp_path: Path) -> None:
    """The library may be another by then, or the driver."""
    child = Child(tmp_path, DIES)
    with pytest.raises(ModelSetAsideError):
        probe(tmp_path, child).verdict(native.model_file())
    (kept,) = (tmp_path / "probe").iterdir()
    day_before = kept.stat().st_mtime - verdicts.SET_ASIDE_S
    os.utime(kept, (day_before, day_before))
    Child(tmp_path, "")

    assert probe(tmp_path, child).verdict(native.model_file()).usable


@pytest.mark.parametrize("name", ["SIGKILL", "SIGTERM", "SIGHUP"])
@pytest.mark.parametrize("by", ["signal", "status of a shell"])
def test_a_child_that_somebody_ended_proves_nothing(tmp_path: Path, name: str, by: str) -> None:
    """A container that is stopped says nothing about a model."""
    ends = "os.kill(os.getpid(), number)" if by == "signal" else "os._exit(128 + number)"
    child = Child(tmp_path, f"import os, signal\nnumber = signal.{name}\n{ends}")

    assert probe(tmp_path, child).verdict(native.model_file()) == Verdict()
    assert child.starts == 1


def test_a_hanging_child_counts_as_dead(tmp_path: Path) -> None:
    """A deadlock is no better than a crash."""
    child = Child(tmp_path, "import threading; threading.Event().wait()")

    with pytest.raises(ModelSetAsideError):
        probe(tmp_path, child, timeout_s=0.3).verdict(native.model_file())


@pytest.mark.parametrize("code", ["raise SystemExit(3)", "raise SystemExit(1)"])
def test_a_child_that_ends_by_itself_proves_nothing(tmp_path: Path, code: str) -> None:
    """Loading the model here will say what is wrong; nothing is remembered."""
    child = Child(tmp_path, code)

    assert probe(tmp_path, child).verdict(native.model_file()) == Verdict()
    assert probe(tmp_path, child, amx=True).verdict(native.model_file()) == Verdict(False)
    assert child.starts == 2


def test_a_command_that_cannot_be_started(tmp_path: Path) -> None:
    """An embedded Python may have no executable; models load without the check."""
    missing = Probe(tmp_path, (str(tmp_path / "no-python"),), amx=lambda: False)

    assert missing.verdict(native.model_file()) == Verdict()


@pytest.mark.parametrize("damage", ["", "{", "[]", json.dumps({"extra_bufts": True})])
def test_a_damaged_verdict_is_made_again(tmp_path: Path, damage: str) -> None:
    """A cache can always be lost."""
    child = Child(tmp_path, "")
    probe(tmp_path, child).verdict(native.model_file())
    (kept,) = (tmp_path / "probe").iterdir()
    kept.write_text(damage, "utf-8")

    assert probe(tmp_path, child).verdict(native.model_file()) == Verdict()
    assert child.starts == 2


def test_a_cache_that_cannot_be_written(tmp_path: Path) -> None:
    """It only costs the child at every start."""
    child = Child(tmp_path, "")
    (tmp_path / "probe").write_text("a file where a folder should be", "utf-8")

    assert probe(tmp_path, child).verdict(native.model_file()) == Verdict()

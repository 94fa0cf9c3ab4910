"""The doctor says that a model completes only where it does."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ownstack import doctor
from ownstack.app.engines.crashes import CrashRecord
from ownstack.engine import library
from ownstack.errors import EngineMissingError
from ownstack.models.registry import ModelRegistry
from ownstack.paths import Home
from tests.support.gguf_models import make_gguf


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_gguf(tmp_path_factory.mktemp("doctor") / "tiny.gguf")


def found(home: Home, setting: str = "") -> dict[str, doctor.Check]:
    return {check.name: check for check in doctor.examine(home, setting)}


@pytest.fixture
def without_llama(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise EngineMissingError("llama.cpp is not installed.", library.install_command())

    monkeypatch.setattr(library, "module", missing)


@pytest.mark.parametrize("by", ["choice", "setting", "built in"])
def test_no_model_completes_without_llama(
    home: Home, model: Path, without_llama: None, by: str
) -> None:
    """One error, with the way out, and nothing below it that contradicts it."""
    if by == "choice":
        ModelRegistry(home.models_file).use(str(model), "completion")
    if by == "built in":
        os.symlink(model, os.environ["OWNSTACK_BUILTIN"])

    checks = found(home, str(model) if by == "setting" else "")

    assert checks["engine"].level == "error"
    assert "-m pip install" in checks["engine"].hint
    assert checks["model"].level == "warning"
    assert "No model can run without llama.cpp" in checks["model"].detail


@pytest.mark.native
def test_a_model_that_completes(home: Home, model: Path) -> None:
    """Whichever way it was chosen."""
    assert found(home, str(model))["model"].detail == f"tiny completes ({model})"

    ModelRegistry(home.models_file).use(str(model), "completion")

    assert found(home)["model"].level == "ok"


@pytest.mark.native
def test_a_model_that_was_set_aside(
    home: Home, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It does not complete, whatever else is well."""
    ModelRegistry(home.models_file).use(str(model), "completion")
    monkeypatch.setattr(CrashRecord, "deaths", lambda self, path: 2)

    check = found(home)["model"]

    assert check.level == "error"
    assert "set aside" in check.detail


@pytest.mark.native
def test_a_model_that_does_not_fit(
    home: Home, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unless it is at work already."""
    monkeypatch.setattr("ownstack.models.gguf.inspection.memory_available", lambda: 1_000)

    checks = found(home, str(model))
    loaded = doctor.examine(home, str(model), loaded=True)

    assert checks["model"].level == "error"
    assert "of memory" in checks["model"].detail
    assert [check.level for check in loaded if check.name == "model"] == ["ok"]


@pytest.mark.native
def test_a_setting_that_names_nothing(home: Home) -> None:
    """The window's own setting is looked at, not only what was chosen."""
    check = found(home, "no-such-model")["model"]

    assert check.level == "error"
    assert "no-such-model" in check.detail


def test_a_library_that_cannot_be_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not there, broken, of another build: one kind of error, whose way out names this Python."""
    for error in (ImportError("no"), OSError("libllama.so: no"), AttributeError("llama_x")):

        def broken(name: str, error: Exception = error) -> None:
            raise error

        monkeypatch.setattr(library.importlib, "import_module", broken)
        with pytest.raises(EngineMissingError) as raised:
            library.module("llama.native.bindings")
        assert "-m pip install" in raised.value.hint


@pytest.mark.parametrize(
    ("absent", "version", "problem", "card", "level", "said"),
    [
        (("torch", "peft"), "", "", False, "ok", "torch, peft not installed. If they are to: "),
        (("torch",), "", "No builds.", False, "ok", "torch not installed. No builds."),
        ((), "2.9.0", "It has no AVX2.", False, "warning", "It has no AVX2. (PyTorch 2.9.0) "),
        ((), "2.9.0+cpu", "", False, "ok", "(PyTorch 2.9.0+cpu, on the processor). Begin with"),
        ((), "2.9.0", "", True, "ok", "(PyTorch 2.9.0, on the graphics card). Begin with"),
        ((), "2.9.0+cpu", "", True, "ok", "does not use the graphics card; another one would."),
    ],
)
def test_whether_models_can_learn(
    monkeypatch: pytest.MonkeyPatch, absent: tuple[str, ...], version: str, problem: str,
    card: bool, level: str, said: str,
) -> None:  # fmt: skip
    """What is missing, and what to type; that nothing is installed is no fault."""
    monkeypatch.setattr(doctor.needs, "missing", lambda: absent)
    monkeypatch.setattr(doctor.machine, "torch_version", lambda: version)
    monkeypatch.setattr(doctor.machine, "problem", lambda: problem)
    monkeypatch.setattr(doctor.machine, "has_card", lambda: card)

    [check] = doctor._learning()

    assert check.level == level
    assert said in f"{check.detail} {check.hint}"


FULL_DISK = """
import resource, sys
from pathlib import Path
from ownstack import doctor
from ownstack.paths import Home

resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
for check in doctor._folders(Home.below(Path(sys.argv[1]))):
    print(check.level, check.detail, check.hint)
"""


@pytest.mark.process
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_a_disk_that_takes_no_more(tmp_path: Path) -> None:
    """A file can be made in each folder, and nothing be written into it."""
    command = [sys.executable, "-c", FULL_DISK, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)

    lines = done.stdout.splitlines()
    assert len(lines) == 5
    for line in lines:
        assert line.startswith(f"error {tmp_path} cannot be written: File too large.")
        assert "Remove files" in line
        assert "OWNSTACK_HOME" in line
    assert list(tmp_path.iterdir()) == []


@pytest.mark.process
def test_a_disk_that_is_really_full(tmp_path: Path) -> None:
    """A file system of one megabyte, where this user may make one."""
    place, script = tmp_path / "small", tmp_path / "full.py"
    place.mkdir()
    script.write_text(FULL_DISK.replace("resource.setrlimit", "0 and resource.setrlimit"))
    shell = 'mount -t tmpfs -o size=1m none "$1" && dd if=/dev/zero of="$1/x" bs=1M 2>&1; '
    shell += '"$2" "$3" "$1"'
    made = ["unshare", "--map-root-user", "--mount", "sh", "-c", shell, "sh"]
    if not shutil.which("unshare") or subprocess.run([*made[:3], "true"], check=False).returncode:
        pytest.skip("No file system can be made here.")

    command = [*made, str(place), sys.executable, str(script)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)

    errors = [line for line in done.stdout.splitlines() if line.startswith("error ")]
    assert len(errors) == 5
    assert all("No space left on device. Remove files on the disk of" in line for line in errors)


@pytest.mark.native
def test_a_disk_that_is_nearly_full(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is free is named before nothing is."""
    assert found(home)["cache folder"].level == "ok"
    monkeypatch.setattr(doctor, "LITTLE_DISK_BYTES", 10**18)

    check = found(home)["cache folder"]

    assert check.level == "warning"
    assert re.search(r"only \d+ MB are free on its disk", check.detail)
    assert "Remove files" in check.hint

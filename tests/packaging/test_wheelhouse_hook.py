"""`OWNSTACK_WHEELHOUSE` stands in for the compiler when this program is installed from sources."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from ownstack_release.project import ROOT, pinned

pytest.importorskip("hatchling", reason="needs hatchling: pip install -e '.[release]'")
pytest.importorskip("pip", reason="needs pip in this environment")
pytestmark = pytest.mark.process

LLAMA = pinned("llama-cpp-python")
FITS = f"llama_cpp_python-{LLAMA}-py3-none-any.whl"
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")
BUILD = "import sys, hatchling.build as b; getattr(b, sys.argv[1])(sys.argv[2])"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return this project with a package of one module."""
    root = tmp_path / "clone"
    package = root / "server" / "ownstack"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text('__version__ = "9"\n', "utf-8")
    (root / "grammars").mkdir()
    (root / "packaging").mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE", "packaging/wheelhouse_hook.py"):
        shutil.copy(ROOT / name, root / name)
    return root


def house(folder: Path, *wheels: str) -> Path:
    """Make a folder with empty files named like wheels."""
    folder.mkdir()
    for name in wheels:
        (folder / name).touch()
    return folder


def built(
    project: Path, command: tuple[str, ...], wheels: Path | None
) -> subprocess.CompletedProcess[str]:
    """Build in a process of its own."""
    env = {name: value for name, value in os.environ.items() if name != "OWNSTACK_WHEELHOUSE"}
    if wheels is not None:
        env["OWNSTACK_WHEELHOUSE"] = str(wheels)
    return subprocess.run(
        command, cwd=project, env=env, capture_output=True, text=True, check=False
    )


def asked(folder: Path) -> list[str]:
    """Return what the one wheel in a folder says of llama.cpp."""
    (wheel,) = folder.glob("ownstack-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        (path,) = (name for name in archive.namelist() if name.endswith("/METADATA"))
        lines = archive.read(path).decode().split("\n")
    stated = "Requires-Dist: llama-cpp-python"
    return [line.removeprefix("Requires-Dist: ") for line in lines if line.startswith(stated)]


@pytest.mark.parametrize("how", ["build_wheel", "build_editable"])
def test_a_wheel_that_fits_is_asked_for(how: str, project: Path, tmp_path: Path) -> None:
    """By its place, beside the version that is pinned; installed or editable."""
    wheels = house(tmp_path / "wheels", FITS)
    out = tmp_path / "out"
    out.mkdir()
    done = built(project, (sys.executable, "-c", BUILD, how, str(out)), wheels)

    place = (wheels / FITS).as_uri()
    assert done.returncode == 0, done.stderr
    assert asked(out) == [f"llama-cpp-python=={LLAMA}", f"llama-cpp-python @ {place}"]


def test_pip_builds_it_so(project: Path, tmp_path: Path) -> None:
    """Pip takes what a package needs from the built one, not from pyproject.toml."""
    wheels = house(tmp_path / "wheel house", FITS)
    command = (*PIP, "wheel", "--no-build-isolation", "--no-deps", "--wheel-dir", str(tmp_path))
    done = built(project, (*command, "."), wheels)

    assert done.returncode == 0, done.stderr
    assert asked(tmp_path)[1:] == [f"llama-cpp-python @ {(wheels / FITS).as_uri()}"]


def test_without_it_the_library_is_compiled(project: Path, tmp_path: Path) -> None:
    """As its own source package asks for."""
    done = built(project, (sys.executable, "-c", BUILD, "build_wheel", str(tmp_path)), None)

    assert done.returncode == 0, done.stderr
    assert asked(tmp_path) == [f"llama-cpp-python=={LLAMA}"]


@pytest.mark.parametrize(
    "wheels",
    [
        [],
        ["llama_cpp_python-0.0.1-py3-none-any.whl"],
        [f"llama_cpp_python-{LLAMA}-py3-none-other_cpu.whl"],
        [f"llama_cpp_python-{LLAMA}-nonsense.whl"],
    ],
    ids=["none", "another version", "another system", "no wheel's name"],
)
def test_a_folder_without_one_is_an_error(wheels: list[str], project: Path, tmp_path: Path) -> None:
    """Somebody who set it does not want to wait for a compiler without being told."""
    folder = house(tmp_path / "wheels", *wheels)
    done = built(project, (sys.executable, "-c", BUILD, "build_wheel", str(tmp_path)), folder)

    said = f"OWNSTACK_WHEELHOUSE is {folder}, which holds no wheel of llama-cpp-python {LLAMA}"
    assert done.returncode != 0
    assert said in done.stderr


def test_a_user_that_is_not_there_is_no_crash(project: Path, tmp_path: Path) -> None:
    """The name is taken as it is."""
    folder = Path("~nobody-of-that-name/wheels")
    done = built(project, (sys.executable, "-c", BUILD, "build_wheel", str(tmp_path)), folder)

    assert f"OWNSTACK_WHEELHOUSE is {folder}, which holds no wheel" in done.stderr

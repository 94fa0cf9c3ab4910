"""The machine on which nothing is set up is what it says."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.e2e.seal import Seal, sealed, unavailable

pytestmark = [pytest.mark.e2e, pytest.mark.skipif(bool(unavailable()), reason=unavailable())]

BASE = Path(sys.executable).resolve()
CONNECTS = "import socket; socket.create_connection(('192.0.2.1', 80), timeout=5)"


def asked(seal: Seal, *command: str | Path) -> tuple[int, str]:
    done = seal.run(*command, check=False)
    return done.returncode, done.stdout + done.stderr


def test_nothing_compiles(tmp_path: Path) -> None:
    """No compiler answers, by its name or by its path."""
    source = tmp_path / "empty.c"
    source.write_text("int main(void) { return 0; }\n")
    with sealed(tmp_path, [BASE]) as seal:
        for compiler in ("cc", "gcc", "g++", "c++", "clang", "/usr/bin/cc", "/usr/bin/gcc"):
            # 126: it cannot be run; 127: it is not there.
            status, said = asked(seal, "sh", "-c", f"{compiler} -o /dev/null {source}")
            assert status in (126, 127), said
        for tool in ("make", "cmake", "ninja", "ld", "as"):
            assert asked(seal, "sh", "-c", f"{tool} --version")[0] in (126, 127)


def test_no_network_but_a_loopback(tmp_path: Path) -> None:
    """There is no way out, and the editor can be reached."""
    with sealed(tmp_path, [BASE]) as seal:
        assert "unreachable" in asked(seal, BASE, "-c", CONNECTS)[1]
        assert asked(seal, "cat", "/sys/class/net/lo/flags")[1].strip() == "0x9"


def test_only_the_pythons_that_are_wanted(tmp_path: Path) -> None:
    """One that is named is there; without it there is none at all, nor uv."""
    (tmp_path / "with").mkdir()
    (tmp_path / "without").mkdir()
    names = ["python3", "python", "uv", *(f"python3.{minor}" for minor in range(8, 16))]
    with sealed(tmp_path / "with", [BASE]) as seal:
        assert asked(seal, "python3", "-c", "import sys; print(sys.prefix)")[0] == 0
    with sealed(tmp_path / "without", []) as seal:
        for name in names:
            assert asked(seal, "sh", "-c", f"{name} --version")[0] in (126, 127), name


def test_nothing_of_the_developer(tmp_path: Path) -> None:
    """Neither pip's settings nor a cache nor this environment can be reached."""
    with sealed(tmp_path, [BASE]) as seal:
        assert asked(seal, BASE, "-m", "pip", "config", "list") == (0, "")
        assert asked(seal, "sh", "-c", "ls -A ~") == (0, ".profile\n")
        listed = asked(seal, "sh", "-c", f"ls {Path(sys.prefix)} | wc -l")[1].split()[-1]
        assert listed == "0"

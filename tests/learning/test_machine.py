"""Whether PyTorch can do well here is told without it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from ownstack.learning import machine


@pytest.mark.skipif(sys.platform == "win32", reason="Windows is asked another way")
@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("model name : x\nflags : fpu avx avx2 fma\n\nflags : fpu\n", True),
        ("flags\t\t: fpu avx\n", False),
        ("model name : x\nnot_avx2 : yes\n", None),
        ("", None),
    ],
)
def test_the_processors_flags_are_read(tmp_path: Path, text: str, found: bool | None) -> None:
    """What nobody says is no problem."""
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(text)

    assert machine.has_avx2(cpuinfo) is found
    assert machine.has_avx2(tmp_path / "none") is None


@pytest.mark.parametrize(
    ("system", "processor", "avx2", "problem"),
    [
        ("linux", "x86_64", True, ""),
        ("linux", "x86_64", None, ""),
        ("linux", "aarch64", None, ""),
        ("darwin", "arm64", None, ""),
        ("win32", "AMD64", False, "no AVX2"),
        ("darwin", "x86_64", True, "Macs with Intel"),
    ],
)
def test_machines_where_pytorch_does_badly(
    monkeypatch: pytest.MonkeyPatch, system: str, processor: str, avx2: bool | None, problem: str
) -> None:
    """Old processors, and Macs for which it is not built any more."""
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(machine.platform, "machine", lambda: processor)
    monkeypatch.setattr(machine, "has_avx2", lambda: avx2)

    assert problem in machine.problem()
    assert bool(machine.problem()) is bool(problem)

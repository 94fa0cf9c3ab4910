"""`scripts/package`: its commands are found by themselves, and say what went wrong in a line."""

from __future__ import annotations

import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import ownstack_release
from ownstack_release import __main__ as program
from ownstack_release.errors import ReleaseError


def command(monkeypatch: pytest.MonkeyPatch, folder: Path, **modules: str) -> None:
    """Let the package consist of these modules."""
    for name, text in modules.items():
        (folder / f"{name}.py").write_text(text, "utf-8")
    monkeypatch.setattr(ownstack_release, "__path__", [str(folder)])


ADDED = """
def add_to(commands):
    commands.add_parser("made-up-command").set_defaults(run=lambda _parsed: 7)
"""


def test_a_module_is_a_command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """By its `add_to`; what it returns is the exit status."""
    command(monkeypatch, tmp_path, made_up_command=ADDED, made_up_helper="HELP = 1\n")

    assert program.main(["made-up-command"]) == 7


def test_a_command_whose_library_is_missing_is_no_harm(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The others work, and the help says what it would take; so does asking for it."""
    command(monkeypatch, tmp_path, made_up_first="import no_such_library\n", made_up_other=ADDED)

    assert program.main(["made-up-command"]) == 7
    assert "made_up_first (needs no_such_library)" in program.parser().format_help().replace(
        "\n", " "
    )
    with pytest.raises(SystemExit):
        program.main(["made-up-first"])
    assert "made_up_first (needs no_such_library)" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ReleaseError("No wheel fits."), "scripts/package: No wheel fits.\n"),
        (OSError(30, "Read-only", "out"), "scripts/package: [Errno 30] Read-only: 'out'\n"),
        (subprocess.CalledProcessError(3, ["pip", "x"]), "scripts/package: pip x failed (3)\n"),
    ],
)
def test_what_goes_wrong_is_a_line(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: Exception,
    said: str,
) -> None:
    """Without a traceback; the tool that failed has said why before."""

    def run(_parsed: object) -> int:
        raise error

    parser: Any = SimpleNamespace(parse_args=lambda _arguments: SimpleNamespace(run=run))
    monkeypatch.setattr(program, "parser", lambda: parser)

    assert (program.main([]), capsys.readouterr().err) == (program.FAILED, said)

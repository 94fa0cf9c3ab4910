"""What training needs is looked for without loading it, and how to get it is said."""

from __future__ import annotations

import sys

import pytest

from ownstack.errors import LearningError
from ownstack.learning import needs


def test_nothing_is_missing() -> None:
    """Then nothing is said."""
    needs.check(())


@pytest.mark.parametrize(
    ("absent", "platform", "what", "cpu_build"),
    [
        (("torch", "peft", "gguf"), "linux", "torch, peft and gguf must be installed", True),
        (("peft",), "linux", "peft must be installed", False),
        (("torch",), "win32", "torch must be installed", False),
    ],
)
def test_what_is_missing_is_named(
    absent: tuple[str, ...], platform: str, what: str, cpu_build: bool
) -> None:
    """On Linux the usual build of PyTorch is for graphics cards, and the small one is named."""
    with pytest.raises(LearningError) as raised:
        needs.check(absent, platform)

    assert what in raised.value.what
    assert "ownstack[learn]" in raised.value.hint
    assert ("whl/cpu" in raised.value.hint) is cpu_build


@pytest.mark.parametrize(
    ("has_pip", "uv", "begins"),
    [
        (True, "/bin/uv", sys.executable),
        (False, "/bin/uv", "uv pip install --python"),
        (False, None, sys.executable),
    ],
)
def test_an_environment_without_pip(
    monkeypatch: pytest.MonkeyPatch, has_pip: bool, uv: str | None, begins: str
) -> None:
    """As uv makes them for the editor: uv installs into it, too."""
    monkeypatch.setattr(
        needs.importlib.util, "find_spec", lambda name: object() if has_pip else None
    )
    monkeypatch.setattr(needs.shutil, "which", lambda name: uv)
    monkeypatch.setattr(needs.os, "name", "posix")

    command = needs.install("ownstack[learn]")

    assert command.startswith(begins)
    assert sys.executable in command
    assert command.endswith("'ownstack[learn]'")

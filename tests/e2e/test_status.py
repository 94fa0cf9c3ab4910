"""The status item, its menu and its pages, as a person sees them in the real editor."""

from __future__ import annotations

import os
import re
import shlex
import sys
from pathlib import Path

import pytest

from ownstack.models.found import found_models
from tests.e2e.desk import INVOICE, Desk, Open
from tests.support import gguf_models

pytestmark = pytest.mark.e2e

# A Python without ownstack. llama.cpp is compiled until somebody writes into a pipe how that ends;
# before, it cannot be loaded.
BASE_PYTHON = """\
#!/bin/bash
root={root}
real={real}
case "$*" in
  *"-I -c"*canMakeEnvironments*)
    printf '{{"path": "%s", "version": [3, 11], ' "$0"
    echo '"canMakeEnvironments": true, "ownstack": ""}}' ;;
  "-m venv --clear "*) mkdir -p "$4/bin" && cp "$0" "$4/bin/python" ;;
  "-m pip"*"install --no-deps"*) ;;
  "-m pip"*".whl")
    read -r how < "$root/compiler"
    [ "$how" = ok ] && touch "$root/compiled" && exit 0
    echo "CMake Error: CMAKE_CXX_COMPILER not set, after EnableLanguage"
    exit 1 ;;
  "-m pip"*) ;;
  *) [ -e "$root/compiled" ] || export PYTHONPATH="$root/without"
    exec "$real" "$@" ;;
esac
"""


def base_python(root: Path) -> Path:
    """Make that Python below `root`, and return it."""
    (root / "without" / "llama_cpp").mkdir(parents=True)
    module = root / "without" / "llama_cpp" / "__init__.py"
    module.write_text("raise ImportError('it is not compiled yet')\n")
    os.mkfifo(root / "compiler")
    path = root / "base-python"
    path.write_text(
        BASE_PYTHON.format(root=shlex.quote(str(root)), real=shlex.quote(sys.executable))
    )
    path.chmod(0o755)
    return path


@pytest.fixture
def first_start(desk: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Return an editor at its first start, with a Python named that has no ownstack."""
    builtin = tmp_path / "builtin.gguf"
    gguf_models.make_gguf(builtin, order="spm", says=["(first", ", second", ")"])
    monkeypatch.setenv("OWNSTACK_BUILTIN", str(builtin))
    root = tmp_path / "python"
    root.mkdir()
    return desk(**{"ownstack.python.interpreter": str(base_python(root))})


def installing(editor: Desk) -> dict[str, str]:
    """Return where a journey finds the lock and the pipe of the installation."""
    storage = editor.root / "user" / "User" / "globalStorage" / "ownstack.ownstack"
    return {
        "lock": str(storage / "environment.lock"),
        "compiler": str(editor.root / "python" / "compiler"),
    }


def test_while_llama_is_compiled(first_start: Desk) -> None:
    """The status says so and for how long, echo completes, and it is told when it is done."""
    seen = first_start.go("compiling", brokenStart=True, **installing(first_start))

    assert "completing from your files meanwhile" in seen["begun"]
    assert "Stop compiling llama.cpp" in "\n".join(seen["menu"])
    assert "3 minutes so far" in seen["later"]
    assert "ownstack models" not in seen["doctor"]
    assert "completes (" not in seen["doctor"]
    assert "completes with a model now" in seen["told"]
    assert "Choose a Model" in seen["buttons"]
    assert first_start.errors() == []


def test_llama_cannot_be_compiled(first_start: Desk) -> None:
    """The cause is named and what to install; a row of the menu and a button try again."""
    seen = first_start.go("notCompiled", brokenStart=True, **installing(first_start))

    for said in (seen["told"], seen["status"]):
        assert (
            "there is no C++ compiler. Install one (on Debian and Ubuntu: build-essential" in said
        )
    assert seen["buttons"] == ["Try Again", "Show Log"]
    assert "Add a model" not in seen["status"]
    assert first_start.errors() == []


def test_another_try_to_compile_beside_another_window(first_start: Desk) -> None:
    """Who waited for a compilation that failed does not repeat it; the next try is for both."""
    seen = first_start.go("notCompiledBeside", brokenStart=True, **installing(first_start))

    assert "there is no C++ compiler" in seen["meanwhile"]
    assert all("The built-in completer is ready" in status for status in seen["both"])
    assert first_start.errors() == []


def test_why_nothing_where_it_is_off(desk: Open) -> None:
    """Switched off, no earlier suggestion is explained, and a button switches it on."""
    text = desk().go("whyOff")["text"]

    assert "Nothing is suggested here. Completion is switched off for python." in text
    assert "last_name" not in text


def test_why_a_row_of_the_list_hides_it(desk: Open) -> None:
    """The row is named, what it hides is shown, and that Escape shows it."""
    editor = desk(
        **{
            "editor.quickSuggestions": {"other": "on", "comments": "off", "strings": "off"},
            "editor.wordBasedSuggestions": "currentDocument",
        }
    )
    (editor.folder / "invoice.py").write_text("fig_leaf = 1\n\n\n" + INVOICE)

    seen = editor.go("whyHidden")

    assert "fig_leaf" in seen["selected"]
    assert "The row “fig_leaf” of the editor's own list" in seen["text"]
    assert "Escape closes the list" in seen["text"]
    assert 'rst_name + " " + customer.last_name' in seen["text"]


def test_snooze_and_statistics(desk: Open) -> None:
    """The menu snoozes, says how long still, and ends it; it counts what was shown and taken."""
    seen = desk().go("snooze")

    assert seen["ghost"] == ""
    assert "Suggestions are snoozed, 15 minutes left." in seen["snoozed"]
    assert "Settings" in "\n".join(seen["menu"])
    assert "echo (your files)" in seen["statistics"]


def test_accept_line(desk: Open) -> None:
    """One line of several is taken with a key of the user's choice."""
    editor = desk()
    (editor.root / "user" / "User" / "keybindings.json").write_text(
        '[{"key": "ctrl+alt+enter", "command": "ownstack.acceptLine",'
        ' "when": "inlineSuggestionVisible"}]'
    )

    editor.go("acceptLine")

    first_line = INVOICE + 'full_name = customer.first_name + " " + customer.last_name'
    assert editor.invoice.startswith(first_line)
    assert "return" not in editor.invoice


def test_models_on_disk(desk: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The picker lists GGUFs of other programs with their size and fit, and uses one."""
    ollama = tmp_path / "ollama"
    model = gguf_models.make_gguf(tmp_path / "made.gguf", order="spm", says=["(first"])
    digest = "sha256:" + "a1" * 32
    blob = ollama / "blobs" / digest.replace(":", "-")
    blob.parent.mkdir(parents=True)
    model.rename(blob)
    manifest = ollama / "manifests" / "registry.ollama.ai" / "library" / "tiny-coder" / "0.1b"
    manifest.parent.mkdir(parents=True)
    layer = f'{{"mediaType": "application/vnd.ollama.image.model", "digest": "{digest}"}}'
    manifest.write_text(f'{{"layers": [{layer}]}}')
    monkeypatch.setenv("OLLAMA_MODELS", str(ollama))
    assert [found.name for found in found_models()] == ["tiny-coder:0.1b"]

    seen = desk().go("pickModel")

    row = next(row for row in seen["listed"] if "Ollama" in row)
    assert "tiny-coder:0.1b" in row
    assert re.search(r"Fits \(needs \d+ MB of memory\)", row)
    assert "in All Windows" in seen["title"]


def test_off_in_the_workspace(desk: Open) -> None:
    """It is remembered by the editor: nothing is written into the project or left in settings."""
    editor = desk()
    settings = editor.root / "user" / "User" / "settings.json"
    before = settings.read_text()

    seen = editor.go("workspaceOff")

    assert "switched off in this workspace" in seen["reloaded"]
    assert not seen["written"]
    assert "ownstack.completion" not in settings.read_text()
    assert "ownstack.completion" not in before


def test_doctor_without_a_server(desk: Open) -> None:
    """What keeps the server from running is told again after a restart, and the doctor runs."""
    seen = desk(**{"ownstack.python.interpreter": "/nowhere/python"}).go(
        "doctorAlone", brokenStart=True
    )

    assert "is no working Python" in seen["first"]["told"][0]
    assert seen["first"]["buttons"] == ["Open Settings", "Restart", "Show Log"]
    assert "/nowhere/python" in seen["doctor"]


def test_planned_restart(desk: Open) -> None:
    """Restarting for all windows leaves no error behind, in messages or in the logs of any."""
    editor = desk()

    seen = editor.go("restartAll")

    assert seen["notifications"] == []
    assert editor.errors() == []


def test_walkthrough(desk: Open) -> None:
    """Its first button shows a suggestion, though no file is open."""
    desk().go("walkthrough")

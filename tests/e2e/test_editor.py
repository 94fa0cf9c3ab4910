"""VS Code itself, in a browser: what a person types, and what a person then sees."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from ownstack.paths import builtin_model
from tests.e2e.desk import INVOICE, Open, ownstack
from tests.support import gguf_models

pytestmark = pytest.mark.e2e

FIRST_START_S = 900
ACCEPTED = INVOICE + 'full_name = customer.first_name + " " + customer.last_name'

WAREHOUSE = """\
class Warehouse:
    def __init__(self) -> None:
        self.shelves = []

    def reserve_pallets(self, order: int) -> bool:
        return order > len(self.shelves)

    def unload(self) -> None:
        self.shelves.clear()
"""
DELIVERY = """\
from warehouse import Warehouse


def deliver(order):
    warehouse = Warehouse()
    """

SERVERS = "".join(
    f"server = connect({name}, timeout=30)\n"
    for name in ("alpha", "beta", "beta", "beta", "alpha", "alpha", "beta", "beta")
)

EAGER = {"ownstack.completion.eagerness": "eager", "ownstack.completion.deadlineMs": 5_000}
"""For a tiny model, and for lines of echo that are likely, not sure."""

SHIPPED = builtin_model()


def test_tab_accepts(desk: Open) -> None:
    """Ghost text appears as one types, and Tab makes it real."""
    editor = desk()

    seen = editor.go("accept")

    assert editor.invoice == ACCEPTED
    assert seen["notifications"] == []
    assert "completion repeats what is in your files" in seen["status"]


def test_typing_through(desk: Open) -> None:
    """Ghost text that is typed along gets shorter and stays; other text makes it go."""
    desk().go("typeThrough")


def test_inside_brackets(desk: Open) -> None:
    """Accepting before a bracket that the editor closed leaves one closing bracket."""
    editor = desk(**EAGER)

    editor.go("bracket")

    expected = INVOICE + "subtotal = sum(item.price * item.quantity for item in customer)"
    assert editor.invoice == expected


def test_windows_share_a_daemon(desk: Open) -> None:
    """A second window attaches to the process of the first."""
    seen = desk().go("secondWindow")

    assert seen["first"]["sessions"] == 1
    assert seen["both"]["sessions"] == 2
    assert seen["both"]["pid"] == seen["first"]["pid"]


def test_switch(desk: Open) -> None:
    """A language that is switched off gets nothing, and the status item says why."""
    seen = desk().go("switchedOff")

    assert "Completion is switched off for python." in seen["off"]
    assert seen["whileOff"] == ""


def test_keys_cost_little(desk: Open) -> None:
    """The doctor's page says what works, and what a key costs in the extension host."""
    text = desk().go("keys")["doctor"]

    figures = re.search(r"Keys in the extension: (\d+) calls, mean ([\d.]+) ms", text)
    assert figures is not None, text
    print(figures[0])
    assert int(figures[1]) > 200
    assert "ERROR" not in text


def test_explanation(desk: Open) -> None:
    """A page beside says how the last suggestion came about, and links where echo found it."""
    seen = desk().go("explain")

    assert 'rst_name + " " + customer.last_name' in seen["text"]
    assert "For invoice.py, line 2." in seen["text"]
    assert "Echo found it" in seen["text"]
    assert re.search(r"Found in orders\.py, line \d+", seen["text"])
    assert "completion repeats what is in your files" in seen["text"]
    assert seen["focused"] == 1


def test_menu(desk: Open) -> None:
    """The status item opens a menu with everything one may want."""
    rows = "\n".join(desk().go("menu")["rows"])

    for entry in ("Suggest now", "Why this", "Choose a model", "for python", "Doctor", "Restart"):
        assert entry in rows


def test_menu_of_a_server_that_hangs(desk: Open) -> None:
    """It opens all the same, and what is chosen in it stays chosen when the server answers."""
    seen = desk().go("menuHeld")

    assert [row.strip() for row in seen["focused"]] == ["Statistics"]
    assert "Nothing was suggested yet." in seen["page"]


def test_alternatives(desk: Open) -> None:
    """What else is likely is a key away, is counted, and is accepted like the first."""
    editor = desk(**EAGER, **{"editor.inlineSuggest.showToolbar": "always"})
    (editor.folder / "servers.py").write_text(SERVERS)

    seen = editor.go(
        "alternatives", first="connect(beta, timeout=30)", second="connect(alpha, timeout=30)"
    )

    expected = f"{SERVERS}server = connect(alpha, timeout=30)"
    assert (editor.folder / "servers.py").read_text() == expected
    assert "1/2" in seen["first"]
    assert "2/2" in seen["second"]


def test_search(desk: Open) -> None:
    """A question finds code; moving shows it, Escape goes back, Enter opens it."""
    seen = desk().go("search")

    assert any("total" in row and "orders.py" in row for row in seen["listed"])
    assert all(label and "orders.py" in label for label in seen["labels"][:1])
    assert [tab.strip() for tab in seen["afterEscape"]] == ["invoice.py"]
    assert "It is in the index." in seen["why"]
    assert seen["notifications"] == []


def test_model_writes(desk: Open, tmp_path: Path) -> None:
    """With a model chosen, the status item names it, and what it writes is accepted."""
    path = tmp_path / "tiny-writer.gguf"
    gguf_models.make_gguf(path, order="spm", says=["(first", ", second", ")"])
    ownstack("models", "use", str(path), "--for", "completion")
    editor = desk(**EAGER)

    seen = editor.go("model", ready="Model tiny-writer", writes="(first, second)")

    assert editor.invoice == INVOICE + "value = x(first, second)"
    assert "tiny-writer" in seen["status"]
    assert seen["notifications"] == []


def test_builtin_completer(desk: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With nothing chosen the built-in model completes, and the status item says who does."""
    path = tmp_path / "builtin.gguf"
    gguf_models.make_gguf(path, order="spm", says=["(first", ", second", ")"])
    monkeypatch.setenv("OWNSTACK_BUILTIN", str(path))
    editor = desk(**EAGER)

    seen = editor.go("model", ready="The built-in completer is ready", writes="(first, second)")

    assert editor.invoice == INVOICE + "value = x(first, second)"
    assert "Add a bigger model with “Ownstack: Choose a Model”" in seen["status"]
    assert seen["notifications"] == []


def test_shipped_completer(desk: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """The network that ships, mixed with what is in the files, and nothing else."""
    monkeypatch.setenv("OWNSTACK_BUILTIN", str(SHIPPED))

    patient = {"ownstack.completion.deadlineMs": 5_000}
    desk(**patient).go("typeThrough", ready="The built-in completer is ready")


def test_names_of_other_files(desk: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """The network goes on with a method that another file defines and nobody has called yet."""
    monkeypatch.setenv("OWNSTACK_BUILTIN", str(SHIPPED))
    editor = desk(**EAGER)
    (editor.folder / "warehouse.py").write_text(WAREHOUSE)
    (editor.folder / "delivery.py").write_text(DELIVERY)

    seen = editor.go(
        "otherFile",
        ready="The built-in completer is ready",
        file="delivery.py",
        files=4,
        types="warehouse.un",
        writes="load()",
    )

    delivery = (editor.folder / "delivery.py").read_text()
    assert delivery == f"{DELIVERY}warehouse.unload()"
    assert seen["notifications"] == []


def test_killed_daemon(desk: Open) -> None:
    """A daemon that is killed comes back, and nobody is told but the status item."""
    seen = desk().go("crash")

    assert seen["after"] != seen["before"]
    assert seen["notifications"] == []


def test_wrong_interpreter(desk: Open) -> None:
    """An interpreter that does not work is named once, with what to do."""
    nowhere = "/nowhere/python"

    seen = desk(**{"ownstack.python.interpreter": nowhere}).go("noInterpreter", brokenStart=True)

    expected = f"{nowhere}, named in ownstack.python.interpreter, is no working Python."
    assert seen["notifications"] == [expected]
    assert expected in seen["status"]


@pytest.mark.skipif(
    os.environ.get("OWNSTACK_E2E_FULL") != "1",
    reason="downloads Python packages and compiles llama.cpp; OWNSTACK_E2E_FULL=1 runs it",
)
def test_first_start(desk: Open) -> None:
    """With nothing set up, the extension makes its environment, and echo completes."""
    editor = desk(**{"ownstack.python.interpreter": ""})

    seen = editor.go("firstStart", brokenStart=True, timeout_s=FIRST_START_S)

    assert "completion repeats what is in your files" in seen["status"]

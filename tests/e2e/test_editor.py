"""VS Code itself, in a browser: what a person types, and what a person then sees.

`journeys.mjs` holds the steps, `install_editor.sh` builds the editor. Screenshots are kept in
`artifacts/`.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ownstack.paths import builtin_model
from tests.support import gguf_models

pytestmark = pytest.mark.e2e

HERE = Path(__file__).parent
CLIENT = HERE.parents[1] / "vscode-client"
ARTIFACTS = HERE / "artifacts"
JOURNEY_S = 180
FIRST_START_S = 900

# The same lines ten times over: echo is then sure of what follows.
ORDERS = "\n\n".join(
    f"""\
def label_{number}(customer):
    full_name = customer.first_name + " " + customer.last_name
    return full_name.strip()


def total_{number}(items):
    subtotal = sum(item.price * item.quantity for item in items)
    return subtotal
"""
    for number in range(10)
)
INVOICE = "def label(customer):\n    "
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

# Word-based suggestions of the editor itself come at their own time, over the ghost text.
SETTINGS: dict[str, Any] = {
    "security.workspace.trust.enabled": False,
    "workbench.startupEditor": "none",
    "workbench.colorTheme": "Default Light Modern",
    "editor.quickSuggestions": {"other": "off", "comments": "off", "strings": "off"},
    "files.autoSave": "off",
    "telemetry.telemetryLevel": "off",
    "ownstack.python.interpreter": sys.executable,
}

EAGER = {"ownstack.completion.eagerness": "eager", "ownstack.completion.deadlineMs": 5_000}
"""For a tiny model, and for lines of echo that are likely, not sure."""

SHIPPED = builtin_model()

Journey = dict[str, Any]


@dataclass(frozen=True)
class Tools:
    """What must be on the machine."""

    launcher: str
    chromium: str
    extensions: Path


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Tools:
    """Skip where the editor or the browser is missing; else install the extension."""
    found = subprocess.run(
        ["bash", HERE / "install_editor.sh", "--check"], capture_output=True, text=True
    )
    if found.returncode:
        pytest.skip(found.stderr.strip())
    browsers = ("chromium", "chromium-browser", "google-chrome")
    chromium = next(filter(None, map(shutil.which, browsers)), None)
    if chromium is None:
        pytest.skip("There is no Chromium to show the editor in.")
    launcher, extensions = found.stdout.strip(), tmp_path_factory.mktemp("extensions")
    subprocess.run(
        ["node", launcher, "--install-extension", package(), "--extensions-dir", extensions],
        check=True,
        env=os.environ | {"XDG_CONFIG_HOME": str(extensions), "XDG_DATA_HOME": str(extensions)},
    )
    return Tools(launcher, chromium, extensions)


def package() -> Path:
    """Build the VSIX as a release does, and return it."""
    if not (CLIENT / "node_modules").is_dir():
        subprocess.run(["npm", "ci", "--ignore-scripts"], cwd=CLIENT, check=True)
    environment = os.environ | {"OWNSTACK_PYTHON": sys.executable}
    subprocess.run(["npm", "run", "package"], cwd=CLIENT, check=True, env=environment)
    (vsix,) = CLIENT.glob("ownstack-*.vsix")
    return vsix


@dataclass
class Desk:
    """A code-server of its own, with a folder of its own."""

    tools: Tools
    root: Path
    settings: dict[str, Any]
    url: str = ""

    @property
    def folder(self) -> Path:
        return self.root / "shop"

    @property
    def invoice(self) -> str:
        return (self.folder / "invoice.py").read_text()

    def prepare(self) -> None:
        self.folder.mkdir()
        (self.folder / "orders.py").write_text(ORDERS)
        (self.folder / "invoice.py").write_text(INVOICE)
        user = self.root / "user" / "User"
        user.mkdir(parents=True)
        (user / "settings.json").write_text(json.dumps(self.settings))

    def start(self) -> subprocess.Popen[str]:
        flags = "--auth none --bind-addr 127.0.0.1:0 --disable-telemetry --disable-update-check"
        user, extensions = str(self.root / "user"), str(self.tools.extensions)
        places = ["--user-data-dir", user, "--extensions-dir", extensions]
        process = subprocess.Popen(
            ["node", self.tools.launcher, *flags.split(), *places],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=os.environ | {"XDG_CONFIG_HOME": str(self.root), "XDG_DATA_HOME": str(self.root)},
        )
        assert process.stdout is not None
        for line in process.stdout:
            if found := re.search(r"HTTP server listening on (http://\S+?)/?$", line.strip()):
                self.url = found[1]
                return process
        raise AssertionError("code-server ended before it listened")

    def go(self, journey: str, *, timeout_s: int = JOURNEY_S, **more: Any) -> Journey:
        """Walk a journey and return what was seen."""
        ARTIFACTS.mkdir(exist_ok=True)
        config = {
            "journey": journey,
            "url": self.url,
            "folder": str(self.folder),
            "home": str(self.root),
            "chromium": self.tools.chromium,
            "python": sys.executable,
            "artifacts": str(ARTIFACTS),
            **more,
        }
        walked = subprocess.run(
            ["node", HERE / "journeys.mjs"],
            input=json.dumps(config),
            capture_output=True,
            text=True,
            timeout=timeout_s,
        )
        if walked.returncode:
            raise AssertionError(f"{journey}: {walked.stderr}\n{self.log()}")
        seen: Journey = json.loads(walked.stdout)
        return seen

    def log(self) -> str:
        """Return the end of the extension's log."""
        files = sorted((self.root / "user").rglob("*Ownstack.log"), key=os.path.getmtime)
        return "\n".join(file.read_text()[-4000:] for file in files[-2:])


Open = Callable[..., Desk]


@pytest.fixture
def desk(tools: Tools, tmp_path: Path) -> Iterator[Open]:
    """Return a function that opens the editor with settings of its own."""
    processes: list[subprocess.Popen[str]] = []

    def open_desk(**settings: Any) -> Desk:
        desk = Desk(tools, tmp_path, SETTINGS | settings)
        desk.prepare()
        processes.append(desk.start())
        return desk

    yield open_desk
    for process in processes:
        process.terminate()
        process.communicate(timeout=30)
    ownstack("daemon", "stop")


def ownstack(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "ownstack", *arguments], capture_output=True)


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

    figures = re.search(r"Extension: (\d+) calls, mean ([\d.]+) ms", text)
    assert figures is not None, text
    print(figures[0])
    assert int(figures[1]) > 200
    assert "ERROR" not in text


def test_explanation(desk: Open) -> None:
    """A page says how the last suggestion came about."""
    text = desk().go("explain")["text"]

    assert "The longest match in your files" in text or "echo" in text
    assert "completion repeats what is in your files" in text


def test_menu(desk: Open) -> None:
    """The status item opens a menu with everything one may want."""
    rows = "\n".join(desk().go("menu")["rows"])

    for entry in ("Suggest now", "Why this", "Choose a model", "for python", "Doctor", "Restart"):
        assert entry in rows


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
    assert "Add a bigger model in the menu" in seen["status"]
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

"""A code-server of its own for a test, and what it takes to have one.

`journeys.mjs` holds the steps, `install_editor.sh` builds the editor. Screenshots are kept in
`artifacts/`.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from ownstack.paths import Home
from tests.support.extension_builds import CLIENT

HERE = Path(__file__).parent
ARTIFACTS = HERE / "artifacts"
JOURNEY_S = 180
END_S = 10.0

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

Journey = dict[str, Any]


@dataclass(frozen=True)
class Tools:
    """What must be on the machine."""

    launcher: str
    chromium: str
    extensions: Path


def of_machine() -> set[str]:
    """Return the settings that belong to a machine rather than to its user."""
    manifest = json.loads((CLIENT / "package.json").read_text())
    return {
        key
        for group in manifest["contributes"]["configuration"]
        for key, setting in group["properties"].items()
        if setting["scope"].startswith("machine")
    }


@dataclass
class Desk:
    """A code-server of its own, with a folder of its own."""

    tools: Tools
    root: Path
    settings: dict[str, Any]
    inside: tuple[str, ...] = ()
    """Words before a command that make it run on another machine, so to speak."""
    environment: dict[str, str] | None = None
    """Of what is started; none: this process's."""
    url: str = ""

    @property
    def folder(self) -> Path:
        return self.root / "shop"

    @property
    def invoice(self) -> str:
        return (self.folder / "invoice.py").read_text()

    @property
    def _environment(self) -> dict[str, str]:
        return dict(os.environ) if self.environment is None else self.environment

    def prepare(self) -> None:
        self.folder.mkdir()
        (self.folder / "orders.py").write_text(ORDERS)
        (self.folder / "invoice.py").write_text(INVOICE)
        user = self.root / "user" / "User"
        user.mkdir(parents=True)
        (user / "settings.json").write_text(json.dumps(self.settings))
        # A remote window, as these are, looks for such settings in the file of its machine.
        machine = self.root / "user" / "Machine"
        machine.mkdir()
        ours = {key: value for key, value in self.settings.items() if key in of_machine()}
        (machine / "settings.json").write_text(json.dumps(ours))

    def start(self) -> subprocess.Popen[str]:
        flags = "--auth none --bind-addr 127.0.0.1:0 --disable-telemetry --disable-update-check"
        user, extensions = str(self.root / "user"), str(self.tools.extensions)
        places = ["--user-data-dir", user, "--extensions-dir", extensions]
        process = subprocess.Popen(
            [*self.inside, "node", self.tools.launcher, *flags.split(), *places],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=self._environment
            | {"XDG_CONFIG_HOME": str(self.root), "XDG_DATA_HOME": str(self.root)},
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
            [*self.inside, "node", HERE / "journeys.mjs"],
            env=self._environment,
            input=json.dumps(config),
            capture_output=True,
            text=True,
            timeout=timeout_s,
        )
        if walked.returncode:
            raise AssertionError(f"{journey}: {walked.stderr}\n{self.log()}")
        seen: Journey = json.loads(walked.stdout)
        return seen

    def errors(self) -> list[str]:
        """Return what the extension logged as errors, in all windows."""
        logs = (self.root / "user").rglob("*Ownstack.log")
        return [line for log in logs for line in log.read_text().splitlines() if "[error]" in line]

    def log(self) -> str:
        """Return the end of the extension's log."""
        files = sorted((self.root / "user").rglob("*Ownstack.log"), key=os.path.getmtime)
        return "\n".join(file.read_text()[-4000:] for file in files[-2:])


Open = Callable[..., Desk]


def ownstack(*arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "ownstack", *arguments], capture_output=True)


def end_all(home: Home) -> None:
    """End every process but this one that has this home."""
    while left := _processes_of(home):
        for process in left:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(left, timeout=END_S)


def _processes_of(home: Home) -> list[psutil.Process]:
    root = str(home.config.parent)
    found = []
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and process.environ().get("OWNSTACK_HOME") == root:
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found

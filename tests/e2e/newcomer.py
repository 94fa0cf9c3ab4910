"""Somebody who has just got the extension, at a machine on which nothing was set up."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from ownstack.paths import Home
from tests.e2e import steps
from tests.e2e.desk import ARTIFACTS, SETTINGS, Desk, Journey, Tools, end_all
from tests.e2e.seal import Seal, sealed

PATIENCE_S = 240
EXTENSION = "ownstack.ownstack"

# Nothing like it is in the folder: echo has nothing to say.
TYPED, WRITTEN = "from __future__ import anno", "tations"


@dataclass
class Newcomer:
    """Installs, opens the editor, waits for ghost text, and notes when what was there."""

    variant: str
    root: Path
    home: Home
    programs: tuple[str, str]
    vsix: Path
    pythons: Sequence[Path]
    uv: Path | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    begun: float = 0.0
    points: list[tuple[str, float]] = field(default_factory=list)
    load: tuple[float, float, float] = (0.0, 0.0, 0.0)

    def __post_init__(self) -> None:
        self.stack = ExitStack()
        machine = sealed(self.root, list(self.pythons), uv=self.uv)
        self.seal: Seal = self.stack.enter_context(machine)
        own = {"XDG_CONFIG_HOME": str(self.root), "XDG_DATA_HOME": str(self.root)}
        self.seal.environment.update(own | self.variables)
        # No word is likely to a small network that has seen little.
        defaults = {"ownstack.python.interpreter": "", "ownstack.completion.eagerness": "eager"}
        tools = Tools(*self.programs, self.root / "extensions")
        self.desk = Desk(
            tools,
            self.root,
            SETTINGS | defaults | self.settings,
            inside=self.seal.prefix,
            environment=self.seal.environment,
        )
        self.desk.prepare()
        (self.desk.folder / "delivery.py").touch()
        self.storage.mkdir(parents=True)
        self.editor: subprocess.Popen[str] | None = None

    @property
    def storage(self) -> Path:
        """The folder that the editor gives the extension."""
        return self.root / "user" / "User" / "globalStorage" / EXTENSION

    @property
    def machine_settings(self) -> Path:
        return self.root / "user" / "Machine" / "settings.json"

    def install(self, vsix: Path) -> None:
        """Install the VSIX, or the next one."""
        self.begun = self.begun or time.time()
        self.load = os.getloadavg()
        places = ["--extensions-dir", self.desk.tools.extensions, "--force"]
        self.seal.run("node", self.desk.tools.launcher, "--install-extension", vsix, *places)
        self.points.append(("VSIX installed", time.time()))

    def open(self, journey: str = "fromNothing", **more: Any) -> Journey:
        """Open the editor, if it is not, and a window; see what a journey is to see there."""
        if self.editor is None:
            self.editor = self.desk.start()
        given = {
            "variant": self.variant,
            "brokenStart": True,
            "patienceMs": PATIENCE_S * 1000,
            "types": TYPED,
            "writes": WRITTEN,
            "known": str(self.storage / "environments.json"),
        }
        seen = self.desk.go(journey, timeout_s=2 * PATIENCE_S, **(given | more))
        names = {"window": "window", "echo": "echo completes", "ready": "network ready"}
        self.points += [(name, seen[key] / 1000) for key, name in names.items() if key in seen]
        if "network" in seen:
            self.points.append(("first ghost text by the network", seen["network"]["at"] / 1000))
        return seen

    def close(self) -> None:
        """Close the editor; the server goes, too."""
        if self.editor is not None:
            self.editor.terminate()
            self.editor.communicate(timeout=30)
            self.editor = None
        end_all(self.home)

    def log(self) -> str:
        """Return what the extension logged, in all windows."""
        files = sorted((self.root / "user").rglob("*Ownstack.log"), key=os.path.getmtime)
        return "\n".join(file.read_text() for file in files)

    def environments(self) -> list[Path]:
        """Return the environments that were made and are there, wherever."""
        return [config.parent for config in self.root.rglob("pyvenv.cfg")]

    def record(self, **more: Any) -> None:
        """Write the table of steps to the artifacts, and print it."""
        found = steps.table(self.begun, [*self.points, *steps.logged(self.log())])
        sizes = {str(one.relative_to(self.root)): size_of(one) for one in self.environments()}
        value = {
            "variant": self.variant,
            "python": [str(python) for python in self.pythons],
            "cores": psutil.cpu_count(),
            "loadBefore": self.load,
            "loadAfter": os.getloadavg(),
            "steps": [{"step": step.name, "atSeconds": step.after_s} for step in found],
            "environmentBytes": sizes,
            **more,
        }
        path = ARTIFACTS / f"install-{self.variant}.json"
        path.write_text(json.dumps(value, indent=1) + "\n")
        print(f"{self.variant}\n{steps.text(found)}", file=sys.stderr)

    def leave(self) -> None:
        """End all, and remove what was made: it is large."""
        self.close()
        self.stack.close()
        shutil.rmtree(self.root, ignore_errors=True)


Arrive = Callable[..., Newcomer]


def size_of(folder: Path) -> int:
    """Return the bytes that a folder takes on the disk; a file with two names counts once."""
    found = {}
    for file in folder.rglob("*"):
        status = file.lstat()
        found[status.st_dev, status.st_ino] = status.st_blocks * 512
    return sum(found.values())

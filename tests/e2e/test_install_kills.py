"""Whatever is killed at whatever moment of an update: the next start serves."""

from __future__ import annotations

import json
import os
import random
import subprocess
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from ownstack.paths import Home
from tests.e2e.desk import ARTIFACTS, HERE, end_all
from tests.e2e.pythons import FULL, pythons
from tests.e2e.releases import revised
from tests.e2e.seal import Seal, sealed
from tests.support.extension_builds import CLIENT

pytestmark = [pytest.mark.e2e, FULL]

ROUNDS = 10
LIMIT_S = 600
VICTIMS = ("window", "window and all below it", "installer")
SOURCE = "from __future__ import anno"


class Updates:
    """Runs what a window does about the environment, with what a VSIX carries."""

    def __init__(self, seal: Seal, root: Path) -> None:
        self.seal, self.root, self.storage = seal, root, root / "storage"
        self.script = root / "updater.mjs"
        esbuild = CLIENT / "node_modules" / ".bin" / "esbuild"
        flags = ["--bundle", "--platform=node", "--format=esm", f"--outfile={self.script}"]
        subprocess.run([esbuild, HERE / "updater.mjs", *flags, "--log-level=error"], check=True)
        (root / "file.py").write_text(SOURCE)

    def begin(self, carried: Path, *, makes: bool) -> subprocess.Popen[str]:
        python = next(iter(pythons().values()))
        config = {"storage": str(self.storage), "bundled": str(carried), "python": str(python)}
        return subprocess.Popen(
            [*self.seal.prefix, "node", self.script, json.dumps(config | {"makes": makes})],
            env=self.seal.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def whole(self, carried: Path) -> list[dict[str, str]]:
        """Make the environment to its end, and return what was said."""
        said, _ = self.begin(carried, makes=True).communicate(timeout=LIMIT_S)
        return [json.loads(line) for line in said.splitlines()]

    def serves(self, carried: Path) -> str:
        """Return which version completes by the built-in network at the next start."""
        said, _ = self.begin(carried, makes=False).communicate(timeout=LIMIT_S)
        (python,) = (one["text"] for one in map(json.loads, said.splitlines()))
        command = [python, "-I", "-m", "ownstack"]
        place = f"{self.root / 'file.py'}:1:{len(SOURCE) + 1}"
        completed = self.seal.run(*command, "complete", "--json", place)
        assert json.loads(completed.stdout)["model"] == "builtin", completed.stdout
        return self.seal.run(*command, "--version").stdout.split()[-1]


@pytest.fixture
def updates(carrying: Path, home: Home, tmp_path: Path) -> Iterator[Updates]:
    root = tmp_path / "kills"
    root.mkdir()
    with sealed(root, [next(iter(pythons().values()))]) as seal:
        yield Updates(seal, root)
        end_all(home)
    subprocess.run(["rm", "-rf", root], check=True)


def unpacked(vsix: Path, folder: Path) -> Path:
    with zipfile.ZipFile(vsix) as archive:
        names = [name for name in archive.namelist() if name.startswith("extension/bundled/")]
        archive.extractall(folder, names)
    return folder / "extension" / "bundled"


def end(process: subprocess.Popen[str], victim: str) -> str:
    """Kill what is to be killed, wait until the window has gone, and return its last words."""
    window = psutil.Process(process.pid)
    below = window.children(recursive=True)
    if victim == "installer":
        for child in below:
            child.kill()
    else:
        window.kill()
        if victim != "window":
            for child in below:
                child.kill()
    said, _ = process.communicate(timeout=LIMIT_S)
    # One that is killed is cut off in the middle of a line, and one that fails says why at last.
    lines = [line for line in said.splitlines() if line.startswith("{") and line.endswith("}")]
    steps = [one["text"] for one in map(json.loads, lines) if one["kind"] == "report"]
    return steps[-1] if steps else "before it began"


def test_killed_at_ten_random_moments(carrying: Path, updates: Updates, tmp_path: Path) -> None:
    """The old version serves at every next start, or the new one, and the last update is made."""
    seed = int(os.environ.get("OWNSTACK_SEED", random.randrange(10_000)))
    chance = random.Random(seed)
    versions = ["0.1.0", "99.1.0"]
    carried = [unpacked(carrying, tmp_path / "first")]
    other = revised(carrying, tmp_path / "next.vsix", versions[1])
    carried.append(unpacked(other, tmp_path / "next"))
    began = time.monotonic()
    updates.whole(carried[0])
    took_s = time.monotonic() - began
    serving, rounds = updates.serves(carried[0]), []
    ARTIFACTS.mkdir(exist_ok=True)

    for _ in range(ROUNDS):
        # What serves already is updated to the other one.
        to = 1 - versions.index(serving)
        after_s, victim = chance.uniform(0, took_s), chance.choice(VICTIMS)
        process = updates.begin(carried[to], makes=True)
        time.sleep(after_s)
        step = end(process, victim)
        serving = updates.serves(carried[to])
        hit = {"after_s": round(after_s, 1), "step": step, "victim": victim}
        rounds.append(hit | {"then": serving})
        record = {"seed": seed, "whole_s": round(took_s, 1), "rounds": rounds}
        (ARTIFACTS / "install-kills.json").write_text(json.dumps(record, indent=1) + "\n")

    to = 1 - versions.index(serving)
    updates.whole(carried[to])

    assert updates.serves(carried[to]) == versions[to]

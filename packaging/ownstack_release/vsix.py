"""`scripts/package vsix`: the extension for one platform, with all that it needs to run.

It is put together in a folder of its own: `vscode-client/bundled/` is left as it is.
"""

from __future__ import annotations

import argparse
import collections
import json
import os
import shutil
import subprocess
import tempfile
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ownstack_release import licences, wheelhouse
from ownstack_release.errors import ReleaseError
from ownstack_release.project import ROOT, version
from ownstack_release.targets import PYTHONS, Target, add_target
from ownstack_release.wheels import stamp_s

CLIENT = ROOT / "vscode-client"
LICENCES = "THIRD_PARTY_LICENCES.txt"
MANIFEST = "extension/bundled/bundle.json"
LIMIT_BYTES = 200_000_000
"""What a build for one platform may take."""
QUALITY = 10
"""Of brotli. 11 takes twice the time of 10 for 2% less, 9 a fifth for 10% more."""
_PROGRAM, _FILE = 0o755, 0o644
_SHOWN = 12
"""How many distributions are named with their sizes."""


def add_to(commands: Any) -> None:
    """Describe the command to argparse."""
    command = commands.add_parser(
        "vsix", help="make the extension for one platform", description=__doc__
    )
    add_target(command)
    command.add_argument("--to", type=Path, required=True, metavar="DIR", help="takes the VSIX")
    command.add_argument("--llama", type=Path, metavar="WHEEL",
                         help="the portable wheel of llama-cpp-python")  # fmt: skip
    command.add_argument("--pythons", type=lambda text: tuple(text.split(",")), default=PYTHONS,
                         metavar="3.11,3.12", help="for these (default: all)")  # fmt: skip
    command.add_argument("--wheelhouse", type=Path, metavar="DIR",
                         help="takes this one; made there if there is none")  # fmt: skip
    command.add_argument("--metafile", type=Path, metavar="FILE",
                         help="takes what esbuild says of the bundled extension")  # fmt: skip
    command.add_argument("--quality", type=int, choices=range(12), default=QUALITY,
                         help="of brotli; 9 is far quicker (default: %(default)s)")  # fmt: skip
    command.set_defaults(run=run)


def run(parsed: argparse.Namespace) -> int:
    """Make the VSIX, and print what takes its size."""
    os.environ.setdefault("SOURCE_DATE_EPOCH", str(stamp_s()))
    with tempfile.TemporaryDirectory() as scratch:
        house = parsed.wheelhouse or Path(scratch) / "wheelhouse"
        if not (house / "wheelhouse.json").exists():
            wheelhouse.make(parsed.target, house, parsed.pythons, parsed.llama)
        named = parsed.metafile or os.environ.get("OWNSTACK_METAFILE")
        metafile = Path(named or Path(scratch) / "metafile.json")
        bundle(metafile)
        vsix = assemble(parsed.target, house, parsed.to, metafile, parsed.quality)
    for line in report(vsix):
        print(line)
    if vsix.stat().st_size > LIMIT_BYTES:
        raise ReleaseError(f"{vsix} is larger than {LIMIT_BYTES / 1e6:.0f} MB.")
    return 0


def bundle(metafile: Path, client: Path = CLIENT) -> None:
    """Check the extension's types and bundle it, as `vsce package` would.

    Raises:
        ReleaseError: Node or the extension's packages are not there.
    """
    environment = os.environ | {"OWNSTACK_METAFILE": str(metafile.resolve())}
    _node("npm", "run", "--silent", "vscode:prepublish", cwd=client, environment=environment)


def assemble(
    target: Target,
    house: Path,
    to: Path,
    metafile: Path,
    quality: int = QUALITY,
    client: Path = CLIENT,
) -> Path:
    """Put the bundled extension and a wheelhouse into a VSIX; return its path.

    Raises:
        ReleaseError: The wheelhouse is for something else, or a tool is missing.
    """
    held = _target_of(house)
    if held != target.name:
        raise ReleaseError(f"{house} is for {held}, not for {target.name}.")
    to.mkdir(parents=True, exist_ok=True)
    vsix = to.resolve() / f"ownstack-{target.name}-{version()}.vsix"
    with tempfile.TemporaryDirectory() as scratch:
        stage = Path(scratch) / "extension"
        copy_shipped(client, stage)
        shutil.copyfile(client.parent / "LICENSE", stage / "LICENSE")
        bundled = stage / "bundled"
        _node("node", str(client / "scripts" / "pack.mjs"), str(house.resolve()),
              "--to", str(bundled), "--quality", str(quality), cwd=client)  # fmt: skip
        licences.write(house, bundled / LICENCES, metafile)
        _uniform(stage)
        # A zip names times without a zone; vsce sorts by the rules of the language.
        environment = {
            **os.environ,
            "SOURCE_DATE_EPOCH": str(stamp_s()),
            "TZ": "UTC",
            "LC_ALL": "C",
        }
        vsce = client / "node_modules" / "@vscode" / "vsce" / "vsce"
        _node("node", str(vsce), "package", "--no-dependencies", "--target", target.name,
              "--out", str(vsix), cwd=stage, environment=environment)  # fmt: skip
    return vsix


def copy_shipped(client: Path, stage: Path) -> None:
    """Copy what package.json names as shipped, but for what is carried and the step before."""
    manifest = json.loads((client / "package.json").read_text("utf-8"))
    for pattern in manifest["files"]:
        if pattern.startswith("bundled/"):
            continue
        for file in sorted(client.glob(pattern)):
            copy = stage / file.relative_to(client)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, copy)
    # Done already; here it would lack its tools.
    manifest["scripts"].pop("vscode:prepublish", None)
    stage.mkdir(parents=True, exist_ok=True)
    text = json.dumps(manifest, indent=2, ensure_ascii=False)
    (stage / "package.json").write_text(f"{text}\n", "utf-8")


def report(vsix: Path) -> Iterable[str]:
    """Yield lines that say what takes the size of a VSIX."""
    with zipfile.ZipFile(vsix) as archive:
        members = sorted(archive.infolist(), key=lambda member: -member.compress_size)
        manifest = json.loads(archive.read(MANIFEST))
    total = vsix.stat().st_size
    yield f"{vsix}: {total / 1e6:.1f} MB"
    for member in members:
        if member.compress_size >= total / 100:
            yield f"{member.compress_size / 1e6:9.1f} MB  {member.filename}"
    yield "by distribution, in packs:"
    for name, size in shares(manifest)[:_SHOWN]:
        yield f"{size / 1e6:9.1f} MB  {name}"


def shares(manifest: dict[str, Any]) -> list[tuple[str, float]]:
    """Return distributions with their bytes in packs, the largest first.

    A pack's bytes are shared out by what was packed: how well each part of it is compressed is not
    known. What several distributions have counts for the first.
    """
    packs = manifest["packs"]
    seen: set[tuple[int, int]] = set()
    found: dict[str, float] = collections.defaultdict(float)
    for wheel in manifest["wheels"]:
        for _path, number, offset, size, *_rest in wheel["files"]:
            if size and (number, offset) not in seen:
                seen.add((number, offset))
                pack = packs[number]
                found[wheel["name"].split("-")[0]] += size * pack["bytes"] / pack["unpacked"]
    return sorted(found.items(), key=lambda item: -item[1])


def _target_of(house: Path) -> str:
    """Return the name of the target that a wheelhouse is for.

    Raises:
        ReleaseError: it does not say so.
    """
    try:
        return str(json.loads((house / "wheelhouse.json").read_text("utf-8"))["target"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ReleaseError(f"{house} is no wheelhouse: its wheelhouse.json is damaged.") from error


def _uniform(folder: Path) -> None:
    """Give all files the same permissions, whatever the umask is here."""
    for path in folder.rglob("*"):
        path.chmod(_PROGRAM if path.is_dir() else _FILE)


def _node(
    program: str, *arguments: str, cwd: Path, environment: dict[str, str] | None = None
) -> None:
    """Run a program of Node's.

    Raises:
        ReleaseError: It is not there, or the extension's packages are not.
        subprocess.CalledProcessError: It failed, having said why.
    """
    found = shutil.which(program)
    if found is None:
        raise ReleaseError(f"{program} is not installed; Node 20 or newer is needed.")
    if not (CLIENT / "node_modules").is_dir():
        raise ReleaseError("Run `npm ci --ignore-scripts` in vscode-client first.")
    subprocess.run([found, *arguments], cwd=cwd, env=environment, check=True)

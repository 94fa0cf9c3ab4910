"""The extension for one platform: what is in it, the same bytes twice, and that pip takes it."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from ownstack_release import vsix
from ownstack_release.errors import ReleaseError
from ownstack_release.project import version
from ownstack_release.targets import TARGETS

pytestmark = pytest.mark.process

PYTHON = f"{sys.version_info[0]}.{sys.version_info[1]}"
LINUX = TARGETS["linux-x64"]
UNPACK = """
import { build } from 'esbuild';
import { pathToFileURL } from 'node:url';
const [from, to, outfile, minor] = process.argv.slice(1);
const entryPoints = ['src/install/bundle.ts'];
await build({ entryPoints, bundle: true, platform: 'node', format: 'esm', outfile });
const { Bundle } = await import(pathToFileURL(outfile));
const bundle = await Bundle.read(from);
const { signal } = new AbortController();
await bundle.unpack({ version: [3, Number(minor)] }, to, () => undefined, signal);
"""


def wheel(folder: Path, name: str, version: str, files: dict[str, bytes]) -> Path:
    """Write a compressed wheel for any Python."""
    info = f"{name}-{version}.dist-info"
    files = files | {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode(),
        f"{info}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(
        f"{path},sha256={base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip('=')}"
        f",{len(data)}\n"
        for path, data in files.items()
    )
    files[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, data in files.items():
            archive.writestr(member, data)
    return path


@pytest.fixture(scope="module")
def client() -> Path:
    """Return the extension's folder; skip without Node."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        pytest.skip("Node and npm are not installed.")
    if not (vsix.CLIENT / "node_modules").is_dir():
        subprocess.run(["npm", "ci", "--ignore-scripts"], cwd=vsix.CLIENT, check=True)
    return vsix.CLIENT


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a wheelhouse of two small wheels."""
    folder = tmp_path_factory.mktemp("house")
    wheels = [
        wheel(folder, "tiny", "1.0", {"tiny/__init__.py": b"VALUE = 42\n", "tiny/data": b"x" * 99}),
        wheel(folder, "ownstack", version(), {"ownstack/__init__.py": b""}),
    ]
    lines = (
        f"{path.name.split('-')[0]}=={path.name.split('-')[1]} ; python_version >= '3.10' "
        f"--hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"
        for path in wheels
    )
    (folder / "requirements.txt").write_text("".join(lines), "utf-8")
    about = {"target": LINUX.name, "pythons": [PYTHON], "slimmed": {}}
    (folder / "wheelhouse.json").write_text(json.dumps(about), "utf-8")
    return folder


def test_pip_installs_what_is_unpacked(client: Path, house: Path, tmp_path: Path) -> None:
    """Offline and with hashes, from wheels that were packed and rebuilt."""
    packed, unpacked, site = tmp_path / "packed", tmp_path / "unpacked", tmp_path / "site"
    subprocess.run(
        ["node", "scripts/pack.mjs", house, "--to", packed, "--quality", "5"],
        cwd=client,
        check=True,
    )
    subprocess.run(
        ["node", "--input-type=module", "-e", UNPACK, packed, unpacked, tmp_path / "bundle.mjs",
         PYTHON.split(".")[1]],
        cwd=client,
        check=True,
    )  # fmt: skip

    for path in unpacked.glob("*.whl"):
        with zipfile.ZipFile(path) as rebuilt, zipfile.ZipFile(house / path.name) as source:
            assert rebuilt.testzip() is None
            assert rebuilt.namelist() == source.namelist()
    done = subprocess.run(
        [sys.executable, "-m", "pip", "install", "--no-index", "--find-links", unpacked,
         "--require-hashes", "--no-compile", "--target", site, "-r", unpacked / "requirements.txt"],
        capture_output=True,
        text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert (site / "tiny" / "__init__.py").read_bytes() == b"VALUE = 42\n"
    assert (site / "ownstack" / "__init__.py").exists()


def test_the_same_bytes_twice(
    client: Path, house: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It holds what package.json names and the packs; time zone and umask are not in it."""
    subprocess.run(["npm", "run", "--silent", "bundle"], cwd=client, check=True)
    own = client / "bundled"
    before = sorted(own.iterdir()) if own.is_dir() else None
    metafile = tmp_path / "metafile.json"
    metafile.write_text('{"inputs": {}, "outputs": {}}')
    monkeypatch.setattr(vsix.licences, "write", lambda *_given: None)
    first = vsix.assemble(LINUX, house, tmp_path / "a", metafile, quality=1)
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    umask = os.umask(0o077)
    try:
        second = vsix.assemble(LINUX, house, tmp_path / "b", metafile, quality=1)
    finally:
        os.umask(umask)

    assert first.name == f"ownstack-linux-x64-{version()}.vsix"
    assert first.read_bytes() == second.read_bytes()
    assert (sorted(own.iterdir()) if own.is_dir() else None) == before
    with zipfile.ZipFile(first) as archive:
        names = set(archive.namelist())
        manifest = archive.read("extension.vsixmanifest").decode()
    assert {
        "extension/dist/extension.cjs",
        "extension/bundled/bundle.json",
        f"extension/bundled/00-py{PYTHON.replace('.', '')}.pack",
        f"extension/bundled/ownstack-{version()}-py3-none-any.whl",
        "extension/walkthrough/type.md",
    } <= names
    assert not any("node_modules" in name or name.endswith(".ts") for name in names)
    assert 'TargetPlatform="linux-x64"' in manifest
    assert any("tiny" in line for line in vsix.report(first))


def test_a_house_for_another_platform_is_refused(house: Path, tmp_path: Path) -> None:
    """Its wheels would not load there."""
    with pytest.raises(ReleaseError, match="is for linux-x64, not for win32-x64"):
        vsix.assemble(TARGETS["win32-x64"], house, tmp_path, tmp_path / "metafile.json")


def test_shares_add_up() -> None:
    """Each content counts once, and all of a pack's bytes are somebody's."""
    first, second = ["x", 0, 0, 60, 0, 0o644], ["y", 1, 0, 10, 0, 0o644]
    third = ["z", 0, 60, 40, 0, 0o644]
    manifest = {
        "packs": [{"bytes": 50, "unpacked": 100}, {"bytes": 10, "unpacked": 10}],
        "wheels": [
            {"name": "a-1-py3-none-any.whl", "files": [first, second]},
            {"name": "b-1-py3-none-any.whl", "files": [first, third]},
        ],
    }
    assert vsix.shares(manifest) == [("a", 40.0), ("b", 20.0)]


@pytest.mark.parametrize("text", ["", "[]", "{}", "5"])
def test_a_damaged_wheelhouse_is_named(text: str, tmp_path: Path) -> None:
    """By its folder, before anything is packed."""
    (tmp_path / "wheelhouse.json").write_text(text, "utf-8")

    with pytest.raises(ReleaseError, match="is no wheelhouse"):
        vsix.assemble(LINUX, tmp_path, tmp_path / "to", tmp_path / "metafile.json")

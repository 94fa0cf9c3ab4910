"""The VSIX that is installed, and others made of it: the next version, one that is broken."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.e2e.pythons import ASKED_FOR_ALL
from tests.support.extension_builds import CLIENT, building

REPOSITORY = CLIENT.parent
PACKAGE_S = 240
"""How long the wheels of one Python may take to be fetched and packed."""

Edit = Callable[[str], str]


def carrying(shared: Path) -> Path:
    """Return a VSIX that carries everything for this Python at least; skip where there is none.

    Args:
        shared: Folder of this run, where one is kept that is made.
    """
    if named := os.environ.get("OWNSTACK_VSIX"):
        return Path(named).resolve(strict=True)
    if not ASKED_FOR_ALL:
        pytest.skip(
            "OWNSTACK_VSIX names no VSIX that carries all, and making one takes a minute or two; "
            "OWNSTACK_E2E_FULL=1 makes one."
        )
    with building(shared):
        folder = shared / "carrying"
        if not folder.is_dir():
            _package(folder)
        (vsix,) = folder.glob("*.vsix")
        return vsix


def _package(folder: Path) -> None:
    version = "{}.{}".format(*sys.version_info)
    script = REPOSITORY / "scripts" / "package"
    if not script.exists():
        pytest.skip("There is no scripts/package; OWNSTACK_VSIX names a VSIX that carries all.")
    llama = _built_llama()
    if llama is None:
        pytest.skip("pip keeps no wheel of llama-cpp-python, and compiling one takes minutes.")
    command = [script, "vsix", "--target", "linux-x64", "--pythons", version]
    # It was built here, and so for the C library that is here; its name says only "Linux".
    glibc = platform.libc_ver()[1].replace(".", "_")
    named = llama.name.replace("-linux_x86_64", f"-manylinux_{glibc}_x86_64")
    llama = Path(shutil.copyfile(llama, folder.with_name(named)))
    part = folder.with_name("carrying.part")
    try:
        made = subprocess.run(
            [*command, "--quality", "0", "--llama", llama, "--to", part],
            capture_output=True,
            text=True,
            timeout=PACKAGE_S,
            env=os.environ | {"PYTHON": sys.executable},
        )
    except subprocess.TimeoutExpired:
        pytest.skip(f"The wheels of Python {version} were not fetched and packed in {PACKAGE_S} s.")
    if made.returncode:
        _skip_without_network(made.stderr)
        raise AssertionError(made.stdout + made.stderr)
    part.rename(folder)


def _skip_without_network(said: str) -> None:
    if re.search(r"NewConnectionError|name resolution|Network is unreachable|timed out", said):
        pytest.skip("The wheels cannot be fetched: there is no network.")


def _built_llama() -> Path | None:
    asked = [sys.executable, "-m", "pip", "cache", "list", "llama_cpp_python", "--format=abspath"]
    listed = subprocess.run(asked, capture_output=True, text=True).stdout.split()
    return next((Path(path) for path in listed if path.endswith(".whl")), None)


def pythons_of(vsix: Path) -> list[str]:
    """Return the Pythons that it carries all wheels for, such as "3.11"."""
    with zipfile.ZipFile(vsix) as archive:
        if "extension/bundled/bundle.json" not in archive.namelist():
            return []
        pythons: list[str] = json.loads(archive.read("extension/bundled/bundle.json"))["pythons"]
    return pythons


def unpacked_bytes(vsix: Path, python: str) -> int:
    """Return how many bytes the wheels of a Python take when they are unpacked."""
    with zipfile.ZipFile(vsix) as archive:
        bundle = json.loads(archive.read("extension/bundled/bundle.json"))
    wheels = [one for one in bundle["wheels"] if python in one["pythons"]]
    return sum(int(one["bytes"]) for one in [*wheels, *bundle["plain"]])


def revised(vsix: Path, to: Path, version: str, edits: Mapping[str, Edit] | None = None) -> Path:
    """Write the VSIX of another version, with files of the server edited.

    Args:
        vsix: The one to start from.
        to: The file to write.
        version: The other version.
        edits: Path in the server's wheel → what its text becomes.
    """
    with zipfile.ZipFile(vsix) as archive:
        names = archive.namelist()
        (carried,) = (name for name in names if re.search(r"/bundled/ownstack-[^/]*\.whl$", name))
        found = re.search(r"/ownstack-([^-]+)-", carried)
        assert found is not None
        before = found[1]
        wheel = _revised_wheel(archive.read(carried), before, version, edits or {})
        name = carried.replace(f"-{before}-", f"-{version}-")
        with zipfile.ZipFile(to, "w", zipfile.ZIP_STORED) as made:
            for info in archive.infolist():
                if info.filename == carried:
                    made.writestr(name, wheel)
                    continue
                content = archive.read(info)
                if info.filename in ("extension/package.json", "extension.vsixmanifest"):
                    content = content.replace(f'"{before}"'.encode(), f'"{version}"'.encode())
                if info.filename == "extension/bundled/bundle.json":
                    old = archive.read(carried)
                    content = _revised_bundle(content, old, wheel, before, version)
                made.writestr(info, content)
    return to


def _revised_wheel(wheel: bytes, before: str, version: str, edits: Mapping[str, Edit]) -> bytes:
    edits = dict(edits)
    own = edits.pop("ownstack/__init__.py", str)
    edits["ownstack/__init__.py"] = lambda text: own(text.replace(f'"{before}"', f'"{version}"'))
    info = f"ownstack-{version}.dist-info"
    edits[f"{info}/METADATA"] = lambda text: text.replace(
        f"\nVersion: {before}\n", f"\nVersion: {version}\n", 1
    )
    record, out = io.StringIO(), io.BytesIO()
    rows = csv.writer(record, lineterminator="\n")
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive, zipfile.ZipFile(out, "w") as made:
        for one in archive.infolist():
            content = archive.read(one)
            one.filename = one.filename.replace(f"ownstack-{before}.dist-info", info)
            if one.filename == f"{info}/RECORD":
                continue
            if edit := edits.pop(one.filename, None):
                content = edit(content.decode()).encode()
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=")
            rows.writerow([one.filename, f"sha256={digest.decode()}", len(content)])
            made.writestr(one, content)
        rows.writerow([f"{info}/RECORD", "", ""])
        made.writestr(f"{info}/RECORD", record.getvalue())
    assert not edits, f"not in the wheel: {sorted(edits)}"
    return out.getvalue()


def _revised_bundle(content: bytes, old: bytes, new: bytes, before: str, version: str) -> bytes:
    bundle = json.loads(content)
    sums = hashlib.sha256(old).hexdigest(), hashlib.sha256(new).hexdigest()
    (plain,) = (one for one in bundle["plain"] if one["sha256"] == sums[0])
    plain["name"] = plain["name"].replace(f"-{before}-", f"-{version}-")
    plain["sha256"], plain["bytes"] = sums[1], len(new)
    requirements = bundle["requirements"].replace(*sums)
    bundle["requirements"] = requirements.replace(f"ownstack=={before}", f"ownstack=={version}")
    return json.dumps(bundle).encode()

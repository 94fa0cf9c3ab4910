"""Small wheels, VSIXs and extensions' folders, made by tests."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

MIT = "MIT License\n\nCopyright (c) 2026 Somebody\n\nPermission is hereby granted, free of charge."
TIME = (2026, 1, 2, 3, 4, 6)


def wheel(
    folder: Path,
    name: str = "sample",
    version: str = "1.0",
    *,
    headers: Sequence[str] = ("License-Expression: MIT",),
    files: Mapping[str, bytes | str] | None = None,
    tag: str = "py3-none-any",
    licence: bytes | str | None = MIT,
) -> Path:
    """Write a wheel and return its path; `files` are further members by path."""
    written = name.replace("-", "_")
    info = f"{written}-{version}.dist-info"
    metadata = ["Metadata-Version: 2.4", f"Name: {name}", f"Version: {version}", *headers]
    members: dict[str, bytes | str] = {
        f"{written}/__init__.py": "",
        **(files or {}),
        f"{info}/METADATA": "\n".join(metadata) + "\n\nWords.\n",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nTag: {tag}\n",
    }
    if licence is not None:
        members[f"{info}/licenses/LICENSE"] = licence
    folder.mkdir(parents=True, exist_ok=True)
    return archive(folder / f"{written}-{version}-{tag}.whl", members)


def archive(
    file: Path,
    members: Mapping[str, bytes | str],
    time: tuple[int, int, int, int, int, int] = TIME,
    mode: int = 0o100644,
) -> Path:
    """Write a zip archive with members in that order."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, time)
            info.compress_type = zipfile.ZIP_DEFLATED
            info.external_attr = mode << 16
            made.writestr(info, content)
    return file


def vsix(
    file: Path,
    wheels: Sequence[Path] = (),
    bundle: object = None,
    target: str = "",
    time: tuple[int, int, int, int, int, int] = TIME,
) -> Path:
    """Write an extension's package that carries wheels as they are, and a bundle.json."""
    platform = f' TargetPlatform="{target}"' if target else ""
    described = {"name": "ownstack", "version": "0.1.0", "publisher": "ownstack", "license": "MIT"}
    members: dict[str, bytes | str] = {
        "extension.vsixmanifest": f'<PackageManifest><Metadata><Identity Id="o"{platform}/>',
        "extension/package.json": json.dumps(described),
    }
    for each in wheels:
        members[f"extension/bundled/{each.name}"] = each.read_bytes()
    if bundle is not None:
        members["extension/bundled/bundle.json"] = json.dumps(bundle)
    return archive(file, members, time)


def packed(wheels: Sequence[Path], target: str = "linux-x64") -> dict[str, object]:
    """A bundle.json that lists wheels as if they were in packs."""
    listed = []
    for each in wheels:
        with zipfile.ZipFile(each) as opened:
            files = [
                [info.filename, 0, 0, info.file_size, info.CRC, 0o644]
                for info in opened.infolist()
                if not info.is_dir()
            ]
        listed.append({"name": each.name, "sha256": "ab" * 32, "files": files})
    return {"format": 1, "target": target, "pythons": ["3.12"], "packs": [], "wheels": listed}


def client(folder: Path) -> tuple[Path, Path]:
    """Write an extension's folder with two bundled packages; return it and the metafile."""
    modules = folder / "node_modules"
    packages = {
        "plain": {"name": "plain", "version": "2.0.0", "license": "ISC"},
        "@scope/part": {"name": "@scope/part", "version": "1.2.3", "license": "MIT"},
        "shaken": {"name": "shaken", "version": "9.0.0", "license": "GPL-3.0-only"},
    }
    for name, described in packages.items():
        (modules / name).mkdir(parents=True)
        (modules / name / "package.json").write_text(json.dumps(described))
        (modules / name / "LICENSE").write_text(MIT)
    integrity = "sha512-" + "A" * 86 + "=="
    locked = {
        f"node_modules/{name}": {"version": each["version"], "integrity": integrity}
        for name, each in packages.items()
    }
    (folder / "package-lock.json").write_text(json.dumps({"packages": locked}))
    inputs = {
        "src/extension.ts": 10,
        "node_modules/plain/index.js": 20,
        "node_modules/@scope/part/lib/a.js": 30,
        "node_modules/shaken/index.js": 0,
    }
    output = {"inputs": {path: {"bytesInOutput": count} for path, count in inputs.items()}}
    metafile = folder / "meta.json"
    metafile.write_text(json.dumps({"outputs": {"dist/extension.cjs": output}}))
    return folder, metafile

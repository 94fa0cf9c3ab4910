"""`scripts/package sbom`: a bill of materials of a VSIX, as CycloneDX 1.6 in JSON.

The same VSIX gives the same bytes: its number is made from what it says, its time is
`SOURCE_DATE_EPOCH` (without it, the first of 1980, as in our archives).
"""

from __future__ import annotations

import argparse
from pathlib import Path

from ownstack_release.errors import ReleaseError
from ownstack_release.project import ROOT


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the command."""
    command = commands.add_parser("sbom", help="write the bill of materials of a VSIX (CycloneDX)")
    command.add_argument("vsix", type=Path, metavar="FILE.vsix")
    command.add_argument("--to", type=Path, required=True, metavar="FILE.json")
    command.add_argument(
        "--metafile",
        type=Path,
        required=True,
        metavar="FILE",
        help="esbuild's, which OWNSTACK_METAFILE named when the extension was bundled",
    )
    command.add_argument(
        "--wheelhouse", type=Path, metavar="DIR", help="the wheels that a platform VSIX was made of"
    )
    command.set_defaults(run=run)


def run(parsed: argparse.Namespace) -> int:
    """Write it and say how much it lists."""
    count = write(parsed.vsix, parsed.to, parsed.metafile, parsed.wheelhouse)
    print(f"{parsed.to}: {count} components, {parsed.to.stat().st_size:,} bytes")
    return 0


def write(
    vsix: Path,
    to: Path,
    metafile: Path,
    wheelhouse: Path | None = None,
    client: Path = ROOT / "vscode-client",
) -> int:
    """Write the bill of materials of a VSIX and return how many components it lists.

    Args:
        vsix: The extension's package.
        to: The JSON file that is made or replaced.
        metafile: What `OWNSTACK_METAFILE` named when the extension was bundled.
        wheelhouse: The folder its wheels were packed from, if it carries any in packs.
        client: The extension's folder, with `node_modules` as they were bundled.

    Raises:
        ReleaseError: A file is missing or damaged, or the bill is not what the standard asks for.
    """
    try:
        from ownstack_release.shipped import bill, contents, inventory, npm
        from ownstack_release.shipped.terms import Policy
    except ImportError as error:
        missing = f"{error.name} is missing: pip install -e '.[release]'"
        raise ReleaseError(missing) from error

    policy = Policy.read()
    carried = contents.read(vsix)
    wheels = list(carried.wheels)
    if carried.packed:
        if wheelhouse is None:
            raise ReleaseError(f"{vsix.name} carries wheels in packs: name their --wheelhouse.")
        plain = {wheel.file for wheel in wheels}
        packed = [wheel for wheel in carried.packed if wheel.file not in plain]
        wheels += contents.unpacked(packed, wheelhouse)
    items = inventory.wheels(wheels, policy)
    items += inventory.packages(npm.bundled(metafile, client), policy)
    text, count = bill.made(carried, items)
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_text(text, "utf-8", newline="\n")
    return count

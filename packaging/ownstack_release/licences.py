"""`scripts/package licences`: whose work is shipped, under which licences, and their texts.

Fails for a licence that `licences.toml` does not allow, and for a library inside a wheel that it
does not know.
"""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ownstack_release.errors import ReleaseError
from ownstack_release.project import ROOT

if TYPE_CHECKING:
    from ownstack_release.shipped.inventory import Item
    from ownstack_release.shipped.terms import Policy

_RULE = "=" * 80
_KINDS = {
    "python": "Python packages",
    "npm": "npm packages in the extension",
    "library": "Libraries inside Python packages",
    "rust": "Rust crates compiled into Python packages",
    "model": "Models",
}

_HEADING = (
    "What comes with Ownstack, and the licences it comes under",
    "",
    "Ownstack itself is under the MIT licence: LICENSE. Each entry below has a name, a",
    "version, its licence by its SPDX name, its home page (where the sources are, too) and",
    "the numbers of the texts at the end of this file. Where a package brings no text, the",
    "standard text of its licence stands for it, with the authors its description names.",
)


@dataclass(frozen=True, slots=True)
class Listing:
    """What a list of licences says, and what is wrong with it."""

    text: str
    counts: dict[str, int]
    """Things (not files) by licence, the most frequent first."""
    exceptions: tuple[str, ...]
    """"NAME VERSION: LICENCE", for what is shipped though its licence is not on the list."""
    problems: tuple[str, ...]


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Describe the command."""
    command = commands.add_parser("licences", help="list and judge the licences of what is shipped")
    command.add_argument("--wheelhouse", type=Path, required=True, metavar="DIR")
    command.add_argument("--to", type=Path, required=True, metavar="FILE")
    command.add_argument(
        "--metafile", type=Path, metavar="FILE", help="esbuild's, for the extension's npm packages"
    )
    command.set_defaults(run=run)


def run(parsed: argparse.Namespace) -> int:
    """Write the list and print its counts."""
    listing = write(parsed.wheelhouse, parsed.to, parsed.metafile)
    for licence, count in listing.counts.items():
        print(f"{count:5}  {licence}")
    print("not permissive, and why not a problem: licences.toml")
    for exception in listing.exceptions:
        print(f"       {exception}")
    print(f"{parsed.to}: {parsed.to.stat().st_size:,} bytes")
    return 0


def write(
    wheelhouse: Path, to: Path, metafile: Path | None = None, client: Path = ROOT / "vscode-client"
) -> Listing:
    """Write the licences of a folder's wheels, and of npm packages that esbuild bundled.

    Args:
        wheelhouse: A folder with wheels: the house, or `bundled/` with Ownstack's own alone.
        to: The text file that is made or replaced.
        metafile: What `OWNSTACK_METAFILE` named when the extension was bundled.
        client: The extension's folder.

    Raises:
        ReleaseError: Something must not be shipped. The message names all of it; nothing is
            written then.
    """
    try:
        from ownstack_release.shipped import distributions, inventory, npm
        from ownstack_release.shipped.terms import Policy
    except ImportError as error:
        missing = f"{error.name} is missing: pip install -e '.[release]'"
        raise ReleaseError(missing) from error

    policy = Policy.read()
    house = distributions.house(wheelhouse)
    items = inventory.wheels(house, policy)
    if metafile is not None:
        items += inventory.packages(npm.bundled(metafile, client), policy)
    listing = listed(items, policy, inventory.unnamed(house, policy))
    if listing.problems:
        raise ReleaseError("must not be shipped:\n  " + "\n  ".join(listing.problems))
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_text(listing.text, "utf-8", newline="\n")
    return listing


def listed(items: Sequence[Item], policy: Policy, unnamed: Sequence[str] = ()) -> Listing:
    """The list of `items`, the same for the same items in any order."""
    from ownstack_release.shipped import terms

    things = _things(items)
    problems = [f"{each} (licences.toml)" for each in unnamed]
    exceptions = []
    for (_, name, version), files in things.items():
        expression = files[0].terms.expression
        called = f"{name} {version}".strip()
        refused = policy.refused(name, expression)
        if files[0].terms.problem:
            problems.append(f"{called}: no licence that is known; {files[0].terms.problem}")
        elif refused:
            problems.append(f"{called}: {', '.join(refused)} is not allowed by licences.toml")
        exceptions += [
            f"{called}: {one}" for one in policy.taken(name, expression) if policy.reason(name, one)
        ]
    texts = _Texts()
    lines = list(_HEADING)
    for kind, title in _KINDS.items():
        of_kind = {key: files for key, files in things.items() if key[0] == kind}
        if not of_kind:
            continue
        lines += ["", _RULE, f"{title} ({len(of_kind)})", _RULE]
        for (_, name, version), files in of_kind.items():
            numbers = _numbers(files, policy, texts)
            lines += _entry(name, version, files, numbers, policy)
    lines += ["", _RULE, "Texts", _RULE, *texts.lines()]
    return Listing(
        text="\n".join(lines) + "\n",
        counts=terms.families([files[0].terms.expression for files in things.values()]),
        exceptions=tuple(exceptions),
        problems=tuple(problems),
    )


def _things(items: Iterable[Item]) -> dict[tuple[str, str, str], list[Item]]:
    """Items by kind, name and version: a package with a wheel for each Python is one thing."""
    things: dict[tuple[str, str, str], list[Item]] = {}
    for item in sorted(items, key=lambda item: (item.name.lower(), item.version, item.ref)):
        things.setdefault((item.kind, item.name, item.version), []).append(item)
    return things


def _entry(
    name: str, version: str, files: Sequence[Item], numbers: Sequence[int], policy: Policy
) -> list[str]:
    first = files[0]
    lines = ["", f"{name} {version}".strip(), f"    licence: {first.terms.expression}"]
    if first.terms.concluded and first.kind in ("python", "npm"):
        lines[-1] += " (by its text; its description does not say)"
    taken = policy.taken(name, first.terms.expression)
    lines += [f"    {one}: {reason}" for one in taken if (reason := policy.reason(name, one))]
    if first.home_page:
        lines.append(f"    {first.home_page}")
    lines += [f"    {line}" for line in first.notice.splitlines()]
    within = sorted({_package(ref) for item in files for ref in item.within})
    if within:
        lines.append(f"    in {', '.join(within)}")
    if numbers:
        lines.append(f"    texts: {', '.join(map(str, numbers))}")
    return lines


def _package(ref: str) -> str:
    """The package of a wheel's reference: "pkg:pypi/numpy@2.5.5?..." is "numpy"."""
    return ref.partition("?")[0].partition("@")[0].rpartition("/")[2]


def _numbers(files: Sequence[Item], policy: Policy, texts: _Texts) -> list[int]:
    found = [(text.name, text.text, text.cut) for item in files for text in item.texts]
    if not found:
        from ownstack_release.shipped import terms

        taken = policy.taken(files[0].name, files[0].terms.expression)
        found = [(one, words, False) for one in taken if (words := terms.text(one))]
    return sorted({texts.number(*each) for each in found})


class _Texts:
    """Texts by number, each kept once: spaces and line ends do not tell them apart."""

    def __init__(self) -> None:
        self._numbers: dict[bytes, int] = {}
        self._texts: list[str] = []

    def number(self, name: str, text: str, cut: bool) -> int:
        key = hashlib.sha256(" ".join(text.split()).encode("utf-8")).digest()
        if key not in self._numbers:
            self._numbers[key] = len(self._texts) + 1
            note = f"\n[It goes on: {name} in the package.]" if cut else ""
            self._texts.append(text + note)
        return self._numbers[key]

    def lines(self) -> list[str]:
        lines = []
        for number, text in enumerate(self._texts, 1):
            lines += ["", f"---- {number} " + "-" * 60, "", text]
        return lines

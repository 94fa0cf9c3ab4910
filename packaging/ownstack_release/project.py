"""What the repository says of itself: its folder, its version, what it pins."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

from ownstack_release.errors import ReleaseError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ROOT = Path(__file__).parents[2]
_VERSION = re.compile(r'^__version__ = "([^"]+)"$', re.MULTILINE)
_EXACT = re.compile(r"([A-Za-z0-9._-]+)==([A-Za-z0-9.+!-]+)")


def pyproject(root: Path = ROOT) -> dict[str, Any]:
    """Return what stands in pyproject.toml."""
    return tomllib.loads((root / "pyproject.toml").read_text("utf-8"))


def version(root: Path = ROOT) -> str:
    """Return the version of this program.

    Raises:
        ReleaseError: the package does not say it.
    """
    found = _VERSION.search((root / "server" / "ownstack" / "__init__.py").read_text("utf-8"))
    if found is None:
        raise ReleaseError('server/ownstack/__init__.py has no line __version__ = "...".')
    return found[1]


def pinned(name: str, root: Path = ROOT) -> str:
    """Return the version at which pyproject.toml pins a dependency, such as "0.3.36".

    Raises:
        ReleaseError: it is no dependency, or not pinned with `==`.
    """
    for requirement in pyproject(root)["project"]["dependencies"]:
        found = _EXACT.fullmatch(requirement)
        if found is not None and found[1] == name:
            return found[2]
    raise ReleaseError(f"pyproject.toml pins no {name} (a line {name}==VERSION).")

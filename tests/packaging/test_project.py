"""What a release reads of the repository."""

from __future__ import annotations

from pathlib import Path

import pytest

import ownstack
from ownstack_release.errors import ReleaseError
from ownstack_release.project import pinned, version


def project(root: Path, *dependencies: str) -> Path:
    """Write a pyproject.toml with dependencies."""
    listed = ", ".join(f'"{dependency}"' for dependency in dependencies)
    (root / "pyproject.toml").write_text(f"[project]\ndependencies = [{listed}]\n", "utf-8")
    return root


def test_the_pinned_version_is_read_from_pyproject(tmp_path: Path) -> None:
    """Whatever else is asked for, and however similar its name is."""
    root = project(tmp_path, "llama-cpp==1", "llama-cpp-python==0.9.1", "numpy>=1.26,<3")
    assert pinned("llama-cpp-python", root) == "0.9.1"


@pytest.mark.parametrize("written", ["llama-cpp-python>=0.3", "llama-cpp-python", "other==1"])
def test_what_is_not_pinned_is_an_error(tmp_path: Path, written: str) -> None:
    """The bindings mirror one version's structures: a range is no answer."""
    with pytest.raises(ReleaseError, match="pins no llama-cpp-python"):
        pinned("llama-cpp-python", project(tmp_path, written))


def test_the_version_is_the_package_s() -> None:
    """Read, not imported: a release is made without the program's dependencies."""
    assert version() == ownstack.__version__

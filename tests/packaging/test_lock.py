"""The lock agrees with pyproject.toml, and what has no wheel is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from ownstack_release.errors import ReleaseError
from ownstack_release.lock import UNLOCKED, Gap, disagreements, gaps
from ownstack_release.pins import DEVELOPMENT, LOCKS, RUNTIME, parse, read
from ownstack_release.project import pyproject
from ownstack_release.targets import PYTHONS, TARGETS

PROJECT = """\
[build-system]
requires = ["hatchling>=1"]
[project]
dependencies = ["numpy>=1.26,<3", "tomli>=2; python_version < '3.11'"]
[project.optional-dependencies]
learn = ["torch>=2"]
test = ["pytest>=8"]
"""
RUNTIME_LOCK = """\
numpy==2.2.6 ; python_full_version < '3.11' \\
    --hash=sha256:aa \\
    --hash=sha256:bb
    # via something
numpy==2.4.6 ; python_full_version >= '3.11' \\
    --hash=sha256:cc
tomli==2.5.0 ; python_full_version < '3.11' --hash=sha256:dd
"""
DEVELOPMENT_LOCK = RUNTIME_LOCK + "pytest==8.3 --hash=sha256:ee\n"


def project(
    root: Path, stated: str = PROJECT, runtime: str = RUNTIME_LOCK, development: str | None = None
) -> Path:
    """Write a project with its locks."""
    (root / "packaging" / "locks").mkdir(parents=True)
    (root / "pyproject.toml").write_text(stated, "utf-8")
    locks = {
        "runtime.txt": runtime,
        "development.txt": DEVELOPMENT_LOCK if development is None else development,
        "build.txt": "hatchling==1.33\n",
        "release.txt": "",
    }
    for name, text in locks.items():
        (root / "packaging" / "locks" / name).write_text(text, "utf-8")
    return root


def test_ours_agrees() -> None:
    """Who changes a dependency runs `scripts/package lock --keep`."""
    assert disagreements() == []


def test_every_file_that_is_installed_has_a_hash() -> None:
    """A pin without one would be taken whatever the index says."""
    pins = read(LOCKS / RUNTIME)

    assert len(pins) > 50
    assert [str(pin.requirement) for pin in pins if not pin.hashes] == []


def test_nobody_who_tests_or_ships_installs_torch() -> None:
    """It is gigabytes, and which one is right depends on the graphics card: no lock has it."""
    names = {pin.name for lock in (RUNTIME, DEVELOPMENT) for pin in read(LOCKS / lock)}

    assert names & {"torch", "transformers", "peft"} == set()
    assert set(UNLOCKED) <= set(pyproject()["project"]["optional-dependencies"])


def test_one_that_agrees(tmp_path: Path) -> None:
    """Each Python has one version in the range, and markers are followed."""
    assert disagreements(project(tmp_path)) == []


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("numpy>=1.26,<3", "numpy>=2.3,<3", "runtime.txt has 2.2.6 for numpy>=2.3,<3 (Python 3.10"),
        ('"numpy', '"rich>=1", "numpy', "runtime.txt has nothing for rich>=1 (Python 3.10"),
        ("python_version < '3.11'", "python_version < '3.12'", "nothing for tomli>=2; python_ver"),
        ("pytest>=8", "pytest>=9", "development.txt has 8.3 for pytest>=9"),
        ("hatchling>=1", "hatchling>=2", "build.txt has 1.33 for hatchling>=2"),
    ],
)
def test_what_disagrees_is_said(tmp_path: Path, before: str, after: str, said: str) -> None:
    """By lock, version, requirement, and the first Python and platform where it is so."""
    found = disagreements(project(tmp_path, PROJECT.replace(before, after)))

    assert said in found[0]


def test_development_has_the_versions_that_users_get(tmp_path: Path) -> None:
    """Tests say something of what is installed."""
    other = DEVELOPMENT_LOCK.replace("2.4.6", "2.4.7")

    assert disagreements(project(tmp_path, development=other)) == [
        'development.txt has 2.4.7 for numpy==2.4.6; python_full_version >= "3.11" '
        "(Python 3.11, linux-x64)"
    ]


def test_a_lock_is_read() -> None:
    """Over continued lines, past comments, with all hashes."""
    read_ones = [(pin.name, pin.version, pin.hashes) for pin in parse(RUNTIME_LOCK)]

    assert read_ones == [
        ("numpy", "2.2.6", ("sha256:aa", "sha256:bb")),
        ("numpy", "2.4.6", ("sha256:cc",)),
        ("tomli", "2.5.0", ("sha256:dd",)),
    ]


@pytest.mark.parametrize("line", ["numpy>=2", "numpy"])
def test_a_range_is_no_pin(line: str) -> None:
    """Hashes belong to one version."""
    with pytest.raises(ReleaseError, match="pin a version"):
        list(parse(line))


def wheels(*names: str) -> dict[str, object]:
    """Return a lock in the form of PEP 751 with one package."""
    files = [{"url": f"https://index/{name}"} for name in names]
    return {"packages": [{"name": "one", "version": "1", "wheels": files}]}


@pytest.mark.parametrize(
    ("names", "target", "missing"),
    [
        (["one-1-py3-none-any.whl"], "darwin-x64", ()),
        (["one-1-cp310-abi3-manylinux_2_28_x86_64.whl"], "linux-x64", ()),
        (["one-1-cp310-abi3-manylinux_2_34_x86_64.whl"], "linux-x64", PYTHONS),
        (["one-1-cp311-cp311-win_amd64.whl"], "win32-x64", ("3.10", "3.12", "3.13", "3.14")),
        (["one-1-cp312-abi3-macosx_11_0_arm64.whl"], "darwin-arm64", ("3.10", "3.11")),
        (["one-1-cp310-abi3-macosx_11_0_universal2.whl"], "darwin-x64", ()),
        (["one-1-cp310-abi3-macosx_14_0_arm64.whl"], "darwin-arm64", PYTHONS),
        (["one-1-py3-none-musllinux_1_2_aarch64.whl"], "linux-arm64", PYTHONS),
        ([], "linux-x64", PYTHONS),
    ],
)
def test_gaps(names: list[str], target: str, missing: tuple[str, ...]) -> None:
    """A wheel fits by its Python, its ABI, its system, and that system's age."""
    found = gaps(wheels(*names), [TARGETS[target]], PYTHONS)

    assert found == [Gap(target, python, "one", "1") for python in missing]

"""Limits of containers and groups of processes, in both versions of control groups."""

from __future__ import annotations

from pathlib import Path

import pytest

from ownstack.models.hardware.cgroup import MemoryGroup, memory_group

NO_LIMIT_V1 = 9_223_372_036_854_771_712


def write(folder: Path, **files: object) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name.replace("__", ".")).write_text(f"{content}\n")


def found(mount: Path, own: str = "") -> MemoryGroup | None:
    file = mount.with_name("own")
    file.write_text(own)
    return memory_group(mount, file)


@pytest.fixture
def mount(tmp_path: Path) -> Path:
    return tmp_path / "cgroup"


def test_no_groups(mount: Path) -> None:
    """Another system."""
    assert found(mount) is None
    assert memory_group(mount, mount / "nothing") is None


def test_a_container_of_version_2(mount: Path) -> None:
    """What is only a cache of files can be had."""
    write(mount, memory__max=1000, memory__current=700, memory__stat="anon 1\ninactive_file 200")

    assert found(mount) == MemoryGroup(1000, 500)


def test_a_container_of_version_1(mount: Path) -> None:
    """Its files have other names."""
    write(
        mount / "memory",
        memory__limit_in_bytes=1000,
        memory__usage_in_bytes=700,
        memory__stat="total_inactive_file 100",
    )

    assert found(mount) == MemoryGroup(1000, 600)


@pytest.mark.parametrize("limit", ["max", "", "x", "\u0665"])
def test_no_limit_in_version_2(mount: Path, limit: str) -> None:
    """Or none that is understood."""
    write(mount, memory__max=limit, memory__current=700)

    assert found(mount) is None


def test_no_limit_in_version_1(mount: Path) -> None:
    """It is said by a large number."""
    write(mount / "memory", memory__limit_in_bytes=NO_LIMIT_V1, memory__usage_in_bytes=7)

    assert found(mount) is None


def test_the_group_of_a_service_counts_and_those_above(mount: Path) -> None:
    """The one that leaves least."""
    write(mount / "user.slice", memory__max=1000, memory__current=950)
    write(mount / "user.slice" / "code.scope", memory__max=500, memory__current=100)

    assert found(mount, "0::/user.slice/code.scope") == MemoryGroup(1000, 950)


def test_both_versions_at_once(mount: Path) -> None:
    """Memory may be kept by the old one while the new one is there."""
    write(mount / "memory" / "a", memory__limit_in_bytes=300, memory__usage_in_bytes=100)

    assert found(mount, "4:cpu,memory:/a\n0::/b") == MemoryGroup(300, 100)


@pytest.mark.parametrize("own", ["", "x", "0::", "0::/../..", "::::", "4:memory:/../../etc"])
def test_odd_lines_lead_nowhere(mount: Path, own: str) -> None:
    """And to no error."""
    write(mount.parent, memory__max=1, memory__current=1)

    assert found(mount, own) is None


def test_more_used_than_allowed_leaves_nothing(mount: Path) -> None:
    """It is never negative."""
    assert MemoryGroup(100, 200).left_bytes == 0

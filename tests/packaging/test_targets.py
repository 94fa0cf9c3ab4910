"""What each tool is told of the platforms a release is made for."""

from __future__ import annotations

import pytest
from packaging.markers import Marker
from packaging.tags import mac_platforms

from ownstack_release.targets import PYTHONS, TARGETS


@pytest.mark.parametrize(
    ("target", "taken", "refused"),
    [
        ("linux-x64", "manylinux2014_x86_64", "manylinux_2_31_x86_64"),
        ("linux-x64", "manylinux_2_28_x86_64", "manylinux_2_28_aarch64"),
        ("linux-x64", "manylinux1_x86_64", "musllinux_1_2_x86_64"),
        ("linux-arm64", "manylinux2014_aarch64", "manylinux1_aarch64"),
        ("win32-x64", "win_amd64", "win32"),
    ],
)
def test_pip_is_told_which_wheels_fit(target: str, taken: str, refused: str) -> None:
    """Wheels for an older glibc fit, those for a newer one or another processor do not."""
    platforms = TARGETS[target].pip_platforms
    assert taken in platforms
    assert refused not in platforms


@pytest.mark.parametrize("target", [t for t in TARGETS.values() if t.system == "darwin"])
def test_a_mac_is_named_as_wheels_name_it(target) -> None:
    """The one tag that pip expands to those of older systems."""
    (tag,) = target.pip_platforms
    assert tag in list(mac_platforms((14, 0), target.machine))


@pytest.mark.parametrize("target", TARGETS.values(), ids=list(TARGETS))
def test_markers_are_judged_for_the_target(target) -> None:
    """A requirement for Windows alone is one for the target Windows alone."""
    environment = {**target.environment, "python_version": PYTHONS[0]}
    assert Marker("sys_platform == 'win32'").evaluate(environment) == (target.system == "win32")
    assert Marker("platform_system == 'Darwin'").evaluate(environment) == (
        target.system == "darwin"
    )

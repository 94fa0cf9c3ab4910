"""What goes wrong with a machine while the server is installed: in which words, and the way out."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from tests.e2e.newcomer import Arrive, Newcomer
from tests.e2e.pythons import FULL, pythons
from tests.e2e.releases import pythons_of, unpacked_bytes

pytestmark = [pytest.mark.e2e, FULL]

NETWORK = "The built-in network wrote it."


def messages(seen: dict[str, object]) -> str:
    return json.dumps(seen["said"], ensure_ascii=False)


def elsewhere(newcomer: Newcomer) -> list[str]:
    """Return the command that names another folder in the settings, as a person would."""
    settings = json.loads(newcomer.machine_settings.read_text())
    settings["ownstack.environment.folder"] = str(newcomer.root / "elsewhere")
    changed = newcomer.root / "changed.json"
    changed.write_text(json.dumps(settings))
    return ["cp", str(changed), str(newcomer.machine_settings)]


@pytest.mark.parametrize("moment", ["at-once", "half-way"])
def test_full_disk(arrive: Arrive, moment: str) -> None:
    """It is said, nothing half-made stays, and with room it goes on."""
    newcomer = arrive(f"full-disk-{moment}")
    # Room for the wheels, but not for what is in them.
    wheels = unpacked_bytes(newcomer.vsix, "{}.{}".format(*_version(newcomer)))
    room = 60_000_000 if moment == "at-once" else wheels * 5 // 4
    newcomer.seal.mount_empty(newcomer.storage, f"size={room}")
    newcomer.install(newcomer.vsix)
    left = newcomer.root / "left"
    counts = f"du -sk {shlex.quote(str(newcomer.storage))} > {shlex.quote(str(left))}"
    grows = f"mount -o remount,size=4g {shlex.quote(str(newcomer.storage))}"

    seen = newcomer.open(
        expects="The disk is full", remedy=["sh", "-c", f"{counts} && {grows}"], press="Try Again"
    )

    newcomer.record(says=seen["said"])
    assert "then try again" in seen["told"]["message"]
    assert "Try Again" in seen["told"]["buttons"]
    assert int(left.read_text().split()[0]) < 10_000
    assert NETWORK in seen["network"]["why"]


def test_read_only_storage(arrive: Arrive) -> None:
    """A setting names another folder."""
    newcomer = arrive("read-only")
    newcomer.seal.mount_empty(newcomer.storage, "ro,size=1m")
    newcomer.install(newcomer.vsix)

    seen = newcomer.open(
        expects=r"ownstack\.environment\.folder", remedy=elsewhere(newcomer), press="Try Again"
    )

    newcomer.record(says=seen["said"])
    assert "Open Settings" in seen["told"]["buttons"]
    assert NETWORK in seen["network"]["why"]
    assert newcomer.environments() != []


def test_storage_from_which_nothing_may_run(arrive: Arrive) -> None:
    """As a home that is mounted noexec: the reason, and the setting that names another folder."""
    newcomer = arrive("noexec")
    newcomer.seal.mount_empty(newcomer.storage, "noexec,size=4g")
    newcomer.install(newcomer.vsix)

    seen = newcomer.open(
        expects=r"ownstack\.environment\.folder", remedy=elsewhere(newcomer), press="Try Again"
    )

    newcomer.record(says=seen["said"])
    assert "noexec" in seen["told"]["message"]
    assert "Open Settings" in seen["told"]["buttons"]
    assert NETWORK in seen["network"]["why"]


def test_no_python(arrive: Arrive) -> None:
    """The words name the way of this system, and a button helps along."""
    newcomer = arrive("no-python", pythons=[])
    newcomer.install(newcomer.vsix)

    seen = newcomer.open(expects="No Python 3.10 or newer was found", endsThere=True)

    newcomer.record(says=seen["said"])
    assert "then try again" in seen["told"]["message"]
    assert "Try Again" in seen["told"]["buttons"]
    assert {"Copy Command", "Open python.org"} & set(seen["told"]["buttons"])
    assert "problem" in seen["status"]


def test_python_that_vanishes(arrive: Arrive, carrying: Path) -> None:
    """The environment's Python is gone one day: another is found, and all is made anew."""
    found = pythons()
    carried = [found[version] for version in pythons_of(carrying) if version in found]
    if len(carried) < 2:
        pytest.skip("The VSIX carries what one Python needs, or there is only one here.")
    older, newer = carried[0], carried[-1]
    newcomer = arrive("vanished", pythons=[newer, older])
    newcomer.install(newcomer.vsix)
    newcomer.open()
    (before,) = newcomer.environments()
    newcomer.close()
    newcomer.seal.mount_empty(newer.parent, "ro,size=4k")

    seen = newcomer.open()

    newcomer.record(says=seen["said"])
    assert NETWORK in seen["network"]["why"]
    assert before not in newcomer.environments()


# What is not this machine is told to the extension by a Python that says so of itself: the real
# ones cannot be had here.
ELSEWHERE = {
    "glibc": ('s/"libc": "[^"]*"/"libc": "glibc 2.17"/', "glibc"),
    "musl": ('s/"libc": "[^"]*"/"libc": "musl"/', "musl"),
    "architecture": ('s/"machine": "[^"]*"/"machine": "riscv64"/', "riscv64"),
}


@pytest.mark.parametrize("kind", ELSEWHERE)
def test_what_is_carried_does_not_fit(arrive: Arrive, kind: str) -> None:
    """The reason is logged, and the packages are fetched and built; here there is no network."""
    edit, words = ELSEWHERE[kind]
    newcomer = arrive(f"unfit-{kind}")
    (real,) = newcomer.pythons
    disguised = newcomer.root / "bin" / f"python{'.'.join(_version(newcomer))}"
    disguised.write_text(
        f"#!/bin/sh\n"
        f'case "$*" in\n'
        f"  *canMakeEnvironments*) {real} \"$@\" | sed '{edit}' ;;\n"
        f'  *) exec {real} "$@" ;;\n'
        f"esac\n"
    )
    disguised.chmod(0o755)
    newcomer.install(newcomer.vsix)

    seen = newcomer.open(expects="could not be fetched", endsThere=True)

    newcomer.record(says=seen["said"])
    reasons = [line for line in newcomer.log().splitlines() if "does not fit" in line]
    assert any(words in line for line in reasons), newcomer.log()
    assert words in seen["told"]["message"]
    assert "Try Again" in seen["told"]["buttons"]


def _version(newcomer: Newcomer) -> list[str]:
    """Return the version in the name of the first Python, which is not an alias."""
    name: Path = newcomer.pythons[0]
    return name.name.removeprefix("python").split(".")

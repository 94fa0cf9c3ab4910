"""What goes wrong with a machine while the server is installed: in which words, and the way out."""

from __future__ import annotations

import json
import shlex
import subprocess
from pathlib import Path

import pytest

from tests.e2e.newcomer import Arrive, Newcomer
from tests.e2e.pythons import FULL, pythons
from tests.e2e.releases import unpacked_bytes

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


def test_full_disk(arrive: Arrive) -> None:
    """It is said at once, nothing half-made stays, and with room it goes on."""
    newcomer = arrive("full-disk")
    # Room for the wheels, but not for what is in them.
    room = _wheels_bytes(newcomer) * 5 // 4
    newcomer.seal.mount_empty(newcomer.storage, f"size={room}")
    newcomer.install(newcomer.vsix)
    grows = f"mount -o remount,size=4g {shlex.quote(str(newcomer.storage))}"

    seen = newcomer.open(
        expects="The disk is full", remedy=_counting(newcomer, grows), press="Try Again"
    )

    newcomer.record(says=seen["said"])
    assert "MB. Make room, then try again" in seen["told"]["message"]
    assert "Try Again" in seen["told"]["buttons"]
    assert "unpacking the packages:" not in messages(seen).split("The disk is full")[0]
    assert _counted(newcomer) < 10_000
    assert NETWORK in seen["network"]["why"]


def test_disk_that_fills_half_way(arrive: Arrive) -> None:
    """Some other program writes while packages are installed: the same."""
    newcomer = arrive("filled-disk")
    newcomer.seal.mount_empty(newcomer.storage, f"size={_wheels_bytes(newcomer) * 9 // 4}")
    newcomer.install(newcomer.vsix)
    unpacked = f"{shlex.quote(str(newcomer.storage))}/environments/*.wheels/requirements.txt"
    other = shlex.quote(str(newcomer.storage / "other"))
    waits = f"until ls {unpacked}; do sleep 0.1; done; dd if=/dev/zero of={other} bs=1M"
    command = [*newcomer.seal.prefix, "timeout", "300", "sh", "-c", waits]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, stdout=quiet, stderr=quiet, env=newcomer.seal.environment):
        seen = newcomer.open(
            expects="The disk is full",
            remedy=_counting(newcomer, f"rm {other}", but=other),
            press="Try Again",
        )

    newcomer.record(says=seen["said"])
    assert "installing" in messages(seen).split("The disk is full")[0]
    assert "of room, then try again" in seen["told"]["message"]
    assert "Try Again" in seen["told"]["buttons"]
    assert _counted(newcomer) < 10_000
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


def test_python_that_vanishes(arrive: Arrive, tmp_path: Path) -> None:
    """The environment's Python is gone one day: another is found, and all is made anew."""
    real = next(iter(pythons().values()))
    alias = tmp_path / "alias"
    alias.symlink_to(real.parents[1], target_is_directory=True)
    newcomer = arrive("vanished", pythons=[alias / "bin" / real.name, real])
    newcomer.install(newcomer.vsix)
    newcomer.open()
    (before,) = newcomer.environments()
    assert (before / "bin" / real.name).readlink().is_relative_to(alias)
    newcomer.close()
    alias.unlink()

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
    text = (
        f"#!/bin/sh\n"
        f'case "$*" in\n'
        f"  *canMakeEnvironments*) {real} \"$@\" | sed '{edit}' ;;\n"
        f'  *) exec {real} "$@" ;;\n'
        f"esac\n"
    )
    # By whichever name it is asked: one that fits would be preferred.
    for name in (f"python{'.'.join(_version(newcomer))}", "python3", "python"):
        disguised = newcomer.root / "bin" / name
        disguised.write_text(text)
        disguised.chmod(0o755)
    newcomer.install(newcomer.vsix)

    seen = newcomer.open(expects="could not be fetched", endsThere=True)

    newcomer.record(says=seen["said"])
    reasons = [line for line in newcomer.log().splitlines() if "does not fit" in line]
    assert any(words in line for line in reasons), newcomer.log()
    assert words in seen["told"]["message"]
    assert "Try Again" in seen["told"]["buttons"]


def _wheels_bytes(newcomer: Newcomer) -> int:
    return unpacked_bytes(newcomer.vsix, ".".join(_version(newcomer)))


def _counting(newcomer: Newcomer, then: str, but: str = "none") -> list[str]:
    """Return a command that notes how much is in the storage, and does something more."""
    left, storage = (shlex.quote(str(path)) for path in (_left(newcomer), newcomer.storage))
    return ["sh", "-c", f"du -sk --exclude={but} {storage} > {left} && {then}"]


def _counted(newcomer: Newcomer) -> int:
    """Return how many kB were left in the storage."""
    return int(_left(newcomer).read_text().split()[0])


def _left(newcomer: Newcomer) -> Path:
    return newcomer.root / "left"


def _version(newcomer: Newcomer) -> list[str]:
    """Return the version in the name of the first Python, which is not an alias."""
    name: Path = newcomer.pythons[0]
    return name.name.removeprefix("python").split(".")

"""`scripts/package wheelhouse`: everything one platform needs to install, slimmed, with hashes."""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from ownstack_release.digests import sha256
from ownstack_release.errors import ReleaseError
from ownstack_release.pins import BUILD, LOCKS, RUNTIME, Pin, read, wheel_tags
from ownstack_release.project import ROOT, pinned, version
from ownstack_release.slim import Rules, Slimmer
from ownstack_release.targets import PYTHONS, Target, add_target

LLAMA = "llama-cpp-python"
REQUIREMENTS, ABOUT, BUILDING = "requirements.txt", "wheelhouse.json", "build"
_PIP = ("-m", "pip", "--disable-pip-version-check", "--no-input", "--quiet")


def add_to(commands: Any) -> None:
    """Describe `wheelhouse` to argparse."""
    command: argparse.ArgumentParser = commands.add_parser(
        "wheelhouse", help="collect the wheels that one platform needs", description=__doc__
    )
    add_target(command)
    command.add_argument("--to", type=Path, required=True, metavar="DIR", help="a new folder")
    command.add_argument(
        "--pythons",
        type=lambda text: tuple(text.split(",")),
        default=PYTHONS,
        metavar="3.11,3.12",
        help=f"for these (default: {','.join(PYTHONS)})",
    )
    command.add_argument(
        "--llama",
        type=Path,
        metavar="WHEEL",
        help=f"the wheel of {LLAMA} for the target (default: it is built here)",
    )
    command.set_defaults(run=run)


def run(parsed: argparse.Namespace) -> int:
    """Make a wheelhouse and say how large it is."""
    make(parsed.target, parsed.to, parsed.pythons, parsed.llama)
    wheels = list(parsed.to.glob("*.whl"))
    size = sum(wheel.stat().st_size for wheel in wheels)
    print(f"{parsed.to}: {len(wheels)} wheels, {size / 1e6:.0f} MB")
    return 0


def make(
    target: Target, to: Path, pythons: Sequence[str] = PYTHONS, llama: Path | None = None
) -> None:
    """Fill a folder with what a target needs for some Pythons.

    It asks the index for what the lock names, and takes nothing whose hash is not in it. Wheels for
    building from a clone are in a folder of their own beside them.

    Raises:
        ReleaseError: the folder is not empty, a wheel is missing or fits something else.
    """
    if to.exists() and not to.is_dir():
        raise ReleaseError(f"{to} is not a folder; give a new one with --to.")
    if to.exists() and any(to.iterdir()):
        raise ReleaseError(f"{to} is not empty; give a new folder with --to.")
    unknown = set(pythons) - set(PYTHONS)
    if unknown:
        raise ReleaseError(f"Python {', '.join(sorted(unknown))} is not supported.")
    if llama is not None:
        check(target, llama)
    to.mkdir(parents=True, exist_ok=True)
    try:
        _fill(target, to, pythons, llama)
    except BaseException:
        # Half a wheelhouse would stand in the way of the next attempt.
        for path in to.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        raise


def _fill(target: Target, to: Path, pythons: Sequence[str], llama: Path | None) -> None:
    """Fill an empty folder."""
    (to / BUILDING).mkdir()
    with tempfile.TemporaryDirectory() as scratch:
        whole = Path(scratch)
        pins = [pin for pin in read(LOCKS / RUNTIME) if pin.name != LLAMA]
        _download(pins, target, pythons, whole)
        _download(read(LOCKS / BUILD), target, pythons, to / BUILDING)
        own = _own(whole)
        native(target, llama, whole)
        slimmed = slim(sorted(whole.glob("*.whl")), to)
    extra = (Pin(Requirement(f"{LLAMA}=={pinned(LLAMA)}"), ()), own)
    lines = requirements((*pins, *extra), to, target, pythons)
    (to / REQUIREMENTS).write_text("".join(f"{line}\n" for line in lines), "utf-8")
    about = {"target": target.name, "pythons": list(pythons), "slimmed": slimmed}
    (to / ABOUT).write_text(json.dumps(about, indent=2, sort_keys=True) + "\n", "utf-8")


def slim(wheels: Iterable[Path], to: Path) -> dict[str, int]:
    """Write slimmed wheels to a folder; return the bytes each has lost, by its name."""
    slimmer = Slimmer(Rules.read())
    return {wheel.name: slimmer.slim(wheel, to) for wheel in wheels}


def requirements(
    pins: Iterable[Pin], house: Path, target: Target, pythons: Iterable[str]
) -> list[str]:
    """Return the lines of a requirements file for what lies in a wheelhouse, by name.

    Raises:
        ReleaseError: a wheel is not there for a Python that needs it.
    """
    wheels: dict[tuple[str, str], list[Path]] = {}
    for wheel in sorted(house.glob("*.whl")):
        name, release = parse_wheel_filename(wheel.name)[:2]
        wheels.setdefault((name, str(release)), []).append(wheel)
    lines = []
    pythons = tuple(pythons)
    for pin in sorted(pins, key=lambda pin: (pin.name, pin.version)):
        found = wheels.get((pin.name, pin.version), [])
        wanted = [python for python in pythons if pin.wanted(target, python)]
        for python in wanted:
            if not any(_fits(wheel, target, python) for wheel in found):
                raise ReleaseError(
                    f"No wheel of {pin.name} {pin.version} for {target.name}, Python {python}."
                )
        if wanted:
            lines.append(pin.line(tuple(f"sha256:{sha256(wheel)}" for wheel in found)))
    return lines


def _download(pins: Iterable[Pin], target: Target, pythons: Iterable[str], to: Path) -> None:
    """Let pip download what each Python needs and check it against the lock.

    pip judges markers by the Python that runs it, so it is told only what is wanted there.

    Raises:
        ReleaseError: pip cannot; it has said why.
    """
    pins = tuple(pins)
    for python in pythons:
        wanted = "".join(
            f"{Pin(Requirement(f'{pin.name}=={pin.version}'), pin.hashes).line()}\n"
            for pin in pins
            if pin.wanted(target, python)
        )
        short = f"cp{python.replace('.', '')}"
        tags = [f"--platform={platform}" for platform in target.pip_platforms]
        tags += [f"--abi={abi}" for abi in (short, "abi3", "none")]
        tags += ["--implementation=cp", f"--python-version={python}", "--only-binary=:all:"]
        with tempfile.TemporaryDirectory() as scratch:
            listed = Path(scratch) / "wanted.txt"
            listed.write_text(wanted, "utf-8")
            asked = ["download", "--no-deps", "--require-hashes", "-r", str(listed)]
            print(f"Python {python}: {len(wanted.splitlines())} wheels", flush=True)
            _pip([*asked, "--dest", str(to), *tags], f"the wheels for Python {python}")


def _own(to: Path) -> Pin:
    """Build this program's wheel into a folder, and return it as a pin."""
    asked = ["wheel", "--no-deps", "--wheel-dir", str(to), str(ROOT)]
    # A wheel that is carried must not say where one machine has another wheel.
    clean = {name: value for name, value in os.environ.items() if name != "OWNSTACK_WHEELHOUSE"}
    _pip(asked, "this program's wheel", clean)
    return Pin(Requirement(f"ownstack=={version()}"), ())


def native(target: Target, given: Path | None, to: Path) -> None:
    """Put the wheel of llama-cpp-python beside the others: the given one, or one built now.

    Raises:
        ReleaseError: it is of another version, or for another target.
    """
    if given is None:
        asked = ["llama", "--target", target.name, "--to", str(to)]
        subprocess.run([sys.executable, "-m", __package__, *asked], check=True)
        (given,) = to.glob("llama_cpp_python-*.whl")
    check(target, given)
    if given.parent != to:
        shutil.copy(given, to)


def check(target: Target, llama: Path) -> None:
    """See that a wheel is llama-cpp-python's, for a target.

    Raises:
        ReleaseError: it is not there, of another version, or for another target.
    """
    if not llama.is_file():
        raise ReleaseError(f"There is no wheel {llama}.")
    try:
        name, release, _, tags = parse_wheel_filename(llama.name)
    except InvalidWheelFilename as error:
        raise ReleaseError(f"{llama.name} is no wheel: {error}") from None
    if name != LLAMA or str(release) != pinned(LLAMA):
        raise ReleaseError(f"{llama.name} is not {LLAMA} {pinned(LLAMA)}, which pyproject pins.")
    if not _fits(llama, target, PYTHONS[-1]):
        raise ReleaseError(f"{llama.name} is not for {target.name}.")
    if not tags & wheel_tags(target, PYTHONS[-1]):
        print(f"{llama.name} is for newer systems than the others: it was built on one.")


def _fits(wheel: Path, target: Target, python: str) -> bool:
    """Whether a wheel is for a target and Python; ours of llama.cpp may need a newer glibc."""
    name, _, _, tags = parse_wheel_filename(wheel.name)
    newer = re.compile(rf"manylinux_2_[0-9]+_{target.machine}")
    fitting = wheel_tags(target, python)
    return bool(tags & fitting) or (
        name == LLAMA
        and target.system == "linux"
        and any(newer.fullmatch(tag.platform) is not None for tag in tags)
    )


def _pip(arguments: Sequence[str], what: str, env: Mapping[str, str] | None = None) -> None:
    try:
        subprocess.run([sys.executable, *_PIP, *arguments], check=True, cwd=ROOT, env=env)
    except subprocess.CalledProcessError as error:
        raise ReleaseError(f"pip could not get {what}; it says why above.") from error

"""`scripts/package llama`: llama-cpp-python as a wheel for any CPU of a platform.

From the source distribution of the version that pyproject.toml pins. It must run on the platform
that it is for; for Linux in a manylinux image of the glibc that shall be enough, since the wheel
is tagged by what its libraries turn out to need.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ownstack_release import llama_options, wheels
from ownstack_release.errors import ReleaseError
from ownstack_release.project import ROOT, pinned
from ownstack_release.targets import Target, add_target, here

NAME = "llama-cpp-python"
LOCK = ROOT / "packaging" / "locks" / "runtime.txt"
VULKAN_BUILD = "1vulkan"
"""The build tag (PEP 427) that tells the wheel for graphics cards from the one for CPUs."""
_UNNEEDED = re.compile(r"(include|lib|bin)/|llama_cpp/(include|lib/(cmake|pkgconfig))/|.*\.lib$")
"""What only those need who compile something against the libraries."""
_REDISTRIBUTED = ("msvcp140.dll", "vcruntime140.dll", "vcruntime140_1.dll")
"""Microsoft's libraries for C++, which may be put beside a program and may be missing otherwise."""


def add_to(commands: Any) -> None:
    """Describe the command to argparse."""
    command = commands.add_parser(
        "llama",
        help="build llama-cpp-python for any CPU of a platform",
        description="Build the portable wheel of llama-cpp-python. Takes some 20 CPU minutes.",
    )
    add_target(command)
    command.add_argument("--to", type=Path, required=True, metavar="DIR", help="takes the wheel")
    command.add_argument("--vulkan", action="store_true",
                         help="for graphics cards too (needs glslc, SPIR-V headers)")  # fmt: skip
    command.add_argument("--sdist", type=Path, metavar="FILE",
                         help="the source distribution (default: fetched by pip)")  # fmt: skip
    command.add_argument("--work", type=Path, metavar="DIR",
                         help="keeps what is compiled, for another run")  # fmt: skip
    command.add_argument("--no-isolation", action="store_true",
                         help="use the build tools that are installed")  # fmt: skip
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Build the wheel, and print its path and size."""
    target: Target = arguments.target
    if here() != target:
        raise ReleaseError(f"The wheel for {target.name} must be built on {target.name}.")
    with tempfile.TemporaryDirectory() as temporary:
        work = (arguments.work or Path(temporary)).resolve()
        work.mkdir(parents=True, exist_ok=True)
        sdist = arguments.sdist or fetched(work / "sdist")
        check(sdist)
        source = unpacked(sdist, work / "src")
        built = compiled(target, source, work, arguments.vulkan, not arguments.no_isolation)
        if target.system == "win32":
            add_runtime(built)
        repaired = repair(target, built, work / "repaired")
        arguments.to.mkdir(parents=True, exist_ok=True)
        wheel = arguments.to / wheel_name(repaired.name, vulkan=arguments.vulkan)
        wheels.rewrite(
            repaired,
            wheel,
            keep=lambda name: not _UNNEEDED.match(name),
            licences={"llama.cpp/LICENSE": (source / "vendor/llama.cpp/LICENSE").read_bytes()},
        )
    print(f"{wheel} ({wheel.stat().st_size / 1e6:.1f} MB)")
    return 0


def fetched(folder: Path) -> Path:
    """Fetch the source distribution of the pinned version by pip; return its path."""
    wanted = f"{NAME}=={pinned(NAME)}"
    shutil.rmtree(folder, ignore_errors=True)
    _python("pip", "download", "--no-deps", "--no-binary", NAME, "--dest", str(folder), wanted)
    (sdist,) = folder.glob("*.tar.gz")
    return sdist


def check(sdist: Path, lock: Path = LOCK) -> None:
    """See that it is the pinned version, by its name, and the file that the lock names, if any.

    Raises:
        ReleaseError: it is another one.
    """
    version = pinned(NAME)
    if sdist.name != f"{NAME.replace('-', '_')}-{version}.tar.gz":
        raise ReleaseError(f"{sdist.name} is not the source of {NAME} {version}.")
    if not lock.exists():
        return
    allowed = set(_hashes(lock.read_text("utf-8")))
    if allowed and hashlib.sha256(sdist.read_bytes()).hexdigest() not in allowed:
        raise ReleaseError(f"{sdist.name} is not the file whose hash {lock} names.")


def _hashes(lock: str) -> Iterator[str]:
    """Yield the hashes that a lock names for llama-cpp-python."""
    ours = False
    for line in lock.splitlines():
        if line and not line[0].isspace() and not line.startswith("#"):
            ours = line.startswith(f"{NAME}==")
        if ours:
            yield from re.findall(r"--hash=sha256:([0-9a-f]{64})", line)


def unpacked(sdist: Path, folder: Path) -> Path:
    """Unpack the source distribution, unless that was done before; return its folder."""
    done = folder / "pyproject.toml"
    if not done.exists():
        shutil.rmtree(folder, ignore_errors=True)
        with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
            with tarfile.open(sdist) as archive:
                if hasattr(tarfile, "data_filter"):
                    archive.extractall(temporary, filter="data")
                else:  # A Python before the filters; the file is the one that the lock names.
                    archive.extractall(temporary)
            (top,) = Path(temporary).iterdir()
            top.rename(folder)
    return folder


def compiled(target: Target, source: Path, work: Path, vulkan: bool, isolated: bool) -> Path:
    """Compile; return the wheel as the project's own build makes it."""
    inner = work / "inner.cmake"
    inner.write_text(llama_options.injected(llama_options.inner(target)), "utf-8")
    defined = {
        **llama_options.definitions(target, vulkan=vulkan),
        "CMAKE_PROJECT_llama.cpp_INCLUDE": inner.as_posix(),
    }
    wheel_folder = work / "wheel"
    shutil.rmtree(wheel_folder, ignore_errors=True)
    # What an earlier run left there would be taken into the wheel.
    shutil.rmtree(source / llama_options.LIBRARIES, ignore_errors=True)
    options = [f"cmake.define.{name}={value}" for name, value in defined.items()]
    options.append(f"build-dir={(work / 'build').as_posix()}")
    if vulkan:
        options.append(f"wheel.build-tag={VULKAN_BUILD}")
    _python(
        "pip", "wheel", str(source), "--no-deps", "--verbose", "--wheel-dir", str(wheel_folder),
        *(() if isolated else ("--no-build-isolation",)),
        *(part for option in options for part in ("-C", option)),
        environment=llama_options.environment(target, source, wheels.stamp_s()),
    )  # fmt: skip
    (wheel,) = wheel_folder.glob("*.whl")
    return wheel


def repair(target: Target, wheel: Path, folder: Path) -> Path:
    """Take in the libraries that are not part of every such system, and tag the wheel truly."""
    shutil.rmtree(folder, ignore_errors=True)
    if target.system == "linux":
        # Vulkan's loader belongs to the driver of the card; without it that library is passed by.
        _python("auditwheel", "repair", "--exclude", "libvulkan.so.1", "-w", str(folder),
                str(wheel))  # fmt: skip
    elif target.system == "darwin":
        _python("delocate.cmd.delocate_wheel", "--require-archs", target.machine,
                "--require-target-macos-version", llama_options.macos(target),
                "-w", str(folder), str(wheel))  # fmt: skip
    else:
        folder.mkdir(parents=True)
        shutil.copy(wheel, folder)
    (repaired,) = folder.glob("*.whl")
    return repaired


def add_runtime(wheel: Path) -> None:
    """Put Microsoft's libraries for C++ beside the others, from the compiler's own folder.

    Raises:
        ReleaseError: They are not where a Developer Command Prompt says.
    """
    # Windows takes names of variables in whichever case.
    named = os.environ.get("VCTOOLSREDISTDIR", "")
    folder = next(Path(named).glob("x64/*.CRT"), None) if named else None
    missing = [name for name in _REDISTRIBUTED if folder is None or not (folder / name).exists()]
    if folder is None or missing:
        raise ReleaseError(
            f"{', '.join(missing)} not found below VCToolsRedistDir ({named or 'not set'}): "
            "run this in a Developer Command Prompt of Visual Studio."
        )
    files = {f"{llama_options.LIBRARIES}/{name}": (folder / name).read_bytes()
             for name in _REDISTRIBUTED}  # fmt: skip
    whole = wheel.with_suffix(".tmp")
    wheels.rewrite(wheel, whole, add=files)
    whole.replace(wheel)


def wheel_name(name: str, *, vulkan: bool = False) -> str:
    """Return the wheel's name, checked: of the pinned version, for all Pythons.

    Raises:
        ReleaseError: it is another one, which pip would take for something that it is not.
    """
    distribution = NAME.replace("-", "_")
    build = f"-{VULKAN_BUILD}" if vulkan else ""
    if not name.startswith(f"{distribution}-{pinned(NAME)}{build}-py3-none-"):
        raise ReleaseError(f"{name} is not {NAME} {pinned(NAME)} for every Python 3.")
    return name


def _python(module: str, *arguments: str, environment: dict[str, str] | None = None) -> None:
    """Run a Python tool that is installed beside this one.

    Raises:
        subprocess.CalledProcessError: it failed, having said why.
    """
    programs = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
    subprocess.run(
        [sys.executable, "-m", module, *arguments],
        env={**os.environ, "PATH": programs, **(environment or {})},
        check=True,
    )

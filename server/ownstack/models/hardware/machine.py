"""A machine, as far as it matters to models: memory and its speed, cores, graphics cards."""

from __future__ import annotations

import dataclasses
import platform
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from ownstack.errors import UsageError
from ownstack.models import toml_file
from ownstack.models.hardware import bandwidth, cgroup, sizing

MACHINES = Path(__file__).with_name("machines.toml")
_SMALLEST_BYTES = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Device:
    """A graphics card with memory of its own."""

    name: str
    memory_bytes: int
    bandwidth_bytes_s: float = 0.0
    """How fast its memory is read; 0 = not known."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What models can be run with."""

    title: str
    memory_bytes: int
    """What its processes may take: the memory, or a container's limit."""
    cores: int
    """Physical ones that may be used."""
    bandwidth_bytes_s: float
    """How fast main memory is read; 0 = not known."""
    devices: tuple[Device, ...] = ()
    unified: bool = False
    """Processor and graphics share one memory (Apple silicon)."""
    limited: bool = False
    """`memory_bytes` is a limit set for this process, not the machine's memory."""
    available_bytes: int = 0
    """Free now; 0 for a machine that is only described."""
    measured: bool = False
    """The bandwidth was measured here, not looked up."""

    @property
    def reserve_bytes(self) -> int:
        """What is left to the system, the editor and the browser.

        A limit is for us alone; of a whole machine two fifths, between 4 and 16 GB.
        """
        if self.limited:
            return max(500_000_000, self.memory_bytes // 10)
        return min(max(4_000_000_000, self.memory_bytes * 2 // 5), 16_000_000_000)

    @property
    def budget_bytes(self) -> int:
        """What models may take of main memory."""
        budget = max(0, self.memory_bytes - self.reserve_bytes)
        if self.unified:  # Metal's recommended working set.
            share = 2 / 3 if self.memory_bytes <= 36 << 30 else 3 / 4
            budget = min(budget, int(self.memory_bytes * share))
        return budget


def this_machine(devices: Sequence[Device] = (), *, measure: bool = True) -> Machine:
    """Describe the machine this runs on. Takes half a second if it has to measure.

    `devices`: the graphics cards that the engine can use, which it knows itself.
    """
    memory = psutil.virtual_memory()
    group = cgroup.memory_group()
    limited = group is not None and group.limit_bytes < memory.total
    total = group.limit_bytes if group is not None and limited else int(memory.total)
    free = int(memory.available)
    unified = sys.platform == "darwin" and platform.machine() == "arm64"
    cores = sizing.cores()
    known = bandwidth.of_apple_chip(_cpu_name()) if unified else 0.0
    measured = not known and measure
    return Machine(
        title=f"This machine ({platform.system()}, {_cpu_name() or platform.machine()})",
        memory_bytes=total,
        cores=cores,
        bandwidth_bytes_s=bandwidth.measured(sizing.threads()) if measured else known,
        devices=() if unified else tuple(map(_with_bandwidth, devices)),
        unified=unified,
        limited=limited,
        available_bytes=free if group is None else min(free, group.left_bytes),
        measured=measured,
    )


def described(name_or_file: str) -> Machine:
    """Return a machine of `machines.toml` by its name, or the one that a TOML file describes.

    Raises:
        UsageError: there is none of that name, or the file is not understood.
    """
    known, _ = toml_file.read(MACHINES)
    if name_or_file in known:
        return _parsed(name_or_file, known[name_or_file])
    file = Path(name_or_file).expanduser()
    if not file.is_file():
        raise UsageError(
            f"There is no machine “{name_or_file}”.",
            f"Give one of {', '.join(known)}, or a TOML file that describes one.",
        )
    content, problem = toml_file.read(file)
    if problem:
        raise UsageError(problem, f"An example is {MACHINES}")
    return _parsed(file.stem, content)


def names() -> tuple[str, ...]:
    """Return which machines are described."""
    return tuple(toml_file.read(MACHINES)[0])


def _parsed(name: str, raw: Any) -> Machine:
    wanted = {
        "title": str,
        "memory_bytes": int,
        "cores": int,
        "bandwidth_bytes_s": int,
        "unified": bool,
        "devices": list,
    }
    device = {"name": str, "memory_bytes": int, "bandwidth_bytes_s": int}
    values = _checked(name, raw, wanted, ("memory_bytes", "cores"))
    devices = tuple(
        Device(**_checked(f"{name}, devices", each, device, tuple(device)))
        for each in values.pop("devices", [])
    )
    values = {"title": name, "bandwidth_bytes_s": 0, **values, "devices": devices}
    if values["memory_bytes"] < _SMALLEST_BYTES:
        raise UsageError(f"The machine {name} has less than 1 GB of memory.")
    return Machine(**values)


def _checked(
    name: str, raw: Any, wanted: dict[str, type], needed: tuple[str, ...]
) -> dict[str, Any]:
    if not isinstance(raw, dict):
        raise UsageError(f"The machine {name} is no table of keys and values.")
    for key, value in raw.items():
        if key not in wanted:
            raise UsageError(f"The machine {name}: “{key}” is none of {', '.join(wanted)}.")
        if type(value) is not wanted[key] or (isinstance(value, int) and value < 0):
            raise UsageError(f"The machine {name}: {key} cannot be {value!r}.")
    missing = [key for key in needed if key not in raw]
    if missing:
        raise UsageError(f"The machine {name} does not say its {' and '.join(missing)}.")
    return dict(raw)


def _with_bandwidth(device: Device) -> Device:
    speed = device.bandwidth_bytes_s or bandwidth.of_card(device.name)
    return dataclasses.replace(device, bandwidth_bytes_s=speed)


def _cpu_name() -> str:
    """Return the processor's name, "" if the system does not say."""
    if sys.platform == "darwin":
        command = ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"]
        asked = subprocess.run(command, capture_output=True, text=True, check=False)
        return asked.stdout.strip()
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8", "replace").splitlines()
    except OSError:
        return ""
    found = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(found, "")

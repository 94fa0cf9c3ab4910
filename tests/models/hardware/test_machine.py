"""Machines: this one, and those that are described."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from ownstack.errors import UsageError
from ownstack.models.hardware import bandwidth, cgroup, machine
from ownstack.models.hardware.machine import Device, Machine

GB = 1_000_000_000


def test_this_machine_is_described(monkeypatch: pytest.MonkeyPatch) -> None:
    """With what may be used of it, and how fast its memory is read."""
    found = machine.this_machine([Device("NVIDIA GeForce RTX 4090", 24 * GB), Device("?", GB)])

    assert found.memory_bytes > GB
    assert found.cores >= 1
    assert found.bandwidth_bytes_s > 1e8
    assert found.available_bytes <= found.memory_bytes
    if not found.unified:
        assert [device.bandwidth_bytes_s for device in found.devices] == [1008e9, 0.0]


def test_a_containers_limit_is_its_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """And nearly all of it is for models: the editor runs elsewhere."""
    group = cgroup.MemoryGroup(2 * GB, GB // 2)
    monkeypatch.setattr(machine.cgroup, "memory_group", lambda: group)
    memory = SimpleNamespace(total=16 * GB, available=12 * GB)
    monkeypatch.setattr(machine.psutil, "virtual_memory", lambda: memory)

    found = machine.this_machine(measure=False)

    assert (found.memory_bytes, found.limited) == (2 * GB, True)
    assert found.available_bytes == 2 * GB - GB // 2
    assert found.budget_bytes == 2 * GB - GB // 2


def test_a_limit_above_the_memory_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine is smaller."""
    monkeypatch.setattr(machine.cgroup, "memory_group", lambda: cgroup.MemoryGroup(99 * GB, 0))
    memory = SimpleNamespace(total=16 * GB, available=12 * GB)
    monkeypatch.setattr(machine.psutil, "virtual_memory", lambda: memory)

    found = machine.this_machine(measure=False)

    assert (found.memory_bytes, found.limited, found.available_bytes) == (16 * GB, False, 12 * GB)


@pytest.mark.parametrize(
    ("memory", "unified", "budget"),
    [
        (8 * GB, False, 4 * GB),
        (16 * GB, False, 16 * GB - 6_400_000_000),
        (64 * GB, False, 48 * GB),
        (16 * GB, True, 16 * GB - 6_400_000_000),
        (512 * GB, True, 384 * GB),
        (3 * GB, False, 0),
    ],
)
def test_the_system_and_the_editor_get_their_share(memory: int, unified: bool, budget: int) -> None:
    """Two fifths, between 4 and 16 GB; graphics that share memory take three quarters at most."""
    assert Machine("m", memory, 4, 0.0, unified=unified).budget_bytes == budget


def test_machines_are_described_by_name() -> None:
    """Those that recommendations are shown for."""
    names = machine.names()

    assert len(names) == 5
    assert all(machine.described(name).budget_bytes > 0 for name in names)
    assert machine.described("gpu-24gb").devices[0].bandwidth_bytes_s == 1008e9
    assert machine.described("mac-m4-16gb").unified


def test_a_machine_is_described_by_a_file(tmp_path: Path) -> None:
    """What it does not say is not known."""
    file = tmp_path / "mine.toml"
    file.write_text("memory_bytes = 32_000_000_000\ncores = 8\n")

    found = machine.described(str(file))

    assert (found.title, found.cores, found.bandwidth_bytes_s) == ("mine", 8, 0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("cores = 8", "does not say its memory_bytes"),
        ("memory_bytes = '8 GB'\ncores = 8", "memory_bytes cannot be '8 GB'"),
        ("memory_bytes = -8\ncores = 8", "memory_bytes cannot be -8"),
        ("memory_bytes = 8\ncores = 8", "less than 1 GB"),
        ("memory_bytes = 8_000_000_000\ncores = 8\ncolour = 'red'", "“colour” is none of"),
        ("memory_bytes = 8_000_000_000\ncores = 8\ndevices = [5]", "no table"),
        ("memory_bytes = 8_000_000_000\ncores = 8\ndevices = [{name = 'x'}]", "does not say"),
        ("memory_bytes", "damaged"),
    ],
)
def test_what_is_wrong_with_a_description_is_said(tmp_path: Path, text: str, message: str) -> None:
    """In one line."""
    file = tmp_path / "mine.toml"
    file.write_text(text)

    with pytest.raises(UsageError, match=message):
        machine.described(str(file))


def test_a_name_that_is_not_known_lists_them() -> None:
    """There is no other way to see them."""
    with pytest.raises(UsageError, match="laptop-8gb, mac-m4-16gb"):
        machine.described("cray-1")


@pytest.mark.parametrize(
    ("name", "speed"),
    [("Apple M4", 120e9), ("Apple M3 Ultra", 819e9), ("Apple M4 Pro", 273e9), ("Intel", 0.0)],
)
def test_chips_are_known_by_their_names(name: str, speed: float) -> None:
    """The longest name counts."""
    assert bandwidth.of_apple_chip(name) == speed


@pytest.mark.parametrize(
    ("name", "speed"),
    [("NVIDIA GeForce RTX 3060", 360e9), ("NVIDIA L40S", 864e9), ("NVIDIA L4", 300e9), ("?", 0)],
)
def test_cards_are_known_by_their_names(name: str, speed: float) -> None:
    """One name is not taken for another that begins like it."""
    assert bandwidth.of_card(name) == speed


@pytest.mark.parametrize("threads", [0, 1, 3])
def test_the_bandwidth_is_measured(threads: int) -> None:
    """It is faster than any disk and slower than any memory."""
    assert 1e8 < bandwidth.measured(threads) < 1e13

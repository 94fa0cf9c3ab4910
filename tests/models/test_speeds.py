"""Measured speeds are remembered for a file as it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ownstack.models.speeds import MeasuredSpeed, SpeedRecord

SPEED = MeasuredSpeed(100.5, 12.25, 600, "cpu", 2)


def test_a_speed_is_kept_until_the_file_changes(tmp_path: Path) -> None:
    """By another process, too."""
    model = tmp_path / "m.gguf"
    model.write_bytes(b"one")
    SpeedRecord(tmp_path / "cache" / "speeds.json").put(model, SPEED)
    record = SpeedRecord(tmp_path / "cache" / "speeds.json")

    assert record.get(model) == SPEED
    assert record.get(tmp_path / "other.gguf") is None
    model.write_bytes(b"another")
    assert record.get(model) is None


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"\xff", b'{"%s": 5}', b'{"%s": {"stamp": [3, 0]}}', b"[" * 10_000]
)
def test_a_damaged_record_is_begun_anew(tmp_path: Path, content: bytes) -> None:
    """It is only a cache."""
    model = tmp_path / "m.gguf"
    model.write_bytes(b"one")
    file = tmp_path / "speeds.json"
    file.write_bytes(content.replace(b"%s", str(model).encode()))
    record = SpeedRecord(file)

    assert record.get(model) is None
    record.put(model, SPEED)
    assert record.get(model) == SPEED


@pytest.mark.parametrize("key", ["prefill", "decode"])
def test_a_speed_of_nothing_does_not_count(tmp_path: Path, key: str) -> None:
    """Somebody has edited the file."""
    model = tmp_path / "m.gguf"
    model.write_bytes(b"one")
    file = tmp_path / "speeds.json"
    SpeedRecord(file).put(model, SPEED)
    entries = json.loads(file.read_text())
    entries[str(model)][key] = 0
    file.write_text(json.dumps(entries))

    assert SpeedRecord(file).get(model) is None

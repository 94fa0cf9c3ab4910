"""Wheels written again say the truth of what is in them, and are the same each time."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import zipfile
from pathlib import Path

import pytest

from ownstack_release.wheels import rewrite

INFO = "thing-1.0.dist-info"


def wheel(path: Path, names: list[str], year: int = 2026) -> Path:
    """Write a wheel whose members say their own names, in this order."""
    with zipfile.ZipFile(path, "w") as made:
        for name in [*names, f"{INFO}/METADATA", f"{INFO}/RECORD"]:
            made.writestr(zipfile.ZipInfo(name, (year, 5, 4, 3, 2, 0)), name.encode())
    return path


def test_what_is_not_kept_is_gone_from_record_too(tmp_path: Path) -> None:
    """Each line of RECORD is a file with that hash and size, and there is no file without one."""
    rewrite(
        wheel(tmp_path / "a.whl", ["thing/code.py", "include/thing.h"]),
        tmp_path / "b.whl",
        keep=lambda name: not name.startswith("include/"),
        add={"thing/lib/more.so": b"\x7fELF"},
        licences={"part/LICENSE": b"Do as you like."},
    )

    with zipfile.ZipFile(tmp_path / "b.whl") as made:
        recorded = {row[0]: row[1:] for row in csv.reader(io.StringIO(
            made.read(f"{INFO}/RECORD").decode()))}  # fmt: skip
        names = made.namelist()
        assert names == [
            "thing/code.py",
            "thing/lib/more.so",
            f"{INFO}/METADATA",
            f"{INFO}/RECORD",
            f"{INFO}/licenses/part/LICENSE",
        ]
        assert set(recorded) == set(names)
        assert recorded.pop(f"{INFO}/RECORD") == ["", ""]
        for name, (digest, size) in recorded.items():
            content = made.read(name)
            hashed = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=")
            assert (digest, int(size)) == (f"sha256={hashed.decode()}", len(content))


def test_the_same_files_are_the_same_bytes(tmp_path: Path) -> None:
    """In whatever order and whenever they were written before."""
    first = wheel(tmp_path / "a.whl", ["thing/b.py", "thing/a.py"], 2025)
    second = wheel(tmp_path / "b.whl", ["thing/a.py", "thing/b.py"], 2026)
    rewrite(first, tmp_path / "c.whl")
    rewrite(second, tmp_path / "d.whl")

    assert (tmp_path / "c.whl").read_bytes() == (tmp_path / "d.whl").read_bytes()


@pytest.mark.parametrize(("stated", "year"), [("", 1980), ("0", 1980), ("1767225600", 2026)])
def test_the_time_is_the_stated_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stated: str, year: int
) -> None:
    """A zip archive can name no year before 1980."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", stated)
    rewrite(wheel(tmp_path / "a.whl", ["thing/a.py"]), tmp_path / "b.whl")

    with zipfile.ZipFile(tmp_path / "b.whl") as made:
        assert {member.date_time for member in made.infolist()} == {(year, 1, 1, 0, 0, 0)}


def test_programs_can_be_run(tmp_path: Path) -> None:
    """Libraries and scripts keep the right to be; other files have none."""
    files = {"thing/a.so": b"\x7fELF", "thing/run": b"#!/bin/sh", "thing/a.py": b"1"}
    rewrite(wheel(tmp_path / "a.whl", []), tmp_path / "b.whl", add=files)

    with zipfile.ZipFile(tmp_path / "b.whl") as made:
        modes = {name: made.getinfo(name).external_attr >> 16 & 0o777 for name in files}
    assert modes == {"thing/a.so": 0o755, "thing/run": 0o755, "thing/a.py": 0o644}

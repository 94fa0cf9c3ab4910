"""What is written of a dataset is what is read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ownstack.learning.data import jsonl
from ownstack.learning.data.passages import Dataset, Exchange, HeldOut, Left, Passage

FOUND = Dataset(
    "/shop",
    (
        Passage("a.py", "python", "x = 1\ny = \u2028 'ü'\n", (1.0, 1.0, 0.0)),
        Passage("odd\udcff.py", "python", "", (2.0,)),
    ),
    (Exchange("Why?", "So.", "pattern", "session", 0.5),),
    (HeldOut("b.py", "python", "x = 1\ny = 2", (0, 1), "time"),),
    {"It is data.": Left(1, 2, 3)},
    1.5e9,
)


def test_a_dataset_is_read_as_it_was_written(tmp_path: Path) -> None:
    jsonl.write(FOUND, tmp_path / "data.jsonl")
    assert jsonl.read(tmp_path / "data.jsonl") == FOUND


def test_its_first_line_counts_what_is_in_it(tmp_path: Path) -> None:
    jsonl.write(FOUND, tmp_path / "data.jsonl")
    head = json.loads((tmp_path / "data.jsonl").read_bytes().split(b"\n")[0])
    assert head["passages"] == 2
    assert head["languages"] == {"python": 4}
    assert head["left"] == {"It is data.": {"files": 1, "lines": 2, "characters": 3}}


def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    jsonl.write(FOUND, tmp_path / "data.jsonl")
    assert (tmp_path / "data.jsonl").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"version": 1', b'"version": 2'),
        (b'"passages": 2', b'"passages": 3'),
        (b'"weights": [[2, 1.0], [1, 0.0]]', b'"weights": [[3000000000, 1.0]]'),
        (b'"weights": [[2, 1.0], [1, 0.0]]', b'"weights": [[2, 1.0]]'),
        (b'"weights": [[2, 1.0], [1, 0.0]]', b'"weights": [[3, NaN]]'),
        (b'"weights": [[2, 1.0], [1, 0.0]]', b'"weights": [[3, 1' + b"0" * 400 + b"]]"),
        (b'"weights": [[2, 1.0], [1, 0.0]]', b'"weights": 5'),
        (b'"kind": "exchange"', b'"kind": "secret"'),
        (b'"origin": "pattern"', b'"origin": "chat"'),
        (b'"lines": [0, 1]', b'"lines": [0, 2]'),
        (b'"lines": [0, 1]', b'"lines": ["0"]'),
        (b'"by": "time"', b'"by": "luck"'),
        (b'"answer": "So."', b'"answer": 3'),
        (b'"left": {', b'"left": {"x": 3, '),
        (b'{"kind": "held_out"', b'{"kind": "held_out'),
    ],
)
def test_what_is_damaged_is_refused(tmp_path: Path, old: bytes, new: bytes) -> None:
    file = tmp_path / "data.jsonl"
    jsonl.write(FOUND, file)
    data = file.read_bytes()
    assert old in data
    file.write_bytes(data.replace(old, new))
    with pytest.raises(ValueError, match=r"line|version|cut off"):
        jsonl.read(file)


def test_an_empty_file_is_none(tmp_path: Path) -> None:
    (tmp_path / "data.jsonl").write_bytes(b"")
    with pytest.raises(ValueError, match="line 1"):
        jsonl.read(tmp_path / "data.jsonl")

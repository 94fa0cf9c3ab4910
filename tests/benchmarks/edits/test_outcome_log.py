"""Outcomes in a file: what was done is not done again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.edits import fixing
from benchmarks.edits.outcome_log import read_log, write_log
from benchmarks.edits.tasks import Outcome

DONE = Outcome("a", "rename", shown=True, failed_checks=("names", "tests"), written="naïve\n")


def test_outcomes_come_back_as_they_were_written(tmp_path: Path) -> None:
    log = tmp_path / "tasks.jsonl"
    write_log(log, [DONE])
    write_log(log, [replace(DONE, task="b")])

    assert read_log(log, Outcome) == [DONE, replace(DONE, task="b")]


def test_there_is_nothing_in_a_log_that_is_not_kept(tmp_path: Path) -> None:
    write_log(None, [DONE])

    assert read_log(None, Outcome) == read_log(tmp_path / "new.jsonl", Outcome) == []


def test_outcomes_of_another_kind_are_not_mixed_in(tmp_path: Path) -> None:
    write_log(tmp_path / "log", [DONE])

    with pytest.raises(TypeError):
        read_log(tmp_path / "log", fixing.Outcome)

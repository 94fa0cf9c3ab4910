"""`OutcomeLog`: what was measured survives whatever ends the measuring."""

from __future__ import annotations

from pathlib import Path

import pytest

from ownstack.learning.gate.outcomes import OutcomeLog
from tests.support.judging import said

COMPARISON = {"base": "0123", "sides": {"base": []}, "cursors": ["a", "b"]}


def logged(file: Path, *, n: int = 3) -> None:
    with OutcomeLog(file, COMPARISON, 384) as log:
        for outcome in said("base", "101"[:n]):
            log.add(outcome)


def test_a_log_is_gone_on_with(tmp_path):
    logged(tmp_path / "log")
    with OutcomeLog(tmp_path / "log", COMPARISON, 512) as log:
        assert list(log.outcomes.values()) == said("base", "101")
        assert log.prompt_tokens == 384
        log.add(said("candidate", "1")[0])
    with OutcomeLog(tmp_path / "log", COMPARISON, 512) as log:
        assert len(log.outcomes) == 4


def test_a_log_of_another_comparison_is_begun_anew(tmp_path):
    logged(tmp_path / "log")
    with OutcomeLog(tmp_path / "log", {**COMPARISON, "base": "4567"}, 512) as log:
        assert log.outcomes == {}
        assert log.prompt_tokens == 512


def test_whatever_a_kill_left_of_the_last_line_is_cut_off(tmp_path):
    file = tmp_path / "log"
    logged(file)
    whole = file.read_bytes()
    first = whole.index(b"\n") + 1
    for end in range(first, len(whole)):
        file.write_bytes(whole[:end])
        with OutcomeLog(file, COMPARISON, 512) as log:
            assert len(log.outcomes) == whole[first:end].count(b"\n")
            log.add(said("base", "101")[2])
        with OutcomeLog(file, COMPARISON, 512) as log:
            assert said("base", "101")[2] in log.outcomes.values()


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b"[]\n", b"{}\n", b"\xff\xfe\n", b"[" * 100_000 + b"\n", b"null\n{}\n"],
)
def test_what_is_no_log_is_replaced(tmp_path, content):
    (tmp_path / "log").write_bytes(content)
    with OutcomeLog(tmp_path / "log", COMPARISON, 512) as log:
        assert log.outcomes == {}


@pytest.mark.parametrize(
    "change",
    [
        ('"right": true', '"right": "yes"'),
        ('"chance": 0.8', '"chance": NaN'),
        ('"chance": 0.8', '"chance": 8'),
        ('"side": "base"', '"side": ["base"]'),
        ('"by": "file"', '"by": "moon"'),
        ('"language": "python"', '"language": 3'),
    ],
)
def test_lines_that_make_no_sense_are_left_out(tmp_path, change):
    file = tmp_path / "log"
    logged(file, n=1)
    assert change[0] in file.read_text()
    file.write_text(file.read_text().replace(*change))
    with OutcomeLog(file, COMPARISON, 512) as log:
        assert log.outcomes == {}

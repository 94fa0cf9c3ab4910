"""Verification catches or repairs 30 recorded bad answers, and takes 30 good ones at once."""

from __future__ import annotations

from benchmarks.edits.recorded import Row, cases, run, table


def test_what_is_recorded() -> None:
    """Of each kind that is to be caught some, and in five languages."""
    bad = [case for case in cases() if not case.is_good]
    good = [case for case in cases() if case.is_good]

    assert (len(bad), len(good)) == (30, 30)
    assert {case.kind for case in bad} == {
        *("prose around code", "wrong indentation", "truncated", "syntax error", "undefined name"),
        *("changed signature", "deleted unrelated code", "CRLF mixed"),
    }
    for group in (bad, good):
        languages = {case.wish.target.language.id for case in group if case.wish.target.language}
        assert languages == {"python", "typescript", "go", "rust", "java"}


async def test_bad_ones_are_caught_and_good_ones_taken() -> None:
    rows = await run()

    assert [row for row in rows if not row.is_passed] == []
    said = table(rows).split("\n")
    assert said[-1].endswith("0 missed. Of 30 good ones 30 accepted at once.")


def test_a_miss_is_said() -> None:
    missed = Row("syntax error", False, "a.py", "repaired", 1, False, "")
    rejected = Row("plain fix", True, "a.py", "syntax", 3, False, "nothing")

    said = table([missed, rejected])

    assert "NO" in said.split("\n")[2]
    assert said.endswith("Of 1 bad answers 0 repaired, 0 caught, 1 missed. "
                         "Of 1 good ones 0 accepted at once.")  # fmt: skip

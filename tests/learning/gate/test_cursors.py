"""`draw_cursors`: where models are judged."""

from __future__ import annotations

from collections import Counter

import pytest

from ownstack.learning.data.passages import HeldOut
from ownstack.learning.gate.cursors import draw_cursors
from tests.support.judging import TEXT, held_out


def test_a_cursor_hides_the_rest_of_its_line_and_nothing_else():
    for cursor in draw_cursors([held_out()]):
        place = cursor.place()
        assert place.prefix + cursor.truth + place.suffix == TEXT
        assert place.suffix.startswith("\n")
        assert len(cursor.truth) >= 3
        assert place.head == "" or not place.head.isspace() or place.head == "    "
        assert place.document.path == "a.py"


def test_only_lines_that_were_held_out_are_asked_for():
    lines = draw_cursors([HeldOut("a.py", "python", TEXT, (1, 5, 9, 10_000, -1), "time")])
    assert sorted(cursor.line for cursor in lines) == [1, 5, 9]


@pytest.mark.parametrize("line", ["", "    ", "}", "  });", "x" * 201, "\t\t", "\f"])
def test_lines_that_tell_nothing_are_not_asked_for(line):
    assert draw_cursors([held_out(text=f"{line}\n")]) == []


def test_any_first_part_is_balanced():
    files = [held_out(f"long{n}.py") for n in range(5)]
    files += [held_out("few.ts", "typescript"), held_out("new.py", by="time")]
    first = draw_cursors(files)[:60]
    counts = Counter((cursor.language, cursor.by) for cursor in first)
    assert set(counts.values()) == {20}
    by_file = Counter(cursor.file.path for cursor in first if cursor.file.path.startswith("long"))
    assert set(by_file.values()) == {4}


def test_the_same_seed_gives_the_same_cursors_and_another_one_others():
    files = [held_out("a.py"), held_out("b.py")]
    keys = [[cursor.key for cursor in draw_cursors(files, seed=seed)] for seed in (1, 1, 2)]
    assert keys[0] == keys[1]
    assert keys[0] != keys[2]
    assert len(set(keys[0])) == len(keys[0])


def test_there_is_a_limit():
    assert len(draw_cursors([held_out()], most=7)) == 7

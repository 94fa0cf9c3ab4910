"""Where cursors fall, and what is taken out there."""

import random
from pathlib import Path

import pytest

from benchmarks.infilling.cursors import Case, draw_cases, draw_spot, kind_at, without
from benchmarks.infilling.sources import ProjectFiles, read_project
from ownstack.document import Document

TEXT = (
    "\n".join(
        f"def function_{number}(value):\n    if value:\n        go()\n    return value + {number}\n"
        for number in range(30)
    )
    + "    \n"
    + "x" * 300
    + "\nab\n"
)


def project(root: Path, files: dict[str, str]) -> ProjectFiles:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return read_project("made", "python", root)


def test_a_spot_is_in_a_line_that_counts() -> None:
    """At least 4 characters after the indentation, at most 200, and at least 3 left."""
    rng = random.Random(1)
    spots = [spot for _ in range(2_000) if (spot := draw_spot(TEXT, rng))]

    lines = {TEXT[: spot.offset].rpartition("\n")[2] + spot.truth for spot in spots}
    assert lines == {
        line for line in TEXT.split("\n") if len(line.strip()) >= 4 and len(line) <= 200
    }
    assert {len(spot.truth) for spot in spots} >= {3, 4, 5, 6}
    assert min(len(spot.truth) for spot in spots) == 3
    heads = {TEXT[: spot.offset].rpartition("\n")[2] for spot in spots}
    assert "        " in heads
    assert not any(head and not head.strip() and len(head) % 4 for head in heads)


def test_only_the_rest_of_the_line_is_taken_out() -> None:
    """What is above, left of it and below stays, byte for byte."""
    rng = random.Random(2)
    for _ in range(200):
        spot = draw_spot(TEXT, rng)
        if spot is not None:
            left = without(TEXT, spot)
            assert left[: spot.offset] + spot.truth + left[spot.offset :] == TEXT
            assert left[spot.offset :].startswith("\n")


def test_blanks_at_the_end_of_the_line_go_too() -> None:
    """They would tell a system where the line ended."""
    text = "value = 1   \nnext = 2\n"
    spot = draw_spot("value = 1   ", random.Random(0))

    assert spot is not None
    assert spot.truth == "value = 1"[spot.offset :]
    assert without(text, spot) == text[: spot.offset] + "\nnext = 2\n"


def seen(cases: list[Case]) -> list[tuple[str, int, str]]:
    return [(case.document.path, case.offset, case.truth) for case in cases]


def test_the_same_seed_draws_the_same_and_more_only_adds(tmp_path: Path) -> None:
    """Another seed draws others; no place is used twice."""
    made = project(tmp_path, {f"part_{n}.py": TEXT.replace("value", f"name{n}") for n in range(3)})

    few, again, many = (seen(draw_cases([made], count, seed=5)) for count in (10, 10, 25))

    assert few == again == many[:10]
    assert seen(draw_cases([made], 10, seed=6)) != few
    assert len({(path, offset) for path, offset, _ in many}) == len(many)


def test_tests_and_small_files_are_known_but_not_drawn(tmp_path: Path) -> None:
    """A user completes in them too; the figures are of source code."""
    made = project(
        tmp_path,
        {"a/core.py": TEXT, "tests/test_core.py": TEXT, "small.py": "x = 1\n", "notes.md": TEXT},
    )

    assert made.drawn == ["a/core.py"]
    assert set(made.documents) == {"a/core.py", "tests/test_core.py", "small.py", "notes.md"}


def test_twins_come_on_top_of_what_was_asked_for(tmp_path: Path) -> None:
    """They are kept apart, so the wanted number is of positions that are none."""
    other = "\n".join(f"class Shape{n}:\n    sides: int = {n}\n" for n in range(60))
    made = project(tmp_path, {"one.py": TEXT, "copy.py": TEXT, "other.py": other})

    cases = draw_cases([made], 20, seed=1)

    assert {case.document.path for case in cases if case.twin} == {"one.py", "copy.py"}
    assert [case.document.path for case in cases if not case.twin] == ["other.py"] * 20
    assert [case.number for case in cases] == list(range(len(cases)))


def test_a_project_that_is_too_small_gives_what_it_has(tmp_path: Path) -> None:
    """It does not go on for ever."""
    made = project(tmp_path, {"one.py": "value = 1\n" + "#\n" * 500})

    assert len(draw_cases([made], 50, seed=1)) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = 1$0 + 2\n", "code"),
        ("x = 1  # wh$0y\n", "comment"),
        ('def f():\n    """Say\n\n    mo$0re.\n    """\n', "string"),
    ],
)
def test_the_kind_is_that_of_the_whole_file(text: str, expected: str) -> None:
    """The line as it was written says whether it is code."""
    offset = text.index("$0")
    document = Document("file:///a.py", "a.py", "python", 1, text.replace("$0", ""))

    assert kind_at(document, offset) == expected

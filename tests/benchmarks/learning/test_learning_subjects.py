"""Cursors are where no adapter has learned from, the same ones for whoever asks."""

import random
from itertools import islice
from pathlib import Path

import pytest

from benchmarks.learning.subjects import Subject, Text, draw, held_out, in_turn, whole
from ownstack.document import Document
from ownstack.learning.data.collect import collect

WORDS = ("reader", "parser", "window", "socket", "ledger", "colour", "matrix", "folder")


def project(root: Path, files: int = 20) -> Path:
    """Make modules that have little in common, and tests."""
    rng = random.Random(5)
    for number in range(files):
        lines = []
        for _ in range(12):
            one, two, three = (f"{rng.choice(WORDS)}_{rng.randrange(1000)}" for _ in range(3))
            lines += [f"def {one}({two}):", f"    if {two} is None:", f"        raise {three}()"]
            lines += [f"    return {two}.{three}", ""]
        (root / f"module_{number}.py").write_text("\n".join(lines), "utf-8")
    (root / "tests").mkdir()
    for number in range(10):
        body = "".join(f"    assert {word}({number})\n" for word in rng.sample(WORDS, 5))
        (root / "tests" / f"test_{number}.py").write_text(f"def test_{number}():\n{body}", "utf-8")
    return root


def subject(*texts: str, lines: tuple[int, ...] = ()) -> Subject:
    return Subject(
        "made",
        "python",
        tuple(
            Text(
                Document(f"file:///{number}.py", f"{number}.py", "python", 1, text),
                lines or tuple(range(text.count("\n") + 1)),
            )
            for number, text in enumerate(texts)
        ),
    )


@pytest.mark.process
def test_nothing_that_is_learned_from_is_asked_about(tmp_path: Path) -> None:
    root = project(tmp_path)
    asked = {text.document.path for text in held_out("made", "python", root).texts}
    learned = {passage.path for passage in collect(root).passages}
    assert asked
    assert learned
    assert not asked & learned
    assert not [path for path in asked if path.startswith("tests/")]


def test_of_a_project_that_nothing_learned_from_all_source_is_asked_about(tmp_path: Path) -> None:
    found = whole("made", "python", project(tmp_path))
    assert all(not text.document.path.startswith("tests/") for text in found.texts)
    assert len(found.texts) == 20


def test_the_first_cursors_are_the_same_however_many_are_wanted() -> None:
    made = subject("\n".join(f"name_{n} = {n}" for n in range(60)))
    few, many = list(draw(made, 5, seed=1)), list(draw(made, 40, seed=1))
    assert few == many[:5]
    assert list(draw(made, 5, seed=2)) != few


def test_a_cursor_is_in_a_line_that_may_be_asked_about_and_the_rest_is_gone() -> None:
    text = "\n".join(f"name_{n} = value_{n}" for n in range(30))
    cases = list(draw(subject(text, lines=(4, 9)), 10, seed=3))
    assert {case.before.count("\n") for case in cases} == {4, 9}
    for case in cases:
        assert text == case.before + case.truth + case.after


def test_a_long_text_is_asked_of_more_often_than_a_short_one() -> None:
    long, short = ("\n".join(f"line = {n}" for n in range(n_lines)) for n_lines in (900, 30))
    paths = [case.document.path for case in draw(subject(long, short), 100, seed=4)]
    assert paths.count("0.py") > 80


def test_a_project_of_nothing_has_no_cursors() -> None:
    assert list(draw(subject(), 10, seed=1)) == []
    assert list(draw(subject("\n\n\n"), 10, seed=1)) == []


def test_projects_take_turns_until_the_shorter_ends() -> None:
    made = subject("\n".join(f"name_{n} = {n}" for n in range(60)))
    first, second = list(draw(made, 3, seed=1)), list(draw(made, 1, seed=2))
    assert in_turn([first, second]) == [first[0], second[0], *islice(first, 1, None)]

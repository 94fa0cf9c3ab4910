"""Transforms by their names: done, or refused with a sentence; a file is never left broken."""

import time

import pytest

from ownstack.actions.catalogue import ACTIONS
from ownstack.actions.target import Target
from ownstack.actions.transforms import choice
from ownstack.actions.transforms.change import Change
from ownstack.actions.transforms.choice import MAX_CHARS, changes, transform
from ownstack.errors import EditError
from ownstack.languages import language_of, languages
from ownstack.text import Edit, Span
from tests.support.transforming import at_cursor


def test_the_whole_file_comes_back() -> None:
    target = at_cursor("import b\nimport a\n\nx = 1\n")

    assert transform("organiseImports", target, target.selected) == (
        "import a\nimport b\n\nx = 1\n"
    )


@pytest.mark.parametrize(
    ("action", "text", "path", "what"),
    [
        ("organiseImports", "import a\n", "a.py", "nothing to change"),
        ("organiseImports", "import b\nimport a\nx(\n", "a.py", "nothing to change"),
        ("organiseImports", "import b\nimport a\n", "a.ipynb", "no such transform"),
        ("organiseImports", 'import (\n"b"\n"a"\n)', "a.go", "no such transform"),
        ("organiseImports", "use b;\nuse a;\n", "a.rs", "no such transform"),
        ("refactor.simplify", "import a\n", "a.py", "no such transform"),
        ("convertToTemplate", "x = 'a' + b\n", "a.py", "no such transform"),
        ("organiseImports", "import b\nimport a\n" + "x\n" * MAX_CHARS, "a.py", "longer than"),
    ],
)
def test_what_cannot_be_done_is_refused(action: str, text: str, path: str, what: str) -> None:
    target = Target(path, language_of("", path), text, Span(0, 0), Span(0, 0))

    with pytest.raises(EditError, match=what) as raised:
        transform(action, target, target.selected)
    assert raised.value.hint


def test_a_transform_that_would_break_the_file_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is none that is known to; this is for the one that nobody knows."""
    broken = {"invertIf": lambda *_: Change((Edit(Span(0, 1), "("),))}
    monkeypatch.setattr(choice, "RULES", {"python": broken})
    target = at_cursor("x = 1\n")

    with pytest.raises(EditError, match="would have errors"):
        transform("invertIf", target, target.selected)


def test_every_transform_is_in_the_catalogue_as_one_of_tier_1() -> None:
    known = {action for of_one in choice.RULES.values() for action in of_one}

    assert known == {action for action, about in ACTIONS.items() if about.tier == 1}


def test_the_table_of_languages_names_rules_that_there_are() -> None:
    assert {language.transforms for language in languages()} - {""} == set(choice.RULES)


def test_only_what_is_asked_for_is_looked_for() -> None:
    target = at_cursor("import b\nimport a\n")

    assert [action for action, _ in changes(target, target.selected, ("source",))] == [
        "organiseImports",
        "removeUnusedImports",
    ]
    assert [*changes(target, target.selected, ("refactor",))] == []


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ('x = "' + "%s" * 20_000 + '" % (' + "a," * 20_000 + ")\n", 4),
        ("x = {" + ",".join(f'"é{n * 7_919 % 15_000}"' for n in range(15_000)) + "}\n", 8),
    ],
    ids=["values", "one long line"],
)
def test_what_somebody_made_to_take_long(text: str, at: int) -> None:
    """An editor asks at each move of the cursor."""
    assert len(text) <= MAX_CHARS
    target = Target("a.py", language_of("", "a.py"), text, Span(at, at), Span(at, at))
    started_s = time.thread_time()

    list(changes(target, target.selected))

    assert time.thread_time() - started_s < 5

"""What is offered where: what fits, once, with a reason where it cannot be used."""

import time
from collections.abc import Sequence
from typing import get_args

import pytest

from ownstack.actions.catalogue import ACTIONS, KINDS, ActionId, is_asked_for
from ownstack.actions.offers import MAX_DIAGNOSTICS, Diagnostic, Offer, Situation, offers
from ownstack.actions.target import MAX_TARGET_CHARS
from ownstack.actions.transforms.choice import MAX_CHARS
from ownstack.text import Span
from tests.support.transforming import at_cursor

PYTHON = '''import os


def total(values):
    """Add."""
    result = 0
    for value in values:
        result += value
        print(os, value)

    if result:
        return result
    return None
'''


def offered(
    marked: str,
    path: str = "a.py",
    *,
    diagnostics: Sequence[Diagnostic] = (),
    model: str = "coder",
    reason: str = "",
    refusal: str = "",
    only: tuple[str, ...] = (),
    automatic: bool = False,
) -> dict[str, Offer]:
    """Return the offers by their actions; where one is offered twice, the first."""
    target = at_cursor(marked, path)
    found = offers(
        Situation(target, target.selected, diagnostics, model, reason, refusal, only, automatic)
    )
    by_action: dict[str, Offer] = {}
    for offer in found:
        by_action.setdefault(offer.action, offer)
    return by_action


def test_every_action_has_a_kind_that_is_announced() -> None:
    assert tuple(ACTIONS) == get_args(ActionId)
    assert [
        action.kind for action in ACTIONS.values() if not is_asked_for(action.kind, KINDS)
    ] == []


def test_a_function_is_named_in_what_is_offered_for_it() -> None:
    found = offered(PYTHON.replace("total", "to$0tal"))

    assert [offer.title for offer in found.values()] == [
        "Edit with an instruction…",
        "Simplify `total`",
        "Rename for clarity in `total`",
        "Split `total` into smaller parts",
        "Add types to `total`",
        "Modernise `total`",
        "Extract a function from the selection",
        "Find and fix a bug in `total`",
        "Document `total`",
        "Write tests for `total`",
        "Explain `total`",
        "Review this file",
    ]
    assert {offer.tier for offer in found.values()} == {2}


def test_a_selection_is_explained_and_a_function_taken_out_of_it() -> None:
    found = offered(
        PYTHON.replace("    for", "$0    for").replace("print(os, value)", "pri$0nt(os, value)")
    )

    assert found["explain.code"].title == "Explain selection"
    assert found["review"].title == "Review selection"
    assert found["refactor.extract"].disabled == ""
    assert found["refactor.simplify"].title == "Simplify `total`"


def test_without_a_selection_nothing_can_be_extracted() -> None:
    found = offered(PYTHON.replace("total", "to$0tal"))

    assert found["refactor.extract"].disabled.startswith("Select the lines")


def test_all_of_a_function_is_not_extracted_from_it() -> None:
    head, body = PYTHON.split("def total", 1)

    found = offered(f"{head}$0def total{body}$0")

    assert found["refactor.extract"].disabled == "Select a part of the function, not all of it."


def test_outside_of_all_symbols_a_selection_is_what_it_is_about() -> None:
    found = offered("$0print(1)\nprint(2)$0\n")

    assert found["refactor.simplify"].title == "Simplify selection"
    assert "document" not in found
    assert "test" not in found


@pytest.mark.parametrize("marked", ["$0", "\n\n$0\n\nx = 1\n", "def f():\n    x\n\n$0   \n"])
def test_a_blank_place_lights_no_bulb(marked: str) -> None:
    """An editor asks at each move of the cursor."""
    assert offered(marked, automatic=True) == {}


@pytest.mark.parametrize("place", ["to$0tal", "total$0"])
def test_neither_does_code_that_nothing_is_wrong_with(place: str) -> None:
    assert offered(PYTHON.replace("total", place, 1), automatic=True) == {}


def test_a_selection_lights_the_bulb() -> None:
    assert "refactor.simplify" in offered(
        PYTHON.replace("result = 0", "$0result = 0$0"), automatic=True
    )


def test_so_does_what_syntax_alone_can_mend() -> None:
    found = offered("x = '{}'.form$0at(y)\n", automatic=True)

    assert [(offer.action, offer.tier) for offer in found.values()] == [("convertToFString", 1)]


def test_a_fault_is_fixed_and_explained() -> None:
    message = "undefined name\n  \x1b[31m`x`\u202e" + "!" * 500
    diagnostic = Diagnostic(Span(4, 5), message, "error", "pyright", "E1")

    for automatic in (False, True):
        found = offered("y = x$0\n", diagnostics=[diagnostic], automatic=automatic)
        assert found["fix"].title.startswith("Fix: undefined name \\x1b[31m`x`\\u202e!!!")
        assert len(found["fix"].title) == 100
        assert found["fix"].diagnostic == 0
        assert found["fix"].kind == "quickfix"
        assert found["explain.diagnostic"].title.startswith("Explain: undefined name")


def test_faults_elsewhere_and_of_another_version_are_no_matter() -> None:
    diagnostics = [
        Diagnostic(Span(6, 7), "elsewhere"),
        Diagnostic(Span(0, 99), "the text was longer then"),
        Diagnostic(Span(0, 1), "  \n"),
    ]

    assert "fix" not in offered("$0a = 1\nb\n", diagnostics=diagnostics)


def test_hints_are_only_for_who_asks() -> None:
    """Some servers have one at every parameter that is not used."""
    hints = [Diagnostic(Span(0, 1), "not used", "hint")]

    assert "fix" not in offered("a$0 = 1\n", diagnostics=hints, automatic=True)
    assert "fix" in offered("a$0 = 1\n", diagnostics=hints)


def test_of_many_faults_the_worst_come_first_and_no_more_than_a_few() -> None:
    target = at_cursor("a$0 = 1\n")
    diagnostics = [Diagnostic(Span(0, 1), f"w{at}", "warning") for at in range(30)]
    diagnostics.append(Diagnostic(Span(0, 1), "e", "error"))

    found = offers(Situation(target, target.selected, diagnostics, "m"))
    fixes = [offer for offer in found if offer.action == "fix"]

    assert len(fixes) == MAX_DIAGNOSTICS
    assert (fixes[0].title, fixes[0].diagnostic) == ("Fix: e", 30)


def test_without_a_model_it_is_said_how_to_get_one() -> None:
    found = offered("import os$0\n", model="")

    assert "ownstack models use" in found["review"].disabled
    assert found["removeUnusedImports"].disabled == ""


def test_why_a_model_may_not_be_asked_is_said() -> None:
    found = offered(PYTHON.replace("total", "to$0tal"), model="", reason="Not trusted: trust it.")

    assert {offer.disabled for offer in found.values()} == {"Not trusted: trust it."}


def test_what_is_read_only_can_be_explained() -> None:
    found = offered("import os$0\nx = '{}'.format(1)\n", refusal="The file is read-only.")

    assert found["removeUnusedImports"].disabled == "The file is read-only."
    assert found["refactor.instruct"].disabled == "The file is read-only."
    assert found["review"].disabled == ""
    assert offered(PYTHON.replace("total", "to$0tal"), refusal="No.")["explain.code"].disabled == ""


def test_a_function_that_is_too_long_is_explained_but_not_written_again() -> None:
    text = "def f():\n" + "    x = 1\n" * (MAX_TARGET_CHARS // 10)

    found = offered(text.replace("def f", "def $0f"))

    assert "smaller part" in found["refactor.simplify"].disabled
    assert found["explain.code"].disabled == ""


@pytest.mark.parametrize(
    ("only", "expected"),
    [
        (("quickfix",), {"fix", "explain.diagnostic"}),
        (("refactor.extract",), {"refactor.extract"}),
        (("refactor.rewrite.document", "ownstack"), {"document", "explain.code"}),
        (("source.review",), {"review"}),
        (("source.fixAll",), set()),
        (("refactor.rew",), set()),
    ],
)
def test_only_kinds_that_are_asked_for_are_offered(
    only: tuple[str, ...], expected: set[str]
) -> None:
    marked = PYTHON.replace("total", "to$0tal")
    at = marked.index("$0")

    found = offered(marked, diagnostics=[Diagnostic(Span(at, at), "bad")], only=only)

    assert set(found) == expected


def test_all_of_a_kind_is_meant_by_it() -> None:
    found = offered(PYTHON.replace("total", "to$0tal"), only=("refactor",))

    assert {offer.kind.split(".")[0] for offer in found.values()} == {"refactor"}
    assert len(found) == 10


def test_what_a_file_needs_is_offered_when_it_is_asked_for() -> None:
    text = "import sys\nimport os\n\nprint(os)\n$0"

    assert {"organiseImports", "removeUnusedImports", "review"} <= set(
        offered(text, only=("source",))
    )


def test_at_saving_ours_is_asked_for_by_its_own_name() -> None:
    """Editors ask every tool for `source.organizeImports`; two of them would not agree."""
    text = "import sys\nimport os\n\nprint(os)\n"

    assert offered(text, only=("source.organizeImports",), automatic=True) == {}
    assert set(offered(text, only=("source.organizeImports.ownstack",), automatic=True)) == {
        "organiseImports"
    }


def test_an_import_that_nothing_uses_is_mended_without_a_model() -> None:
    found = offered("import os\nimport s$0ys\n\nprint(os)\n", automatic=True)

    assert [(offer.action, offer.kind, offer.tier) for offer in found.values()] == [
        ("removeUnusedImports", "quickfix", 1)
    ]
    assert offered("import o$0s\nimport sys\n\nprint(os)\n", automatic=True) == {}


def test_tests_are_not_tested_and_types_not_added_where_there_are_some() -> None:
    assert "test" not in offered(PYTHON.replace("total", "to$0tal"), "tests/test_a.py")
    assert "refactor.types" not in offered("func To$0tal() int { return 1 }\n", "a.go")


@pytest.mark.parametrize("path", ["notes.md", "a.json", "a.unknown"])
def test_what_is_no_code_is_not_refactored(path: str) -> None:
    found = offered('$0{"a": 1}$0', path)

    assert set(found) == {"refactor.instruct", "explain.code", "review"}


def test_a_name_of_a_mile_is_shortened() -> None:
    found = offered(f"def {'a' * 5_000}$0():\n    pass\n")

    assert len(found["document"].title) < 100


@pytest.mark.parametrize(
    "marked",
    [
        "def f(:\n  $0x = (\n",
        "$0\0\0\0",
        "\ud800$0 = '\udfff'",
        "if x:\n\ty = 1\n        $0z = 2\n",
        "x = 1\r\n$0y = 'é\U0001f600'\r\n$0",
        "(" * 3_000 + "$0",
        "x = '{}'.form$0at(" + "[" * 3_000,
    ],
)
def test_odd_texts_are_no_matter(marked: str) -> None:
    for automatic in (False, True):
        offered(marked, automatic=automatic)


def test_a_long_file_is_left_to_models_and_quick() -> None:
    text = "import os\n" + "x = '{}'.format(1)\n" * 20_000
    target = at_cursor(f"$0{text}")
    assert len(text) > MAX_CHARS
    situation = Situation(target, target.selected, (), "m")

    started = time.thread_time()
    found = offers(situation)

    assert time.thread_time() - started < 0.1
    assert [offer for offer in found if offer.tier == 1] == []


def test_moving_a_cursor_costs_little() -> None:
    """Where nothing looks like something to do, the file is not even parsed."""
    text = "import os\n\n\n" + "def f(a):\n    return a\n\n\n" * 500
    at = text.index("return", len(text) // 2)
    target = at_cursor(text[:at] + "$0" + text[at:])
    situation = Situation(target, target.selected, (), "m", automatic=True)

    started = time.thread_time()
    for _ in range(100):
        offers(situation)

    assert time.thread_time() - started < 0.2

"""Files that are made, or broken, so that reading them takes for ever. None of these may."""

import logging

import pytest

from ownstack.extract import chunks
from ownstack.extract.file import extract
from ownstack.languages import Language, languages
from ownstack.syntax import captures, trees

pytestmark = pytest.mark.slow

LANGUAGES = {language.id: language for language in languages()}
READ = ["python", "javascript", "go", "rust", "c", "json", "markdown"]


@pytest.mark.parametrize("language", READ)
@pytest.mark.parametrize(
    "text", ["[\n" * 100_000, "]\n" * 100_000, "f(\n" * 50_000 + ")\n" * 50_000]
)
def test_deep_nesting_is_cut_without_recursion(language: str, text: str) -> None:
    """Python calls nothing once a level, and the queries do not go down to the bottom."""
    extracted = extract("x\n" + text, "a", LANGUAGES[language])

    assert extracted.chunks[-1].end_line == 100_001
    assert len(extracted.references) < 1_000


def test_many_errors_side_by_side_give_windows() -> None:
    """The queries would take minutes: recovery leaves 100,000 tokens in one node."""
    text = "[\n" * 100_000
    assert captures.outline(text, LANGUAGES["python"]) is None

    extracted = extract(text, "a", LANGUAGES["python"])

    assert extracted.symbols == ()
    assert extracted.chunks[-1].end_line == 100_000


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("bash", "\0" * 500_000),
        ("yaml", "- " * 300),
        ("yaml", "\r".join(" " * depth + "a:" for depth in range(300))),
        ("yaml", "? " * 300),
        ("markdown", ">" * 300),
        ("markdown", "- " * 200 + "a"),
        ("markdown", "".join(" " * 2 * depth + "- a\n" for depth in range(300))),
        ("python", "".join(" " * depth + "if 1:\n" for depth in range(600)) + " " * 600 + "'a'"),
    ],
)
def test_what_breaks_the_native_code_never_gets_there(language: str, text: str) -> None:
    """Scanners of grammars have faults: they end the process, or never."""
    assert captures.outline(text, LANGUAGES[language]) is None

    extracted = extract(text, "a", LANGUAGES[language])

    assert extracted.chunks[-1].end_line == text.count("\n") + (not text.endswith("\n"))


@pytest.mark.parametrize("language", [*READ, "plaintext"])
def test_a_line_of_many_words_is_a_short_chunk(language: str) -> None:
    """Nobody searches or reads such a line; its chunk says how it begins."""
    extracted = extract("a b " * 50_000, "a", LANGUAGES[language])

    (chunk,) = extracted.chunks
    assert len(chunk.text) == chunks.MAX_TEXT_CHARS


def test_definitions_that_nest_for_ever_stop_being_symbols() -> None:
    """Qualified names would grow with the square of the depth."""
    text = "".join(f"{' ' * depth}def f{depth}():\n" for depth in range(200)) + " " * 200 + "pass\n"

    extracted = extract(text, "a", LANGUAGES["python"])

    assert 10 < len(extracted.symbols) < 50
    assert extracted.chunks[-1].end_line == 201


def test_a_text_over_the_limit_gives_windows() -> None:
    """A million characters is where trees end."""
    text = "def f():\n    return 1\n\n" * (trees.MAX_CHARS // 20)

    extracted = extract(text, "a", LANGUAGES["python"])

    assert extracted.symbols == ()
    assert extracted.chunks[-1].end_line == text.count("\n")


def test_a_grammar_that_is_not_installed_is_named_once(caplog: pytest.LogCaptureFixture) -> None:
    """The file is found all the same."""
    missing = Language(id="nowhere", package="tree_sitter_of_nowhere", function="language")

    with caplog.at_level(logging.WARNING):
        texts = [extract("some words\n", "a", missing).chunks[0].text for _ in range(3)]

    assert texts == ["some words"] * 3
    assert [record.getMessage() for record in caplog.records] == [
        "no grammar for nowhere: No module named 'tree_sitter_of_nowhere'"
    ]

"""Syntax trees: what they say, that they never raise, and that reuse changes nothing."""

import itertools
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ownstack.document import Document
from ownstack.languages import Language, languages
from ownstack.paths import grammars_folder
from ownstack.syntax import parsing, trees
from ownstack.syntax.trees import Tree, forget, language_of, parse, tree_of, warm
from ownstack.text import Edit, Span

GRAMMARS = [
    language
    for language in languages()
    if (grammars_folder() / language.queries / "statements.scm").is_file()
]


def tree(text: str, language_id: str = "python") -> Tree:
    language = language_of(language_id, "")
    assert language is not None
    made = parse(text, language, effort=trees.EFFORT_BACKGROUND)
    assert made is not None
    return made


def cursor(text: str) -> tuple[str, int]:
    return text.replace("$0", ""), text.index("$0")


@pytest.mark.parametrize(
    ("text", "language_id", "expected"),
    [
        ("x = 1 $0", "python", "code"),
        ("x = 1  # one$0", "python", "comment"),
        ("# one$0\nx", "python", "comment"),
        ("# one\n$0x", "python", "code"),
        ('x = "a$0b"', "python", "string"),
        ('x = "ab"$0', "python", "code"),
        ('x = "ab$0', "python", "string"),
        ('"""One.\n\nTw$0o.\n"""', "python", "string"),
        ("/* a$0 */", "javascript", "comment"),
        ("/* a */$0", "javascript", "code"),
        ("// a$0", "rust", "comment"),
        ("let a = `b${c$0}`;", "typescript", "string"),
        ("é = '😀$0é'", "python", "string"),
    ],
)
def test_a_cursor_is_in_code_comment_or_string(text: str, language_id: str, expected: str) -> None:
    """A line comment includes its end, a string does not; an unclosed string is one."""
    text, offset = cursor(text)

    assert tree(text, language_id).kind(offset) == expected


@pytest.mark.parametrize(
    ("text", "errors"),
    [("x = 1\n", 0), ("x = (\n", 1), ("def f(:\n    pass\n", 1), ("", 0)],
)
def test_errors_are_counted(text: str, errors: int) -> None:
    """ERROR and MISSING nodes both count."""
    assert tree(text).errors() == errors


def test_errors_have_places() -> None:
    """A missing bracket is where it is missing; characters, not bytes."""
    spans = tree("é = 1;\nint x = f(1;\n", "c").error_spans()

    assert Span(18, 18) in spans


def test_a_statement_ends_where_its_text_does() -> None:
    """Blank lines after a body do not belong to it."""
    text = "if a:\n    b\n\n\nc\n"

    assert tree(text).statement_ends(Span(0, len(text))) == [11, 15]
    assert tree(text).statement_end(10) == 11
    assert tree(text).statement_end(12) is None


@pytest.mark.parametrize("language", GRAMMARS, ids=lambda language: language.id)
def test_reuse_changes_nothing(language: Language) -> None:
    """A tree made from an older one is the tree made from nothing, at every half-typed step."""
    code = {
        "python": "def f(a):\n    '''é'''\n    return [a, (1)]\n",
        "go": 'func f() {\n\tx := []int{1}\n\tg("é")\n}\n',
        "rust": "fn f() -> i32 {\n    let x = vec![1]; // é\n    x\n}\n",
    }.get(language.id, 'int f() {\n  /* é */\n  if (a) { g("b", [1]); }\n}\n')
    old: Tree | None = None
    for length in range(len(code) + 1):
        text = code[:length] + "\n}"
        old = parse(text, language, old)
        fresh = parse(text, language)
        assert old is not None
        assert fresh is not None
        assert str(old._tree.root_node) == str(fresh._tree.root_node)


ODD = "a, ,\n,\r,\r\n,\t,\f,\0,(,),{,},:,\",',😀,é,\ud800,\u2028,def f,#,/*,*/,`,if ,\\,=,pass"
pieces = st.sampled_from(ODD.split(","))


@given(st.lists(pieces, max_size=30), st.lists(pieces, max_size=6), st.data())
def test_odd_text_is_no_error(before: list[str], new: list[str], data: st.DataObject) -> None:
    """Whatever is typed, every question has an answer and every place is inside the text."""
    language = data.draw(st.sampled_from(GRAMMARS))
    text = "".join(before)
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    made = parse(text, language)
    assert made is not None

    edited = made.edited(Edit(Span(start, end), "".join(new)))

    assert edited is not None
    assert edited.text == text[:start] + "".join(new) + text[end:]
    for offset in range(len(edited.text) + 1):
        assert edited.kind(offset) in ("code", "comment", "string")
        edited.opens_block(offset)
        edited.prose_before(offset)
    ends = edited.statement_ends(Span(0, len(edited.text)))
    assert ends == sorted(end for end in ends if 0 < end <= len(edited.text))


@pytest.mark.parametrize(
    "text",
    [
        "(" * 10_000,
        "x = " + "[" * 10_000 + "]" * 10_000,
        "{" * 10_000,
        "if a:\n" * 10_000,
        "x = " + "a" * 900_000,
        'x = "' + "a" * 900_000,
        "f(" * 400_000,
        "\0" * 10_000,
        'x = "\ud800"\n' * 10_000,
    ],
    ids=["open", "nested", "braces", "headers", "long name", "long string", "1 MB", "nul", "half"],
)
@pytest.mark.parametrize("language", GRAMMARS, ids=lambda language: language.id)
def test_deep_and_long_text_is_answered_or_given_up(text: str, language: Language) -> None:
    """Depth takes no stack, and work over the limit is given up: None, never an exception."""
    made = parse(text, language)
    if made is not None:
        made.errors()
        made.kind(len(text) - 1)
        made.opens_block(len(text) // 2)
        made.edited(Edit(Span(5, 5), "x"))


def test_texts_over_the_limit_get_no_tree() -> None:
    """A megabyte is not parsed at all."""
    language = language_of("python", "")
    assert language is not None

    assert parse("x\n" * (trees.MAX_CHARS // 2 + 1), language) is None


def document(text: str, version: int = 1, language: str = "python") -> Document:
    return Document("file:///a.py", "a", language, version, text)


def test_a_document_is_parsed_once_per_version() -> None:
    """The same text gives the same tree, new text a new one, a closed document none."""
    first = tree_of(document("x = 1"))

    assert tree_of(document("x = 1", 2)) is first
    assert tree_of(document("x = 2", 3)) is not first
    forget("file:///a.py")
    assert trees._cache.get("file:///a.py") is None


def test_a_long_document_has_a_tree_once_it_was_made_in_advance(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On the request path the work is bounded (by steps: here time stands still)."""
    monkeypatch.setattr(parsing.time, "thread_time", lambda: 0.0)
    text = ("def f(a):\n" + "    a = g(a, 1)[2]\n" * 150) * 60

    assert tree_of(document(text)) is None
    warm(document(text))
    assert tree_of(document(text)) is not None
    assert tree_of(document(text + "x")) is not None
    forget("file:///a.py")


SCANNERS = {
    "rust": 'r#"\n',
    "swift": "/*/*\n",
    "ruby": "<<~A\n",
    "python": "'\n${",
}
"""Texts that a scanner runs through to their end again and again."""


@pytest.mark.parametrize("effort", [trees.EFFORT_CHECK, trees.EFFORT_REQUEST, trees.EFFORT_WARM])
@pytest.mark.parametrize("language", SCANNERS)
def test_a_scanner_that_runs_ahead_is_stopped(
    language: str, effort: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the time that there is, however few steps it has made; others are let in meanwhile."""
    now_s = itertools.count(0.0, 0.001)
    looks = list[float]()

    def clock() -> float:
        looks.append(next(now_s))
        return looks[-1]

    known = language_of(language, "")
    assert known is not None
    parse("x", known)
    monkeypatch.setattr(parsing.time, "thread_time", clock)  # type: ignore[attr-defined]

    assert parse(SCANNERS[language] * 200_000, known, effort=effort) is None
    assert len(looks) < 10 + 1_000 * parsing._cpu_s(effort, is_edit=False)


def test_what_was_parsed_in_vain_is_not_parsed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key asks for the tree some times; what was given up is plain text until it changes."""
    text = SCANNERS["rust"] * 200_000
    asked = list[int]()
    real = parsing.parse

    def counted(*given: Any) -> Any:
        asked.append(given[-1])
        return real(*given)

    monkeypatch.setattr(parsing, "parse", counted)
    for _ in range(3):
        assert tree_of(document(text, language="rust")) is None
    warm(document(text, language="rust"))
    warm(document(text, language="rust"))
    assert tree_of(document(text, language="rust")) is None
    assert asked == [trees.EFFORT_REQUEST, trees.EFFORT_WARM]

    assert tree_of(document("fn main() {}\n", 2, language="rust")) is not None
    forget("file:///a.py")
    assert "file:///a.py" not in trees._in_vain


@pytest.mark.parametrize("text", ["{" * 300_000, "f(" * 100_000, "[\n" * 100_000])
def test_what_is_left_open_without_end_is_no_code(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The parser gives it up all at once, and asks nobody meanwhile; so it never sees it."""
    monkeypatch.setattr(parsing.tree_sitter, "Parser", None)  # type: ignore[attr-defined]
    language = language_of("javascript", "")
    assert language is not None

    assert parse(text, language) is None


def test_a_language_without_its_grammar_package_has_no_tree() -> None:
    """A missing wheel is a shorter list of abilities, not an error."""
    missing = Language(id="python", package="tree_sitter_of_nowhere", function="language")

    assert parse("x = 1", missing) is None
    assert tree_of(document("SELECT 1", language="sql")) is None


def test_parsing_keeps_no_copy_of_the_text() -> None:
    """A day of typing does not grow: the binding forgets to give its chunks back, so we do."""
    language = language_of("python", "a.py")
    assert language is not None
    text = "value = compute(1)\n" * 2_000
    parse(text, language)

    tracemalloc.start()
    for _ in range(20):
        parse(text, language)
        parse(text, language, effort=1)
    kept, _peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert kept < len(text)

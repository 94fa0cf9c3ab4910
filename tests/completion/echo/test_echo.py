"""Echo: what followed last time, at `$0`."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ownstack.completion.echo import Echo, LineSuggestion
from ownstack.completion.echo.occurrence import MAX_REST_CHARS
from ownstack.completion.echo.query import plain_lines, query_at
from ownstack.document import Document


def document(text: str, path: str = "a.py") -> Document:
    return Document(f"test:{path}", path, "python", 1, text)


def echoed(text: str, *others: Document) -> LineSuggestion | None:
    return Echo().suggest(document(text.replace("$0", "")), text.index("$0"), others)


def text_of(found: LineSuggestion | None) -> str | None:
    return found and found.text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("raise ValueError(name)\nraise Va$0\n", "lueError(name)"),
        ("raise Va$0\nraise ValueError(name)\n", "lueError(name)"),
        ("for x in xs:\n    y\nfor a in as_:\n    z\nfor x$0\n", " in xs:"),
        ("abcd 1\nabcd 2\nabcd 2\nabcd$0\n", " 2"),
        ("xbcd 1\nabcd 2\nabcd 2\nxbcd$0\n", " 1"),
        ("log(a, b)\nlog($0)\n", "a, b"),
        ("log(a, b)\nlog(a$0)\n", ", b"),
        ("log(a, b)\r\nlog(a$0)\r\n", ", b"),
        ("xé😀 = ü()\nxé😀$0\n", " = ü()"),
        ("a = 1   \na = $0\n", "1"),
        ("foo = 1   \nfoo$0\n", " = 1"),
        ("foo = 1\nfoo = 1$0\n", None),
        ("foo = 1\nfoo$0 = 1\n", None),
        ("foo = 1\nfoo$0 = 2\n", None),
        ("one\ntwo\nthree$0\n", None),
        ("ab 1\nab$0\n", None),
        ("$0", None),
        ("        x\n        $0\n", None),
    ],
)
def test_the_rest_of_the_line_that_followed_before(text: str, expected: str | None) -> None:
    """The longest tail that occurs elsewhere decides, then how often, then what fits the rest."""
    assert text_of(echoed(text)) == expected


def test_a_following_line_that_agrees_counts_double() -> None:
    """Of two equally frequent ones, that whose next line is the one after the cursor."""
    text = "x\ncall(one)\nfirst\ncall(two)\nsecond\ncall($0\nsecond\n"

    assert text_of(echoed(text)) == "two)"
    assert text_of(echoed(text.replace("$0\nsecond", "$0\nfirst"))) == "one)"


def test_the_own_buffer_counts_more() -> None:
    """One place here outweighs one elsewhere; two elsewhere with nothing here are enough."""
    other = document("connect(there)\n", "b.py")

    assert text_of(echoed("connect(here)\nconnect($0", other)) == "here)"
    found = echoed("connect($0", other)
    assert found is not None
    assert (found.text, found.from_path, found.occurrences) == ("there)", "b.py", 1)


def test_the_document_itself_among_the_others_is_not_searched_twice() -> None:
    """Otherwise the very line of the cursor would be found."""
    text = "connect($0older)\n"
    older = document("connect(older version)\n")

    assert echoed(text, older) is None


SECRETS = [
    'API_KEY = "abcdef123456"',
    "password: hunter2hunter2",
    "aws = AKIAIOSFODNN7EXAMPLE",
    "token = ghp_abcdefghijklmnopqrstuvwxyz0123456789",
    "x = 'f3Kd82LmQp0Zx7Wn4Vb1Tc6Yh9'",
    'url = "postgres://me:s3cret@host/db"',
]


@pytest.mark.parametrize("line", SECRETS)
def test_secrets_stay_in_their_file(line: str) -> None:
    """What looks like a key, a token or a password is not proposed in another file."""
    other = document(f"import os\n{line}\n", "b.py")
    typed = line[: max(4, line.index("=") if "=" in line else 8) + 1]

    assert echoed(f"{typed}$0\n", other) is None
    assert echoed("import os\n$0\n", other) is None


def test_files_of_secrets_are_not_read() -> None:
    """Even a harmless line of an open `.env` stays there."""
    assert echoed("colour = $0\n", document("colour = blue\n", "deploy/.env")) is None
    assert text_of(echoed("colour = $0\n", document("colour = blue\n", "deploy/env"))) == "blue"


def test_long_lines_are_no_answer() -> None:
    """A minified line is not what somebody wants to type."""
    line = "abc = " + "x" * MAX_REST_CHARS

    assert echoed(f"{line}x\nabc = $0\n") is None
    assert text_of(echoed(f"{line}\nabc = $0\n")) == "x" * MAX_REST_CHARS


def test_a_sure_thing_and_a_guess() -> None:
    """The scale: what is seen all the time is near 1, a chance match near 0."""
    line = "from __future__ import annotations\n\nimport os\n"
    sure = echoed("from __fu$0\n\nimport os\n", *(document(line, f"{n}.py") for n in range(9)))
    guess = echoed("the cat sat on the mat\nrather $0\n")

    assert sure is not None
    assert sure.text == "ture__ import annotations"
    assert sure.confidence > 0.5
    assert guess is None or guess.confidence < 0.1


MEGABYTE = 1_000_000


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("a" * MEGABYTE + "$0", ""),
        ("a" * (MEGABYTE // 2) + "$0" + "a" * (MEGABYTE // 2), ""),
        ("\n" * MEGABYTE + "$0", "\n" * MEGABYTE),
        (("a" * 99 + "\n") * 10_000 + "aaa$0", ""),
        ("a" * 63 + "b$0", "a" * MEGABYTE),
        ("b" * 63 + "$0", ("b" * 63 + "c") * 15_000),
        ("\0\ud800\f$0", "\0\ud800\f\r\n" * 1_000),
    ],
)
def test_repetition_without_end(text: str, other: str) -> None:
    """Every search is bounded in what it reads and how many places it looks at."""
    found = echoed(text, document(other, "b.py"))

    assert found is None or len(found.text) <= MAX_REST_CHARS


pieces = st.lists(st.sampled_from(["ab", "cd(", ")", "\n", "\r\n", " ", "é", "😀", "\0", "'"]))


@given(pieces, pieces, pieces)
@example(["\n", "😀", "\n", " "], [], ["\n", "😀", "\n", "ab"])
def test_a_proposal_occurs_somewhere(before: list[str], after: list[str], other: list[str]) -> None:
    """Nothing is invented but names that are fitted, and nothing repeated that is not elsewhere."""
    prefix, suffix = "".join(before), "".join(after)
    elsewhere = document("".join(other), "b.py")
    here = document(prefix + suffix)

    found = Echo().suggest(here, len(prefix), [elsewhere])

    if found is not None:
        rest = suffix.replace("\r", "\n").partition("\n")[0]
        everything = plain_lines(prefix + suffix + "\1" + elsewhere.text)
        (proposal, *_) = Echo().propose(query_at(here, len(prefix)), here, [elsewhere])
        if not any(occurrence.renamed for occurrence in proposal.occurrences):
            matched, text, there = plain_lines(prefix)[-found.match_chars :], found.text, everything
            if not plain_lines(prefix).rpartition("\n")[2].strip(" "):
                # A line may stand more or less deep elsewhere.
                matched, text = matched.rstrip(" "), text.lstrip(" ")
                matched, there = (re.sub("\n +", "\n", each) for each in (matched, there))
            assert matched + text in there
        assert found.text != rest or found.text + rest in everything
        assert not set(found.text) & set("\r\n")
        assert 0.0 <= found.confidence <= 1.0

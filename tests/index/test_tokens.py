"""Texts and names become terms."""

import pytest

from ownstack.index.tokens import MAX_TERM_CHARS, plain, stem, term_counts, terms, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("parseHTTPHeader", ["pars", "http", "head", "parsehttpheader"]),
        ("MAX_SIZE2", ["max", "siz", "2", "maxsize2"]),
        ("__init__", ["init"]),
        ("utf8", ["utf", "8", "utf8"]),
        ("app.handle", ["app", "handl", "app.handle"]),
        ("self.handle", ["self", "handl"]),
        ("the retries", ["the", "retri"]),
        ("Größe", ["größe"]),
        ("größe_mm", ["größe", "mm", "größemm"]),
        ("数据库", ["数据", "据库", "数据库"]),
        ("_ $ ... ()", []),
        ("", []),
    ],
)
def test_terms(text: str, expected: list[str]) -> None:
    """A name gives its words, in their plain forms, and itself."""
    assert terms(text) == expected


@pytest.mark.parametrize(
    "family",
    [
        ("retry", "retries", "retried"),
        ("validate", "validates", "validated", "validating", "validation", "validator"),
        ("serialize", "serializer", "serialization", "serializing", "serializes"),
        ("connect", "connection", "connections", "connected", "connecting"),
        ("error", "errors"),
        ("alias", "aliases"),
        ("database", "databases"),
        ("register", "registered", "registering"),
        ("route", "routes", "router", "routing"),
    ],
)
def test_forms_of_a_word_are_one(family: tuple[str, ...]) -> None:
    """A question and the code seldom use the same form."""
    assert {stem(word) for word in family} == {stem(family[0])}


@pytest.mark.parametrize(("one", "other"), [("class", "classic"), ("status", "state")])
def test_other_words_stay_other_words(one: str, other: str) -> None:
    """Coarse is not blind."""
    assert stem(one) != stem(other)


@pytest.mark.parametrize("word", ["is", "bus", "pass", "été", "数据", "x"])
def test_short_and_foreign_words_stay(word: str) -> None:
    """Endings are those of English."""
    assert stem(word) == word


def test_counts_are_those_of_the_terms() -> None:
    """Two ways to the same numbers."""
    text = "def read(self): return self.read_all(read)  # reads"

    assert term_counts(text) == {term: terms(text).count(term) for term in terms(text)}


def test_what_nobody_asks_for_is_no_term() -> None:
    """Keys and hashes do not fill the index."""
    assert terms("a" * (MAX_TERM_CHARS + 1)) == []


def test_words_and_plain_names() -> None:
    """For whoever compares names."""
    assert words("readHTTPBody_2") == ["read", "http", "body", "2"]
    assert plain("maxSize") == plain("MAX_SIZE") == "maxsize"

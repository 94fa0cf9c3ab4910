"""Texts and names become terms."""

import json
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ownstack.extract import letters
from ownstack.extract.terms import MAX_TERM_CHARS, names_in, plain, stem, term_counts, terms, words
from ownstack.index.search.query import parse

ASCII = json.loads((Path(__file__).parent / "terms_of_names.json").read_text("utf-8"))
"""Names and the terms they have always had: indexes on disk hold them."""
LETTERS = "aZ09_.$ äÖßŁжДσς登录ユーハングル한국ก็ผู้हिم\u0301\u0323\u0308\u3000ＵａＩİ²Ⅷ"


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
        ("größeBerechnen", ["größe", "berechnen", "größeberechnen"]),
        ("XMLÜberHTTPÄnderung", ["xml", "über", "http", "änderung", "xmlüberhttpänderung"]),
        ("ÄnderungsDatum2", ["änderungs", "datum", "2", "änderungsdatum2"]),
        ("получитьДанные", ["получить", "данные", "получитьданные"]),
        ("ΟδόςΧρήστη", ["οδόσ", "χρήστη", "οδόσχρήστη"]),
        ("größe.Höhe", ["größe", "höhe", "größe.höhe"]),
        ("数据库", ["数据", "据库", "数据库"]),
        ("获取UserInfo", ["获取", "user", "info", "获取userinfo"]),
        ("使用JWT令牌", ["使用", "jwt", "令牌", "使用jwt令牌"]),
        ("查User", ["查", "user", "查user"]),
        ("𠮷野家", ["𠮷野", "野家", "𠮷野家"]),
        ("ユーザー", ["ユー", "ーザ", "ザー", "ユーザー"]),
        ("사용자", ["사용", "용자", "사용자"]),
        ("ช้อมูล", ["ช้อ", "อมู", "มูล", "ช้อมูล"]),
        ("हिन्दी", ["हिन्दी"]),
        ("مستخدمUser", ["مستخدم", "user", "مستخدمuser"]),
        ("ＵＳＥＲ＿ｉｄ", ["user", "id"]),
        ("retries für", ["retri", "für"]),
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


@pytest.mark.parametrize(("word", "other"), [("class", "classic"), ("status", "state")])
def test_other_words_stay_other_words(word: str, other: str) -> None:
    """Coarse is not blind."""
    assert stem(word) != stem(other)


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


@pytest.mark.parametrize("name", ASCII)
def test_names_in_ascii_keep_their_terms(name: str) -> None:
    """Whether the text around them is ASCII or not."""
    assert terms(name) == ASCII[name]
    assert terms(f"ä {name} ä")[1:-1] == ASCII[name]


@given(st.text(st.characters(max_codepoint=0x7F) | st.sampled_from(LETTERS), max_size=60))
def test_one_letter_written_in_two_ways_is_one(text: str) -> None:
    """File names of macOS are decomposed, what people type is composed."""
    composed, apart = (unicodedata.normalize(form, text) for form in ("NFC", "NFD"))

    assert terms(composed) == terms(apart)
    assert plain(composed) == plain(apart)


@given(st.text(st.sampled_from(LETTERS), max_size=40))
def test_letters_are_neither_lost_nor_made_up(text: str) -> None:
    """Words are what is in a name, in its order, without what joins them."""
    for name in names_in(text):
        found = "".join(letters.words(name))
        assert [*filter(str.isalnum, found)] == [*filter(str.isalnum, plain(name))]


@pytest.mark.parametrize(
    ("text", "query", "shared"),
    [
        ("# 登录模块使用JWT令牌校验用户身份", "令牌", {"令牌"}),
        ("# 登录模块使用JWT令牌校验用户身份", "jwt", {"jwt"}),
        ("# 登录模块使用JWT令牌校验用户身份", "JWT 校验用户", {"jwt", "校验", "验用", "用户"}),
        ("def größeBerechnen(): pass", "berechnen", {"berechnen"}),
        ("größe", unicodedata.normalize("NFD", "Größe"), {"größe"}),
        ("def 获取UserInfo(): pass", "user info", {"user", "info"}),
        ("# ข้อมูลผู้ใช้", "ผู้ใช้", {"ผู้ใ", "ใช้"}),
    ],
)
def test_a_question_has_terms_of_the_text(text: str, query: str, shared: set[str]) -> None:
    """Both go the same way."""
    assert set(parse(query).terms) & set(terms(text)) == shared


@pytest.mark.parametrize(
    "text",
    ["a" + "\u0301\u0323" * 200_000, "登" * 400_000, "é_" * 200_000, "é" + "$" * 400_000],
)
def test_hostile_names(text: str) -> None:
    """Time in proportion to their size; the marks of a letter are put in order by n² steps."""
    assert len(term_counts(text)) < 10
    assert len(plain(text)) <= len(text)
    assert len(parse(text).text) <= 2_000


def test_words_and_plain_names() -> None:
    """For whoever compares names."""
    assert words("größeBerechnen_2") == ["größe", "berechnen", "2"]
    assert plain("größe_Mm") == plain("GRÖßE_MM") == "größemm"
    assert words("readHTTPBody_2") == ["read", "http", "body", "2"]
    assert plain("maxSize") == plain("MAX_SIZE") == "maxsize"

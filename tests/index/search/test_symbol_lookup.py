"""Symbols by their names."""

from pathlib import Path

import pytest

from ownstack.extract.classify import FLAG_TEST
from ownstack.extract.rows import Extracted, Symbol
from ownstack.files.reading import Text, read
from ownstack.index.search import symbol_lookup
from ownstack.index.search.symbol_lookup import find_symbols, match, symbols_named
from ownstack.index.snapshot.names import defined
from ownstack.index.snapshot.snapshot import Snapshot
from ownstack.index.storage.columns import IndexedDocument
from ownstack.index.storage.encode import Encoder
from ownstack.index.storage.term_counts import TermCounter
from ownstack.index.texts import Texts
from tests.support.searchable import searchable

NAMES = {
    "http.py": [
        *("HttpClient", "HttpClient.send", "HttpClient.retry", "client_of", "retry_count"),
        *("URLParser", "parse_url2"),
    ],
    "queue.py": ["Queue", "Queue.send", "a^b", "x-y]", "İzmir", "naïve"],
    "test_http.py": ["retry"],
}


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    """Some names, each on a line of its own."""
    rows = []
    for path, names in NAMES.items():
        text = "\n".join(names) + "\n"
        (tmp_path / path).write_text(text)
        found = read(tmp_path, path)
        assert isinstance(found, Text)
        symbols = tuple(
            Symbol(name.split(".")[-1], "function", name, name, "", number, number, number)
            for number, name in enumerate(names, 1)
        )
        flags = FLAG_TEST * path.startswith("test")
        document = IndexedDocument(path, found.content, "python", len(names), len(text), flags)
        rows.append((document, Extracted("python", symbols), text))
    encoder = Encoder(TermCounter())
    empty = Snapshot.empty(Texts(tmp_path), dim=2)
    return empty.with_batch(encoder.encode(rows[:1])).with_batch(encoder.encode(rows[1:]))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("HttpClient", ["HttpClient"]),
        ("send", ["HttpClient.send", "Queue.send"]),
        ("retry", ["HttpClient.retry", "retry", "retry_count"]),
        ("retr", ["HttpClient.retry", "retry_count", "retry"]),
        ("client", ["client_of", "HttpClient"]),
        ("hc", ["HttpClient"]),
        ("url", ["URLParser", "parse_url2"]),
        ("pu2", ["parse_url2"]),
        ("httpclient.send", ["HttpClient.send"]),
        ("que.send", ["Queue.send"]),
        ("que::send", ["Queue.send"]),
        ("a^", ["a^b"]),
        ("-y]", ["x-y]"]),
        ("izmir", ["İzmir"]),
        ("NAÏVE", ["naïve"]),
        ("nothing like it", []),
        ("", []),
        (".", []),
        ("\n", []),
    ],
)
def test_find(snapshot: Snapshot, query: str, found: list[str]) -> None:
    """Exact names first, then beginnings, then words; those of tests behind their equals."""
    assert [symbol.qualified for symbol in find_symbols(snapshot, query, 10)] == found


def test_scattered_letters_come_last(snapshot: Snapshot) -> None:
    """But they are found."""
    assert match("rcnt", "retry_count") < match("count", "retry_count")
    assert [symbol.name for symbol in find_symbols(snapshot, "rcnt", 10)] == ["retry_count"]


def test_the_limit_is_kept(snapshot: Snapshot) -> None:
    """The best ones are those that stay."""
    assert [symbol.qualified for symbol in find_symbols(snapshot, "retry", 1)] == [
        "HttpClient.retry"
    ]


def test_named(snapshot: Snapshot) -> None:
    """All symbols of one name, in every block, and no others."""
    assert [symbol.qualified for symbol in symbols_named(snapshot, "send")] == [
        *("HttpClient.send", "Queue.send"),
    ]
    assert symbols_named(snapshot, "sen") == []
    assert symbols_named(snapshot, "Send") == []


def test_a_name_without_letters(tmp_path: Path) -> None:
    """`_` is a name, too: it is found as it is written, and is the plain form of no other."""
    text = "def _(text):\n    return text\n\n\ndef __(text):\n    return text\n"
    found = searchable(tmp_path, {"words.py": text})

    assert [symbol.name for symbol in symbols_named(found, "_")] == ["_"]
    assert [symbol.name for symbol in find_symbols(found, "_", 10)] == ["_", "__"]
    assert list(defined(found, "_")) == []


def test_what_is_gone_is_not_found(snapshot: Snapshot, tmp_path: Path) -> None:
    """Neither in a file that was removed from the index, nor in one that has just changed."""
    (tmp_path / "http.py").write_text("other\n")
    without = snapshot.without(["queue.py"])

    assert [symbol.path for symbol in find_symbols(snapshot, "send", 10)] == ["queue.py"]
    assert symbols_named(without, "Queue") == []
    assert find_symbols(without, "send", 10) == []


def test_as_many_are_found_as_are_wanted(
    snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How many are ranked at most is no limit for somebody who asks for more."""
    monkeypatch.setattr(symbol_lookup, "MAX_FOUND", 2)

    assert len(find_symbols(snapshot, "e", 2)) == 2
    assert len(find_symbols(snapshot, "e", 99)) > 5

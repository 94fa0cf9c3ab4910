"""What a search returns, whatever it is asked."""

from pathlib import Path

import pytest

from ownstack.extract.rows import SearchHit
from ownstack.index.search.query import parse
from ownstack.index.search.search import MAX_LIMIT, search, snippet
from ownstack.index.snapshot.snapshot import Snapshot
from ownstack.index.texts import Texts
from tests.support.searchable import TOY, searchable

FILES = {
    "src/shop.py": "class Shop:\n    def read_order(self, number):\n        return self.db[0]\n",
    "src/shop.js": "export function readOrder(number) {\n  return db[number];\n}\n",
    'lib/it\'s "new"/tür.py': "def öffne_tür(schlüssel):\n    return schlüssel\n",
    "lib/data.py": "LIMIT = 10\n\n\ndef limit_orders(orders):\n    return orders[:LIMIT]\n",
}


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    return searchable(tmp_path, FILES)


def paths(hits: list[SearchHit]) -> set[str]:
    return {hit.path for hit in hits}


def test_a_hit_says_where_and_what(snapshot: Snapshot) -> None:
    """Lines are those of the file, the text is what stands there."""
    hit = search(snapshot, "readOrder", 1)[0]

    assert (hit.path, hit.start_line, hit.kind, hit.name) == (
        *("src/shop.js", 1, "function", "readOrder"),
    )
    assert hit.text.startswith("export function readOrder(number) {")
    assert hit.score > 0


def test_parts_explain_the_score(snapshot: Snapshot) -> None:
    """Their sum, times the factors, is the score."""
    for hit in search(snapshot, "how are orders limited", 5, TOY):
        factors = [value for name, value in hit.parts.items() if name.endswith("(factor)")]
        parts = [value for name, value in hit.parts.items() if not name.endswith("(factor)")]
        expected = sum(parts)
        for factor in factors:
            expected *= factor

        assert hit.score == pytest.approx(expected, abs=2e-3)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("order lang:python", {"src/shop.py", "lib/data.py"}),
        ("order lang:js", {"src/shop.js"}),
        ("order path:src/", {"src/shop.py", "src/shop.js"}),
        ("order path:*.js", {"src/shop.js"}),
        ("order path:lib path:shop.js", {"lib/data.py", "src/shop.js"}),
        ("order PATH:SRC lang:python", {"src/shop.py"}),
        ("order kind:function path:src", {"src/shop.js"}),
        ("order lang:cobol", set()),
        ("path:data.py", {"lib/data.py"}),
        ('path:"it\'s"', {'lib/it\'s "new"/tür.py'}),
    ],
)
def test_filters_narrow_down(snapshot: Snapshot, query: str, expected: set[str]) -> None:
    """With or without words; of one sort any holds, of different sorts all."""
    assert paths(search(snapshot, query, 10)) == expected


@pytest.mark.parametrize(
    "query",
    [
        "",
        "   \n\t ",
        "path:",
        'path:"',
        "path:'; DROP TABLE chunks; --",
        "lang:\"python' OR '1'='1\"",
        "kind:function\npath:../../etc/passwd",
        "path:[a-",
        "path:" + "*" * 500,
        "'\"`;)(*&^%$#@!{}[]|\\",
        "\0\x1b[31m\ud800",
        "the of and",
        "x" * 100_000,
        "a " * 5_000,
        "💥 ἀρχή 数据库 عربى",
    ],
)
def test_no_query_is_an_error(snapshot: Snapshot, query: str) -> None:
    """Whatever somebody, or a model, types."""
    assert len(search(snapshot, query, 5, TOY)) <= 5


def test_filters_are_no_expressions(snapshot: Snapshot) -> None:
    """What would be true for every row in a database is a text here."""
    assert search(snapshot, "order lang:\"python' OR '1'='1\"", 10) == []
    assert search(snapshot, "order path:\"' OR ''='\"", 10) == []


def test_words_of_any_script_are_found(snapshot: Snapshot) -> None:
    """Names need not be English."""
    assert search(snapshot, "öffne_tür", 1)[0].name == "öffne_tür"
    assert search(snapshot, "schlüssel", 1)[0].name == "öffne_tür"


def test_an_empty_index_has_no_answers(tmp_path: Path) -> None:
    """Before anything was read."""
    assert search(Snapshot.empty(Texts(tmp_path), 2), "order", 5, TOY) == []


@pytest.mark.parametrize(("limit", "expected"), [(-1, 0), (0, 0), (1, 1), (10**9, 4)])
def test_the_limit_is_kept(snapshot: Snapshot, limit: int, expected: int) -> None:
    """And has one itself."""
    assert MAX_LIMIT < 10**9
    assert len(search(snapshot, "path:* order schlüssel", limit)) >= min(expected, 1)
    assert len(search(snapshot, "path:* order schlüssel", limit)) <= max(limit, 0)


def test_what_is_no_longer_true_is_not_shown(tmp_path: Path, snapshot: Snapshot) -> None:
    """A file that changed or went after it was read."""
    (tmp_path / "src/shop.js").write_text("// nothing\n")
    (tmp_path / "src/shop.py").unlink()

    assert paths(search(snapshot, "read order", 10)) == {"lib/data.py"}


def test_rows_of_older_states_are_not_found(tmp_path: Path, snapshot: Snapshot) -> None:
    """Nor those of files that were taken out."""
    assert paths(search(snapshot.without(["src/shop.py"]), "read order", 10)) == {
        *("lib/data.py", "src/shop.js"),
    }


def test_vectors_of_another_embedder_are_left_out(snapshot: Snapshot) -> None:
    """Lengths differ while a project is being embedded anew."""

    class Other:
        name, dim = "other", 7
        embed = TOY.embed

    assert search(snapshot, "read order now", 5, Other()) == search(snapshot, "read order now", 5)


def test_a_symbol_comes_once(tmp_path: Path) -> None:
    """Though it was cut into pieces."""
    body = "".join(f"    order_{n} = read(order_{n}, {n})\n" for n in range(300))
    snapshot = searchable(tmp_path, {"a.py": f"def read_orders(read):\n{body}"})

    hits = search(snapshot, "read orders", 10)

    assert snapshot.chunk_count > 1
    assert len(hits) == 1


def test_a_query_is_read_into_its_parts() -> None:
    """Filters, names and words."""
    query = parse('how does Shop.read_order work lang:Python path:"my files/" kind:method')

    assert query.text == "how does Shop.read_order work"
    assert (query.languages, query.paths, query.kinds) == (("python",), ("my files/",), ("method",))
    assert [(name.text, name.scope) for name in query.names if name.is_code] == [
        ("read_order", "Shop")
    ]
    assert not query.is_name
    assert parse("read_order()").is_name
    assert parse("which types are there").asked_kinds == {"type"}


def test_a_snippet_is_where_the_words_stand(tmp_path: Path) -> None:
    """Of a long hit, the lines to show, and where they begin."""
    lines = [f"    x{n} = {n}" for n in range(20)]
    lines[15] = "    order = salmon"
    snapshot = searchable(tmp_path, {"a.py": "def f():\n" + "\n".join(lines)})
    hit = search(snapshot, "salmon order", 1)[0]

    start, text = snippet(hit, "salmon order", 5)

    assert "order = salmon" in text
    assert text.split("\n") == hit.text.split("\n")[start - hit.start_line :][:5]

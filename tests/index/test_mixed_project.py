"""A project of many languages, some inside others, and names in many scripts; read as a whole."""

import unicodedata
from collections.abc import Iterator

import pytest

from ownstack.index.project import ProjectIndex
from ownstack.index.search.search import search
from ownstack.index.search.symbol_lookup import count_uses, find_symbols, symbols_named
from tests.support.indexing import open_index, write

pytestmark = pytest.mark.process

FILES = {
    "src/queue.h": "// Parcels.\nnamespace post {\nclass ParcelQueue : public Base {\n"
    " public:\n  int count();\n};\nenum class Size { Small };\n}\n",
    "src/queue.cpp": '#include "queue.h"\nint post::ParcelQueue::count() { return 1; }\n',
    "src/plain.h": "int plain_limit(int a);\n",
    "lib/list.h": "struct list { int n; };\n",
    "lib/list.c": '#include "list.h"\nint size(struct list *a) { return a->n; }\n',
    "mac/Shop.h": "#import <UIKit/UIKit.h>\n@interface Shop : NSObject\n- (void)openDoor;\n@end\n",
    "app/Cart.vue": "<template><p>x</p></template>\n<script setup lang='ts'>\n"
    "export function addToCart(id: number): void { send(id) }\n</script>\n",
    "app/cart.ts": "export function send(id: number) {}\n",
    "README.md": "# Use\n\n```ts\nfunction addToCart(id: number): void {}\n```\n",
    "de.ts": "<?xml version='1.0'?>\n<!DOCTYPE TS>\n<TS><context>Shop</context></TS>\n",
    "auth.py": "# 登录模块使用JWT令牌校验用户身份\ndef check(token):\n    return token\n",
    "size.py": "def größeBerechnen(breite):\n    return breite\n",
    "user.py": "def 获取UserInfo(id):\n    return id\n",
    "apart.py": unicodedata.normalize("NFD", "def größe():\n    return größe()\n"),
    "other.py": "def other():\n    return 1\n",
}


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProjectIndex]:
    folder = tmp_path_factory.mktemp("mixed")
    write(folder / "project", FILES)
    index = open_index(folder / "project", folder / "cache")
    index.refresh()
    yield index
    index.close()


@pytest.mark.parametrize(
    ("path", "language"),
    [
        ("src/queue.h", "cpp"),
        ("src/plain.h", "cpp"),
        ("lib/list.h", "c"),
        ("mac/Shop.h", "objc"),
        ("app/Cart.vue", "vue"),
        ("de.ts", ""),
    ],
)
def test_files_have_the_language_they_are_written_in(
    mixed: ProjectIndex, path: str, language: str
) -> None:
    """By what they say, then by what lies beside them."""
    file = mixed.snapshot.file(path)

    assert file is not None
    assert file.language == language


@pytest.mark.parametrize(
    ("query", "path", "line"),
    [
        ("ParcelQueue", "src/queue.h", 3),
        ("openDoor", "mac/Shop.h", 3),
        ("addToCart", "app/Cart.vue", 3),
        ("größeberechnen", "size.py", 1),
        (unicodedata.normalize("NFD", "größeBe"), "size.py", 1),
        ("userinfo", "user.py", 1),
        ("größe", "apart.py", 1),
        ("获取", "user.py", 1),
        ("ＵｓｅｒＩｎｆｏ", "user.py", 1),
    ],
)
def test_symbols_are_found(mixed: ProjectIndex, query: str, path: str, line: int) -> None:
    """A definition before an example of it."""
    found = find_symbols(mixed.snapshot, query, 5)

    assert (found[0].path, found[0].start_line) == (path, line)


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("JWT", "auth.py"),
        ("令牌", "auth.py"),
        ("校验", "auth.py"),
        ("berechnen", "size.py"),
        ("Größe berechnen", "size.py"),
        ("user info", "user.py"),
        ("获", "user.py"),
        ("ParcelQueue", "src/queue.h"),
        ("addToCart", "app/Cart.vue"),
    ],
)
def test_searches_find_words_in_every_script(mixed: ProjectIndex, query: str, path: str) -> None:
    """Names and comments are split where the script or the case changes."""
    hits = search(mixed.snapshot, query, 3)

    assert hits
    assert hits[0].path == path


def test_a_name_is_one_however_its_letters_are_written(mixed: ProjectIndex) -> None:
    """Its definition, its uses and whoever asks agree."""
    for form in ("NFC", "NFD"):
        [symbol] = symbols_named(mixed.snapshot, unicodedata.normalize(form, "größe"))
        assert symbol.path == "apart.py"
        assert count_uses(mixed.snapshot, unicodedata.normalize(form, "größe")) == 1


def test_an_editors_text_is_read_as_its_file(mixed: ProjectIndex) -> None:
    """It has the same neighbours."""
    mixed.overlay("src/plain.h", "int plain_limit(int b);\n")
    try:
        file = mixed.snapshot.file("src/plain.h")
        assert file is not None
        assert file.language == "cpp"
    finally:
        mixed.overlay("src/plain.h", None)

"""Each rule of the ranking, on a project made for it."""

from dataclasses import replace
from pathlib import Path

import pytest

from ownstack.extract.rows import SearchHit
from ownstack.index.search.ranking import Weights
from ownstack.index.search.search import search
from tests.support.searchable import TOY, searchable

READ = "def read_order(number):\n    '''Read an order from the shop.'''\n    return number\n"


def found(folder: Path, files: dict[str, str], query: str, **changes: float) -> list[SearchHit]:
    return search(searchable(folder, files), query, 10, TOY, replace(Weights(), **changes))


def paths(hits: list[SearchHit]) -> list[str]:
    return [hit.path for hit in hits]


def test_definitions_come_before_mentions(tmp_path: Path) -> None:
    """Who types a name wants what it names, though others say it oftener."""
    files = {
        "uses.py": "def go():\n" + "    read_order(read_order(read_order(1)))\n" * 5,
        "shop.py": READ,
    }

    assert paths(found(tmp_path, files, "read_order"))[0] == "shop.py"


@pytest.mark.parametrize("query", ["ReadOrder", "readOrder", "READ_ORDER", "read_order()"])
def test_names_are_known_in_any_spelling(tmp_path: Path, query: str) -> None:
    """Case and underscores are the habit of a language."""
    files = {"a.py": "def other():\n    return 1\n", "shop.py": READ}

    hits = found(tmp_path, files, query)

    assert hits[0].name == "read_order"
    assert hits[0].parts["name"] > 0


@pytest.mark.parametrize("query", ["read_ordr", "raed_order", "read_orderr"])
def test_a_slip_of_the_keys_is_forgiven(tmp_path: Path, query: str) -> None:
    """No word of it is in the project."""
    files = {"a.py": "def something_else():\n    return 1\n", "shop.py": READ}

    assert [hit.name for hit in found(tmp_path, files, query)][:1] == ["read_order"]


def test_the_beginning_of_a_name_finds_it(tmp_path: Path) -> None:
    """As one types."""
    files = {"a.py": "def readable():\n    return 1\n", "shop.py": READ}

    assert found(tmp_path, files, "readOrd")[0].name == "read_order"


def test_scope_tells_two_of_the_same_name(tmp_path: Path) -> None:
    """`Shop.open` is not `Door.open`."""
    members = "class {}:\n    def open(self):\n        return self.key\n"
    files = {"door.py": members.format("Door"), "place.py": members.format("Shop")}

    assert paths(found(tmp_path, files, "Shop.open"))[0] == "place.py"
    assert paths(found(tmp_path, files, "Door.open"))[0] == "door.py"


def test_a_files_own_name_says_what_it_is_about(tmp_path: Path) -> None:
    """One of two files that say the same."""
    text = "def keep(value):\n    return value\n# a session is kept here\n"
    files = {"a_misc.py": text, "sessions.py": text}

    assert paths(found(tmp_path, files, "session management"))[0] == "sessions.py"
    hits = found(tmp_path, files, "session management", file_name=0, path=0, title=0, file_title=0)
    assert paths(hits)[0] == "a_misc.py"


def test_a_file_is_called_by_all_of_its_name(tmp_path: Path) -> None:
    """`shop.extra.py` is about something else than the shop."""
    files = {"a/shop.extra.py": READ, "b/shop.py": READ}

    assert paths(found(tmp_path, files, "shop"))[0] == "b/shop.py"


@pytest.mark.parametrize(
    "path", ["cart/__init__.py", "cart/mod.rs", "cart/index.ts", "cart/init.lua", "cart/index.vue"]
)
def test_a_file_that_stands_for_its_folder_is_called_like_it(tmp_path: Path, path: str) -> None:
    """Who imports the folder gets this file."""
    text = "-- what is bought\n"
    files = {"cart/a_misc.py": text, path: text, "other/index.ts": text}

    assert paths(found(tmp_path, files, "cart that is bought"))[0] == path


def test_a_name_that_every_folder_has_says_little(tmp_path: Path) -> None:
    """`types.py` of many, and the one `money.py`."""
    text = "def keep(value):\n    return value\n# types of money\n"
    files = {f"{folder}/types.py": text for folder in "abcdefg"} | {"z/money.py": text}

    assert paths(found(tmp_path, files, "types of money"))[0] == "z/money.py"


@pytest.mark.parametrize(
    "query", ["cookie jar", "how do cookie jars work", "a cookie-jar, please", "Cookie Jar"]
)
def test_words_that_make_up_a_name_name_it(tmp_path: Path, query: str) -> None:
    """People write the names of types as words, in the plural, too."""
    talk = "    # a cookie for the jar, cookies for jars\n" * 3
    files = {
        "a.py": f"def fill(cookie):\n{talk}    return cookie\n",
        "b.py": "class CookieJar:\n    size = 1\n",
    }

    hits = found(tmp_path, files, query)

    assert hits[0].name == "CookieJar"
    assert hits[0].parts["name"] > 0


@pytest.mark.parametrize("query", ["cookie, jar", "cookie and jar", "jar cookie"])
def test_words_apart_make_up_no_name(tmp_path: Path, query: str) -> None:
    """What stands between them would be part of it."""
    files = {"b.py": "class CookieJar:\n    size = 1\n"}

    assert "name" not in found(tmp_path, files, query)[0].parts


def test_a_name_that_many_definitions_have_names_none(tmp_path: Path) -> None:
    """A class in four parts, and one that is defined once."""
    files = {f"a{n}.py": "class Order:\n    number = 1\n" for n in range(4)}
    files["z.py"] = "class Parcel:\n    number = 1\n"

    hits = found(tmp_path, files, "tell Parcel from Order", file_name=0)

    assert hits[0].name == "Parcel"
    assert hits[1].parts["name"] == pytest.approx(hits[0].parts["name"] / 2)


def test_a_word_that_names_everything_names_nothing(tmp_path: Path) -> None:
    """It costs no time then, either; who types nothing but the name still gets it."""
    many = "".join(f"class A{n}:\n    def order(self):\n        return {n}\n\n" for n in range(130))
    files = {"many.py": many}

    assert all("name" not in hit.parts for hit in found(tmp_path, files, "where is an order kept"))
    assert found(tmp_path, files, "order")[0].parts["name"] > 0


HANDED_ON = {
    "lib/mod.rs": "use other::Helper;\npub use other::IntoOrder;\n\nfn f(h: Helper) {}\n",
    "lib/__init__.py": "from other import Helper, IntoOrder\n\nHelper()\n",
    "lib/index.ts": "import { Helper } from 'x'\nexport { IntoOrder } from 'x'\nHelper()\n",
}
USES = {
    "rs": "use lib::IntoOrder;\n\nfn g(a: IntoOrder, b: IntoOrder) -> IntoOrder { a }\n",
    "py": "from lib import IntoOrder\n\nIntoOrder(IntoOrder(1))\n",
    "ts": "import { IntoOrder } from './lib'\nIntoOrder(IntoOrder(1))\n",
}


@pytest.mark.parametrize("path", HANDED_ON)
def test_what_is_handed_on_is_found_where_others_get_it(tmp_path: Path, path: str) -> None:
    """Its definition is in another project; here it is imported, and not used."""
    ending = path.rpartition(".")[2]
    files = {f"a_{n}.{ending}": USES[ending] for n in range(3)} | {path: HANDED_ON[path]}

    hits = found(tmp_path, files, "IntoOrder")

    assert hits[0].path == path
    assert hits[0].parts["name"] > 0
    assert all("name" not in hit.parts for hit in hits[1:])


@pytest.mark.parametrize(
    ("aside", "weight"),
    [
        ("a/test_shop.py", "test"),
        ("a/vendor/shop.py", "vendored"),
        ("a/generated/shop.py", "generated"),
        ("a/legacy/shop.py", "legacy"),
        ("a/examples/shop.py", "example"),
    ],
)
def test_what_is_not_the_projects_own_code_comes_later(
    tmp_path: Path, aside: str, weight: str
) -> None:
    """With the same text, and first by its place."""
    files = {aside: READ, "z/shop.py": READ}

    assert paths(found(tmp_path, files, "where is an order read")) == ["z/shop.py", aside]
    hits = found(tmp_path, files, "where is an order read", **{weight: 3})
    assert paths(hits) == [aside, "z/shop.py"]


def test_what_only_declares_comes_later(tmp_path: Path) -> None:
    """The implementation, of two files that say the same."""
    text = "export function readOrder(number: number): string;\n"
    files = {"a/order.d.ts": text, "z/order.ts": text}

    assert paths(found(tmp_path, files, "where is an order read"))[0] == "z/order.ts"
    hits = found(tmp_path, files, "where is an order read", declared=3)
    assert paths(hits)[0] == "a/order.d.ts"


def test_tests_inside_the_file_they_test_come_later(tmp_path: Path) -> None:
    """As they do in a file of their own: Rust's `mod tests`."""
    code = "pub fn sum() -> u8 {\n" + "    more();\n" * 200 + "    1\n}\n\n"
    inner = "mod {} {{\n    fn reads_order() {{\n        read(order(order(1)));\n    }}\n}}\n"
    files = {"a.rs": code + inner.format("tests"), "z.rs": code + inner.format("shelf")}

    assert paths(found(tmp_path, files, "read order")) == ["z.rs", "a.rs"]
    assert paths(found(tmp_path, files, "read order", test=1.5))[0] == "a.rs"
    hits = found(tmp_path, files, "tests that read order")
    assert hits[0].name.startswith("tests")
    assert "standing (factor)" not in hits[0].parts


def test_who_asks_for_tests_gets_them(tmp_path: Path) -> None:
    """A word of the query takes the rule away."""
    files = {"shop.py": READ, "test_shop.py": "def test_read_order():\n    read_order(1)\n"}

    assert paths(found(tmp_path, files, "tests of reading an order"))[0] == "test_shop.py"


@pytest.mark.parametrize("old", ["v1/shop.py", "shop/v1/read.py"])
def test_old_versions_come_later(tmp_path: Path, old: str) -> None:
    """A folder `v1` whose files stand beside it too, or that has a newer brother."""
    new = {"v1/shop.py": "shop.py", "shop/v1/read.py": "shop/v2/read.py"}[old]
    files = {old: READ, new: READ}

    assert paths(found(tmp_path, files, "read an order")) == [new, old]
    assert paths(found(tmp_path, files, "read an order in v1", legacy=1.0))[0] == old


def test_the_newest_version_is_not_old(tmp_path: Path) -> None:
    """Though a file of its folder has a namesake beside the folder."""
    index = "export * from './v4/index'\n"
    files = {"src/index.ts": index, "src/v3/index.ts": index, "src/v4/index.ts": index}
    files |= {f"src/v{n}/{name}.ts": f"// {name}{name}\n" for n in (3, 4) for name in "ab"}

    hits = {hit.path: hit for hit in found(tmp_path, files, "index aa bb")}

    assert hits["src/v3/a.ts"].parts["standing (factor)"] == Weights().legacy
    assert "standing (factor)" not in hits["src/v4/a.ts"].parts


def test_kinds_that_the_question_names(tmp_path: Path) -> None:
    """The class, of a class and a function that say the same words."""
    files = {
        "a.py": "def invoice_total():\n    return 'invoice total'\n",
        "b.py": "class InvoiceTotal:\n    text = 'invoice total'\n",
    }

    hits = found(tmp_path, files, "class for the invoice total", kind=2, name=0)

    assert hits[0].kind == "class"


def test_what_many_files_use_comes_first(tmp_path: Path) -> None:
    """Two files that say the same, one of which others use."""
    text = "def {}(value):\n    return value  # tidy\n"
    files = {"a.py": text.format("lonely"), "b.py": text.format("popular")}
    files |= {f"use{n}.py": "from b import popular\n\npopular(1)\n" for n in range(4)}

    assert paths(found(tmp_path, files, "tidy"))[0] == "b.py"
    assert paths(found(tmp_path, files, "tidy", central=0))[0] == "a.py"


def test_further_results_of_a_file_come_later(tmp_path: Path) -> None:
    """One file does not fill the page."""
    many = "\n\n".join(
        f"def fry_{n}(pan):\n    '''Fry fry fry.'''\n" + "    pan += 1\n" * 50 + "    return pan"
        for n in range(4)
    )
    files = {"a.py": many, "b.py": "def cook(pan):\n    return pan  # fry\n"}

    assert paths(found(tmp_path, files, "fry")).index("b.py") == 1
    assert paths(found(tmp_path, files, "fry", repeated=1)).index("b.py") == 4


def test_meaning_finds_what_no_word_does(tmp_path: Path) -> None:
    """Vectors, where the words differ."""
    files = {
        "a.py": "def salmon():\n    return 'salmon'\n",
        "b.py": "def bike():\n    return 'bike'\n",
    }

    assert paths(found(tmp_path, files, "my bicycle"))[0] == "b.py"
    assert found(tmp_path, files, "my bicycle", vector=0, file_vector=0) == []

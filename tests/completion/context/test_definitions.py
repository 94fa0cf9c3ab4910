"""Definitions of the names at a cursor: projects as texts, and what a model is shown of them."""

from pathlib import Path

import pytest

from ownstack.completion.context import definitions
from ownstack.completion.context.open_files import Block
from ownstack.document import Document
from ownstack.index.snapshot.snapshot import Snapshot
from ownstack.index.texts import Texts
from ownstack.index.update.jobs import FileToRead, ReadFiles
from ownstack.index.update.tasks import read_files

FILES = {
    "shop/client.py": (
        "class ShopClient:\n"
        "    def __init__(self, host: str, port: int = 80) -> None:\n"
        "        self.host = host\n\n"
        "    def send_order(self, order: int, retries: int = 3) -> bool:\n"
        "        return True\n\n"
        "    def close(self) -> None:\n"
        "        pass\n"
    ),
    "shop/prices.py": (
        "def price_of(order: int, currency: str) -> float:\n    return 1.0\n\n\n"
        "def unused_thing(a: int) -> None:\n    pass\n"
    ),
    "other/prices.py": "def price_of(wrong: bytes) -> None:\n    pass\n",
    "shop/main.py": (
        "from shop.client import ShopClient\n"
        "from shop.prices import price_of\n"
        "from json import dumps\n"
        "from shop import prices\n\n\n"
        "def local_helper(a):\n    return a\n\n\n"
        "def buy():\n    "
    ),
    "shop/dumps.py": "def dumps(mine: int) -> None:\n    pass\n",
}


@pytest.fixture
def snapshot(tmp_path: Path) -> Snapshot:
    """The project, read as the index reads it."""
    for path, text in FILES.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text(text)
    files = tuple(FileToRead(path) for path in FILES)
    read = read_files(ReadFiles(str(tmp_path), files))
    return Snapshot.empty(Texts(tmp_path), dim=2).with_batch(read.batch)


def shown(
    snapshot: Snapshot, code: str, budget: int = 1_000, before: tuple[Block, ...] = ()
) -> tuple[Block, ...]:
    """Return the blocks at the end of main.py with some code added; a token is a character."""
    text = FILES["shop/main.py"] + code
    document = Document("file:///main.py", "shop/main.py", "python", 1, text)
    found = definitions.wanted(snapshot, document, len(text))
    return definitions.fitting(snapshot, found, before, budget, len)


def as_text(blocks: tuple[Block, ...]) -> str:
    return "\n".join(f"{block.path}\n{block.text}" for block in blocks)


def test_a_class_is_shown_with_its_members(snapshot: Snapshot) -> None:
    """Signatures without bodies, in the file's order."""
    [block] = [block for block in shown(snapshot, "ShopClient") if block.path == "shop/client.py"]

    assert block.text.split("\n") == [
        "class ShopClient",
        "    def __init__(self, host: str, port: int = 80) -> None",
        "    def send_order(self, order: int, retries: int = 3) -> bool",
        "    def close(self) -> None",
    ]


def test_an_import_says_which_is_meant(snapshot: Snapshot) -> None:
    """Not the function of the same name elsewhere."""
    text = as_text(shown(snapshot, "price_of("))

    assert "def price_of(order: int, currency: str) -> float" in text
    assert "wrong: bytes" not in text


def test_what_is_imported_from_outside_is_not_looked_for(snapshot: Snapshot) -> None:
    """A function of the project that happens to be called like it is another one."""
    assert "mine: int" not in as_text(shown(snapshot, "dumps("))


def test_a_modules_members_are_those_that_are_used(snapshot: Snapshot) -> None:
    """Of a module that is imported as a whole."""
    text = as_text(shown(snapshot, "prices.unused_thing("))

    assert "def unused_thing(a: int) -> None" in text


def test_what_the_file_defines_itself_is_not_shown(snapshot: Snapshot) -> None:
    """It is in the prompt anyway."""
    assert "local_helper" not in as_text(shown(snapshot, "local_helper("))


def test_the_budget_is_kept(snapshot: Snapshot) -> None:
    """By showing fewer members, then fewer definitions, the most important last."""
    for budget in (0, 40, 80, 120, 200, 400):
        blocks = shown(snapshot, "shop = ShopClient('h')\n    shop.send_order(price_of(", budget)
        lines = [line for block in blocks for line in (block.path, *block.text.split("\n"))]
        assert sum(len(line) + 1 for line in lines) <= budget
    assert "price_of" in as_text(shown(snapshot, "price_of(", 80))


def test_the_same_definitions_are_the_same_bytes(snapshot: Snapshot) -> None:
    """Moving to a line that needs less of what is shown changes nothing."""
    first = shown(snapshot, "price_of(1, 'e')\n    ShopClient")

    assert shown(snapshot, "price_of(1, 'e')\n    ", before=first) == first
    assert shown(snapshot, "prices.unused_thing(", before=first) != first


def test_a_changed_file_is_not_shown(snapshot: Snapshot, tmp_path: Path) -> None:
    """What was shown of it goes, too."""
    first = shown(snapshot, "ShopClient")
    (tmp_path / "shop/client.py").write_text("gone = 1\n")

    assert "ShopClient" in as_text(first)
    assert "ShopClient" not in as_text(shown(snapshot, "ShopClient", before=first))

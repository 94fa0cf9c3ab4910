"""What an @ is completed with: a question can name all of it."""

from pathlib import Path

from ownstack.app.chats.mention_completion import MAX_MENTIONS, completed
from tests.support.searchable import searchable

FILES = {
    "shop/fish.py": "class Pond:\n    def catch(self):\n        return 1\n",
    "shop/fishing.py": "def net():\n    return 2\n",
    "with space/fish.py": "X = 1\n",
    "deep/er/fish_test.py": "def test_pond():\n    pass\n",
}


def offered(tmp_path: Path, query: str, limit: int = 20) -> list[tuple[str, str]]:
    snapshot = searchable(tmp_path, FILES)
    return [(item.kind, item.insert) for item in completed(query, limit, tmp_path, snapshot)]


def test_the_best_of_each_kind_comes_first(tmp_path: Path) -> None:
    found = offered(tmp_path, "fish")

    assert found[0] == ("file", "@shop/fish.py")
    assert [insert for kind, insert in found if kind == "file"] == [
        "@shop/fish.py",
        "@shop/fishing.py",
        "@deep/er/fish_test.py",
    ]
    assert ("symbol", "@Pond") in offered(tmp_path, "pon")
    assert ("folder", "@deep/er") in offered(tmp_path, "deep")


def test_the_list_is_bounded(tmp_path: Path) -> None:
    assert len(offered(tmp_path, "", 2)) == 2
    assert len(offered(tmp_path, "", 10_000)) <= MAX_MENTIONS
    assert offered(tmp_path, "", -5) == [("selection", "@selection")]


def test_without_an_index_the_editor_is_offered() -> None:
    assert [item.insert for item in completed("s", 9, None, None)] == ["@selection"]

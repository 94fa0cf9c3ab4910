"""What belongs to lines: who calls them, what they use, the rules; bounded, and always the same."""

from __future__ import annotations

from pathlib import Path

from ownstack.actions.context import MAX_CALLERS, around
from tests.actions.targets import count, target
from tests.support.searchable import searchable

SHOP = (
    "from shop.door import Door, unlock\n\n\n"
    "def open_shop(door: Door) -> bool:\n    |return unlock(door)\n"
)
FILES = {
    "shop/open.py": SHOP.replace("|", ""),
    "shop/door.py": (
        "class Door:\n    def __init__(self, key):\n        self.key = key\n\n\n"
        "def unlock(door, password='hunter2-9f8a7b6c'):\n    return True\n"
    ),
    "shop/main.py": (
        "from shop.open import open_shop\n\n\ndef main(argv):\n    return open_shop(argv[0])\n"
    ),
    "tests/test_open.py": (
        "from shop.open import open_shop\n\n\ndef test_open():\n    assert open_shop(None)\n"
    ),
    "other/open.py": "def open_shop(x):\n    return x\n\n\ndef more():\n    return open_shop(1)\n",
}


def test_callers_and_definitions(tmp_path: Path) -> None:
    """Callers by an import, whatever else has the name; definitions that other files have."""
    snapshot = searchable(tmp_path, FILES)

    found = around(snapshot, target(SHOP, "shop/open.py"), count, 1_000)

    assert [place.where for place in found.callers] == ["shop/main.py:5", "tests/test_open.py:5"]
    assert found.callers[0].code == "return open_shop(argv[0])"
    assert found.callers[0].signature == "def main(argv)"
    assert [place.where for place in found.definitions] == ["shop/door.py:1", "shop/door.py:6"]
    by_path = {snippet.path: snippet.text for snippet in found.related}
    assert "line 5: return open_shop(argv[0])  (in def main(argv))" in by_path["shop/main.py"]
    assert "class Door" in by_path["shop/door.py"]
    assert "other/open.py" not in by_path


def test_secrets_are_blanked(tmp_path: Path) -> None:
    """In signatures and in the project's rules."""
    snapshot = searchable(tmp_path, FILES)
    (tmp_path / "AGENTS.md").write_text("password = 'hunter2-9f8a7b6c'\nBe brief.\n", "utf-8")

    found = around(snapshot, target(SHOP, "shop/open.py"), count, 1_000, tmp_path)

    shown = found.rules + "".join(snippet.text for snippet in found.related)
    assert "hunter2" not in shown + "".join(place.signature for place in found.definitions)
    assert "Be brief." in found.rules


def test_the_same_lines_have_the_same_bytes(tmp_path: Path) -> None:
    """Whatever order the files came in."""
    one = around(searchable(tmp_path, FILES), target(SHOP, "shop/open.py"), count, 1_000)
    turned = dict(reversed(FILES.items()))
    other = around(searchable(tmp_path, turned), target(SHOP, "shop/open.py"), count, 1_000)

    assert one == other


def test_a_budget(tmp_path: Path) -> None:
    """It holds for everything together; what is nearest comes first, tests last."""
    files = FILES | {
        f"shop/caller{number:02}.py": "from shop.open import open_shop\n\n\n"
        f"def call_{number}():\n    return open_shop({number})\n"
        for number in range(40)
    }
    snapshot = searchable(tmp_path, files)
    (tmp_path / "AGENTS.md").write_text("Be brief. " * 5_000, "utf-8")

    for budget in (0, 20, 60, 200, 2_000):
        found = around(snapshot, target(SHOP, "shop/open.py"), count, budget, tmp_path)
        shown = found.rules + "\n".join(f"{each.path}\n{each.text}" for each in found.related)
        assert count(shown) <= budget
        assert len(found.callers) <= MAX_CALLERS
    assert found.callers
    assert not any(place.path.startswith("tests/") for place in found.callers)


def test_what_changed_since_is_not_shown(tmp_path: Path) -> None:
    snapshot = searchable(tmp_path, FILES)
    (tmp_path / "shop/main.py").write_text("def main(argv):\n    pass\n", "utf-8")

    found = around(snapshot, target(SHOP, "shop/open.py"), count, 1_000)

    assert [place.path for place in found.callers] == ["tests/test_open.py"]


def test_without_an_index(tmp_path: Path) -> None:
    """There are the rules, or nothing."""
    (tmp_path / "AGENTS.md").write_text("Be brief.", "utf-8")

    assert around(None, target(SHOP), count, 1_000).related == ()
    assert "Be brief." in around(None, target(SHOP), count, 1_000, tmp_path).rules


def test_uses_inside_of_the_lines_are_no_callers(tmp_path: Path) -> None:
    """Nor are imports; another place of the same file is one."""
    text = "def walk(n):\n    |return walk(n - 1)\n\n\ndef start():\n    return walk(3)\n"
    snapshot = searchable(tmp_path, {"walk.py": text.replace("|", "")})

    found = around(snapshot, target(text, "walk.py"), count, 1_000)

    assert [place.where for place in found.callers] == ["walk.py:6"]

"""Tests are wished where the project has them, with what is tested and one of them shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from ownstack.actions import test as testing
from ownstack.actions.checks.check import Draft
from ownstack.actions.context import NOTHING
from ownstack.actions.wish import Wish
from ownstack.errors import EditError
from tests.actions.targets import target

DOOR = "def unlock(door):\n    |return door.open()\n"
LOCK = (
    "import pytest\n\nfrom shop.lock import turn\n\n\n"
    "def test_turn():\n    key = 1\n    assert turn(key)\n"
)


def wish(root: Path, marked: str, path: str, **files: str) -> Wish:
    for name, text in {path: marked.replace("|", ""), **files}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(text.encode())
    return testing.wish(root, target(marked, path), NOTHING)


def test_a_new_file(tmp_path: Path) -> None:
    """Called like its siblings, of which one is shown, head and test."""
    made = wish(tmp_path, DOOR, "shop/door.py", **{"shop/lock.py": "", "tests/test_lock.py": LOCK})

    assert (made.target.path, made.target.text) == ("tests/test_door.py", "")
    assert made.instruction.startswith("Write tests for `unlock` with pytest:")
    assert "tests/test_door.py is a new file" in made.instruction
    assert "```python\ndef unlock(door):\n    return door.open()\n```" in made.instruction
    assert LOCK.rstrip().replace("\n\n\n", "\n\n") in made.instruction
    assert Draft(made, "def test_x():\n    pass").after == "def test_x():\n    pass\n"


@pytest.mark.parametrize("end", ["", "\n", "\n\n", "\n\n\n\n"])
def test_an_existing_file(tmp_path: Path, end: str) -> None:
    """New tests stand at its end, with the empty lines that the language has there."""
    text = LOCK.rstrip() + end
    made = wish(tmp_path, DOOR, "shop/door.py", **{"tests/test_door.py": text})

    assert made.target.path == "tests/test_door.py"
    assert made.target.text == text
    assert "answer with the new tests alone" in made.instruction
    assert "test_turn" in made.instruction
    after = Draft(made, "def test_x():\n    pass").after
    assert after.startswith(text)
    below = after[len(LOCK.rstrip()) :]
    assert below == "\n" * max(3, end.count("\n")) + "def test_x():\n    pass\n"


def test_line_ends_are_those_of_the_file(tmp_path: Path) -> None:
    made = wish(
        tmp_path, DOOR, "shop/door.py", **{"tests/test_door.py": LOCK.replace("\n", "\r\n")}
    )

    assert Draft(made, "def test_x():\r\n    pass").after.count("\n") == LOCK.count("\n") + 4
    assert "\n\n" not in Draft(made, "def test_x():\r\n    pass").after


def test_java_tests_stand_in_their_class(tmp_path: Path) -> None:
    """The last one is written again, with the new ones below it."""
    text = "class DoorTest {\n    @Test\n    void opens() {\n        open();\n    }\n}\n"
    made = wish(
        tmp_path,
        "class Door {\n    void |open() {\n    }\n}\n",
        "src/main/java/Door.java",
        **{"src/test/java/DoorTest.java": text, "pom.xml": "<a>junit-jupiter</a>"},
    )

    assert made.target.code == "    @Test\n    void opens() {\n        open();\n    }"
    assert "answer with them as they are, and the new tests below" in made.instruction


def test_rust_tests_stand_in_the_file(tmp_path: Path) -> None:
    """In its module `tests`, which is made if there is none."""
    code = "pub fn add(a: i32) -> i32 {\n    |a + 1\n}\n"
    made = wish(tmp_path, code, "src/add.rs")
    assert (made.target.path, made.target.code) == ("src/add.rs", "")
    assert "use super::*;" in made.instruction
    assert Draft(made, "#[cfg(test)]").after.endswith("}\n\n#[cfg(test)]\n")

    tests = (
        "\n#[cfg(test)]\nmod tests {\n    use super::*;\n    #[test]\n    fn one() {\n    }\n}\n"
    )
    made = wish(tmp_path, code + tests, "src/add.rs")
    assert made.target.code == "    #[test]\n    fn one() {\n    }"


def test_scripts_show_a_call(tmp_path: Path) -> None:
    """Of `it` or `test`, whose blocks are no symbols."""
    spec = (
        'import { it } from "vitest";\n\ndescribe("lock", () => {\n  it("turns", () => {\n'
        "    const key = 1;\n    expect(turn(key)).toBe(1);\n  });\n});\n"
    )
    made = wish(
        tmp_path,
        "export function open() {\n  |return 1;\n}\n",
        "src/door.ts",
        **{"src/lock.ts": "", "src/lock.test.ts": spec},
    )

    assert made.target.path == "src/door.test.ts"
    assert '  it("turns", () => {\n    const key = 1;' in made.instruction
    assert "with vitest" in made.instruction


def test_what_cannot_be_tested(tmp_path: Path) -> None:
    with pytest.raises(EditError, match="not known how ruby is tested"):
        wish(tmp_path, "def add\n  |1\nend\n", "a.rb")
    with pytest.raises(EditError, match="in which language"):
        testing.wish(tmp_path, target("x|y", "a.unknown"), NOTHING)


def test_a_test_file_that_is_read_only(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/test_door.py").write_text(LOCK, "utf-8")
    (tmp_path / "tests/test_door.py").chmod(0o444)

    with pytest.raises(EditError, match="read-only"):
        wish(tmp_path, DOOR, "shop/door.py")


def test_secrets_are_blanked(tmp_path: Path) -> None:
    made = wish(
        tmp_path,
        "def login():\n    |password = 'hunter2-9f8a7b6c'\n",
        "shop/login.py",
        **{"tests/test_login.py": "def test_a():\n    password = 'hunter2-9f8a7b6c'\n    x()\n"},
    )

    assert "hunter2" not in made.instruction


def test_a_folder_of_tests_that_leads_elsewhere(tmp_path: Path) -> None:
    """Nothing is read there, and nothing written."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/test_door.py").write_text("other = 1\n", "utf-8")
    root = tmp_path / "project"
    root.mkdir()
    (root / "tests").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(EditError, match="outside of the project"):
        wish(root, DOOR, "door.py")
    (root / "tests").unlink()
    (root / "kept").mkdir()
    (root / "tests").symlink_to(root / "kept")
    with pytest.raises(EditError, match="leads to another file"):
        wish(root, DOOR, "door.py")

"""Where the tests of a file belong: where they are, else as those of its neighbours."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from ownstack.actions import test_files
from ownstack.actions.test_files import place_of
from ownstack.languages import language_of


def place(root: Path, path: str, *files: str) -> tuple[str, bool, str]:
    for name in (path, *files):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("x\n", "utf-8")
    language = language_of("", path)
    assert language is not None
    found = place_of(root, path, language)
    return found.path, found.exists, found.sibling


@pytest.mark.parametrize(
    ("path", "files", "expected"),
    [
        # Those that are there.
        ("shop/door.py", ["tests/test_door.py"], "tests/test_door.py"),
        ("shop/door.py", ["tests/shop/test_door.py", "tests/house/test_door.py"],
         "tests/shop/test_door.py"),
        ("src/door.ts", ["src/door.spec.ts", "src/lock.test.ts"], "src/door.spec.ts"),
        ("src/main/java/shop/Door.java", ["src/test/java/shop/DoorTest.java"],
         "src/test/java/shop/DoorTest.java"),
        ("shop/door.go", ["shop/door_test.go"], "shop/door_test.go"),
        ("shop/bicycles/__init__.py", ["tests/test_bicycles.py"], "tests/test_bicycles.py"),
    ],
)  # fmt: skip
def test_they_are_there(tmp_path: Path, path: str, files: list[str], expected: str) -> None:
    found, exists, _ = place(tmp_path, path, *files)

    assert (found, exists) == (expected, True)


@pytest.mark.parametrize(
    ("path", "files", "expected"),
    [
        ("shop/door.py", [], "tests/test_door.py"),
        ("shop/door.py", ["shop/lock.py", "tests/shop/test_lock.py"], "tests/shop/test_door.py"),
        ("server/shop/in/door.py", ["server/shop/lock.py", "tests/test_lock.py"],
         "tests/in/test_door.py"),
        ("server/shop/in/door.py", ["server/shop/out/lock.py", "tests/out/test_lock.py"],
         "tests/in/test_door.py"),
        ("shop/door.py", ["shop/lock.py", "shop/lock_test.py"], "shop/door_test.py"),
        ("shop/door.py", ["tests/test_everything.py"], "tests/test_door.py"),
        ("src/door.ts", [], "src/door.test.ts"),
        ("src/in/door.ts", ["src/lock.ts", "src/__tests__/lock.test.ts"],
         "src/in/__tests__/door.test.ts"),
        ("src/door.tsx", ["src/lock.tsx", "src/lock.spec.tsx"], "src/door.spec.tsx"),
        ("shop/door.go", [], "shop/door_test.go"),
        ("src/main/java/shop/Door.java", [], "src/test/java/shop/DoorTest.java"),
        ("a/src/main/java/shop/Door.java",
         ["a/src/main/java/house/Lock.java", "a/src/test/java/house/LockTest.java"],
         "a/src/test/java/shop/DoorTest.java"),
    ],
)  # fmt: skip
def test_they_are_not_there_yet(tmp_path: Path, path: str, files: list[str], expected: str) -> None:
    """Named like their siblings, and in the folder that mirrors theirs."""
    found, exists, _ = place(tmp_path, path, *files)

    assert (found, exists) == (expected, False)


def test_the_sibling_is_near(tmp_path: Path) -> None:
    """An example of how tests are written is one that stands near, and of the language."""
    _, _, sibling = place(
        tmp_path,
        "shop/in/door.py",
        "tests/in/test_lock.py",
        "tests/test_all.py",
        "tests/out/test_gate.py",
        "tests/in/door.test.ts",
    )

    assert sibling == "tests/in/test_lock.py"


def test_what_is_ignored_is_not_looked_at(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("build/\n", "utf-8")
    found, exists, sibling = place(
        tmp_path,
        "door.py",
        "build/test_door.py",
        "node_modules/test_door.py",
        "vendor/test_door.py",
    )

    assert (found, exists, sibling) == ("tests/test_door.py", False, "")


def test_a_large_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where tests are is found in time by the number of files, not by that of their pairs."""
    sources = [f"src/part{n}/__init__.py" for n in range(15_000)]
    tests = [f"tests/test_other{n}.py" for n in range(5_000)]
    monkeypatch.setattr(test_files, "_files", lambda root, language: (sources, tests))
    language = language_of("", "a.py")
    assert language is not None
    started_s = time.thread_time()

    found = place_of(tmp_path, "src/new.py", language)

    assert found.path == "tests/test_new.py"
    assert time.thread_time() - started_s < 5

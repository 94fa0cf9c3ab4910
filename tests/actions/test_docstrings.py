"""The convention of documentation is read from the file, from those beside it, from settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from ownstack.actions.docstrings import MAX_EXAMPLE_CHARS, convention_of
from tests.actions.targets import target

BARE = "\n\ndef new(a):\n    |return a\n"
DOCS = {
    "numpy": '"""Add.\n\n    Parameters\n    ----------\n    a : int\n    """',
    "google": '"""Add.\n\n    Args:\n        a: A number.\n    """',
    "sphinx": '"""Add.\n\n    :param a: A number.\n    """',
    "epytext": '"""Add.\n\n    @param a: A number.\n    """',
    "plain": '"""Add a number.\n\n    It is not a text.\n    """',
}


@pytest.mark.parametrize("name", DOCS)
def test_python(name: str) -> None:
    """The example is a docstring of the file, below what it is of."""
    text = f"def add(\n    a: int,\n) -> int:\n    {DOCS[name]}\n    return a + 1\n"

    found = convention_of(target(text + BARE))

    assert found.name == name
    assert found.example == text.removesuffix("    return a + 1\n").rstrip("\n")


@pytest.mark.parametrize(
    ("path", "text", "name"),
    [
        ("a.js", "/** Adds.\n * @param {number} a it\n */\nfunction add(a) {\n}\n", "jsdoc"),
        ("a.ts", "/** Adds.\n * @param a - it\n */\nfunction add(a: number) {\n}\n", "tsdoc"),
        ("a.ts", "/** Adds.\n * @param {number} a\n */\nfunction add(a: number) {\n}\n", "jsdoc"),
        ("a.rs", "/// Adds.\n///\n/// # Errors\nfn add(a: i32) {\n}\n", "rustdoc"),
        ("a.go", "// Add adds.\nfunc Add(a int) {\n}\n", "godoc"),
        ("A.java", "class A {\n  /** Adds.\n   * @param a it\n   */\n  void add(int a) {\n  }\n}\n",
         "javadoc"),
    ],
)  # fmt: skip
def test_other_languages(path: str, text: str, name: str) -> None:
    """The comment above, with the line that it is about."""
    last = {"a.rs": "fn new() {\n|}\n", "a.go": "func New() {\n|}\n"}.get(path, "class B {\n|}\n")

    found = convention_of(target(f"{text}\n{last}", path))

    assert found.name == name
    assert "dds." in found.example
    assert "add" in found.example.splitlines()[-1].lower()


def test_neighbours_are_read_if_the_file_says_nothing(tmp_path: Path) -> None:
    """Of its language, in the order of their names."""
    (tmp_path / "a.py").write_text(f"def f(a):\n    {DOCS['sphinx']}\n", "utf-8")
    (tmp_path / "b.py").write_text(f"def f(a):\n    {DOCS['sphinx']}\n", "utf-8")
    (tmp_path / "c.py").write_text(f"def f(a):\n    {DOCS['numpy']}\n", "utf-8")
    (tmp_path / "z.ts").write_text("/** @param a - it */\nfunction f(a) {}\n", "utf-8")

    found = convention_of(target(BARE), tmp_path)

    assert (found.name, found.example.splitlines()[0]) == ("sphinx", "def f(a):")
    assert convention_of(target(BARE)).name == "plain"


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("pyproject.toml", '[tool.ruff.lint.pydocstyle]\nconvention = "numpy"\n'),
        ("pyproject.toml", "[tool.pydoclint]\nstyle = 'numpy'\n"),
        ("setup.cfg", "[pydocstyle]\nconvention = numpy\n"),
    ],
)
def test_settings_come_first(tmp_path: Path, file: str, text: str) -> None:
    (tmp_path / file).write_text(text, "utf-8")
    google = f"def f(a):\n    {DOCS['google']}\n"

    found = convention_of(target(google + BARE), tmp_path)

    assert (found.name, found.example) == ("numpy", "")


def test_examples_are_short_and_hold_no_secrets() -> None:
    long = f'def f(a):\n    """{"Adds a number. " * 500}"""\n\n\n'
    secret = 'def g(a, password="hunter2-9f8a7b6c"):\n    """Add."""\n'

    found = convention_of(target(long + secret + BARE))

    assert found.example.startswith("def g(a, password=")
    assert "hunter2" not in found.example
    assert len(found.example) <= MAX_EXAMPLE_CHARS


def test_what_is_documented_now_is_no_example() -> None:
    """A target's own docstring shows nothing."""
    text = f"def f(a):\n    {DOCS['google']}\n    |return a\n"

    assert convention_of(target(text)).example == ""


def test_hostile_files_take_no_time(tmp_path: Path) -> None:
    """Nor does one that is no text, a folder that is called so, or one of 20,000 lines."""
    (tmp_path / "a.py").write_bytes(b"\0" * 1_000)
    (tmp_path / "b.py").mkdir()
    text = "x = 1\n" * 20_000 + "def f(a):\n" + "    @param" + " " * 50_000 + "\n"

    assert convention_of(target(text + BARE), tmp_path).name == "plain"

"""House rules that a machine can check."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.package_tree import parsed

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "server" / "ownstack"
MODULES = sorted(PACKAGE.rglob("*.py"))
MAX_MODULE_LINES = 400
MAX_FUNCTION_LINES = 70
BY_NAME = {"llama_cpp": "engine/llama/native/bindings.py"}
"""Library that is imported by its name in a string → the one module that does."""


def name(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


@pytest.mark.process
def test_imports_keep_the_contracts() -> None:
    """Packages import what stands below them, and libraries are known where the table says."""
    pytest.importorskip("importlinter", reason="needs import-linter: pip install -e '.[lint]'")
    # In a process of its own: it sets up logging for all of its own.
    command = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    asked = subprocess.run(
        [sys.executable, "-c", command, "--no-cache"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(PACKAGE.parent)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert asked.returncode == 0, asked.stdout


@pytest.mark.parametrize(
    ("folder", "above"),
    [(PACKAGE, {"benchmarks", "tests", "training"}), (ROOT / "benchmarks", {"training"})],
    ids=["ownstack", "benchmarks"],
)
def test_what_is_beside_the_package_imports_one_way(folder: Path, above: set[str]) -> None:
    """Training measures by benchmarks, which measure the package; never the other way round."""
    imported = [
        (path.relative_to(ROOT).as_posix(), top)
        for path in sorted(folder.rglob("*.py"))
        for top in sorted(above)
        if re.search(rf"^\s*(from|import) {top}\b", path.read_text("utf-8"), re.MULTILINE)
    ]

    assert imported == []


@pytest.mark.parametrize("library", BY_NAME)
def test_a_library_that_is_imported_by_name_is_named_in_one_module(library: str) -> None:
    """No linter sees what a string imports."""
    named = [
        name(path)
        for path in MODULES
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.fullmatch(rf"{library}(\.\w+)*", node.value)
    ]

    assert set(named) == {BY_NAME[library]}


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_sizes(path: Path) -> None:
    """A module fits a head, a function a screen."""
    source = path.read_text("utf-8")
    functions = [
        (node.name, node.end_lineno - node.lineno + 1)
        for node in ast.walk(parsed(path))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.end_lineno
    ]

    assert source.count("\n") <= MAX_MODULE_LINES
    assert [f for f in functions if f[1] > MAX_FUNCTION_LINES] == []


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_nothing_is_swallowed_or_left_for_later(path: Path) -> None:
    """No silent `except`, no note to a later self."""
    source = path.read_text("utf-8")
    silent = [
        handler.lineno
        for handler in ast.walk(parsed(path))
        if isinstance(handler, ast.ExceptHandler)
        and (handler.type is None or getattr(handler.type, "id", "") == "Exception")
        and all(isinstance(node, ast.Pass) for node in handler.body)
    ]

    assert silent == []
    assert re.findall(r"\b(?:TODO|FIXME|XXX|NotImplementedError)\b", source) == []


def test_package_folders_have_no_names_that_collect_things() -> None:
    """A module is named after the noun it holds."""
    vague = {"utils", "util", "helpers", "helper", "common", "manager", "misc"}

    assert [name(path) for path in MODULES if path.stem in vague] == []

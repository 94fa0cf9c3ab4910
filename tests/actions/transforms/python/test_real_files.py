"""Transforms of files that others wrote: the standard library, and what is installed here."""

import ast
import random
import sysconfig
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from ownstack.actions.transforms.choice import MAX_CHARS
from tests.support.transforming import transformed

_N_FILES = 60
"""At least; until there is one that an action changes."""
_ACTIONS = ("organiseImports", "removeUnusedImports", "convertToFString")


def _files() -> list[Path]:
    """Return files in an order of chance, the same each time on one machine."""
    folders = [Path(sysconfig.get_path("stdlib")), Path(sysconfig.get_path("purelib"))]
    found = sorted(path for folder in folders for path in folder.glob("*/*.py"))
    found += sorted(folders[0].glob("*.py"))
    readable = [path for path in found if 200 < path.stat().st_size < MAX_CHARS // 5]
    return random.Random(15).sample(readable, len(readable))


def _parsed(text: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text)


def _texts() -> Iterator[tuple[Path, str]]:
    for path in _files():
        try:
            with path.open(encoding="utf-8", newline="") as file:
                text = file.read()
            _parsed(text)
        except (SyntaxError, ValueError):
            continue
        yield path, text


def _taken(tree: ast.Module) -> set[tuple[object, ...]]:
    """Return every name that an import takes."""
    return {
        (type(node).__name__, getattr(node, "module", ""), getattr(node, "level", 0), alias.name,
         alias.asname)
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for alias in node.names
    }  # fmt: skip


class _WithoutImports(ast.NodeTransformer):
    def visit_Import(self, node: ast.Import) -> None:
        return None

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        return None

    def visit_Pass(self, node: ast.Pass) -> None:
        return None


def _without_imports(text: str) -> str:
    return ast.dump(_WithoutImports().visit(_parsed(text)))


@pytest.mark.slow
@pytest.mark.parametrize("action", _ACTIONS)
def test_what_was_not_to_change_does_not(action: str) -> None:
    """The result parses; it differs in imports or in texts only; a second time changes nothing."""
    changed = 0
    for looked_at, (path, text) in enumerate(_texts()):
        if looked_at >= _N_FILES and changed:
            break
        if "$0" in text:
            continue
        marked = f"$0{text}$0" if action == "convertToFString" else text
        after = transformed(action, marked, path.name)
        if after is None:
            continue
        changed += 1
        before_tree, after_tree = _parsed(text), _parsed(after)
        if action == "convertToFString":
            n_before, n_after = (
                sum(isinstance(node, ast.stmt) for node in ast.walk(tree))
                for tree in (before_tree, after_tree)
            )
            assert n_before == n_after, path
            continue
        assert _without_imports(text) == _without_imports(after), path
        assert transformed(action, after, path.name) is None, path
        if action == "organiseImports":
            assert _taken(after_tree) == _taken(before_tree), path
        else:
            assert _taken(after_tree) < _taken(before_tree), path
    assert changed > 0

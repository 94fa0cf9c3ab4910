"""House rules that a machine can check."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "server" / "ownstack"
MODULES = sorted(PACKAGE.rglob("*.py"))
MAX_MODULE_LINES = 400
MAX_FUNCTION_LINES = 70

# Library → the only modules (paths below the package) that may import it.
BORDERS = {
    "llama_cpp": ("engine/llama.py",),
    "tree_sitter": ("syntax.py", "queries.py"),
    "lancedb": ("index/store.py",),
    "pyarrow": ("index/store.py", "index/arrow.py"),
    "pygls": ("lsp/",),
    "lsprotocol": ("lsp/",),
    "cattrs": ("lsp/",),
}
# Package → packages of ours that it must not know.
LAYERS = {
    "engine": ("completion", "lsp", "daemon", "document", "cli"),
    "completion": ("lsp", "daemon", "cli"),
    "syntax.py": ("engine", "completion", "lsp", "daemon", "cli"),
    "text.py": ("engine", "completion", "lsp", "daemon", "cli", "syntax"),
}


def imports(path: Path) -> Iterator[str]:
    """Every absolute module name that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def name(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_import_borders(path: Path) -> None:
    """Each big library is known to one module only."""
    strangers = [
        (module, allowed)
        for module in imports(path)
        for library, allowed in BORDERS.items()
        if module.split(".")[0] == library and not name(path).startswith(allowed)
    ]

    assert strangers == []


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_layers(path: Path) -> None:
    """The engine knows no editors; completion knows no protocol."""
    forbidden = LAYERS.get(name(path).split("/")[0], ())

    strangers = [
        module
        for module in imports(path)
        if any(f"{module}.".startswith(f"ownstack.{package}.") for package in forbidden)
    ]

    assert strangers == []


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_sizes(path: Path) -> None:
    """A module fits a head, a function a screen."""
    source = path.read_text("utf-8")
    functions = [
        (node.name, node.end_lineno - node.lineno + 1)
        for node in ast.walk(ast.parse(source))
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
        for handler in ast.walk(ast.parse(source))
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

"""The tree of the package in docs/ARCHITECTURE.md, made from the first lines of docstrings."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "server" / "ownstack"
DOCUMENT = ROOT / "docs" / "ARCHITECTURE.md"
BEGIN, END = "<!-- tree: scripts/fix writes it -->\n", "<!-- /tree -->"
WIDTH = 26


@functools.cache
def parsed(module: Path) -> ast.Module:
    """Return the tree of a module; read once, since many tests look at all of them."""
    return ast.parse(module.read_text("utf-8"))


def tree() -> str:
    """Return the tree, a line for each folder and each module, in a fence."""
    return "\n".join(["```text", *_lines(PACKAGE, ""), "```", ""])


def written(document: str) -> str:
    """Return the tree that stands in a document."""
    return document.partition(BEGIN)[2].partition(END)[0]


def _lines(folder: Path, indent: str) -> Iterator[str]:
    entries = [path for path in folder.iterdir() if path.suffix == ".py" or _is_package(path)]
    # Folders first: they are what somebody looks for.
    for path in sorted(entries, key=lambda path: (path.is_file(), path.name)):
        if path.is_dir():
            yield _line(f"{indent}{path.name}/", path / "__init__.py")
            yield from _lines(path, indent + "  ")
        elif path.name != "__init__.py":
            yield _line(indent + path.name, path)


def _line(name: str, module: Path) -> str:
    says = ast.get_docstring(parsed(module)) or ""
    return f"{name:{WIDTH}} {says.partition(chr(10))[0]}".rstrip()


def _is_package(path: Path) -> bool:
    return (path / "__init__.py").is_file()


if __name__ == "__main__":
    head, begin, rest = DOCUMENT.read_text("utf-8").partition(BEGIN)
    _, end, tail = rest.partition(END)
    DOCUMENT.write_text("".join([head, begin, tree(), end, tail]), "utf-8")

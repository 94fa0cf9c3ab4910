"""Syntax trees of Python: functions by name, and what is equal but for some of them."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

Definition = ast.FunctionDef | ast.AsyncFunctionDef


def parsed(text: str) -> ast.Module:
    """Parse a module.

    Raises:
        SyntaxError: it is none.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(text)
        except (ValueError, RecursionError, MemoryError) as error:
            raise SyntaxError(str(error)) from error


def found(tree: ast.Module, function: str) -> Definition:
    """Return a function by its qualified name.

    Raises:
        LookupError: there is none, or more than one.
    """
    *classes, name = function.split(".")
    body = tree.body
    for outer in classes:
        body = _only(body, ast.ClassDef, outer).body
    node: Definition = _only(body, Definition, name)
    return node


def segment(text: str, function: str) -> str:
    """Return the text of a function, whole lines, without decorators and the last line's end.

    Raises:
        LookupError: see `found`.
    """
    node = found(parsed(text), function)
    return "\n".join(text.split("\n")[node.lineno - 1 : node.end_lineno])


@lru_cache(maxsize=16)
def dumped_without(text: str, changed: str, added: str = "") -> str:
    """Return a module, as a text to be compared, but for a function that is changed or added.

    Of the one that is changed its decorators and its place are kept.

    Raises:
        LookupError: see `found`.
    """
    tree = parsed(text)
    gone = found(tree, added) if added else None
    _Without(found(tree, changed), gone).visit(tree)
    return ast.dump(tree)


class _Without(ast.NodeTransformer):
    def __init__(self, changed: Definition, gone: Definition | None) -> None:
        self._changed = changed
        self._gone = gone

    def visit(self, node: ast.AST) -> ast.AST | None:
        if node is self._gone:
            return None
        if node is self._changed:
            return ast.Expr(ast.List(self._changed.decorator_list))
        return self.generic_visit(node)


def _only(body: Sequence[ast.stmt], kind: Any, name: str) -> Any:
    nodes = [node for node in body if isinstance(node, kind) and node.name == name]
    if len(nodes) != 1:
        raise LookupError(name)
    return nodes[0]

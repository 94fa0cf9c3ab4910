"""What Python's own parser and symbol tables say of a text. Nothing of the text is run."""

from __future__ import annotations

import ast
import builtins
import re
import symtable
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from ownstack.languages import language_of
from ownstack.syntax.captures import borders, whole_tree

_MAX_CHARS = 1_000_000
_MAX_DEPTH = 400
_NAMED_ESCAPE = re.compile(r"\\N\{[^{}\n]{1,100}\}")
_ESCAPE = re.compile(r"\\([^\r\n])")
_NEWER = re.compile(
    r"\bexcept[ \t]*\*|^[ \t]*type[ \t]+\w|\b(?:def|class)[ \t]+\w{1,200}[ \t]*\[", re.M
)
"""What Python 3.10 does not know."""
_MAKES_NAMES = re.compile(r"\bglobals\(\)|\bexec[ \t]*\(|\bvars\(\)[ \t]*\[")
_NO_CODE = ("annotation", "returns", "type_comment", "type_ignores", "ctx", "kind")
_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
_TYPING = (ast.Import, ast.ImportFrom, ast.Pass)
_FOR_ANNOTATIONS = frozenset(("typing", "typing_extensions", "collections.abc", "__future__"))
_OTHERS = (
    "__annotations__ __builtins__ __cached__ __class__ __doc__ __file__ __loader__ __module__ "
    "__name__ __package__ __path__ __qualname__ __spec__ __conditional_annotations__ _ "
    "BaseExceptionGroup ExceptionGroup EncodingWarning PythonFinalizationError WindowsError "
    "aiter anext display get_ipython In Out reveal_locals reveal_type"
)
KNOWN = frozenset((*dir(builtins), *_OTHERS.split()))
"""Names that are there without being defined."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why Python does not take a text."""

    line: int
    """1-based."""
    what: str


def fault(text: str) -> Fault | None:
    """Return why Python does not take a text, None if it does or that cannot be said."""
    tree = _tree(text)
    if isinstance(tree, Fault) or tree is None:
        return tree
    return next(_misplaced(tree), None)


def is_sound(text: str) -> bool:
    """Say whether Python surely takes a text."""
    tree = _tree(text)
    return isinstance(tree, ast.Module) and next(_misplaced(tree), None) is None


def undefined(text: str) -> frozenset[str] | None:
    """Return names that are used and that nothing in the text defines.

    None if that cannot be said: it does not parse, or takes names from elsewhere (`import *`).
    """
    tree = _tree(text)
    if not isinstance(tree, ast.Module) or _MAKES_NAMES.search(text):
        return None
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
            return None
    try:
        top = symtable.symtable(_readable(text), "<draft>", "exec")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    used: set[str] = set()
    defined: set[str] = set()
    bound: set[str] = set()
    tables = [top]
    while tables:
        table = tables.pop()
        tables += table.get_children()
        for symbol in _symbols(table, is_module=table is top):
            is_bound = symbol.is_assigned() or symbol.is_imported() or symbol.is_namespace()
            name = symbol.get_name()
            if is_bound or symbol.is_parameter():
                bound.add(name)
            if is_bound and (table is top or symbol.is_declared_global()):
                defined.add(name)
            if symbol.is_referenced() and symbol.is_global():
                used.add(name)
    # With `from __future__ import annotations` the tables leave annotations out.
    annotated = {node.id for part in _annotations(tree) for node in ast.walk(part)
                 if isinstance(node, ast.Name)}  # fmt: skip
    return frozenset((used - defined) | (annotated - bound - defined)) - KNOWN


def _symbols(table: symtable.SymbolTable, *, is_module: bool) -> Iterator[symtable.Symbol]:
    """Give the names of a scope. Cost: linear in its names and the scopes in it.

    As `get_symbols` does, which looks through all scopes in it for each name, and takes a function
    that is called "top" for the module.
    """
    inner = {child.get_name(): child for child in table.get_children()}
    for name, flags in vars(table)["_table"].symbols.items():
        namespaces = [inner[name]] if name in inner else None
        yield symtable.Symbol(name, flags, namespaces, module_scope=is_module)


def code(text: str) -> tuple[str, ...] | None:
    """Return what a text does, in words; without documentation and annotations.

    What an annotation needs to be imported for is no code either: imports of `typing` and its like.
    """
    tree = _tree(text)
    if not isinstance(tree, ast.Module):
        return None
    found: list[str] = []
    stack: list[ast.AST | str] = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, str):
            found.append(node)
        elif not (isinstance(node, _TYPING) and _is_typing(node)):
            stack += reversed(_parts(node))
    return tuple(found)


def _parts(node: ast.AST) -> list[ast.AST | str]:
    if isinstance(node, ast.AnnAssign):
        if node.value is None:
            return []
        return ["Assign", "targets(", node.target, ")", node.value]
    parts: list[ast.AST | str] = [type(node).__name__]
    for name, value in ast.iter_fields(node):
        if name in _NO_CODE:
            continue
        values = value if isinstance(value, list) else [value]
        if name == "body" and isinstance(node, _DOCUMENTED) and _has_doc(node):
            values = values[1:]
        if isinstance(node, ast.ClassDef) and name == "body":
            parts += [
                ast.unparse(part.target) for part in values if isinstance(part, ast.AnnAssign)
            ]
        if isinstance(value, list):
            parts.append(f"{name}(")
        parts += [part if isinstance(part, ast.AST) else str(part) for part in values]
        if isinstance(value, list):
            parts.append(")")
    return parts


def _has_doc(node: ast.AST) -> bool:
    body = getattr(node, "body", ())
    first = body[0] if body else None
    return (
        isinstance(first, ast.Expr)
        and isinstance(first.value, ast.Constant)
        and isinstance(first.value.value, str)
    )


def _is_typing(node: ast.Import | ast.ImportFrom | ast.Pass) -> bool:
    """Say whether it is an import for annotations, or a `pass` that documentation may replace."""
    if isinstance(node, ast.Pass):
        return True
    if isinstance(node, ast.ImportFrom):
        return node.module in _FOR_ANNOTATIONS
    return all(alias.name in _FOR_ANNOTATIONS for alias in node.names)


def _tree(text: str) -> ast.Module | Fault | None:
    """Return a tree, or why there is none; None if Python is not to be asked, or not believed."""
    if len(text) > _MAX_CHARS or (sys.version_info < (3, 11) and _is_deep(text)):
        return None
    try:
        return ast.parse(_readable(text))
    except SyntaxError as error:
        what = (error.msg or "invalid syntax").partition("\n")[0][:200]
        is_newer = "f-string" in what or _NEWER.search(text) is not None
        if sys.version_info < (3, 12) and is_newer and not isinstance(error, IndentationError):
            return None
        return Fault(error.lineno or 1, what)
    except (ValueError, RecursionError, MemoryError):
        return None


def _readable(text: str) -> str:
    """Return a text without escapes of strings, of which Python would warn."""
    text = _NAMED_ESCAPE.sub("_", text.removeprefix("\ufeff"))
    return _ESCAPE.sub("__", text) if "\\" in text else text


def _is_deep(text: str) -> bool:
    """Say whether a text is a tree so deep that the parser of Python 3.10 might crash."""
    language = language_of("python", "")
    tree = whole_tree(text, language) if language is not None else None
    return tree is None or any(depth > _MAX_DEPTH for _, depth in borders(tree, 0))


def _misplaced(tree: ast.Module) -> Iterator[Fault]:
    """Give statements that the parser takes and the compiler does not."""
    stack: list[tuple[ast.AST, bool, bool]] = [(tree, False, False)]
    while stack:
        node, in_function, in_loop = stack.pop()
        if isinstance(node, (ast.Return, ast.Yield, ast.YieldFrom)) and not in_function:
            word = "return" if isinstance(node, ast.Return) else "yield"
            yield Fault(node.lineno, f"'{word}' outside function")
        elif isinstance(node, (ast.Break, ast.Continue)) and not in_loop:
            word = "break" if isinstance(node, ast.Break) else "continue"
            yield Fault(node.lineno, f"'{word}' outside loop")
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            inner = (True, False)
        elif isinstance(node, ast.ClassDef):
            inner = (False, False)
        else:
            inner = (in_function, in_loop)
        repeated = node.body if isinstance(node, (ast.For, ast.AsyncFor, ast.While)) else ()
        body = set(map(id, repeated))
        for child in ast.iter_child_nodes(node):
            stack.append((child, inner[0], inner[1] or id(child) in body))


def _annotations(tree: ast.Module) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, (ast.arg, ast.AnnAssign)) and node.annotation is not None:
            yield node.annotation
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.returns is not None:
            yield node.returns

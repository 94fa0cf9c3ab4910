"""Imports of a Python module that nothing uses.

A name counts as used wherever it stands in the file, whatever its scope: in code, in a type
written as a string or a comment, in `__all__`, in a doctest. What may be there for its effect, or
for others, stays: in `try`, in a class, in `__init__.py`, with `# noqa`, renamed to itself.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator

from ownstack.actions.target import Target
from ownstack.actions.transforms.change import Change, change_of
from ownstack.actions.transforms.python.source import PythonSource, source_of, words
from ownstack.extract.classify import FLAG_TEST, flags_of
from ownstack.text import Edit, Span

_Import = ast.Import | ast.ImportFrom
_Block = list[ast.stmt]

_NAMES_OF_ALL = frozenset(("eval", "exec", "globals", "locals"))
"""Functions that can use any name."""
_NAMES_OF_ALL_BARE = frozenset(("vars", "dir"))
"""Those that can when they are given nothing."""
_FOR_OTHERS = frozenset(("__init__.py", "__init__.pyi", "conftest.py", "__main__.py"))
_FOR_EFFECT = frozenset(("readline", "rlcompleter", "antigravity", "this", "site"))
_TAKE_TYPES = frozenset(
    ("cast", "TypeVar", "NewType", "ForwardRef", "NamedTuple", "TypedDict", "ParamSpec")
)
_FILE_KEPT = re.compile(
    r"#\s{0,20}(?:ruff|flake8):\s{0,20}noqa(?:(?!:)|:[^\n#]{0,200}F401)"
    r"|#[^\n#]{0,200}(?:unused-import|W0611|skip-file|reportUnusedImport)"
)
_KEPT = re.compile(
    r"#[^\n#]{0,200}\b(?:noqa\b(?!:)|noqa:[^\n#]{0,200}\bF401|pylint:|nopycln|pyflakes:)", re.I
)
_TYPE_COMMENT = re.compile(r"#\s*type:([^\n]*)")
_DOCTEST = re.compile(r"^[ \t]*(?:>>>|\.\.\.)([^\n]*)", re.M)


def remove_unused(target: Target, selected: Span) -> Change | None:
    """Remove the names that imports bind and nothing uses."""
    name = target.path.replace("\\", "/").rpartition("/")[2]
    if (
        name in _FOR_OTHERS
        or name.endswith("compat.py")
        or "import" not in target.text
        or _FILE_KEPT.search(target.text)
    ):
        return None
    source = source_of(target.text)
    if source is None:
        return None
    used = _used(source, is_test=bool(flags_of(target.path, generated=False) & FLAG_TEST))
    if used is None:
        return None
    edits = list[Edit]()
    for block in _blocks(source.tree):
        edits += _without(source, block, used, is_module=block is source.tree.body)
    return change_of(target.text, edits)


def _blocks(tree: ast.Module) -> Iterator[_Block]:
    """Yield lists of statements in which an import has no other effect than to bind names."""
    waiting: list[_Block] = [tree.body]
    while waiting:
        block = waiting.pop()
        yield block
        for node in block:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                waiting.append(node.body)
            elif isinstance(node, ast.ClassDef):
                waiting += [
                    inner.body
                    for inner in node.body
                    if isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef))
                ]
            elif isinstance(node, ast.If) and _is_type_checking(node.test):
                waiting.append(node.body)


def _is_type_checking(test: ast.expr) -> bool:
    return (isinstance(test, ast.Name) and test.id == "TYPE_CHECKING") or (
        isinstance(test, ast.Attribute) and test.attr == "TYPE_CHECKING"
    )


@functools.lru_cache(maxsize=2)
def _used(source: PythonSource, *, is_test: bool) -> frozenset[str] | None:
    """Return all names that something may use; None if anything may be used."""
    used = set[str]()
    for comment in _TYPE_COMMENT.findall(source.text):
        used |= words(comment)
    if "__all__" in source.text:
        used |= _exported(source.tree)
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Name):
            used.add(node.id)
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            used.update(node.names)
        elif isinstance(node, ast.Constant):
            if isinstance(node.value, str) and ">>>" in node.value:
                used.update(*map(words, _DOCTEST.findall(node.value)))
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            used.add(node.name)
        elif isinstance(node, ast.arg) and is_test:
            used.add(node.arg)  # A fixture is imported, and then asked for by its name.
        elif _uses_all(node):
            return None
        for type_ in _types(node):
            used.update(*map(words, _strings(type_)))
    return frozenset(used)


def _uses_all(node: ast.AST) -> bool:
    if isinstance(node, ast.Attribute):
        return (
            node.attr == "modules" and isinstance(node.value, ast.Name) and node.value.id == "sys"
        )
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
        return False
    name = node.func.id
    return name in _NAMES_OF_ALL or (name in _NAMES_OF_ALL_BARE and not node.args)


def _types(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what may be a type in a node; strings in it name what they stand for."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.returns:
        yield node.returns
    elif isinstance(node, ast.arg) and node.annotation:
        yield node.annotation
    elif isinstance(node, ast.Subscript):
        yield node.slice
    elif isinstance(node, ast.AnnAssign):
        yield node.annotation
        if node.value and "TypeAlias" in words(ast.unparse(node.annotation)):
            yield node.value
    elif isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        if isinstance(node.func, ast.Name):
            name = node.func.id
        if name in _TAKE_TYPES:
            yield node


def _strings(node: ast.AST) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield part.value


def _exported(tree: ast.Module) -> set[str]:
    """Return the strings of statements about `__all__`."""
    return {
        value
        for node in tree.body
        if any(isinstance(part, ast.Name) and part.id == "__all__" for part in ast.walk(node))
        for value in _strings(node)
    }


def _without(
    source: PythonSource, block: _Block, used: frozenset[str], *, is_module: bool
) -> Iterator[Edit]:
    whole: list[_Import] = []
    for node in block:
        if not isinstance(node, _Import) or not source.stands_alone(node):
            continue
        code = _with_line_ends(source, node)
        unused = [alias for alias in node.names if _is_unused(node, alias, used)]
        if not unused or _KEPT.search(code):
            continue
        if len(unused) == len(node.names):
            whole.append(node)
        else:
            yield from _without_names(source, node, unused)
    if whole and len(whole) == len(block) and not is_module:
        last = whole.pop()
        yield Edit(source.span(last), "pass")
    yield from _without_lines(source, whole)


def _with_line_ends(source: PythonSource, node: _Import) -> str:
    end = source.index.line_span(source.line_of_end(node) - 1).end
    return source.text[source.line_start(node.lineno) : end]


def _is_unused(node: _Import, alias: ast.alias, used: frozenset[str]) -> bool:
    if alias.name == "*" or alias.name == alias.asname or alias.name in _FOR_EFFECT:
        return False
    if isinstance(node, ast.ImportFrom) and node.module == "__future__":
        return False
    name = alias.asname or alias.name.partition(".")[0]
    return name not in used and not name.startswith("__")


def _without_names(source: PythonSource, node: _Import, unused: list[ast.alias]) -> Iterator[Edit]:
    """Yield edits that remove some names of a statement, but not all; none if that is not plain."""
    lines = [_own_line(source, node, alias) for alias in unused]
    if all(line is not None for line in lines):
        yield from (Edit(line, "") for line in lines if line is not None)
        return
    spans = [source.span(alias) for alias in node.names]
    last = max(at for at, alias in enumerate(node.names) if alias not in unused)
    removed = [
        Span(spans[at].start, spans[at + 1].start)
        for at, alias in enumerate(node.names[:last])
        if alias in unused
    ]
    if spans[last].end < spans[-1].end:
        removed.append(Span(spans[last].end, spans[-1].end))
    if not any("#" in source.text[span.start : span.end] for span in removed):
        yield from (Edit(span, "") for span in removed)


def _own_line(source: PythonSource, node: _Import, alias: ast.alias) -> Span | None:
    """Return the line of a name, with its end, that stands there alone in brackets."""
    span, first = source.span(alias), source.line_start(alias.lineno)
    line = source.index.line_span(alias.lineno - 1)
    before = source.text[first : span.start].strip()
    after = source.text[span.end : line.end].strip().removeprefix(",").lstrip()
    is_alone = not before and (not after or after.startswith("#"))
    if not is_alone or "\\" in source.code(node) or alias.lineno == node.lineno:
        return None
    return Span(first, source.line_start(alias.lineno + 1))


def _without_lines(source: PythonSource, nodes: list[_Import]) -> Iterator[Edit]:
    """Yield edits that remove statements with their lines, and what is blank twice then."""
    runs: list[list[int]] = []
    for node in nodes:
        first, last = node.lineno, source.line_of_end(node)
        if runs and runs[-1][1] + _blank_lines(source, runs[-1][1] + 1, 1) + 1 == first:
            runs[-1][1] = last
        else:
            runs.append([first, last])
    for first, last in runs:
        above = _blank_lines(source, first - 1, -1)
        below = _blank_lines(source, last + 1, 1)
        if first - above == 1:
            last += below
        elif above and below:
            first, last = (first, last + below) if below < above else (first - above, last)
        yield Edit(Span(source.line_start(first), source.line_start(last + 1)), "")


def _blank_lines(source: PythonSource, number: int, step: int) -> int:
    count = 0
    while 1 <= number <= source.index.n_lines and not source.index.line_text(number - 1).strip():
        count, number = count + 1, number + step
    return count

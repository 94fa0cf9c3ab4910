"""Imports of a Python module in order: future, standard library, packages, own, relative.

What isort and ruff make of them by default, but that nothing is moved past other code, and that
statements are moved as they are: lines are not broken again, and `from` imports of one module not
merged.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from ownstack.actions.target import Target
from ownstack.actions.transforms.change import Change, change_of
from ownstack.actions.transforms.order import by_kind, natural
from ownstack.actions.transforms.python.source import PythonSource, source_of
from ownstack.text import Edit, Span

_FUTURE, _STANDARD, _PACKAGE, _OWN, _RELATIVE = range(5)
_KEPT_AS_IT_IS = re.compile(
    r"#\s*(?:isort:\s*(?:skip_file|off|on|split|dont-add)|ruff:\s*(?:noqa|isort)|fmt:\s*(?:off|on)"
    r"|flake8:\s*noqa|yapf:\s*disable)"
)
_SKIPPED = re.compile(r"#[^\n#]{0,200}\b(?:isort:\s{0,20}skip|noqa:[^\n#]{0,200}\bI001)")
_KNOWN = sys.stdlib_module_names | {"__future__"}
_NO_PROJECTS = frozenset(("src", "lib", "tests", "test", "python", "docs", "scripts", "examples"))
"""Folders of which the name is seldom that of a package inside."""
_Import = ast.Import | ast.ImportFrom


@dataclass(frozen=True, slots=True)
class _Item:
    """A statement with its lines."""

    node: _Import
    lines: str
    """Comments above that go with it, and the statement; no line end after the last."""
    paragraph: int
    """Statements between which no line is blank have the same."""

    @property
    def module(self) -> str:
        if isinstance(self.node, ast.ImportFrom):
            return "." * self.node.level + (self.node.module or "")
        return self.node.names[0].name

    @property
    def top(self) -> str:
        return self.module.partition(".")[0]


def organise(target: Target, _selected: Span) -> Change | None:
    """Put the imports at the top level of a module in order."""
    if "import" not in target.text or _KEPT_AS_IT_IS.search(target.text):
        return None
    source = source_of(target.text)
    if source is None:
        return None
    found = []
    for statements in _runs(source):
        edit = _organised(source, statements, target.path)
        if edit is not None:
            found.append(edit)
    return change_of(target.text, found)


def _runs(source: PythonSource) -> Iterator[list[_Item]]:
    """Yield imports that stand together: no other code, and no comment for all of them, between."""
    run: list[_Item] = []
    paragraph = 0
    for before, node in pairwise((None, *source.tree.body)):
        if not isinstance(node, _Import) or not _is_movable(source, node):
            if run:
                yield run
            run = []
            continue
        comments, is_heading, is_blank = _above(source, before, node)
        if run and is_heading:
            yield run
            run = []
        if not run:
            comments = ""
        paragraph += is_blank
        end = source.index.line_span(source.line_of_end(node) - 1).end
        lines = comments + source.text[source.line_start(node.lineno) : end]
        run.append(_Item(node, lines, paragraph))
    if run:
        yield run


def _is_movable(source: PythonSource, node: _Import) -> bool:
    if not source.stands_alone(node) or any(alias.name == "*" for alias in node.names):
        return False
    end = source.index.line_span(source.line_of_end(node) - 1).end
    start = source.line_start(node.lineno)
    return start == source.span(node).start and not _SKIPPED.search(source.text[start:end])


def _above(source: PythonSource, before: ast.stmt | None, node: _Import) -> tuple[str, bool, bool]:
    """Return the comments that go with a statement, whether they head more, whether it is apart."""
    if before is None:
        return "", False, True
    first = source.line_of_end(before) + 1
    lines = [source.index.line_text(number - 1).strip() for number in range(first, node.lineno)]
    is_blank = not all(lines)
    gap = source.text[source.line_start(first) : source.line_start(node.lineno)]
    return "" if is_blank else gap, is_blank and any(lines), is_blank


def _organised(source: PythonSource, run: Sequence[_Item], path: str) -> Edit | None:
    if _binds_twice(run):
        return None
    own = _own_modules(run, path)
    items = [part for item in run for part in _split(source, item)]
    grouped = _grouped(items, own)
    line_end = _line_end(source, run[0].node)
    paragraphs = [
        line_end.join(dict.fromkeys(_sorted_names(source, item) for item in group))
        for group in grouped
    ]
    first, last = run[0].node, run[-1].node
    span = Span(
        source.line_start(first.lineno),
        source.index.line_span(source.line_of_end(last) - 1).end,
    )
    return Edit(span, (line_end * 2).join(paragraphs))


def _line_end(source: PythonSource, node: _Import) -> str:
    number = source.line_of_end(node)
    end = source.index.line_span(number - 1).end
    return source.text[end : source.line_start(number + 1)] or "\n"


def _grouped(items: Sequence[_Item], own: frozenset[str]) -> Iterator[list[_Item]]:
    by_group = sorted(items, key=lambda item: _group(item, own))
    for _, group in groupby(by_group, key=lambda item: _group(item, own)):
        found = list(group)
        # Both are in use: by modules alone, and with what begins with `import` first.
        if found != sorted(found, key=_by_module):
            found.sort(key=lambda item: (isinstance(item.node, ast.ImportFrom), _by_module(item)))
        yield found


def _group(item: _Item, own: frozenset[str]) -> int:
    if item.module.startswith("."):
        return _RELATIVE
    if item.top == "__future__":
        return _FUTURE
    if item.top in sys.stdlib_module_names:
        return _STANDARD
    return _OWN if item.top in own else _PACKAGE


def _by_module(item: _Item) -> tuple[object, ...]:
    level = len(item.module) - len(item.module.lstrip("."))
    return (-level, natural(item.module.lstrip(".")), item.module)


def _own_modules(run: Sequence[_Item], path: str) -> frozenset[str]:
    """Return modules of the project itself: its folders', and those that stand apart at the end.

    Whoever wrote the file knows what is the project's: that is not mixed with packages.
    """
    own = set(path.replace("\\", "/").split("/")[:-1]) - _NO_PROJECTS
    apart: dict[int, set[str]] = {}
    for item in run:
        if not item.module.startswith("."):
            apart.setdefault(item.paragraph, set()).add(item.top)
    *earlier, last = apart.values() or [set[str]()]
    elsewhere = {top for tops in earlier for top in tops}
    if not last & _KNOWN and elsewhere - _KNOWN - own:
        own |= last - elsewhere
    return frozenset(own)


def _binds_twice(run: Sequence[_Item]) -> bool:
    """Say whether a name means something else after a later import: then order has a meaning."""
    bound: dict[str, str] = {}
    for item in run:
        for alias in item.node.names:
            if isinstance(item.node, ast.ImportFrom):
                name, origin = alias.asname or alias.name, f"{item.module}:{alias.name}"
            elif alias.asname:
                name, origin = alias.asname, alias.name
            else:
                name = origin = alias.name.partition(".")[0]
            if bound.setdefault(name, origin) != origin:
                return True
    return False


def _split(source: PythonSource, item: _Item) -> Iterator[_Item]:
    """Yield one statement for each module of `import a, b`."""
    if isinstance(item.node, ast.ImportFrom) or len(item.node.names) == 1 or "#" in item.lines:
        yield item
        return
    for alias in item.node.names:
        node = ast.Import(names=[alias])
        yield _Item(node, f"import {source.code(alias)}", item.paragraph)


def _sorted_names(source: PythonSource, item: _Item) -> str:
    """Return a statement's lines, the names that it takes in order."""
    node = item.node
    if not isinstance(node, ast.ImportFrom) or not hasattr(node, "lineno"):
        return item.lines
    spans = [source.span(alias) for alias in node.names]
    inside = source.text[spans[0].start : spans[-1].end]
    lines = {alias.lineno for alias in node.names}
    if "#" in inside or len(lines) not in (1, len(spans)):
        return item.lines
    names = [source.code(alias) for alias in node.names]
    if names == sorted(names, key=natural):
        return item.lines
    start = source.line_start(node.lineno) - (len(item.lines) - _length(source, node))
    parts, at = list[str](), start
    for span, name in zip(
        spans, sorted(names, key=lambda name: (by_kind(name.split()[0]), name)), strict=True
    ):
        parts += source.text[at : span.start], name
        at = span.end
    end = source.index.line_span(source.line_of_end(node) - 1).end
    return "".join([*parts, source.text[at:end]])


def _length(source: PythonSource, node: _Import) -> int:
    end = source.index.line_span(source.line_of_end(node) - 1).end
    return end - source.line_start(node.lineno)

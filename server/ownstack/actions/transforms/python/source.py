"""A Python text with its tree, whose nodes are found again as characters of the text."""

from __future__ import annotations

import ast
import functools
import re
import threading
import warnings
from bisect import bisect_left
from collections import deque
from collections.abc import Iterator
from itertools import accumulate

from ownstack.text import LineIndex, Span

_BOM = "\ufeff"
_LONG_LINE_CHARS = 2_000
_ONE_AT_A_TIME = threading.Lock()


class PythonSource:
    """What is parsed once and looked at often; nobody may change the tree."""

    def __init__(self, text: str, tree: ast.Module) -> None:
        self.text = text
        self.tree = tree
        self.index = LineIndex(text)
        self._long_line: tuple[int, list[int]] = (-1, [])

    def span(self, node: ast.expr | ast.stmt | ast.alias) -> Span:
        """Return a node's characters; decorators are not among them, as `ast` has it."""
        end_line, end_column = node.end_lineno, node.end_col_offset
        if end_line is None or end_column is None:
            raise ValueError("the tree was made by hand, not by parsing")
        return Span(self._offset(node.lineno, node.col_offset), self._offset(end_line, end_column))

    def code(self, node: ast.expr | ast.stmt | ast.alias) -> str:
        """Return a node's text."""
        span = self.span(node)
        return self.text[span.start : span.end]

    def line_of_end(self, node: ast.stmt) -> int:
        """Return the last 1-based line of a statement."""
        return node.end_lineno or node.lineno

    def line_start(self, number: int) -> int:
        """Return where a 1-based line begins; for the line after the last, the text's end."""
        if number > self.index.n_lines:
            return len(self.text)
        return self.index.line_span(number - 1).start

    def stands_alone(self, node: ast.stmt) -> bool:
        """Say whether nothing but a comment shares the lines of a statement."""
        span = self.span(node)
        before = self.text[self.line_start(node.lineno) : span.start]
        last = self.index.line_span(self.line_of_end(node) - 1)
        after = self.text[span.end : last.end].strip()
        return not before.strip(f" \t\f{_BOM}") and (not after or after.startswith("#"))

    def around(self, selected: Span) -> Iterator[ast.AST]:
        """Yield the nodes that touch the lines of a selection, the outer ones first.

        Cost: what does not touch them is not entered, so a large file is no matter.
        """
        first = self.index.line_of(selected.start) + 1
        last = self.index.line_of(selected.end) + 1
        waiting = deque[ast.AST]([self.tree])
        while waiting:
            node = waiting.popleft()
            yield node
            waiting += [
                child
                for child in ast.iter_child_nodes(node)
                if not _is_apart(child, first, last) and not isinstance(child, ast.JoinedStr)
            ]

    def _offset(self, line: int, column: int) -> int:
        start = self.line_start(line)
        if line == 1 and self.text.startswith(_BOM):
            start += 1
        if self.text.isascii():
            return start + column
        end = self.index.line_span(line - 1).end
        if end - start > _LONG_LINE_CHARS:
            return start + bisect_left(self._bytes_of(start, end), column)
        return start + len(self.text[start:end].encode("utf-8")[:column].decode("utf-8"))

    def _bytes_of(self, start: int, end: int) -> list[int]:
        """Return where the characters of a line begin, in bytes; remembered for the last one."""
        if self._long_line[0] != start:
            sizes = (len(char.encode("utf-8")) for char in self.text[start:end])
            self._long_line = start, list(accumulate(sizes, initial=0))
        return self._long_line[1]


def _is_apart(node: ast.AST, first: int, last: int) -> bool:
    start, end = getattr(node, "lineno", None), getattr(node, "end_lineno", None)
    if start is None or end is None:
        return False
    decorators = getattr(node, "decorator_list", ())
    start = min([start, *(decorator.lineno for decorator in decorators)])
    return bool(end < first or last < start)


@functools.lru_cache(maxsize=2)
def source_of(text: str) -> PythonSource | None:
    """Parse a text as the Python that runs this understands it; None if it is none."""
    tree = parsed(text.removeprefix(_BOM))
    return PythonSource(text, tree) if tree is not None else None


def parsed(text: str) -> ast.Module | None:
    """Return the tree of a text, None if it has errors, is newer than this Python, or too deep."""
    try:
        # Warnings of the text are its author's; what filters them is shared by all threads.
        with _ONE_AT_A_TIME, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


_WORD = re.compile(r"[^\W\d]\w*")


def words(text: str) -> set[str]:
    """Return all that could be names in a text."""
    return set(_WORD.findall(text))

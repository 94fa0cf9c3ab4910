"""Strings of a list, and entries of a dictionary, in order.

`__all__` and sets have no order of their own, so that a cursor in them is enough; of anything else
the user says that order does not matter, by selecting all of it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from itertools import pairwise

from ownstack.actions.target import Target
from ownstack.actions.transforms.change import Change, change_of
from ownstack.actions.transforms.order import by_kind, natural
from ownstack.actions.transforms.python.source import PythonSource, source_of
from ownstack.text import Edit, Span

_NEAR_CHARS = 20_000
_PURE = (
    ast.Constant, ast.Name, ast.Attribute, ast.List, ast.Tuple, ast.Set, ast.Dict, ast.UnaryOp,
    ast.BinOp, ast.operator, ast.unaryop, ast.expr_context, ast.Lambda, ast.arguments, ast.arg,
)  # fmt: skip
"""What can be computed in any order."""
_Container = ast.List | ast.Tuple | ast.Set | ast.Dict


def sort_members(target: Target, selected: Span) -> Change | None:
    """Sort the members of the container at the cursor, or in the selection."""
    near = target.text[max(0, selected.start - _NEAR_CHARS) : selected.end]
    if not any(sign in near for sign in "[({"):
        return None
    source = source_of(target.text)
    if source is None:
        return None
    nodes = list(source.around(selected))
    exported = {
        id(node.value)
        for node in nodes
        if isinstance(node, (ast.Assign, ast.AugAssign, ast.AnnAssign)) and _is_all(node)
    }
    for node in reversed(nodes):
        if isinstance(node, _Container):
            change = _sorted(source, node, selected, is_all=id(node) in exported)
            if change is not None:
                return change
    return None


def _is_all(node: ast.Assign | ast.AugAssign | ast.AnnAssign) -> bool:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets)


def _sorted(
    source: PythonSource, node: _Container, selected: Span, *, is_all: bool
) -> Change | None:
    members = _members(source, node)
    if members is None or len(members) < 2:
        return None
    names, spans = [name for name, _ in members], [span for _, span in members]
    around = source.span(node)
    is_at = around.start <= selected.start and selected.end <= around.end
    is_covered = selected.start <= spans[0].start and spans[-1].end <= selected.end
    if not (is_covered or (is_at and (is_all or isinstance(node, ast.Set)))):
        return None
    key: Callable[[str], object] = by_kind if is_all else natural
    if any(names == sorted(names, key=known) for known in (str, natural, by_kind)):
        return None
    order = sorted(range(len(names)), key=lambda at: (key(names[at]), names[at]))
    what = "`__all__`" if is_all else ("entries" if isinstance(node, ast.Dict) else "strings")
    edits = _moved(source, spans, order)
    return change_of(source.text, edits, what) if edits else None


def _members(source: PythonSource, node: _Container) -> list[tuple[str, Span]] | None:
    """Return names and places of members; None if they are not all strings, or could do a thing."""
    found = []
    keys = node.keys if isinstance(node, ast.Dict) else node.elts
    values = node.values if isinstance(node, ast.Dict) else node.elts
    for key, value in zip(keys, values, strict=True):
        if not isinstance(key, ast.Constant) or not isinstance(key.value, str):
            return None
        if value is not key and not all(isinstance(part, _PURE) for part in ast.walk(value)):
            return None
        span = Span(source.span(key).start, source.span(value).end)
        found.append((key.value, span))
    names = [name for name, _ in found]
    if isinstance(node, ast.Dict) and len(set(names)) < len(names):
        return None
    return found


def _moved(source: PythonSource, spans: Sequence[Span], order: Sequence[int]) -> list[Edit]:
    text = source.text
    gaps = [text[a.end : b.start] for a, b in pairwise(spans)]
    line = source.index.line_span(source.index.line_of(spans[-1].end))
    last = text[spans[-1].end : line.end].lstrip(", \t")
    if all(gap.strip() == "," for gap in gaps) and not last.startswith("#"):
        return [
            Edit(span, text[spans[at].start : spans[at].end])
            for span, at in zip(spans, order, strict=True)
        ]
    return _moved_lines(source, spans, order)


def _moved_lines(source: PythonSource, spans: Sequence[Span], order: Sequence[int]) -> list[Edit]:
    """Move members with their comments; nothing unless each has lines of its own, and a comma."""
    chunks: list[Span] = []
    index, text = source.index, source.text
    start = source.line_start(index.line_of(spans[0].start) + 1)
    for span in spans:
        last = index.line_of(span.end)
        end = source.line_start(last + 2)
        after = text[span.end : index.line_span(last).end].strip()
        above = text[start : span.start].replace("\r", "\n").split("\n")
        *comments, indent = above
        if (
            not after.startswith(",")
            or (after[1:].strip() and not after[1:].lstrip().startswith("#"))
            or indent.strip()
            or not all(comment.strip().startswith("#") for comment in comments if comment)
        ):
            return []
        chunks.append(Span(start, end))
        start = end
    return [
        Edit(chunk, text[chunks[at].start : chunks[at].end])
        for chunk, at in zip(chunks, order, strict=True)
    ]

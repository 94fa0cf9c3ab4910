"""`if` and `else` change places, and the condition becomes its opposite."""

from __future__ import annotations

import ast
import re

from ownstack.actions.target import Target
from ownstack.actions.transforms.change import Change, change_of
from ownstack.actions.transforms.python.source import PythonSource, source_of
from ownstack.text import Edit, Span, blanks_of

_HEAD = re.compile(r"[ \t]{0,200}(?:if\b|else[ \t]{0,200}:)")
_IF = re.compile(r"if\b")
_ELSE = re.compile(r"[ \t]{0,200}else[ \t]{0,200}:[ \t]{0,200}$")
_OPPOSITE = {
    ast.Eq: "!=", ast.NotEq: "==", ast.Is: "is not", ast.IsNot: "is",
    ast.In: "not in", ast.NotIn: "in",
}  # fmt: skip
_OPERATOR = re.compile(r"\s{0,200}(?:==|!=|is\s{1,200}not\b|is\b|not\s{1,200}in\b|in\b)\s{0,200}")
_LOOSE = (ast.BoolOp, ast.IfExp, ast.Lambda, ast.NamedExpr)
"""They bind less than `not` does."""


def invert_if(target: Target, selected: Span) -> Change | None:
    """Invert the statement on the head of which, or of its `else`, the cursor stands."""
    line_start = max(target.text.rfind(end, 0, selected.start) for end in "\r\n") + 1
    if not _HEAD.match(target.text, line_start):
        return None
    source = source_of(target.text)
    if source is None:
        return None
    first = source.index.line_of(selected.start) + 1
    last = source.index.line_of(selected.end) + 1
    for node in source.around(selected):
        if isinstance(node, ast.If) and node.orelse:
            change = _inverted(source, node, first, last)
            if change is not None:
                return change
    return None


def _inverted(source: PythonSource, node: ast.If, first: int, last: int) -> Change | None:
    start = source.span(node).start
    else_line = _else_line(source, node)
    if else_line is None or not _IF.match(source.text, start):
        return None
    if first not in (node.lineno, else_line) or last > source.line_of_end(node):
        return None
    # The head may take several lines; its last ends with the colon, and has no comment.
    head_end = _head_end(source, node)
    if head_end is None:
        return None
    condition = Span(start + 2, source.text.rindex(":", 0, head_end))
    opposite = _opposite(source, node.test, condition)
    body_start = _next_line(source, head_end)
    else_span = source.index.line_span(else_line - 1)
    else_start, orelse_start = source.line_start(else_line), source.line_start(else_line + 1)
    end = _end_of_block(source, node)
    body, orelse = source.text[body_start:else_start], source.text[orelse_start:end]
    if opposite is None or else_span.end == orelse_start:
        return None
    line_end = source.text[else_span.end : orelse_start]
    if not orelse.endswith(("\n", "\r")):
        orelse, body = orelse + line_end, body.rstrip("\r\n")
    head = source.text[else_start:orelse_start]
    return change_of(
        source.text,
        [Edit(condition, opposite), Edit(Span(body_start, end), orelse + head + body)],
    )


def _else_line(source: PythonSource, node: ast.If) -> int | None:
    """Return the line of `else:`; None if it is not alone there, or is `elif`."""
    for number in range(node.orelse[0].lineno - 1, source.line_of_end(node.body[-1]), -1):
        if _ELSE.match(source.index.line_text(number - 1)):
            between = range(source.line_of_end(node.body[-1]) + 1, number)
            lines = [source.index.line_text(line - 1) for line in between]
            depth = node.body[0].col_offset
            is_inside = all(not line.strip() or len(blanks_of(line)) >= depth for line in lines)
            return number if is_inside else None
    return None


def _head_end(source: PythonSource, node: ast.If) -> int | None:
    """Return where the line ends on which the condition does; None if more than it stands there."""
    at = source.span(node.test).end
    line = source.index.line_of(at)
    while line < node.body[0].lineno - 1:
        span = source.index.line_span(line)
        rest = source.text[max(at, span.start) : span.end].strip()
        if not re.fullmatch(r"[)\s]*:?", rest):
            return None
        if rest.endswith(":"):
            return span.end
        line += 1
    return None


def _next_line(source: PythonSource, offset: int) -> int:
    return source.line_start(source.index.line_of(offset) + 2)


def _end_of_block(source: PythonSource, node: ast.If) -> int:
    """Return where the lines of the last block end, comments of its depth included."""
    line = source.line_of_end(node)
    depth = node.orelse[0].col_offset
    after = line + 1
    while after <= source.index.n_lines:
        text = source.index.line_text(after - 1)
        if text.lstrip().startswith("#") and len(blanks_of(text)) >= depth:
            line = after
        elif text.strip():
            break
        after += 1
    return source.line_start(line + 1)


def _opposite(source: PythonSource, test: ast.expr, condition: Span) -> str | None:
    """Return what stands between `if` and the colon then; None if a comment stands there."""
    span = source.span(test)
    before = source.text[condition.start : span.start]
    code, after = source.code(test), source.text[span.end : condition.end]
    if "#" in before + after or "\\" in before + after:
        return None
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        bare = code[3:].lstrip()
        return before + bare + after if before.strip() or before.isspace() else None
    if isinstance(test, ast.Compare) and len(test.ops) == 1 and type(test.ops[0]) in _OPPOSITE:
        left, right = source.span(test.left), source.span(test.comparators[0])
        between = source.text[left.end : right.start]
        found = _OPERATOR.search(between)
        if found and "#" not in between and "\n" not in between:
            new = f" {_OPPOSITE[type(test.ops[0])]} "
            changed = between[: found.start()] + new + between[found.end() :]
            return (
                before
                + source.text[span.start : left.end]
                + changed
                + (source.text[right.start : span.end] + after)
            )
    if before.strip():  # It stands in brackets, which may hold line breaks.
        return f" not {before.lstrip()}{code}{after}"
    return f" not ({code}){after}" if isinstance(test, _LOOSE) else f" not {code}{after}"

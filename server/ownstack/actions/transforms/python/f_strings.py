"""`%` and `.format` as f-strings, where they mean exactly the same.

That is proved, not assumed: the f-string that was written is parsed, and must hold the same texts,
values, conversions and formats as the old expression. What only usually means the same is left:
`"%s" % x` takes a tuple apart, `%d` cuts off what f-strings refuse.
"""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ownstack.actions.target import Target
from ownstack.actions.transforms.change import Change, change_of
from ownstack.actions.transforms.python.source import PythonSource, parsed, source_of
from ownstack.text import Edit, Span

_LITERAL = re.compile(
    r"""(?P<prefix>[uUrR]?)(?P<quote>\"\"\"|'''|"|')(?P<body>.*)(?P=quote)""", re.DOTALL
)
_PERCENT = re.compile(r"%(?:\((?P<key>[^()%]*)\))?(?P<flags>-?)(?P<width>[1-9]\d{0,3})?"
                      r"(?P<precision>\.\d{1,3})?(?P<kind>[sra%])")  # fmt: skip
_FIELD = re.compile(r"(?P<name>\d{0,4}|[A-Za-z_]\w*)(?P<attributes>(?:\.[A-Za-z_]\w*)*)")
_NEAR_CHARS = 1_500
_MAX_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class _Field:
    """A value and how it is written."""

    value: ast.expr
    attributes: str = ""
    conversion: str = ""
    format: str = ""


_Parts = list[str | _Field]
"""Texts, as the source writes them or as they are meant, and what stands between them."""


def to_f_string(target: Target, selected: Span) -> Change | None:
    """Convert the expression at the cursor, or those in the selection."""
    near = target.text[max(0, selected.start - _NEAR_CHARS) : selected.end + _NEAR_CHARS]
    if "%" not in near and ".format" not in near:
        return None
    source = source_of(target.text)
    if source is None:
        return None
    found = [
        (source.span(node), node)
        for node in source.around(selected)
        if isinstance(node, (ast.BinOp, ast.Call)) and _literal(node) is not None
    ]
    if len(selected) and len(found) <= _MAX_AT_ONCE:
        inside = [at for at in found if selected.start <= at[0].start <= at[0].end <= selected.end]
        made = [edit for edit in (_edit(source, node) for _, node in inside) if edit]
        if made:
            return change_of(target.text, _apart(made))
    for span, node in reversed(found):  # Inner ones come later.
        if span.start <= selected.start and selected.end <= span.end:
            edit = _edit(source, node)
            if edit is not None:
                return change_of(target.text, [edit])
    return None


def _literal(node: ast.BinOp | ast.Call) -> ast.Constant | None:
    """Return the text that is formatted, if this formats one."""
    text: ast.expr | None = None
    if isinstance(node, ast.BinOp):
        text = node.left if isinstance(node.op, ast.Mod) else None
    elif isinstance(node.func, ast.Attribute) and node.func.attr == "format":
        text = node.func.value
    is_text = isinstance(text, ast.Constant) and isinstance(text.value, str)
    return text if isinstance(text, ast.Constant) and is_text else None


def _apart(edits: Sequence[Edit]) -> list[Edit]:
    """Return edits of which none lies in another, the outer ones."""
    kept: list[Edit] = []
    for edit in sorted(edits, key=lambda edit: (edit.span.start, -edit.span.end)):
        if not kept or edit.span.start >= kept[-1].span.end:
            kept.append(edit)
    return kept


def _edit(source: PythonSource, node: ast.BinOp | ast.Call) -> Edit | None:
    literal = _literal(node)
    if literal is None:
        return None
    written = _LITERAL.fullmatch(source.code(literal))
    span = source.span(node)
    if written is None or source.text[max(0, span.start - 1) : span.start].isidentifier():
        return None
    body = written["body"]
    as_written, as_meant = _parts(body, node), _parts(str(literal.value), node)
    if as_written is None or as_meant is None or not _fields(as_meant):
        return None
    values = [source.code(field.value) for field in _fields(as_meant)]
    if not _are_plain(source, span, source.span(literal), [f.value for f in _fields(as_meant)]):
        return None
    new = _written(source, as_written, written["prefix"].replace("u", "").replace("U", ""),
                   _quote(written["quote"], body, values))  # fmt: skip
    return Edit(span, new) if new and _means(new, as_meant) else None


def _parts(body: str, node: ast.BinOp | ast.Call) -> _Parts | None:
    if isinstance(node, ast.BinOp):
        return _percent_parts(body, node)
    return _format_parts(body, node)


def _percent_parts(body: str, node: ast.BinOp) -> _Parts | None:
    """Return what a text before `%` consists of; None if it is not plain."""
    values = _percent_values(node.right)
    if values is None:
        return None
    positions, named = values
    parts: _Parts = []
    at = taken = 0
    while (found := body.find("%", at)) >= 0:
        spec = _PERCENT.match(body, found)
        if spec is None:
            return None
        parts.append(body[at:found])
        at = spec.end()
        if spec["kind"] == "%":
            if spec[0] != "%%":
                return None
            parts.append("%")
            continue
        if (spec["key"] is None) != (named is None) or (named is None and taken >= len(positions)):
            return None
        if named is not None and spec["key"] not in named:
            return None
        value = named[spec["key"]] if named is not None else positions[taken]
        taken += 1
        width = (("<" if spec["flags"] else ">") + spec["width"]) if spec["width"] else ""
        format_ = width + (spec["precision"] or "")
        parts.append(_Field(value, "", spec["kind"], format_))
    parts.append(body[at:])
    if named is None and taken != len(positions):
        return None
    order = positions if named is None else list(named.values())
    return parts if _in_order(_fields(parts), order) else None


def _percent_values(
    right: ast.expr,
) -> tuple[list[ast.expr], dict[str, ast.expr] | None] | None:
    if isinstance(right, ast.Tuple):
        return right.elts, None
    if isinstance(right, ast.Dict):
        named: dict[str, ast.expr] = {}
        for key, value in zip(right.keys, right.values, strict=True):
            if not isinstance(key, ast.Constant) or not isinstance(key.value, str):
                return None
            if key.value in named:
                return None
            named[key.value] = value
        return [], named
    # Of anything else nobody knows here that it is no tuple, and no mapping.
    is_text = isinstance(right, ast.Compare) or (
        isinstance(right, ast.Constant) and isinstance(right.value, (str, int, float))
    )
    return ([right], None) if is_text else None


def _format_parts(body: str, node: ast.Call) -> _Parts | None:
    """Return what a text before `.format` consists of; None if it is not plain."""
    named = {keyword.arg: keyword.value for keyword in node.keywords}
    if None in named or len(named) != len(node.keywords):
        return None
    parts: _Parts = []
    count, is_automatic = 0, None
    try:
        pieces = list(string.Formatter().parse(body))
    except ValueError:
        return None
    for text, name, format_, conversion in pieces:
        parts.append(text)
        if name is None:
            continue
        field = _FIELD.fullmatch(name)
        if field is None or "{" in (format_ or "") or "\\" in (format_ or ""):
            return None
        key = field["name"]
        if not key or key.isdecimal():
            if is_automatic not in (None, not key):
                return None
            is_automatic = not key
            place = count if not key else int(key)
            count += 1
            if place >= len(node.args):
                return None
            value = node.args[place]
        elif key in named:
            value = named[key]
        else:
            return None
        parts.append(_Field(value, field["attributes"], conversion or "", format_ or ""))
    order = [*node.args, *(keyword.value for keyword in node.keywords)]
    return parts if _in_order(_fields(parts), order) else None


def _fields(parts: _Parts) -> list[_Field]:
    return [part for part in parts if isinstance(part, _Field)]


def _in_order(fields: Sequence[_Field], given: Sequence[ast.expr]) -> bool:
    """Say whether everything is computed once, in the order as before, or is no matter to compute.

    Attributes that a field asks for are asked for after all arguments were computed.
    """
    written = {id(field.value) for field in fields}
    if any(id(value) not in written for value in given):
        return False
    if all(isinstance(value, (ast.Name, ast.Constant)) for value in given):
        return True
    if any(field.attributes for field in fields):
        return False
    return [id(field.value) for field in fields] == [id(value) for value in given]


def _are_plain(source: PythonSource, span: Span, literal: Span, values: Sequence[ast.expr]) -> bool:
    """Say whether values can stand in braces, and no comment would be lost."""
    unfit = (
        ast.Starred, ast.Lambda, ast.NamedExpr, ast.Await, ast.Yield, ast.YieldFrom,
        ast.GeneratorExp, ast.JoinedStr,
    )  # fmt: skip
    for value in values:
        if any(isinstance(part, unfit) for part in ast.walk(value)):
            return False
        code = source.code(value)
        if code.startswith("{") or any(sign in code for sign in "\\\n\r#"):
            return False
    outside = source.text[span.start : literal.start] + source.text[literal.end : span.end]
    return "#" not in outside


def _quote(quote: str, body: str, values: Sequence[str]) -> str:
    """Return quotes that no value holds, since Python before 3.12 has no others; "" if none."""
    other = {'"': "'", "'": '"'}.get(quote, quote)
    for mark in (quote, other):
        fits_body = mark == quote or not any(sign in body for sign in (mark, "\\", "\n"))
        if fits_body and not any(mark in value for value in values):
            return mark if len(mark) == 1 or not any(mark[0] in value for value in values) else ""
    return ""


def _written(source: PythonSource, parts: _Parts, prefix: str, quote: str) -> str:
    if not quote:
        return ""
    written = [prefix, "f", quote]
    for part in parts:
        if isinstance(part, str):
            written.append(part.replace("{", "{{").replace("}", "}}"))
            continue
        conversion = f"!{part.conversion}" if part.conversion else ""
        format_ = f":{part.format}" if part.format else ""
        value = source.code(part.value) + part.attributes
        written.append(f"{{{value}{conversion}{format_}}}")
    return "".join([*written, quote])


def _means(new: str, parts: _Parts) -> bool:
    """Say whether an f-string, parsed, consists of these parts."""
    tree = parsed(new)
    made = tree.body[0] if tree is not None and len(tree.body) == 1 else None
    if not isinstance(made, ast.Expr) or not isinstance(made.value, ast.JoinedStr):
        return False
    return list(_facts_of_tree(made.value.values)) == list(_facts(parts))


def _facts(parts: _Parts) -> Iterator[tuple[str, ...]]:
    text = ""
    for part in parts:
        if isinstance(part, str):
            text += part
            continue
        if text:
            yield ("text", text)
        text = ""
        value = part.value
        for name in part.attributes.split(".")[1:]:
            value = ast.Attribute(value=value, attr=name, ctx=ast.Load())
        yield ("value", ast.dump(value), part.conversion, part.format)
    if text:
        yield ("text", text)


def _facts_of_tree(values: Sequence[ast.expr]) -> Iterator[tuple[str, ...]]:
    for value in values:
        if isinstance(value, ast.FormattedValue):
            spec = value.format_spec.values if isinstance(value.format_spec, ast.JoinedStr) else []
            if not all(isinstance(part, ast.Constant) for part in spec):
                yield ("unknown",)
            written = "".join(str(part.value) for part in spec if isinstance(part, ast.Constant))
            conversion = chr(value.conversion) if value.conversion > 0 else ""
            yield ("value", ast.dump(value.value), conversion, written)
        elif isinstance(value, ast.Constant):
            yield ("text", str(value.value))

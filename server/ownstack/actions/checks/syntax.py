"""A draft parses as well as the file did before it."""

from __future__ import annotations

import asyncio
from functools import lru_cache

from ownstack.actions.checks import python
from ownstack.actions.checks.check import Check, Draft
from ownstack.files.secret.detection import without_secrets
from ownstack.languages import Language
from ownstack.syntax.captures import whole_tree
from ownstack.text import LineIndex, Span, truncate

NAME = "syntax"
_SHOWN = 100


class Syntax:
    """No errors in the file that were not there."""

    name = NAME
    is_required = True

    async def check(self, draft: Draft) -> Check:
        """See `Checker`."""
        return await asyncio.to_thread(_check, draft)


def _check(draft: Draft) -> Check:
    target = draft.wish.target
    if target.language is None:
        return Check(NAME, "skipped", "The language of the file is not known.")
    start = target.span.start
    old = errors(target.text, target.language)
    new = errors(draft.after, target.language)
    if old is None or new is None:
        return Check(NAME, "skipped", f"There is no parser for {target.language.id} here.")
    inner = Span(start, start + len(draft.replacement))
    worse = len(new) > len(old) or _within(new, inner) > _within(old, target.span)
    if target.language.id == "python" and is_python(target.path):
        fault = python.fault(draft.after)
        if fault is not None and python.is_sound(target.text):
            return Check(NAME, "failed", _said(draft, fault.line, fault.what))
        worse = worse and not python.is_sound(draft.after)
    if not worse:
        return Check(NAME, "passed")
    place = next((span for span in new if _touch(span, inner)), new[0])
    line = LineIndex(draft.after).line_of(place.start) + 1
    return Check(NAME, "failed", _said(draft, line, "something is missing, or too much"))


def errors(text: str, language: Language) -> tuple[Span, ...] | None:
    """Return where a text does not parse; None if nobody can say."""
    return _errors(text, language)


@lru_cache(maxsize=8)
def _errors(text: str, language: Language) -> tuple[Span, ...] | None:
    tree = whole_tree(text, language)
    if tree is None:
        return None
    if tree.errors() is None:
        return (Span(0, len(text)),) * 1_000
    return tuple(tree.error_spans())


def is_python(path: str) -> bool:
    """Say whether a file is one of Python itself, and not of what is written like it."""
    name = path.rpartition("/")[2]
    return "." not in name or name.endswith((".py", ".pyi", ".pyw"))


def _within(spans: tuple[Span, ...], part: Span) -> int:
    return sum(_touch(span, part) for span in spans)


def _touch(span: Span, part: Span) -> bool:
    return span.start <= part.end and part.start <= span.end


def _said(draft: Draft, line: int, what: str) -> str:
    lines = LineIndex(draft.after)
    text = lines.line_text(min(line, lines.n_lines) - 1).strip()
    first = draft.wish.target.lines[0]
    number = line - first + 1
    n_lines = LineIndex(draft.replacement).n_lines
    where = f"line {number}" if 1 <= number <= n_lines else f"line {line} of the file"
    shown = truncate(without_secrets(draft.wish.target.path, text), _SHOWN)
    return f"It does not parse at {where}: {what}: {shown}"

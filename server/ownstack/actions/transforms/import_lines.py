"""Import statements on lines of their own, in languages with braces.

Each is known by what its text says: what it takes its names from, and how they are called here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ownstack.actions.transforms.found import Found
from ownstack.text import LineIndex, Span

_MAX_CHARS = 8_000
_ES = re.compile(
    r"import\s(?P<clause>[^'\";]{1,8000})\bfrom\s{0,9}(?P<quote>['\"])(?P<module>[^'\"\n]{1,1000})"
    r"(?P=quote)\s{0,9};?"
)
_ES_NAME = re.compile(r"(?:type\s+)?(?:[\w$]+\s+as\s+)?(?P<local>[\w$]+)")
_JAVA = re.compile(r"import\s+(?P<static>static\s+)?(?P<module>[\w.]{1,1000}(?:\.\*)?)\s*;")
WORD = re.compile(r"[\w$]+")


@dataclass(frozen=True, slots=True)
class ImportLine:
    """One statement."""

    span: Span
    module: str
    names: tuple[str, ...]
    """As they are called in this file; () if nobody can say."""
    clause: Span | None = None
    """Where names stand that are taken, if several may."""
    is_static: bool = False


def es_imports(found: Found) -> Iterator[ImportLine]:
    """Yield imports that bind names; what is imported for its effect is none of them."""
    for span in found.spans("import"):
        match = _ES.fullmatch(found.code(span)) if len(span) <= _MAX_CHARS else None
        if match is None or "/*" in match["clause"] or "//" in match["clause"]:
            continue
        start = span.start + match.start("clause")
        clause = Span(start, start + len(match["clause"]))
        yield ImportLine(span, match["module"], _es_names(match["clause"]), clause)


def _es_names(clause: str) -> tuple[str, ...]:
    head, _, rest = clause.removeprefix("type ").partition("{")
    names = []
    for part in (*head.split(","), *rest.partition("}")[0].split(",")):
        said = part.strip().removeprefix("* as ").strip()
        match = _ES_NAME.fullmatch(said)
        if said and match is None:
            return ()
        if match is not None:
            names.append(match["local"])
    return tuple(names)


def java_imports(found: Found) -> Iterator[ImportLine]:
    """Yield imports; those of all names of a package bind none that is known."""
    for span in found.spans("import"):
        match = _JAVA.fullmatch(found.code(span)) if len(span) <= _MAX_CHARS else None
        if match is not None:
            name = match["module"].rpartition(".")[2]
            names = () if name == "*" else (name,)
            yield ImportLine(span, match["module"], names, None, match["static"] is not None)


def stands_alone(index: LineIndex, span: Span) -> bool:
    """Say whether nothing but a comment shares the lines of a statement."""
    first = index.line_span(index.line_of(span.start)).start
    end = index.line_span(index.line_of(span.end)).end
    after = index.text[span.end : end].strip()
    is_comment = after.startswith("//") or (
        after.startswith("/*") and after.find("*/") == len(after) - 2
    )
    return span.start == first and (not after or is_comment)


def lines_of(index: LineIndex, span: Span) -> Span:
    """Return the lines of a statement, the last line end included."""
    last = index.line_of(span.end)
    end = index.line_span(last + 1).start if last + 1 < index.n_lines else len(index.text)
    return Span(index.line_span(index.line_of(span.start)).start, end)

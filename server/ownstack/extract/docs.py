"""Documentation of symbols: the string inside them, or the comment above them."""

from __future__ import annotations

import re

from ownstack.extract.definition import Definition
from ownstack.extract.source import SourceText
from ownstack.syntax.captures import Bytes, Captured

_MAX_DOC_CHARS = 600
_MARKS = re.compile(
    r"^[ \t]*(?:/\*+!?|\*+/|///?!?|//|--\[=*\[|--+[ \t]*\|?|#+!?|;+|\{-+[ \t]*\|?|<!--|%+|\*)"
    r"|(?:\*+/|-\}|-->|\]=*\])[ \t]*$"
)
_QUOTES = re.compile(r"""^[A-Za-z]{0,2}("{3}|'{3}|"|'|~[sS]"{3})|("{3}|'{3}|"|')$""")
_WHITE = re.compile(r"\s+")
_XML = re.compile(r"</?(?:summary|para|c|see|remarks)[^>]*>")


def documentation(kept: list[Definition], captured: Captured, source: SourceText) -> None:
    """Give definitions their doc, and let them begin with what stands directly above them."""
    lone = captured.lone
    inside = {span[0]: span for span in lone.get("doc", ())}
    first = {source.row(span[0]): span for span in lone.get("doc.first", ())}
    comments = _by_last_row(lone.get("comment", ()), source)
    signatures = _by_last_row(lone.get("signature.before", ()), source)
    above = comments | signatures | _by_last_row(lone.get("before", ()), source)
    said = {source.rows(span)[1]: span for span in lone.get("doc.before", ())}
    for definition in kept:
        if definition.parent is not None and kept[definition.parent].rows[0] == definition.rows[0]:
            continue  # what is above is said of its parent
        texts, spoken, top = [], None, definition.first_row
        while (row := top - 1) in above:
            if row in said:
                spoken = said[row]
            elif row in comments:
                texts.append(source.slice(*_long(comments[row])))
            elif row in signatures:
                definition.signature = _WHITE.sub(
                    " ", source.slice(*_long(signatures[row]))
                ).strip()
            top = source.rows(above[row])[0]
        definition.first_row = top
        start = definition.body[0] if definition.body else definition.start
        spoken = (
            inside.get(start) or (definition.body and first.get(source.row(start) + 1)) or spoken
        )
        if spoken is not None:
            definition.doc = paragraph(_QUOTES.sub("", source.slice(*_long(spoken)).strip()))
        elif texts:
            definition.doc = paragraph("\n".join(reversed(texts)), is_comment=True)


def _by_last_row(spans: list[Bytes] | tuple[()], source: SourceText) -> dict[int, Bytes]:
    """Return what has its rows for itself, by the row where it ends."""
    return {source.rows(span)[1]: span for span in spans if source.is_first_in_row(span[0])}


def _long(span: Bytes) -> Bytes:
    return span[0], min(span[1], span[0] + 8_000)


def paragraph(text: str, is_comment: bool = False) -> str:
    """Return the first paragraph of a documentation, on one line, without its marks."""
    lines: list[str] = []
    for line in text.strip().split("\n"):
        plain = line.strip()
        if is_comment:
            plain = _MARKS.sub("", plain)
            plain = _XML.sub("", _MARKS.sub("", plain)).strip()
        if plain.startswith(("@", "\\param", ":param")) or (not plain and lines):
            break
        if plain and not set(plain) <= set("-=*#/~_ "):
            lines.append(plain)
    joined = _WHITE.sub(" ", " ".join(lines))
    return joined if len(joined) <= _MAX_DOC_CHARS else joined[:_MAX_DOC_CHARS] + "…"

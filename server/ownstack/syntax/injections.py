"""Texts in other languages inside a text: scripts in HTML, fences in Markdown, HTML in PHP.

`injections.scm` of a language says where they are, in the words that editors share; see
grammars/README.md. A text of one region has the same rows as in its file, from the region's
first on, so that what is found in it only has to be moved down.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ownstack.languages import Language, injected_language
from ownstack.syntax.captures import Bytes, Outline, wanted
from ownstack.syntax.masking import BLANK, front_of

MAX_REGIONS = 500
"""In one text. A page with more of them was written by a program."""
_NAME = re.compile(r"[\w+#./-]+")
_ECHO = re.compile(rb"<\?(?:=|php\s+echo\b)")
_ZERO = bytes(byte if byte in b"\t\r\n" else ord("0") for byte in range(256))


@dataclass(frozen=True, slots=True)
class Region:
    """A text in another language."""

    language: Language
    text: str
    """As its parser is to see it."""
    shown: str
    """As people see it: the same number of bytes."""
    start: int
    """Its first byte in the text around it."""


def regions(outline: Outline, text: str, data: bytes, shown: bytes) -> list[Region]:
    """Return the texts in other languages in a text, in their order.

    `data` is the text in UTF-8, `shown` the same as people see it, see `Region`.
    """
    found: dict[Bytes, tuple[int, Language | None, list[Bytes]]] = {}
    combined: dict[Language, list[Bytes]] = {}
    for pattern, settings, captures in outline.tree.matches("injections.scm")[1]:
        if not wanted(settings, captures, data):
            continue
        [content, *_] = captures["injection.content"]
        span = content.start_byte, content.end_byte
        named = captures.get("injection.language")
        name = settings.get("injection.language") or ""
        if named:
            name = data[named[0].start_byte : named[0].end_byte][:100].decode("utf-8", "replace")
        language = _language(name, outline.tree.language)
        if "injection.combined" in settings:
            if language is not None:
                combined.setdefault(language, []).append(span)
        elif span not in found or pattern < found[span][0]:
            holes = [(child.start_byte, child.end_byte) for child in content.named_children]
            found[span] = pattern, language, holes
    made = [
        Region(language, _text(data, span, holes), _text(shown, span, holes), span[0])
        for span, (_, language, holes) in sorted(found.items())[:MAX_REGIONS]
        if language is not None
    ]
    made += [
        Region(language, _page(data, spans), shown.decode("utf-8", "surrogatepass"), 0)
        for language, spans in combined.items()
    ]
    front = front_of(text, outline.tree.language)
    if front is not None:
        inner, start = text[front.start : front.end], len(text[: front.start].encode())
        language = _language(outline.tree.language.front, outline.tree.language)
        if language is not None:
            made.insert(0, Region(language, inner, inner, start))
    return made


def _language(name: str, host: Language) -> Language | None:
    said = _NAME.search(name)
    found = injected_language(said[0]) if said else None
    if found is not None and found.id == "javascript" and host.script:
        return injected_language(host.script)
    return found


def _text(data: bytes, span: Bytes, holes: list[Bytes]) -> str:
    """Return a text without its holes (the `> ` before each line of a quotation)."""
    pieces, at = [], span[0]
    for start, end in sorted(holes):
        pieces += [data[at:start], b"\n" * data.count(b"\n", start, end)]
        at = max(at, end)
    return b"".join([*pieces, data[at : span[1]]]).decode("utf-8", "surrogatepass")


def _page(data: bytes, spans: list[Bytes]) -> str:
    """Return the text whose parts are `spans`; zeros stand for what is written between them."""
    pieces, at = list[bytes](), 0
    for start, end in [*sorted(spans), (len(data), len(data))]:
        gap = data[at:start]
        pieces += [gap.translate(_ZERO if _ECHO.match(gap) else BLANK), data[start:end]]
        at = end
    return b"".join(pieces).decode("utf-8", "surrogatepass")

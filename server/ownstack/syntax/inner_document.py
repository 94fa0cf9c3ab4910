"""The part of an open page that the cursor is in, as a document of its own.

A script in HTML, Vue, Svelte or Astro is completed as JavaScript or TypeScript is: what is
around it is blank, and every character keeps its place. Two looks back and one forward decide,
since this is asked at every key; comments that hold tags may deceive them.
"""

from __future__ import annotations

import functools
import re

from ownstack.document import Document
from ownstack.languages import Language, injected_language, language_of
from ownstack.syntax.masking import front_of
from ownstack.text import Span

_SCRIPTED = "html"
"""The queries of languages that have scripts and styles."""
_USUAL = {"script": "javascript", "style": "css"}
_MAX_TAG_CHARS = 2_000
_SAYS = re.compile(r"""\s(lang|type)\s*=\s*["']?([\w+#./-]+)""")
_CODE = re.compile(r"[^\r\n]+")


def document_at(document: Document, offset: int) -> Document:
    """Return the document that the cursor is in: this one, or what one of its texts is."""
    host = language_of(document.language, document.path, document.text)
    if host is None or host.queries != _SCRIPTED:
        return document
    found = _region(document.text, offset, host)
    if found is None:
        return document
    language, span = found
    return Document(
        f"{document.uri}#{language.id}",
        document.path,
        language.editor_ids[0],
        document.version,
        _only(document.text, span.start, span.end),
    )


def _region(text: str, offset: int, host: Language) -> tuple[Language, Span] | None:
    front = front_of(text, host)
    if front is not None and front.start <= offset <= front.end:
        language = injected_language(host.front)
        return None if language is None else (language, front)
    start, tag = max((text.rfind(f"<{tag}", 0, offset), tag) for tag in _USUAL)
    opened = text.find(">", start, start + _MAX_TAG_CHARS) + 1 if start >= 0 else 0
    if not 0 < opened <= offset or text.find(f"</{tag}", opened, offset) >= 0:
        return None
    said = dict(reversed(_SAYS.findall(text[start : opened - 1])))
    name = said.get("lang") or said.get("type") or _USUAL[tag]
    language = injected_language(name)
    if language is not None and language.id == "javascript" and host.script:
        language = injected_language(host.script)
    end = text.find(f"</{tag}", offset)
    span = Span(opened, end if end >= 0 else len(text))
    return None if language is None else (language, span)


@functools.lru_cache(4)
def _only(text: str, start: int, end: int) -> str:
    """Return a text in which all but one span is blank; lines stay lines."""
    before, after = (_CODE.sub(_blank, piece) for piece in (text[:start], text[end:]))
    return before + text[start:end] + after


def _blank(found: re.Match[str]) -> str:
    return " " * len(found[0])

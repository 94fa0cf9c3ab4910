"""Texts as grammars can read them: what they would stumble over is blank, and all bytes stay."""

from __future__ import annotations

import re

from ownstack.languages import Language
from ownstack.text import Span

BLANK = bytes(byte if byte in b"\t\r\n" else ord(" ") for byte in range(256))
"""Translates bytes to white space; lines stay lines."""
_FRONT = re.compile(r"\A\ufeff?\s{0,200}---[ \t]*\r?\n(.*?)^---[ \t]*\r?$", re.S | re.M)
_ASCII = bytes(byte if byte < 0x80 else ord("x") for byte in range(256))
_OBJC_ENUM = re.compile(
    r"(?:typedef[ \t]+)?NS_(?:(?:CLOSED_)?ENUM|OPTIONS|ERROR_ENUM)[ \t]*"
    r"\([^(),\n]{1,200},[ \t]*(\w{1,200})[ \t]*\)"
)
_OBJC_MACRO = re.compile(
    r"^[ \t]*[A-Z][A-Z0-9]*_[A-Z0-9_]{1,99}(?:\([^()\n]{0,200}\))?[ \t]*\r?$"
    r"|\b[A-Z][A-Z0-9]{0,30}_[A-Z0-9_]{1,99}"
    r"(?:\((?:[^()\n]|\([^()\n]{0,99}\)){0,200}\))?(?=[ \t]*;)",
    re.M,
)

_CPP_MACRO = re.compile(
    r"(?:(?<=\bclass[ \t])|(?<=\bstruct[ \t]))[A-Z][A-Z0-9]*_[A-Z0-9_]{1,99}"
    r"(?=[ \t]{1,9}[A-Za-z_]\w{0,99}(?:[ \t]{1,9}final)?\s{0,99}[:{])"
)
"""Such as `SHOP_EXPORT`, between `class` and its name."""


def readable(text: str, language: Language) -> str:
    """Return a text as its grammar can read it; all bytes keep their places."""
    if language.id == "markdown" and not text.isascii():
        # Its scanner asks `isdigit` about any character, which some C libraries do not survive.
        # Other letters do not change what is a heading.
        return text.encode("utf-8", "surrogatepass").translate(_ASCII).decode("ascii")
    if language.id == "objc":
        # Macros of Apple's headers that stand where no expression may.
        text = _OBJC_ENUM.sub(_plain_enum, text)
        return _OBJC_MACRO.sub(lambda found: " " * _size(found[0]), text)
    if language.id == "cpp":
        # Grammars take what stands between `class` and its name for the name of a type.
        return _CPP_MACRO.sub(lambda found: " " * len(found[0]), text)
    front = front_of(text, language)
    if front is None:
        return text
    data = text[: front.end].encode("utf-8", "surrogatepass").translate(BLANK)
    return data.decode("ascii") + text[front.end :]


def _plain_enum(found: re.Match[str]) -> str:
    before, _, after = found[0].rpartition(found[1])
    return f"{'enum':{_size(before)}}{found[1]}{'':{_size(after)}}"


def _size(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def front_of(text: str, language: Language) -> Span | None:
    """Return what stands between the two lines of `---` at a text's top."""
    found = _FRONT.match(text) if language.front else None
    return Span(*found.span(1)) if found else None

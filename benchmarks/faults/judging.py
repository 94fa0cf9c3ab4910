"""Whether a text with a suggestion in it is broken, judged without the product's own rules."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Sequence

from ownstack.document import Document
from ownstack.languages import language_of
from ownstack.syntax.trees import EFFORT_BACKGROUND, parse

_BLANKS = " \t"


def sound(text: str, document: Document) -> bool:
    """Say whether a text parses: by Python itself, or by the grammar without an error."""
    return _errors(text, document) == 0


def fault(text: str, line_end: int, document: Document, otherwise: Sequence[str]) -> str:
    """Return what is wrong with a text into which a suggestion was put, "" if nothing is.

    `line_end`: where the suggestion's last line ends. `otherwise`: the same text without the
    cursor's line, or with one that does nothing; what is wrong in these already is nobody's fault.
    """
    known = min(_errors(text, document) for text in otherwise)
    for made in (text, *_continued(text, line_end, document)):
        if _errors(made, document) <= known:
            return ""
    return _why(text, document)


def _continued(text: str, at: int, document: Document) -> list[str]:
    """Return the text with a body for what the suggestion has begun."""
    line = text[text.rfind("\n", 0, at) + 1 : at]
    blanks = line[: len(line) - len(line.lstrip(_BLANKS))]
    last = line.rstrip()[-1:]
    if document.language == "python":
        deeper = blanks + ("\t" if "\t" in blanks else "    ")
        if last == ":":
            body = f"\n{deeper}pass"
            rescue = f"\n{blanks}except Exception:\n{deeper}pass"
            return [text[:at] + more + text[at:] for more in (body, body + rescue)]
        if line.lstrip().startswith("#"):
            return [f"{text[:at]}\n{blanks}pass{text[at:]}"]
        if line.lstrip().startswith("@"):
            return [f"{text[:at]}\n{blanks}def x(): pass{text[at:]}"]
        return []
    if last == "{":
        return [f"{text[:at]}\n{blanks}}}{end}{text[at:]}" for end in ("", ";", ")", ");", ",")]
    # A statement or an entry may still be given its end mark.
    return [f"{text[:at]}{end}{text[at:]}" for end in (";", ",", " {}", " => x", ": x")]


def _errors(text: str, document: Document) -> int:
    if document.language == "python":
        return int(bool(_why(text, document)))
    language = language_of(document.language, document.path)
    tree = parse(text, language, effort=EFFORT_BACKGROUND) if language else None
    count = tree.errors() if tree is not None else 0
    return 1_000 if count is None else count


def _why(text: str, document: Document) -> str:
    if document.language != "python":
        return "syntax"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except IndentationError as error:
        return f"indentation: {error.msg}"
    except (SyntaxError, ValueError) as error:
        return f"syntax: {error}"
    return ""

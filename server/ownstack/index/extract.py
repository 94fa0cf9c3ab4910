"""One file's text → all that the index keeps of it. A function of its arguments."""

from __future__ import annotations

from ownstack.captures import borders, outline
from ownstack.index.chunks import TARGET_CHARS, chunks_of, windows
from ownstack.index.glance import glance, indented_rows
from ownstack.index.references import references
from ownstack.index.rows import Extracted
from ownstack.index.source import Source
from ownstack.index.symbols import definitions
from ownstack.languages import Language


def extract(text: str, path: str, language: Language | None) -> Extracted:
    """Return symbols, references, imports and chunks of a file.

    `path` is only written into headers. Without a language, a grammar or a tree worth having
    (too long, too broken) there are chunks by lines and nothing else. Takes about 0.4 s for a
    megabyte, some seconds at worst.
    """
    source = Source(text)
    found = outline(text, language) if language is not None else None
    name = language.id if language is not None else ""
    if found is None:
        return Extracted(name, chunks=windows(path, source))
    defined = definitions(found.captured, source)
    used, imports = references(found.captured, defined, source)
    chunks = chunks_of(
        path, source, defined, lambda: source.first_rows(borders(found.tree, TARGET_CHARS // 2))
    )
    return Extracted(name, defined.symbols, used, imports, chunks)


def skim(text: str, path: str, language: Language | None) -> Extracted:
    """Return symbols and chunks of a file that is to be extracted later, in a fifth of the time."""
    source = Source(text)
    if language is None or not language.defines or "\0" in text:
        return Extracted(language.id if language else "", chunks=windows(path, source))
    defined = definitions(glance(source.data, language), source)
    chunks = chunks_of(path, source, defined, lambda: indented_rows(source.lines))
    return Extracted(language.id, defined.symbols, chunks=chunks)

"""What a notebook's text holds, read cell by cell, and where that is in the notebook.

Each cell is extracted by itself, in its own language: what is wrong in one disturbs no other, and
no chunk reaches over two. The headings above a cell are in its chunks' headers, as they say what
the code is for. Lines are those of the notebook's text (`files/notebook/text.py`) until they are
shown.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence

from ownstack.extract.rows import CellRows, Chunk, Extracted, Import, Reference, Symbol
from ownstack.files.notebook.magics import as_code
from ownstack.files.notebook.text import MARKDOWN, Cell, cells_in
from ownstack.languages import Language, language_of

MAX_HEADING_CHARS = 200
_HEADING = re.compile(r"^(#{1,6})[ \t]+(\S[^\n]*)", re.M)
_FENCE = re.compile(r"^(```|~~~)[^\n]*\n.*?(?:^\1|\Z)", re.M | re.S)
ExtractOne = Callable[[str, str, "Language | None"], Extracted]
"""Extracts a text of a path, in a language."""


def rows_in(text: str) -> CellRows:
    """Return what tells lines of a notebook's text by cells."""
    cells = cells_in(text)
    return CellRows(
        tuple(cell.number for cell in cells), tuple(cell.first_row + 1 for cell in cells)
    )


def extract_cells(
    text: str, path: str, extract_one: ExtractOne, usual: Language | None = None
) -> Extracted:
    """Return all that is read from a notebook's text; the language is that of most code cells.

    Without code cells it is the `usual` one.
    """
    headings: list[tuple[int, str]] = []
    symbols, references = list[Symbol](), list[Reference]()
    imports, chunks = list[Import](), list[Chunk]()
    languages: Counter[str] = Counter()
    for cell in cells_in(text):
        if not cell.source.strip():
            continue
        if cell.language == MARKDOWN:
            headings = _headings(headings, cell.source)
        else:
            languages[cell.language] += 1
        known = language_of(cell.language, f"a.{cell.language}")
        above = headings if cell.language != MARKDOWN else headings[:-1]
        header = "\n".join([path, *(words for _, words in above)])
        # Cells end without a line end, behind which alone some grammars see a heading.
        source = as_code(cell.source, cell.language) + "\n"
        found = extract_one(source, header, known)
        _add(found, cell, symbols, references, imports, chunks)
    usual_name = usual.id if usual else MARKDOWN
    language = languages.most_common(1)[0][0] if languages else usual_name
    return Extracted(language, tuple(symbols), tuple(references), tuple(imports), tuple(chunks))


def _add(
    found: Extracted,
    cell: Cell,
    symbols: list[Symbol],
    references: list[Reference],
    imports: list[Import],
    chunks: list[Chunk],
) -> None:
    """Append what was found in a cell, as it is in the notebook."""
    down, first = cell.first_row, len(symbols)

    def moved(place: int | None) -> int | None:
        return None if place is None else first + place

    for symbol in found.symbols:
        symbols.append(
            symbol._replace(
                start_line=symbol.start_line + down,
                end_line=symbol.end_line + down,
                name_line=symbol.name_line + down,
                parent=moved(symbol.parent),
            )
        )
    for use in found.references:
        references.append(use._replace(line=use.line + down, symbol=moved(use.symbol)))
    imports += [import_._replace(line=import_.line + down) for import_ in found.imports]
    lines = cell.source.split("\n")
    for chunk in found.chunks:
        # As it is written: commands to the kernel are searched, too.
        written = "\n".join(lines[chunk.start_line - 1 : chunk.end_line])[: len(chunk.text)]
        chunks.append(
            chunk._replace(
                text=written,
                start_line=chunk.start_line + down,
                end_line=chunk.end_line + down,
                symbol=moved(chunk.symbol),
            )
        )


def _headings(above: Sequence[tuple[int, str]], prose: str) -> list[tuple[int, str]]:
    """Return the headings that what follows some prose stands below, outermost first."""
    headings = list(above)
    for match in _HEADING.finditer(_FENCE.sub("", prose)):
        depth = len(match[1])
        headings = [heading for heading in headings if heading[0] < depth]
        headings.append((depth, match[2].strip()[:MAX_HEADING_CHARS]))
    return headings

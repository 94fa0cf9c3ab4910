"""An answer without a model: the code that the index finds for a question, ranked and cited."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath

from ownstack.chat.retrieval import Source
from ownstack.text import fenced

NAME = "index"
"""What is named as having answered."""
_LINES = 8


def index_answer(sources: Sequence[Source]) -> str:
    """Return the beginnings of sources as Markdown, in their order."""
    if not sources:
        return "The index finds nothing for this. Try the names that the code itself uses."
    return "\n\n".join(map(_entry, sources))


def _entry(source: Source) -> str:
    lines = source.text.rstrip().split("\n")
    shown = "\n".join(lines[:_LINES])
    more = f"\n({len(lines) - _LINES} more lines)" if len(lines) > _LINES else ""
    head = f"{source.place}  {source.name}".rstrip()
    # The end of a file's name is a name of its language for those who colour code.
    language = PurePosixPath(source.path).suffix[1:] if source.cell is None else ""
    return f"{head}\n{fenced(shown, language if language.isalnum() else '')}{more}"

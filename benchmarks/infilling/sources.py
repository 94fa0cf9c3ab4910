"""The text files of a project on disk, and which of them cursors are drawn from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from benchmarks.infilling.twins import Twins, twins
from ownstack.document import Document
from ownstack.languages import language_of

MAX_FILE_BYTES = 400_000
MIN_DRAWN_CHARS = 800
"""Smaller files give hardly a line that is not an import."""
TEST_PATH = re.compile(
    r"(^|/)(tests?|testing|__tests__|specs?|benches|examples?)/|"
    r"(^|/)(test_[^/]*|conftest)\.\w+$|[^/]*([._-](test|spec)s?)\.\w+$"
)
DRAWN_LANGUAGES = {
    "python": ("python",),
    "typescript": ("typescript", "tsx"),
    "rust": ("rust",),
    "go": ("go",),
}


@dataclass(frozen=True)
class ProjectFiles:
    """A project as a user has it: every text file, and which ones repeat others."""

    name: str
    language: str
    root: Path
    documents: dict[str, Document] = field(repr=False)
    """Path in the project → its text."""

    @cached_property
    def drawn(self) -> list[str]:
        """Paths of the files that cursors are put into: source of the project, no tests."""
        return [
            path
            for path, document in self.documents.items()
            if document.language in DRAWN_LANGUAGES.get(self.language, (self.language,))
            and len(document.text) >= MIN_DRAWN_CHARS
            and not TEST_PATH.search(path)
        ]

    @cached_property
    def twins(self) -> Twins:
        """Which of the files in the project's language are nearly another one, or generated."""
        return twins(
            {
                path: document.text
                for path, document in self.documents.items()
                if document.language in DRAWN_LANGUAGES.get(self.language, (self.language,))
            }
        )

    @property
    def n_chars(self) -> int:
        return sum(len(document.text) for document in self.documents.values())


def read_project(name: str, language: str, root: Path) -> ProjectFiles:
    """Read a project's folder."""
    documents = {document.path: document for document in _documents(root)}
    return ProjectFiles(name, language, root, documents)


def _documents(root: Path) -> Iterator[Document]:
    for path in sorted(root.rglob("*")):
        if not path.is_file() or path.stat().st_size > MAX_FILE_BYTES:
            continue
        text = decoded(path.read_bytes())
        relative = path.relative_to(root).as_posix()
        known = language_of("", relative, text or "")
        if text is not None and known is not None:
            yield Document(path.as_uri(), relative, known.id, 1, text)


def decoded(content: bytes) -> str | None:
    r"""Return UTF-8 text with `\n` for line ends; None for anything else."""
    if b"\0" in content:
        return None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    return text.replace("\r\n", "\n").replace("\r", "\n")

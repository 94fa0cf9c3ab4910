"""The corpus as files on disk: one JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from training.work import write_atomically


@dataclass(frozen=True, slots=True)
class Document:
    """One source file: its package ("registry:name"), language, path in the package, and text."""

    source: str
    language: str
    path: str
    text: str

    def json(self) -> str:
        fields = {"source": self.source, "language": self.language, "path": self.path}
        return json.dumps({**fields, "text": self.text}, ensure_ascii=False)


def save(path: Path, documents: list[Document]) -> None:
    def write(scratch: Path) -> None:
        with scratch.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(document.json() + "\n" for document in documents)

    write_atomically(path, write)


def load(path: Path) -> Iterator[Document]:
    with path.open(encoding="utf-8", newline="\n") as file:
        for line in file:
            yield Document(**json.loads(line))

"""The corpus as files on disk: one JSON object a line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


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


def load(path: Path) -> Iterator[Document]:
    with path.open(encoding="utf-8", newline="\n") as file:
        for line in file:
            yield Document(**json.loads(line))

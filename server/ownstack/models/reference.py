"""How a model is named to the engine that runs it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

LLAMA = "llama"
"""The engine that runs files in this process."""


@dataclass(frozen=True, slots=True)
class ModelReference:
    """A file that llama.cpp runs, or a model of another engine by the id that it has there."""

    engine: str
    id: str
    url: str = ""
    """Of the server, if it is one: the same name elsewhere is another model."""

    @classmethod
    def of_file(cls, path: Path) -> ModelReference:
        return cls(LLAMA, str(path))

    @property
    def path(self) -> Path | None:
        """The file, if it is one."""
        return Path(self.id) if self.engine == LLAMA else None

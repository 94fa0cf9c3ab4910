"""A model of a server that the user named, as `ENGINE:MODEL`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ownstack.models.reference import ModelReference
from ownstack.models.remote.entry import EngineEntry
from ownstack.models.roles import CHATTING, Role

_NAME = re.compile(r"([a-z][a-z0-9_-]{1,30}):(\S[\x20-\x7e]{0,299})")
_BILLIONS = re.compile(r"(?<![0-9a-z.])(\d{1,4}(?:\.\d{1,3})?)b(?![0-9a-z])")


@dataclass(frozen=True, slots=True)
class RemoteModel:
    """What a `ModelInfo` says of a file, said of a model on a server, which is not asked for it."""

    entry: EngineEntry
    id: str
    """What the server calls it."""

    @property
    def name(self) -> str:
        return f"{self.entry.name}:{self.id}"

    @property
    def reference(self) -> ModelReference:
        return ModelReference(self.entry.name, self.id, self.entry.url)

    @property
    def leaves_machine(self) -> bool:
        return self.entry.leaves_machine(self.id)

    @property
    def infill(self) -> str:
        """How it may fill in; that it can is seen when it is tried."""
        asks = self.entry.kind == "openai" and self.entry.infill != "off"
        return self.entry.infill if asks else ""

    @property
    def infill_problem(self) -> str:
        return "" if self.infill else f"{self.name} does not fill in the middle."

    @property
    def chat(self) -> bool:
        return True

    @property
    def parameters(self) -> int | None:
        """How large its name says that it is."""
        said = _BILLIONS.findall(self.id.lower())
        return int(1e9 * max(map(float, said))) if said else None

    def unfit(self, role: Role) -> str:
        """Return why it cannot play a role, as the end of a sentence that names it."""
        if role == "completion" and not self.infill:
            return "does not fill in the middle."
        if role not in CHATTING and self.entry.kind != "openai":
            return f"cannot be used for {role}."
        return ""


def split_name(text: str) -> tuple[str, str] | None:
    """Return the engine and the model of `ENGINE:MODEL`, None if it is nothing like that."""
    found = _NAME.fullmatch(text.strip())
    return None if found is None else (found[1], found[2].rstrip())

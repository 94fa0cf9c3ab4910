"""A machine on which some models find no memory."""

from __future__ import annotations

from pathlib import Path

from ownstack.app.engines.engine_pool import Progress
from ownstack.app.host import Host
from ownstack.engine.protocol import Engine
from ownstack.engine.scripted import ScriptedEngine
from ownstack.errors import ModelTooLargeError
from ownstack.models.reference import ModelReference
from ownstack.paths import Home
from ownstack.settings import EngineSettings
from tests.support.gguf_models import CHAT_TEMPLATE, make_gguf

SHORT = ModelTooLargeError("big needs about 9.0 GB of memory, 1.0 GB are free.", "Close programs.")


class Crowded:
    """A host on which some models find no memory."""

    def __init__(self, home: Home) -> None:
        self.too_large = {"big"}
        self.tried: list[str] = []
        self.host = Host(home, mode="inProcess", open_engine=self._open)

    async def _open(
        self, reference: ModelReference, name: str, settings: EngineSettings, progress: Progress
    ) -> Engine:
        self.tried.append(name)
        if name in self.too_large:
            raise SHORT
        return ScriptedEngine(name=name)


def known(host: Host, folder: Path, *names: str) -> None:
    """Make models known, each smaller than the one before, which chat and complete."""
    for index, name in enumerate(names):
        layers = 2 * (len(names) - index)
        made = make_gguf(folder / f"{name}.gguf", chat_template=CHAT_TEMPLATE, layers=layers)
        host.registry.add(made)

"""A window on a server in this process, whose model is scripted."""

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ownstack.app.engines.engine_pool import Progress
from ownstack.app.host import Host
from ownstack.engine.protocol import Engine
from ownstack.engine.scripted import ScriptedEngine
from ownstack.lsp.server import serve
from ownstack.models.reference import ModelReference
from ownstack.models.registry import BUILTIN
from ownstack.paths import Home
from ownstack.settings import EngineSettings
from tests.support.editor import Editor
from tests.support.gguf_models import CHAT_TEMPLATE, make_gguf


@dataclass
class Engines:
    """Opens one scripted engine a model file; what happens while it loads can be held up."""

    opened: list[str] = field(default_factory=list)
    loaded: asyncio.Event = field(default_factory=asyncio.Event)
    """Loading waits for this; set unless a test clears it."""
    error: Exception | None = None
    engine: ScriptedEngine = field(default_factory=ScriptedEngine)
    """The newest one, or the one to open next."""
    quick: ScriptedEngine | None = None
    """Stands for the built-in network, if a test has one."""
    progress: Progress | None = None

    async def open(
        self, reference: ModelReference, name: str, settings: EngineSettings, progress: Progress
    ) -> Engine:
        if name == BUILTIN and self.quick is not None:
            return self.quick
        self.opened.append(name)
        self.progress = progress
        await self.loaded.wait()
        if self.error is not None:
            raise self.error
        if self.engine.closed:
            self.engine = ScriptedEngine()
        return self.engine


@pytest.fixture(scope="session")
def model_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real, tiny model that can infill; it is never loaded here, only its header is read."""
    return make_gguf(tmp_path_factory.mktemp("models") / "tiny.gguf")


@pytest.fixture
def engines() -> Engines:
    made = Engines()
    made.loaded.set()
    return made


@pytest.fixture
async def host(home: Home, engines: Engines) -> AsyncIterator[Host]:
    """The shared part, with no model chosen."""
    made = Host(home, mode="inProcess", open_engine=engines.open)
    yield made
    await made.close()


@pytest.fixture
def chosen(host: Host, model_file: Path) -> str:
    """Choose the tiny model, and return its name."""
    info = host.registry.add(model_file, "tiny")
    host.use(info.name, "completion")
    return info.name


@pytest.fixture
def model(host: Host, engines: Engines, tmp_path: Path) -> ScriptedEngine:
    """Choose a model that edits; return the scripted engine that stands for it."""
    made = make_gguf(tmp_path / "talker.gguf", chat_template=CHAT_TEMPLATE)
    host.use(host.registry.add(made, "talker").name, "edit")
    engines.engine = ScriptedEngine(name="talker", context_tokens=16_384)
    return engines.engine


Connect = Callable[[], Awaitable[Editor]]


@pytest.fixture
async def connect(host: Host) -> AsyncIterator[Connect]:
    """Return a function that opens a connection for one more window."""
    editors: list[Editor] = []
    serving: list[asyncio.Task[None]] = []

    async def make() -> Editor:
        ours, theirs = socket.socketpair()
        reader, writer = await asyncio.open_connection(sock=ours)
        serving.append(asyncio.ensure_future(serve(host, reader, writer)))
        editor = Editor()
        await editor.connect(theirs)
        editors.append(editor)
        return editor

    yield make
    for editor in editors:
        editor.protocol.writer.close()
    await asyncio.gather(*serving)
    for editor in editors:
        await editor.stop()


@pytest.fixture
async def editor(connect: Connect) -> Editor:
    """A window that has not said hello yet."""
    return await connect()

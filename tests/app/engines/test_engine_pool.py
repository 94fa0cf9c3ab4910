"""Models in memory: each once, however many roles and windows use it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from ownstack.app.engines.crashes import CrashRecord
from ownstack.app.engines.engine_pool import EnginePool, Progress
from ownstack.app.engines.lease import Lease
from ownstack.app.host import Host
from ownstack.engine.protocol import Engine
from ownstack.engine.scripted import ScriptedEngine
from ownstack.errors import CannotInfillError, EngineError, ModelError
from ownstack.models.gguf.inspection import inspect
from ownstack.models.reference import ModelReference
from ownstack.models.roles import Role
from ownstack.paths import Home
from ownstack.settings import EngineSettings
from tests.support.embedding_models import make_encoder
from tests.support.gguf_models import CHAT_TEMPLATE, make_gguf

TALKER = ModelReference("elsewhere", "talker-7b")
"""A model of another engine: no file."""


@dataclass
class Opened:
    """A pool over scripted engines, and what it opened."""

    folder: Path
    infill: bool = True
    engines: list[ScriptedEngine] = field(default_factory=list)
    held: asyncio.Event | None = None

    def __post_init__(self) -> None:
        self.crashes = CrashRecord(self.folder)
        self.pool = EnginePool(self._open, self.crashes)

    def lease(self, role: Role, reference: ModelReference = TALKER) -> Lease:
        return self.pool.lease(reference, "talker", role, EngineSettings(), lambda: None)

    async def _open(
        self, reference: ModelReference, name: str, settings: EngineSettings, progress: Progress
    ) -> Engine:
        if self.held is not None:
            await self.held.wait()
        self.engines.append(ScriptedEngine(name=reference.id, infill=self.infill))
        return self.engines[-1]


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncIterator[Opened]:
    made = Opened(tmp_path)
    yield made
    await made.pool.close()


async def test_two_roles_share_one_load(opened: Opened) -> None:
    """The model is in memory once, and prepared for each of them."""
    leases = [opened.lease(role) for role in ("chat", "summary", "embedding")]
    await asyncio.gather(*(lease.ready() for lease in leases))

    (engine,) = opened.engines
    assert [lease.engine for lease in leases] == [engine] * 3
    assert sorted(engine.prepared) == ["chat", "embedding", "summary"]
    assert engine.capabilities.model == TALKER.id


async def test_a_role_that_the_model_cannot_play(opened: Opened) -> None:
    """It fails for that role; the others go on with the model."""
    opened.infill = False
    completion, chat = opened.lease("completion"), opened.lease("chat")
    await asyncio.gather(completion.ready(), chat.ready())

    assert completion.engine is None
    assert isinstance(completion.error, CannotInfillError)
    assert chat.engine is opened.engines[0]
    assert (chat.error, chat.progress, completion.progress) == (None, None, None)


async def test_a_model_that_can_play_no_role_is_not_kept(opened: Opened) -> None:
    """Its memory is given back at once, though it is still leased; it may be tried anew."""
    opened.infill = False
    lease = opened.lease("completion")
    await lease.ready()
    while not opened.engines[0].closed:
        await asyncio.sleep(0)

    chat = opened.lease("chat")
    await chat.ready()

    assert isinstance(lease.error, CannotInfillError)
    assert chat.engine is opened.engines[1]


async def test_a_role_is_refused_until_it_is_asked_for_again(opened: Opened) -> None:
    """What was refused once may be had later: the engine is asked each time."""
    opened.infill = False
    chat, first = opened.lease("chat"), opened.lease("completion")
    await asyncio.gather(chat.ready(), first.ready())
    assert first.error is not None
    opened.engines[0].capabilities = ScriptedEngine().capabilities

    second = opened.lease("completion")
    await second.ready()

    assert second.engine is opened.engines[0]


async def test_closing_while_it_loads(opened: Opened) -> None:
    """Nobody waits for ever."""
    opened.held = asyncio.Event()
    lease = opened.lease("chat")
    await asyncio.sleep(0)

    await opened.pool.close()
    await lease.ready()

    assert (lease.engine, opened.engines) == (None, [])


async def test_no_such_engine(home: Home) -> None:
    """A reference to an engine that is not there says so, and what to choose."""
    host = Host(home, mode="inProcess")
    lease = host.engines.lease(TALKER, "talker", "chat", EngineSettings(), lambda: None)
    await lease.ready()
    await host.close()

    assert isinstance(lease.error, ModelError)
    assert "No engine is called “elsewhere”" in str(lease.error)
    assert "ownstack engines list" in lease.error.hint


@pytest.fixture
async def host(home: Home) -> AsyncIterator[Host]:
    """The real engine."""
    made = Host(home, mode="inProcess")
    yield made
    await made.close()


async def leased(host: Host, path: Path, role: Role) -> Lease:
    settings = EngineSettings(threads=1)
    lease = host.lease(inspect(path), role, settings, lambda: None)
    await lease.ready()
    return lease


async def test_a_file_that_is_replaced_is_given_up(opened: Opened, tmp_path: Path) -> None:
    """Once it stays as it is: who holds it hears why, and the next lease loads what is there."""
    path = tmp_path / "m.gguf"
    path.write_bytes(b"one")
    told: list[str] = []
    reference = ModelReference.of_file(path)
    settings = EngineSettings()
    lease = opened.pool.lease(reference, "m", "chat", settings, lambda: told.append("changed"))
    await lease.ready()
    assert not opened.pool.give_up_replaced()
    told.clear()

    path.write_bytes(b"half of anoth")
    assert not opened.pool.give_up_replaced()  # Somebody may still be writing it.
    path.write_bytes(b"another one")
    assert not opened.pool.give_up_replaced()
    assert opened.pool.give_up_replaced()

    assert "was replaced while it was in use" in str(lease.error)
    assert told == ["changed"]
    assert not opened.pool.give_up_replaced()
    lease.release()
    again = opened.pool.lease(reference, "m", "chat", settings, lambda: None)
    await again.ready()
    assert again.error is None
    assert again.engine is opened.engines[1]


async def test_a_file_that_is_deleted_is_used_on(opened: Opened, tmp_path: Path) -> None:
    """It is in memory; models of other engines have no file at all."""
    path = tmp_path / "m.gguf"
    path.write_bytes(b"one")
    lease, other = opened.lease("chat", ModelReference.of_file(path)), opened.lease("chat")
    await asyncio.gather(lease.ready(), other.ready())

    path.unlink()

    assert [opened.pool.give_up_replaced() for _ in range(3)] == [False] * 3
    assert lease.engine is not None


@pytest.mark.native
@pytest.mark.process
async def test_an_embedding_model(host: Host, tmp_path: Path) -> None:
    """An encoder, which writes nothing, embeds: texts with the same words are nearer."""
    lease = await leased(host, make_encoder(tmp_path / "encoder.gguf"), "embedding")
    assert lease.engine is not None

    same, other, unlike = await lease.engine.embed(["send order", "order send", "import file"])

    assert same @ other > same @ unlike
    assert np.linalg.norm(same) == pytest.approx(1.0, abs=1e-4)


@pytest.mark.native
@pytest.mark.process
@pytest.mark.parametrize("role", ["completion", "chat"])
async def test_an_embedding_model_does_nothing_else(host: Host, tmp_path: Path, role: Role) -> None:
    """It is refused by name, and the process lives: an encoder has no memory to write on."""
    lease = await leased(host, make_encoder(tmp_path / "encoder.gguf"), role)

    assert lease.engine is None
    assert isinstance(lease.error, (CannotInfillError, EngineError))
    assert "encoder" in str(lease.error)


@pytest.mark.native
@pytest.mark.process
async def test_one_file_in_three_roles(host: Host, tmp_path: Path) -> None:
    """A model that can do it all is loaded once, whoever came first."""
    path = make_gguf(tmp_path / "all.gguf", chat_template=CHAT_TEMPLATE)

    chat = await leased(host, path, "chat")
    completion = await leased(host, path, "completion")
    embedding = await leased(host, path, "embedding")

    assert chat.engine is not None
    assert chat.model is completion.model is embedding.model
    assert chat.engine.capabilities.infill
    assert (await chat.engine.embed(["x"])).shape == (1, 64)
    (model,) = host.report(0)["models"]
    assert model["roles"] == ["chat", "completion", "embedding"]

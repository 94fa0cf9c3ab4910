"""Models leave memory for others, or because nobody asks them; their leases stay."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from ownstack.app.engines.crashes import CrashRecord
from ownstack.app.engines.engine_pool import EnginePool, Progress
from ownstack.app.engines.lease import Lease
from ownstack.app.engines.load_policy import Room
from ownstack.app.engines.model_memory import MachineMemory
from ownstack.app.host import Host
from ownstack.engine.protocol import Engine
from ownstack.engine.requests import ChatRequest, InfillRequest
from ownstack.engine.scripted import ScriptedEngine
from ownstack.errors import ModelTooLargeError
from ownstack.models.gguf.inspection import inspect, memory_needed
from ownstack.models.hardware.machine import this_machine
from ownstack.models.reference import ModelReference
from ownstack.models.roles import Role
from ownstack.paths import Home
from ownstack.settings import EngineSettings
from tests.support.completing import Timers
from tests.support.gguf_models import CHAT_TEMPLATE, make_gguf

GB = 1_000_000_000
SETTINGS = EngineSettings()
MINUTES = 60.0


class Pool:
    """A pool with scripted engines for models `a` to `z`, each of 2 GB, and a clock of its own."""

    def __init__(self, folder: Path) -> None:
        self.timers = Timers()
        self.budget_gb, self.firm = 4, True
        self.engines: dict[str, list[ScriptedEngine]] = {}
        self.told: list[str] = []
        self.pool = EnginePool(
            self._open,
            CrashRecord(folder),
            memory=self,
            clock=lambda: self.timers.now,
            later=self.timers.later,
        )

    def needed_bytes(self, reference: ModelReference, settings: EngineSettings) -> int:
        return 2 * GB

    def room(self, settings: EngineSettings) -> Room:
        return Room(self.budget_gb * GB, self.firm, 100 * GB)

    async def hold(self, name: str, role: Role = "chat") -> Lease:
        """Lease a model, a second after whatever was before, and wait for it."""
        self.timers.now += 1
        reference = ModelReference("llama", name)
        lease = self.pool.lease(reference, name, role, SETTINGS, lambda: self.told.append(name))
        await lease.ready()
        return lease

    @property
    def loaded(self) -> list[str]:
        return sorted(model.name for model in self.pool.models if model.engine is not None)

    async def _open(
        self, reference: ModelReference, name: str, settings: EngineSettings, progress: Progress
    ) -> Engine:
        for older in [engine for engines in self.engines.values() for engine in engines]:
            if older.closing:
                assert older.closed, "the memory was not free yet"
        engine = Closing(name=name)
        self.engines.setdefault(name, []).append(engine)
        return engine


class Closing(ScriptedEngine):
    """An engine that needs a while to be closed."""

    closing = False

    async def close(self) -> None:
        self.closing = True
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        await super().close()


@pytest.fixture
async def pool(tmp_path: Path) -> AsyncIterator[Pool]:
    made = Pool(tmp_path)
    yield made
    await made.pool.close()


async def test_what_was_used_longest_ago_makes_room(pool: Pool) -> None:
    """By requests, not by when it was loaded; its lease stays, and says why it is empty."""
    a, b = await pool.hold("a"), await pool.hold("b")
    assert a.engine is not None
    pool.timers.now += 1
    await a.engine.chat(ChatRequest(())).result()
    pool.told.clear()

    await pool.hold("c")

    assert pool.loaded == ["a", "c"]
    assert (b.engine, b.error, b.progress) == (None, None, None)
    assert b.unloaded == "b was unloaded to make room for c."
    assert "b" in pool.told
    assert pool.engines["b"][0].closed


async def test_a_model_that_made_room_comes_back(pool: Pool) -> None:
    """Whoever waits for its lease has it loaded, in the place of another one."""
    a = await pool.hold("a")
    await pool.hold("b")
    await pool.hold("c")
    assert a.engine is None

    pool.timers.now += 1
    await a.ready()

    assert a.engine is pool.engines["a"][1]
    assert a.unloaded == ""
    assert pool.loaded == ["a", "c"]


async def test_what_completes_goes_last(pool: Pool) -> None:
    """Though it was used longest ago; in the end it goes, too."""
    completes, chat = await pool.hold("a", "completion"), await pool.hold("b")
    await pool.hold("c")
    assert (completes.unloaded, chat.unloaded != "") == ("", True)

    pool.budget_gb = 2
    await pool.hold("d")

    assert pool.loaded == ["d"]
    completes.wake()
    await completes.ready()
    assert pool.loaded == ["a"]


async def test_what_answers_is_not_unloaded(pool: Pool) -> None:
    """The other one goes; where all answer, the new one is refused, and says what to do."""
    a, b = await pool.hold("a"), await pool.hold("b")
    gate = asyncio.Event()
    pool.engines["a"][0].enqueue("yes", gate=gate)
    assert a.engine is not None
    stream = a.engine.chat(ChatRequest(()))

    c = await pool.hold("c")
    assert pool.loaded == ["a", "c"]
    assert b.unloaded
    assert c.engine is not None
    pool.engines["c"][0].enqueue("x = 1", gate=gate)
    generation = c.engine.infill(InfillRequest("", ""))
    d = await pool.hold("d")

    assert pool.loaded == ["a", "c"]
    assert isinstance(d.error, ModelTooLargeError)
    assert str(d.error).startswith(
        "d needs about 2.0 GB of memory, and models may take 4.0 GB together, of which 4.0 GB are "
        "in use."
    )
    assert "ownstack.models.memoryBudgetGb" in d.error.hint
    assert "d" not in pool.engines
    gate.set()
    assert (await stream.result()).message.text == "yes"
    assert (await generation.result()).text == "x = 1"
    again = await pool.hold("d")
    assert again.error is None


async def test_what_is_being_loaded_makes_room_once_it_is_there(pool: Pool) -> None:
    """A model that comes at the same time waits for it, and is not refused."""
    pool.budget_gb = 2
    first, second = await asyncio.gather(pool.hold("a"), pool.hold("b"))

    assert pool.loaded == ["b"]
    assert first.unloaded == "a was unloaded to make room for b."
    assert (second.error, list(pool.engines)) == (None, ["a", "b"])


async def test_beyond_a_computed_budget(pool: Pool) -> None:
    """A model may come if memory is free: the others leave as far as they can."""
    pool.budget_gb, pool.firm = 1, False
    a, b = await pool.hold("a"), await pool.hold("b")

    assert b.engine is not None
    assert a.unloaded == "a was unloaded to make room for b."


async def test_more_memory_than_was_foretold(pool: Pool) -> None:
    """A window may be longer than what was counted with: the others make room for it."""
    a, b = await pool.hold("a"), await pool.hold("b")
    grown = pool.engines["b"][0]
    grown.capabilities = replace(grown.capabilities, memory_bytes=3 * GB)

    summary = await pool.hold("b", "summary")

    assert a.unloaded == "a was unloaded to make room for b."
    assert summary.engine is b.engine is grown


async def test_a_model_that_nobody_asks_is_unloaded(pool: Pool) -> None:
    """After a quarter of an hour, counted from the last request; it comes back when it is asked."""
    pool.pool.unload_after(15 * MINUTES)
    chat, completes = await pool.hold("a"), await pool.hold("b", "completion")
    assert chat.engine is not None
    pool.timers.advance(10 * MINUTES)
    await chat.engine.embed(["x"])
    pool.timers.advance(10 * MINUTES)
    assert pool.loaded == ["a", "b"]

    pool.timers.advance(5 * MINUTES)

    assert pool.loaded == ["b"]
    assert chat.unloaded == "a was unloaded: it was not used for 15 min."
    await chat.ready()
    assert pool.loaded == ["a", "b"]
    pool.timers.advance(600 * MINUTES)
    assert pool.loaded == ["b"]
    assert completes.engine is not None


async def test_a_long_answer_is_no_idleness(pool: Pool) -> None:
    """The time counts from its end, about."""
    pool.pool.unload_after(15 * MINUTES)
    chat = await pool.hold("a")
    gate = asyncio.Event()
    pool.engines["a"][0].enqueue("at last", gate=gate)
    assert chat.engine is not None
    stream = chat.engine.chat(ChatRequest(()))
    pool.timers.advance(15 * MINUTES)
    pool.timers.advance(14 * MINUTES)
    assert pool.loaded == ["a"]
    gate.set()
    await stream.result()

    pool.timers.advance(14 * MINUTES)
    pool.timers.advance(15 * MINUTES)

    assert pool.loaded == []


async def test_idle_models_may_stay(pool: Pool) -> None:
    """With 0 minutes, which is what a process without settings has."""
    await pool.hold("a")
    pool.pool.unload_after(15 * MINUTES)
    pool.pool.unload_after(0)

    pool.timers.advance(10_000 * MINUTES)

    assert pool.loaded == ["a"]
    assert pool.timers.waiting == []


async def test_what_nobody_holds_is_forgotten_when_it_is_idle(pool: Pool) -> None:
    """There is nobody who would ask for it; but a window that opens completes at once."""
    pool.pool.unload_after(15 * MINUTES)
    chat, completes = await pool.hold("a"), await pool.hold("b", "completion")
    chat.release()
    completes.release()

    pool.timers.advance(15 * MINUTES)

    assert [model.name for model in pool.pool.models] == ["b"]


def test_the_budget_of_this_machine() -> None:
    """What is recommended for it is counted with, unless the user has set one."""
    memory = MachineMemory()
    computed = memory.room(SETTINGS)
    memory.budget_gb = 3

    assert computed.budget_bytes == this_machine(measure=False).budget_bytes
    assert not computed.firm
    assert computed.free_bytes is not None
    assert memory.room(SETTINGS).budget_bytes == 3 * GB
    assert memory.room(SETTINGS).firm


@pytest.mark.native
@pytest.mark.process
async def test_two_files_in_the_room_of_one(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With llama.cpp: each is loaded again when it is asked, and answers as before."""
    files = [
        make_gguf(tmp_path / f"{name}.gguf", chat_template=CHAT_TEMPLATE, seed=seed)
        for seed, name in enumerate(("first", "second"))
    ]
    needed = memory_needed(inspect(files[0]))
    host = Host(home, mode="inProcess")
    monkeypatch.setattr(host.memory, "room", lambda settings: Room(needed * 3 // 2, True, None))
    leases = []
    answers: list[list[int]] = [[], []]
    try:
        for _ in range(2):
            for index, file in enumerate(files):
                if len(leases) == index:
                    settings = EngineSettings(threads=1)
                    leases.append(host.lease(inspect(file), "completion", settings, lambda: None))
                await leases[index].ready()
                engine, other = leases[index].engine, leases[index - 1]
                assert engine is not None, leases[index].error
                assert len(leases) == 1 or (other.engine is None and other.unloaded)
                request = InfillRequest("def f(", "\n", path="f.py", max_tokens=8)
                answers[index].append(len((await engine.infill(request).result()).text))
        loaded = [model["name"] for model in host.report(0)["models"] if model["loaded"]]
    finally:
        await host.close()

    assert loaded == ["second"]
    assert [len(set(each)) for each in answers] == [1, 1]

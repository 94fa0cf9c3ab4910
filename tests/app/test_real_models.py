"""Real models through the pool, by role, if the folder `OWNSTACK_MODELS` has them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ownstack.app.engines.lease import Lease
from ownstack.app.engines.load_policy import Room
from ownstack.app.host import Host
from ownstack.engine.chat import End, TextDelta
from ownstack.engine.messages import Message
from ownstack.engine.requests import ChatRequest
from ownstack.engine.results import Finish
from ownstack.models.gguf.inspection import inspect, memory_needed
from ownstack.paths import Home
from ownstack.settings import EngineSettings

CHAT_MODEL = "smollm2-135m-instruct-q4_1.gguf"
CODER = "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf"


def model_file(name: str) -> Path:
    path = Path(os.environ.get("OWNSTACK_MODELS", "")) / name
    if not path.is_file():
        pytest.skip(f"There is no {name} in the folder that OWNSTACK_MODELS names.")
    return path


async def test_a_chat_model_answers(home: Home) -> None:
    """One that cannot infill is opened for chat, and says what everybody knows."""
    path = model_file(CHAT_MODEL)
    host = Host(home, mode="inProcess")
    try:
        lease = host.lease(inspect(path), "chat", EngineSettings(), lambda: None)
        await lease.ready()
        assert lease.engine is not None, lease.error
        question = Message.of("user", "What is the capital of France? Answer in one sentence.")
        stream = lease.engine.chat(ChatRequest((question,), max_tokens=40))
        events = [event async for event in stream]
    finally:
        await host.close()

    assert "Paris" in "".join(event.text for event in events if isinstance(event, TextDelta))
    assert events[-1] == End(Finish.END)


@pytest.mark.native
@pytest.mark.process
async def test_two_models_in_the_room_of_one(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """The budget holds the larger one alone: they take turns, and each says the same again."""
    files = [model_file(name) for name in (CODER, CHAT_MODEL)]
    budget = memory_needed(inspect(files[0])) * 11 // 10
    host = Host(home, mode="inProcess")
    monkeypatch.setattr(host.memory, "room", lambda settings: Room(budget, True, None))
    question = Message.of("user", "What is the capital of France? Answer in one sentence.")
    settings = EngineSettings(context_tokens=1_024)
    answers: list[str] = []
    held_bytes: list[int] = []
    try:
        leases: list[Lease] = []
        for turn in range(4):
            if turn < 2:
                info = inspect(files[turn])
                leases.append(host.lease(info, "chat", settings, lambda: None))
            lease = leases[turn % 2]
            await lease.ready()
            assert lease.engine is not None, lease.error
            stream = lease.engine.chat(ChatRequest((question,), max_tokens=12))
            answers.append((await stream.result()).message.text)
            held_bytes.append(sum(model.memory_bytes for model in host.engines.models))
            assert [model.name for model in host.engines.models if model.engine] == [lease.name]
    finally:
        await host.close()

    assert all("Paris" in answer for answer in answers)
    assert answers[:2] == answers[2:]
    assert max(held_bytes) <= budget

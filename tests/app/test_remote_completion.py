"""A window whose completions come from a server: from the settings to the suggestion."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from ownstack.app.host import Host
from ownstack.app.session import Session
from ownstack.completion.suggestion import Trigger
from ownstack.models.remote.entry import EngineEntry
from ownstack.paths import Home
from tests.support.scripted_server import ScriptedServer, events, refused, scripted_server, whole

URI = "file:///p/a.py"
TEXT = "def area(width, height):\n    return "
COMPLETIONS = "/v1/completions"


def text(piece: str, finish: str | None = None) -> dict[str, object]:
    return {"choices": [{"text": piece, "finish_reason": finish}]}


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    async with scripted_server() as script:
        models = {"data": [{"id": "qwen2.5-coder", "owned_by": "vllm", "max_model_len": 8_192}]}
        script.answer("/v1/models", whole(models))
        script.answer(COMPLETIONS, events(text("width * height", "stop")))
        yield script


@pytest.fixture
async def session(
    home: Home, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Session]:
    monkeypatch.delenv("OWNSTACK_OFFLINE", raising=False)
    host = Host(home, mode="inProcess")
    host.servers.put(EngineEntry("box", server.url))
    window = Session(host)
    window.configure(
        {
            "models": {"completion": "box:qwen2.5-coder"},
            "completion": {"deadlineMs": 10_000},
            "index": {"enabled": False},
        }
    )
    window.start()
    await window.ready()
    yield window
    await window.close()
    await host.close()


async def test_a_server_completes(session: Session, server: ScriptedServer) -> None:
    """By the markers of its model, with what stands around the cursor; the status names it."""
    assert session.status().state == "ready", session.status().reason
    session.open(URI, "python", 1, TEXT + "\n")

    answer = await session.complete(URI, len(TEXT), Trigger.INVOKED)

    assert answer.suggestion is not None
    assert answer.suggestion.text == "width * height"
    prompt = server.to(COMPLETIONS)[-1].json["prompt"]
    assert prompt.startswith("<|fim_prefix|>")
    assert "def area(width, height):" in prompt
    assert session.status().roles[0].engine == "box"


async def test_a_server_that_fails_costs_no_more_than_the_suggestion(
    session: Session, server: ScriptedServer
) -> None:
    """Its words are in the explanation; nothing is raised."""
    server.answer(COMPLETIONS, refused(500, {"error": "out of memory"}))
    session.open(URI, "python", 1, TEXT + "\n")

    answer = await session.complete(URI, len(TEXT), Trigger.INVOKED)

    assert answer.suggestion is None
    assert "out of memory" in answer.trace.reason


async def test_going_offline_sends_nothing_elsewhere(
    session: Session, server: ScriptedServer, home: Home
) -> None:
    """The status says why completion does without."""
    session._host.servers.put(EngineEntry("team", "https://gpu.example/v1", roles=("completion",)))
    session.configure({"models": {"completion": "team:m", "offline": True}})
    await session.ready()

    status = session.status()
    assert status.state == "error"
    assert "runs on another machine (gpu.example)" in status.reason
    assert session.engine is None

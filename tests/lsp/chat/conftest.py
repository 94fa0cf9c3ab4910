"""A project, and a model that answers questions about it."""

from pathlib import Path

import pytest

from ownstack.app.host import Host
from ownstack.engine.scripted import ScriptedEngine
from tests.lsp.chat.windows import BIKES, measured
from tests.lsp.conftest import Engines
from tests.support.gguf_models import CHAT_TEMPLATE, make_gguf


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "bikes.py").write_text(BIKES)
    (folder / "AGENTS.md").write_text("Answer in rhymes.")
    return folder


@pytest.fixture
def talker(host: Host, engines: Engines, tmp_path: Path) -> ScriptedEngine:
    """Choose a model for chat; return the scripted engine that stands for it."""
    made = make_gguf(tmp_path / "talker.gguf", chat_template=CHAT_TEMPLATE)
    host.use(host.registry.add(made, "talker").name, "chat")
    engines.engine = ScriptedEngine(name="talker", context_tokens=4_096)
    measured(host, engines.engine)
    return engines.engine

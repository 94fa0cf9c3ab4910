"""A project, and a model that chooses tools well."""

from pathlib import Path

import pytest

from ownstack.app.host import Host
from ownstack.chat.tool_ability import AbilityRecord
from ownstack.engine.scripted import ScriptedEngine
from tests.lsp.chat_tools.desk import BIKES, LINES
from tests.lsp.conftest import Engines
from tests.support.gguf_models import CHAT_TEMPLATE, make_gguf


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "bikes.py").write_text(BIKES, "utf-8")
    (folder / "lines.txt").write_text(LINES, "utf-8")
    return folder


@pytest.fixture
def unmeasured(host: Host, engines: Engines, tmp_path: Path) -> ScriptedEngine:
    """Choose a model for chat of which nobody knows how well it chooses tools."""
    made = make_gguf(tmp_path / "talker.gguf", chat_template=CHAT_TEMPLATE)
    host.use(host.registry.add(made, "talker").name, "chat")
    engines.engine = ScriptedEngine(name="talker", context_tokens=16_384)
    return engines.engine


@pytest.fixture
def talker(host: Host, unmeasured: ScriptedEngine) -> ScriptedEngine:
    """One that chooses tools well."""
    AbilityRecord(host.home.tool_ability_file).put(unmeasured.capabilities, 1.0)
    return unmeasured

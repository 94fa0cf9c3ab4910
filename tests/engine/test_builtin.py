"""The network that comes with the package, as it lies there."""

from __future__ import annotations

from pathlib import Path

import pytest

from ownstack.engine.llama.engine import LlamaEngine
from ownstack.engine.llama.scheduler import NativeThread
from ownstack.engine.requests import InfillRequest
from ownstack.models.gguf import gguf_file
from ownstack.models.registry import inspect
from ownstack.paths import Home, builtin_model
from ownstack.settings import EngineSettings

pytestmark = pytest.mark.native

MAX_BYTES = 45_000_000
CONTEXT_TOKENS = 512


@pytest.fixture
def shipped(monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("OWNSTACK_BUILTIN")
    return builtin_model()


def test_it_is_small_and_says_what_it_is(shipped: Path) -> None:
    """Licence, order of the infill prompt, and where it comes from are in the file."""
    info, metadata = inspect(shipped), gguf_file.read(shipped).metadata

    assert info.size_bytes <= MAX_BYTES
    assert (info.license, info.infill_order, info.infill_problem) == ("mit", "spm", "")
    assert "no user data" in str(metadata["general.description"])
    assert int(str(metadata["ownstack.training.tokens"])) > 0
    assert float(str(metadata["ownstack.training.hours"])) > 0


async def test_it_completes(shipped: Path, home: Home) -> None:
    """The real file, in the real engine."""
    native = NativeThread()
    settings = EngineSettings(context_tokens=CONTEXT_TOKENS)
    engine = await LlamaEngine.open(
        shipped, name="builtin", native=native, settings=settings, cache=home.cache
    )
    try:
        await engine.prepare("completion")
        result = await engine.infill(
            InfillRequest("for index in range(", "\n", max_tokens=4)
        ).result()
    finally:
        await engine.close()
        native.close()

    assert engine.capabilities.infill
    assert result.usage.generated_tokens > 0


def test_its_notice_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever unpacks the wheel finds, beside the file, what it is and under which licence."""
    monkeypatch.delenv("OWNSTACK_BUILTIN")
    notice = (builtin_model().parent / "NOTICE.md").read_text("utf-8")

    assert builtin_model().name in notice
    assert "MIT licence" in notice

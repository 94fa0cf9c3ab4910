"""What is learned of a model's chances is not applied to it with adapters, nor the other way."""

from __future__ import annotations

from pathlib import Path

import pytest

from ownstack.completion.feedback.own_calibration import maker_name
from ownstack.engine.adapters import Adapter, no_adapters
from ownstack.engine.results import WrittenToken
from ownstack.engine.scripted import ScriptedEngine
from ownstack.settings import CompletionSettings
from tests.support.completing import Window

LINE = "total.append(value)"
TOKENS = (WrittenToken(len(LINE), -0.01), WrittenToken(len(LINE) + 1, -0.01))
ADAPTERS = (Adapter(Path("infill.gguf"), "infill"), Adapter(Path("celery.gguf"), "celery"))


@pytest.mark.parametrize(
    ("adapters", "name"),
    [((), "coder"), (("infill",), "coder + infill"), (("a", "b"), "coder + a + b")],
)
def test_a_model_is_called_by_its_adapters_too(adapters: tuple[str, ...], name: str) -> None:
    """The plain one is called as ever: what was learned of it holds on."""
    assert maker_name("coder", adapters) == name


def test_a_long_name_is_cut() -> None:
    """It stands in a row for each suggestion."""
    assert len(maker_name("coder", ("x" * 10_000,))) < 100


@pytest.mark.parametrize(
    ("adapters", "maker"), [((), "scripted"), (ADAPTERS, "scripted + infill + celery")]
)
async def test_a_suggestion_is_its_makers(
    tmp_path: Path, adapters: tuple[Adapter, ...], maker: str
) -> None:
    """Asked for anew, and out of the cache; the trace names the model and its adapters apart."""
    engine = ScriptedEngine()
    engine.adapters = (lambda role, project: adapters) if adapters else no_adapters
    engine.enqueue(LINE, tokens=TOKENS)
    async with Window(tmp_path, engine, settings=CompletionSettings(prefetch=False)) as window:
        asked: list[str] = []
        own = window.completer._own
        real = own.least

        def least(source: str, model: str, adjusted: float) -> float:
            asked.append(model)
            return real(source, model, adjusted)

        own.least = least  # type: ignore[method-assign]
        window.show("def f():\n    $0\n")
        answer = await window.ask()
        displayed = window.completer._outcomes.displayed

        assert answer.suggestion is not None
        assert displayed is not None
        assert displayed.model == maker
        assert (answer.trace.model, answer.trace.adapters) == (
            "scripted",
            tuple(adapter.name for adapter in adapters),
        )
        again = await window.ask()
        assert again.suggestion is not None
        assert set(asked) == {maker}

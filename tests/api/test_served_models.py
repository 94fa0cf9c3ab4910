"""Models in memory while they are asked, and a bit longer."""

from __future__ import annotations

from pathlib import Path

import pytest

from ownstack.api import served_models
from ownstack.api.served_models import ServedModels
from ownstack.errors import ModelTooLargeError
from ownstack.paths import Home
from tests.support.crowded import Crowded, known
from tests.support.serving import FILLER, TALKER, Served


async def ask_both(served: Served) -> None:
    assert (await served.ask()).status_code == 200
    answer = await served.ask("/completions", model=FILLER, prompt="x")
    assert answer.status_code == 200


async def test_two_models_in_turn_are_loaded_once(served: Served) -> None:
    """Neither makes way for the other."""
    for _ in range(3):
        await ask_both(served)

    assert served.opened == [TALKER, FILLER]


async def test_what_is_not_kept_makes_way(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a while nothing holds a model any more."""
    monkeypatch.setattr(served_models, "KEEP_S", 0.0)
    await ask_both(served)
    await ask_both(served)

    assert served.opened == [TALKER, FILLER] * 2


async def test_a_model_that_needs_the_place_gets_it(served: Served) -> None:
    """What is only kept is let go of, and it is tried once more."""
    assert (await served.ask()).status_code == 200
    served.fits_beside_others = False

    answer = await served.ask("/completions", model=FILLER, prompt="x")

    assert answer.status_code == 200
    assert [model.name for model in served.host.engines.models] == [FILLER]


async def test_a_model_that_is_too_large_by_itself(served: Served) -> None:
    """It is tried once."""
    served.error = ModelTooLargeError("It needs 40 GB, 8 are free.")

    assert (await served.ask()).status_code == 503
    assert served.opened == [TALKER]


async def test_what_stands_in_for_a_role(home: Home, tmp_path: Path) -> None:
    """A smaller model, as in an editor; not for one that was asked for by its name."""
    crowded = Crowded(home)
    known(crowded.host, tmp_path, "big", "middle", "small")
    crowded.host.use("big", "chat")
    crowded.too_large = {"big", "middle"}
    served = ServedModels(crowded.host)
    try:
        hold = await served.hold("chat", "chat", "tester")
        assert (hold.name, hold.engine.capabilities.model) == ("small", "small")
        hold.release()
        with pytest.raises(ModelTooLargeError, match="big needs"):
            await served.hold("big", "chat", "tester")
        crowded.too_large.add("small")
        served.close()
        with pytest.raises(ModelTooLargeError, match="big needs"):
            await served.hold("chat", "chat", "tester")
    finally:
        served.close()
        await crowded.host.close()

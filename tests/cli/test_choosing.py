"""Which model answers a command, and what stands in for it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ownstack.cli.choosing import engine_for
from ownstack.errors import ModelTooLargeError
from ownstack.paths import Home
from tests.support.crowded import Crowded, known


@pytest.fixture
async def crowded(home: Home, tmp_path: Path) -> AsyncIterator[Crowded]:
    made = Crowded(home)
    known(made.host, tmp_path, "big", "middle", "small")
    made.host.use("big", "chat")
    yield made
    await made.host.close()


async def test_the_chosen_one_answers(crowded: Crowded, capsys: pytest.CaptureFixture[str]) -> None:
    """There is nothing to say about it."""
    crowded.too_large = set()
    told: list[str] = []

    engine = await engine_for(crowded.host, "chat", "", told.append)

    assert (engine.capabilities.model, told) == ("big", ["big"])
    assert capsys.readouterr().err == ""


async def test_where_memory_is_short_a_smaller_one_answers(
    crowded: Crowded, capsys: pytest.CaptureFixture[str]
) -> None:
    """As in an editor, and it is said."""
    crowded.too_large = {"big", "middle"}

    engine = await engine_for(crowded.host, "chat", "")

    assert engine.capabilities.model == "small"
    assert crowded.tried == ["big", "middle", "small"]
    err = capsys.readouterr().err
    assert "small stands in for the model that is chosen for chat" in err
    assert "big needs about 9.0 GB" in err


async def test_nothing_stands_in_for_one_that_is_named(crowded: Crowded) -> None:
    """Who names a model wants that one."""
    with pytest.raises(ModelTooLargeError, match="big needs"):
        await engine_for(crowded.host, "chat", "big")

    assert crowded.tried == ["big"]


async def test_nothing_has_room(crowded: Crowded) -> None:
    """The reason is that of the chosen one."""
    crowded.too_large = {"big", "middle", "small"}

    with pytest.raises(ModelTooLargeError, match="big needs"):
        await engine_for(crowded.host, "chat", "")

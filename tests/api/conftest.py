"""A served home for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ownstack.paths import Home
from tests.support.serving import Served, make_models, serving


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Files of models that scripted engines play."""
    return make_models(tmp_path_factory.mktemp("served"))


@pytest.fixture
async def served(home: Home, models: dict[str, Path]) -> AsyncIterator[Served]:
    """Two scripted models, asked without a network."""
    async with serving(home, models) as made:
        yield made


@pytest.fixture
async def listening(home: Home, models: dict[str, Path]) -> AsyncIterator[Served]:
    """Two scripted models on a port of this machine."""
    async with serving(home, models, listening=True) as made:
        yield made

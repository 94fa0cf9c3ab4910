"""Windows on a bicycle shop, in which code actions are asked for."""

from pathlib import Path

import pytest

from ownstack.engine.scripted import ScriptedEngine
from tests.lsp.actions.bicycles import SHOP
from tests.lsp.conftest import Connect
from tests.support.acting import Actor


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return an empty project."""
    made = tmp_path / "project"
    made.mkdir()
    return made


@pytest.fixture
def shop(folder: Path) -> Path:
    """Return the one file of a project."""
    file = folder / "shop.py"
    file.write_bytes(SHOP.encode())
    return file


@pytest.fixture
async def actor(connect: Connect, shop: Path, model: ScriptedEngine) -> Actor:
    """A window on the shop, whose editor can all that editors can."""
    made = Actor(await connect())
    await made.hello(shop.parent)
    made.open(shop)
    return made

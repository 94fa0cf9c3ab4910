"""The same code actions from other clients than ours: from Neovim, and from a plain script."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ownstack.cli import main
from tests.support.chat_server import MODEL, ChatServer, chat_server
from tests.support.plain_client import PlainClient

pytestmark = pytest.mark.process

SUPPORT = Path(__file__).parents[1] / "support"
NEOVIM = shutil.which("nvim")
SERVER = [sys.executable, "-m", "ownstack", "lsp", "--in-process"]
SHOP = '''import os


def repair(bike):
    """Mend a bicycle. 🚲"""
    mended = bike.mend()
    return mended
'''
SIMPLER = '''```python
def repair(bike):
    """Mend a bicycle. 🚲"""
    return bike.mend()
```'''
SIMPLIFIED = SHOP.replace(
    "    mended = bike.mend()\n    return mended\n", "    return bike.mend()\n"
)
WITHOUT_IMPORTS = SHOP.removeprefix("import os\n\n\n")


def answer(asked: str) -> list[str]:
    return ["It mends a bicycle."] if "Explain" in asked else [SIMPLER]


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatServer]:
    """Choose a model that edits, at a server of this machine."""
    monkeypatch.delenv("OWNSTACK_OFFLINE", raising=False)
    with chat_server(answer) as server:
        assert main(["engines", "add", "box", server.url, "--for", "edit"]) == 0
        assert main(["models", "use", f"box:{MODEL}", "--for", "edit"]) == 0
        yield server


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    return folder / "shop.py"


def test_a_plain_script_uses_actions(shop: Path, model: ChatServer) -> None:
    """It can neither resolve, nor check versions; undone, the bytes are the same."""
    shop.write_bytes(SHOP.encode())
    with closing(PlainClient(SERVER, shop.parent)) as client:
        client.open(shop)

        found = {action["title"]: action for action in client.actions(5)}
        done = client.use(found["Simplify `repair`"])
        simplified = client.text
        client.undo()
        said = client.use(found["Explain `repair`"])
        [remove, *_] = [each for each in client.actions(0) if "unused" in each["title"]]
        client.use(remove)
        without = client.text
        client.undo()

        assert "codeActionProvider" in client.capabilities
        assert done["applied"]
        assert simplified == SIMPLIFIED
        assert said == {"text": "It mends a bicycle.", "applied": False}
        assert without == WITHOUT_IMPORTS
        assert client.text.encode() == shop.read_bytes() == SHOP.encode()


@pytest.mark.skipif(NEOVIM is None, reason="Neovim is not installed.")
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["unix", "dos"])
def test_neovim_uses_actions(shop: Path, model: ChatServer, tmp_path: Path, end: str) -> None:
    """From its own menu: the edit is applied, and one undo gives the same bytes back."""
    data = SHOP.replace("\n", end).encode()
    shop.write_bytes(data)

    told = neovim(
        shop,
        tmp_path,
        {"title": "Simplify `repair`", "line": 6},
        {"title": "Remove unused imports", "line": 1},
        {"title": "Explain `repair`", "line": 6},
    )

    assert told["problem"] == ""
    assert told["after"] == [SIMPLIFIED[:-1], WITHOUT_IMPORTS[:-1], SHOP[:-1]]
    assert told["undone"] == [SHOP[:-1]] * 3
    assert told["messages"][-1] == "It mends a bicycle."
    assert "Write tests for `repair`" in told["menus"][0]
    assert shop.read_bytes() == data


def neovim(shop: Path, folder: Path, *actions: dict[str, Any]) -> Any:
    """Return what came of actions in Neovim."""
    assert NEOVIM is not None
    out = folder / "told.json"
    asked = {
        "server": SERVER,
        "folder": str(shop.parent),
        "file": str(shop),
        "language": "python",
        "actions": actions,
        "out": str(out),
    }
    script = SUPPORT / "neovim_actions.lua"
    homes = {name: str(folder / name) for name in ("XDG_STATE_HOME", "XDG_DATA_HOME")}
    ended = subprocess.run(
        [NEOVIM, "--headless", "-u", "NONE", "-n", "-S", str(script)],
        cwd=folder,
        env={**os.environ, **homes, "ACTIONS": json.dumps(asked)},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert out.exists(), re.sub(r"\x1b\[[0-9;]*m", "", ended.stderr)
    return json.loads(out.read_text("utf-8"))

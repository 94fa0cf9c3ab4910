"""The custom messages: on the wire, in the document, and in the extension."""

import dataclasses
import re
import typing
from pathlib import Path

import pytest

from ownstack.actions.catalogue import ACTIONS
from ownstack.app.actions.values import EditCheckState, EditStage, FindingSeverity
from ownstack.app.chats.values import ModelState, Phase, Tier
from ownstack.app.indexes.index_status import IndexState, IndexStatus
from ownstack.app.role_status import RoleStatus
from ownstack.app.status import State, Status
from ownstack.completion.suggestion import Trace
from ownstack.daemon.handshake import Hello, Welcome
from ownstack.lsp import action_messages, protocol
from ownstack.lsp.model_messages import UseModelParams
from ownstack.settings import camel

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "PROTOCOL.md").read_text("utf-8")
EXTENSION = ROOT / "vscode-client" / "src"

STATUS = Status(
    state="loading",
    reason="Loading m (10 %).",
    version="0.1.0",
    mode="daemon",
    pid=1,
    sessions=2,
    completer="echo",
    model="m",
    progress=0.1,
    figures={"p50Ms": 1.5},
    index=(IndexStatus("/project", "indexing", "It is read.", 0.5, left_out={"It is binary.": 2}),),
    roles=(RoleStatus("chat", "talker", "error", "talker has no chat template."),),
)


def rows(heading: str) -> dict[str, list[str]]:
    """The cells of the document's table that has `heading` in its first line, by first cell."""
    _, _, after = DOCUMENT.partition(f"| {heading} |")
    table = after.partition("\n\n")[0].splitlines()[2:]
    cells = [[cell.strip() for cell in line.strip("| ").split("|")] for line in table]
    return {line[0].strip("`"): line[1:] for line in cells}


def ticked(cell: str) -> list[str]:
    return re.findall(r"`(\w+)`", cell)


def test_every_message_is_documented() -> None:
    """The table of methods is the list in the code, with the same types."""

    def names(message: typing.Any) -> list[str]:
        if message is None:
            return []
        [kind] = typing.get_args(message)
        kinds = typing.get_args(kind) or (kind,)
        return [each.__name__ for each in kinds if each is not type(None)]

    expected = {
        method: (names(sent), names(result)) for method, (sent, result) in protocol.MESSAGES.items()
    }

    documented = {
        method: (ticked(cells[1]), ticked(cells[2]))
        for method, cells in rows("method | kind | parameters | result").items()
    }

    assert expected == documented


def test_every_type_is_documented() -> None:
    """Each field, by its name on the wire, in its order."""
    expected = {
        kind.__name__: [camel(item.name) for item in dataclasses.fields(kind)]
        for kind in protocol.PAYLOADS
    }

    documented = {
        name: ticked(cells[0]) if cells else [] for name, cells in rows("type | fields").items()
    }

    assert expected == documented


def test_every_state_is_documented() -> None:
    """A word in the status bar is explained."""
    assert set(typing.get_args(State)) == set(rows("state | meaning"))
    assert set(typing.get_args(IndexState)) == set(rows("word | meaning"))


def test_every_command_is_documented() -> None:
    """What an editor may ask to be done by name."""
    expected = {
        protocol.REBUILD_INDEX,
        protocol.CLEAR_INDEX,
        protocol.CLEAR_SIGNALS,
        action_messages.RUN,
    }

    assert expected == set(rows("server command | what it does"))


def test_every_action_is_documented() -> None:
    """With its kind; those that need no model say so."""
    documented = {
        name: (cells[0].strip("`"), cells[1] == "needs no model")
        for name, cells in rows("action | kind | what it does").items()
    }

    assert documented == {id: (each.kind, each.tier == 1) for id, each in ACTIONS.items()}


def test_the_handshake_is_documented() -> None:
    """Field by field."""
    expected = {
        kind.__name__: [item.name for item in dataclasses.fields(kind)] for kind in (Hello, Welcome)
    }

    documented = {name: ticked(cells[0]) for name, cells in rows("line | fields").items()}

    assert expected == documented


@pytest.mark.skipif(not EXTENSION.exists(), reason="The extension is not in this checkout.")
def test_the_extension_knows_the_same_messages() -> None:
    """Every method and field is spelled in its protocol.ts, or in those beside it."""
    files = sorted(EXTENSION.glob("*rotocol.ts"))
    source = "\n".join(file.read_text("utf-8") for file in files)
    fields = [camel(item.name) for kind in protocol.PAYLOADS for item in dataclasses.fields(kind)]
    quoted = set(re.findall(r"""["']([^"'\n]+)["']""", source))

    states = (State, IndexState, Phase, Tier, ModelState)
    states += (EditStage, EditCheckState, FindingSeverity)
    words = {*protocol.MESSAGES, *(word for kind in states for word in typing.get_args(kind))}
    assert words - quoted == set()
    assert [name for name in fields if not re.search(rf"\b{name}\b", source)] == []


def test_names_are_camel_case_on_the_wire() -> None:
    """And figures keep the names they have."""
    wire = protocol.converter().unstructure(Trace(stages_ms={"engine_queue": 1.0}, prompt_tokens=3))

    assert wire["stagesMs"] == {"engine_queue": 1.0}
    assert wire["promptTokens"] == 3


@pytest.mark.parametrize(
    "message",
    [
        protocol.NotificationMessage(protocol.STATUS_CHANGED, STATUS),
        protocol.RequestMessage("1", protocol.EXPLAIN, protocol.ExplainParams("s1")),
        protocol.RequestMessage("2", protocol.STATUS, protocol.Nothing()),
        protocol.RequestMessage("3", protocol.USE_MODEL, UseModelParams("m", "completion")),
        protocol.RequestMessage(
            "4", protocol.SEARCH, protocol.SearchParams("where are retries", path="src")
        ),
    ],
    ids=lambda message: message.method,
)
def test_messages_survive_the_wire(message: typing.Any) -> None:
    """What is sent is what is read."""
    converter = protocol.converter()
    kind = protocol.MESSAGES[message.method][0]

    assert converter.unstructure(message)["jsonrpc"] == "2.0"
    assert message == converter.structure(converter.unstructure(message), kind)

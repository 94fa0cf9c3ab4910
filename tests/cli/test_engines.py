"""`ownstack engines`, and what other commands say of servers."""

from __future__ import annotations

import io
import json
import re
import shlex
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from ownstack.cli import main, parser
from ownstack.paths import Home
from tests.support.scripted_server import ScriptedServer, refused, server_apart, talk, whole

DOCUMENT = Path(__file__).parents[2] / "docs" / "TEAM.md"


@pytest.fixture(autouse=True)
def online(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OWNSTACK_OFFLINE", raising=False)


@pytest.fixture
def server() -> Iterator[str]:
    """The URL of a server in another thread, since a command runs a loop of its own."""

    def prepare(script: ScriptedServer) -> None:
        models = [{"id": "m-1b", "max_model_len": 4_096}, {"id": "other"}]
        script.answer("/v1/models", whole({"data": models}))
        script.answer("/v1/chat/completions", talk("Bl", "ue"))
        script.answer("/none/models", refused(404, {"error": "what?"}))
        script.answer("/page/models", whole(b"<html>", kind="text/html"))

    with server_apart(prepare) as script:
        yield script.url


def ran(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    """Return the exit status and all that was printed."""
    status = main(list(words))
    captured = capsys.readouterr()
    return status, captured.out + captured.err


def test_from_a_name_to_a_choice(capsys: pytest.CaptureFixture[str], home: Home) -> None:
    """Named, allowed and chosen: each step says what comes next."""
    _, added = ran(capsys, "engines", "add", "team", "https://gpu.example/v1", "--key-env", "K")
    assert "may be sent nothing. Allow it with: ownstack engines allow team --for chat" in added

    status, said = ran(capsys, "models", "use", "team:m", "--for", "chat")
    assert (status, "ownstack engines allow team --for chat" in said) == (1, True)

    _, allowed = ran(capsys, "engines", "allow", "team", "--for", "chat", "--for", "edit")
    assert "what edit and chat are about may be sent there" in allowed
    assert ran(capsys, "models", "use", "team:m", "--for", "chat")[0] == 0

    _, listed = ran(capsys, "engines", "list")
    assert re.search(r"team +openai +K +edit, chat +https://gpu.example/v1", listed)
    _, models = ran(capsys, "models", "list")
    assert re.search(r"team:m .* chat .*what it is given leaves this machine", models)
    assert "https" in home.engines_file.read_text()


def test_status_explains_itself(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """For each role, with the tier, and what is passed over."""
    ran(capsys, "engines", "add", "team", "https://gpu.example/v1", "--for", "chat")
    ran(capsys, "engines", "add", "box", "http://127.0.0.1:9/v1")
    ran(capsys, "models", "use", "team:m", "--for", "chat")
    ran(capsys, "models", "use", "none", "--for", "completion")
    ran(capsys, "models", "fallback", "box:m-1b", "--for", "chat")

    _, said = ran(capsys, "status", "--explain")
    assert "chat: tier 4 (leaves this machine): team:m is chosen for chat" in said
    assert "  box:m-1b is in reserve: It stands in for team:m." in said
    assert "completion: tier 1: No model is used" in said

    monkeypatch.setenv("OWNSTACK_OFFLINE", "1")
    _, said = ran(capsys, "status", "--explain")
    assert "chat: tier 2: box:m-1b stands in" in said
    assert "  team:m is passed over: It runs on another machine (gpu.example)" in said
    assert said.endswith("Nothing leaves this machine: OWNSTACK_OFFLINE is set.\n")

    _, said = ran(capsys, "status", "--explain", "--json")
    chat = next(role for role in json.loads(said)["roles"] if role["role"] == "chat")
    assert (chat["model"], chat["tier"], chat["leavesMachine"]) == ("box:m-1b", 2, False)


def test_a_server_is_tested(capsys: pytest.CaptureFixture[str], server: str) -> None:
    """What it has; and whether one of its models answers."""
    ran(capsys, "engines", "add", "box", server)

    status, said = ran(capsys, "engines", "test", "box", "--model", "m-1b")

    assert status == 0
    assert re.search(r"box:m-1b +4,096\nbox:other +not said\n", said)
    assert "m-1b says “Blue” (first token after" in said


def test_a_server_without_a_list(capsys: pytest.CaptureFixture[str], server: str) -> None:
    """It answers all the same; one that does not speak the protocol does not."""
    ran(capsys, "engines", "add", "box", server.replace("/v1", "/none"))
    ran(capsys, "engines", "add", "page", server.replace("/v1", "/page"))

    assert "has no list of models" in ran(capsys, "engines", "test", "box")[1]
    status, said = ran(capsys, "engines", "test", "page")
    assert status == 1
    assert "it sends no JSON, but text/html" in said


def test_offline_tests_nothing_elsewhere(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A test is a connection, too."""
    ran(capsys, "engines", "add", "team", "https://gpu.example/v1")
    monkeypatch.setenv("OWNSTACK_OFFLINE", "1")

    assert "OWNSTACK_OFFLINE is set" in ran(capsys, "engines", "test", "team")[1]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["add", "team", "http://gpu.example/v1"], "--plain-http"),
        (["add", "team", "gpu.example"], "no usable URL"),
        (["add", "team", "https://me:secret@gpu.example"], "neither name, password nor key"),
        (["add", "team", "https://g.example", "--key-env", "sk-0123456789abc"], "remove it"),
        (["allow", "nobody", "--for", "chat"], "No engine is called “nobody”"),
        (["test", "nobody"], "No engine is called “nobody”"),
        (["remove", "nobody"], "No engine is called “nobody”"),
        (["key", "nobody"], "No engine is called “nobody”"),
    ],
)
def test_bad_input(capsys: pytest.CaptureFixture[str], words: list[str], expected: str) -> None:
    """One line that says what to do, and repeats no key."""
    status, said = ran(capsys, "engines", *words)

    assert status == 1
    assert expected in said
    assert said.count("\n") == 1
    assert "secret" not in said
    assert "0123456789" not in said


def test_a_key_goes_into_the_keyring(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, home: Home
) -> None:
    """Piped in, or typed unseen; never into the file."""
    stored: dict[str, str] = {}
    keyring, errors = ModuleType("keyring"), ModuleType("keyring.errors")
    errors.KeyringError = Exception  # type: ignore[attr-defined]
    keyring.errors = errors  # type: ignore[attr-defined]
    keyring.set_password = lambda _, name, key: stored.update({name: key})  # type: ignore[attr-defined]
    keyring.get_password = lambda _, name: stored.get(name)  # type: ignore[attr-defined]
    keyring.delete_password = lambda _, name: stored.pop(name)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)
    monkeypatch.setattr(sys, "stdin", io.StringIO("sk-0123456789abcdef\n"))
    ran(capsys, "engines", "add", "team", "https://gpu.example/v1")

    _, said = ran(capsys, "engines", "key", "team")

    assert stored == {"team": "sk-0123456789abcdef"}
    assert "0123456789" not in said + home.engines_file.read_text()
    assert 'key = "keyring"' in home.engines_file.read_text()
    ran(capsys, "engines", "key", "team", "--forget")
    assert stored == {}
    assert "keyring" not in home.engines_file.read_text()


def test_nothing_is_named_at_first(capsys: pytest.CaptureFixture[str]) -> None:
    """And it is said how to."""
    assert "ownstack engines add NAME URL" in ran(capsys, "engines", "list")[1]


def test_the_commands_of_the_page_are_understood() -> None:
    """Every one that docs/TEAM.md shows, as it stands there."""
    text = DOCUMENT.read_text("utf-8")
    shown = re.findall(r"^(?:\$ |`)(ownstack [^`\n]+?)`?$", text, re.MULTILINE)

    assert len(shown) >= 9
    for command in shown:
        parser().parse_args(shlex.split(command)[1:])

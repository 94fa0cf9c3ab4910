"""`ownstack usage` and `ownstack serve keys`: what they print, and what they say to bad input."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from ownstack.api.keys import KeyStore
from ownstack.cli import main
from ownstack.paths import Home
from ownstack.usage.calls import Call, Caller
from ownstack.usage.log import UsageLog


@pytest.fixture
def counted(home: Home) -> None:
    """A home in which a chat was counted, under a name that a terminal would obey."""
    log = UsageLog(home.usage_file)
    caller = Caller("chat", "llama", "coder\x1b[31m", user="aider")
    log.record(Call(caller, "chat", "answered", prompt_tokens=100, reused_tokens=60))
    log.close()


@pytest.mark.usefixtures("counted")
def test_usage_as_text(capsys: pytest.CaptureFixture[str]) -> None:
    """The figures, and that money is an estimate."""
    assert main(["usage", "--since", "7d"]) == 0

    out = capsys.readouterr().out
    assert "Prompt tokens reused: 60 % of 100" in out
    assert "Estimates" in out
    assert re.search(r"^aider +1 +100 +0$", out, re.MULTILINE)
    assert "\x1b" not in out


@pytest.mark.usefixtures("counted")
def test_usage_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    """For programs: the same, by names as on the wire."""
    assert main(["usage", "--json"]) == 0

    told = json.loads(capsys.readouterr().out)
    assert told["localShare"] == 1.0
    assert told["total"]["reusedTokens"] == 60
    assert told["users"][0]["user"] == "aider"
    assert told["money"]["hosted"][0]["cost"] > 0


@pytest.mark.usefixtures("counted")
def test_usage_as_a_page(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is written where it was asked for."""
    file = tmp_path / "report.html"

    assert main(["usage", "--html", str(file)]) == 0

    assert str(file) in capsys.readouterr().out
    assert file.read_text("utf-8").startswith("<!doctype html>")


def test_a_page_that_cannot_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder in its place, or no folder around it: a sentence about the file."""
    for path in (tmp_path, tmp_path / "missing" / "page.html"):
        assert main(["usage", "--html", str(path)]) == 1

        assert str(path) in capsys.readouterr().err


def test_usage_of_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """A new home has none."""
    assert main(["usage"]) == 0
    assert "No call of a model was counted" in capsys.readouterr().out


@pytest.mark.parametrize(
    "when", ["yesterday", "7", "-3d", "2026-13-01", "99999d", "7d\n", "\u0667d"]
)
def test_times_that_are_none(when: str, capsys: pytest.CaptureFixture[str]) -> None:
    """It is said what one looks like."""
    assert main(["usage", f"--since={when}"]) == 2
    assert "7d" in capsys.readouterr().err


def test_a_table_to_edit(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    """It is written once; what was edited stays, and counts."""
    assert main(["usage", "--edit"]) == 0
    home.prices_file.write_text('[[price]]\nname = "Mine"\ninput = "cheap"\n')
    assert main(["usage", "--edit"]) == 0
    assert str(home.prices_file) in capsys.readouterr().out

    assert main(["usage"]) == 1
    assert "price 1, input must be a number" in capsys.readouterr().err


def test_a_table_to_edit_that_is_a_folder(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    """It is said, and nothing is touched."""
    home.prices_file.mkdir(parents=True)

    assert main(["usage", "--edit"]) == 1
    assert "usage.toml is no regular file. Move what is there away." in capsys.readouterr().err
    assert main(["usage"]) == 1
    assert "usage.toml" in capsys.readouterr().err


def test_keys_of_serve(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    """Made and shown once, listed by their beginnings, revoked."""
    assert main(["serve", "keys", "add", "aider"]) == 0
    key = capsys.readouterr().out.split()[5]
    assert KeyStore(home.keys_file).owner(key) == "aider"

    assert main(["serve", "keys", "list"]) == 0
    assert main(["serve", "keys", "list", "--json"]) == 0
    listed = capsys.readouterr().out
    assert key[:10] in listed
    assert key not in listed

    assert main(["serve", "keys", "remove", key[:10]]) == 0
    assert KeyStore(home.keys_file).owner(key) is None
    assert main(["serve", "keys", "remove", "aider"]) == 1
    assert main(["serve", "keys", "add", "a b"]) == 1


@pytest.mark.parametrize("port", ["-1", "65536", "x", "\u0663"])
def test_ports_that_are_none(port: str) -> None:
    """They are not understood."""
    with pytest.raises(SystemExit) as ended:
        main(["serve", f"--port={port}"])
    assert ended.value.code == 2

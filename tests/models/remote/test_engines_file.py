"""The user's list of servers."""

from __future__ import annotations

import logging

import pytest

from ownstack.errors import ModelError, ModelNotFoundError
from ownstack.models.remote.engines_file import EnginesFile
from ownstack.models.remote.entry import EngineEntry
from ownstack.paths import Home

TEAM = EngineEntry("team", "https://gpu.example/v1", key="TEAM_KEY", roles=("chat",))


@pytest.fixture
def engines(home: Home) -> EnginesFile:
    return EnginesFile(home.engines_file)


def written(home: Home, text: str) -> None:
    home.config.mkdir(parents=True, exist_ok=True)
    home.engines_file.write_text(text)


def test_what_is_put_is_there(engines: EnginesFile) -> None:
    """As it was given, and nothing else."""
    local = EngineEntry("box", "http://127.0.0.1:8080/v1", infill="llama-server", first_token_s=5)
    engines.put(TEAM)
    engines.put(local)

    assert engines.read() == ({"team": TEAM, "box": local}, ())


def test_what_is_put_again_replaces_what_was_there(engines: EnginesFile) -> None:
    """Wholly: nothing of the old one is left over."""
    engines.put(TEAM)
    plain = EngineEntry("team", "http://127.0.0.1:8080/v1")

    engines.put(plain)

    assert engines.get("team") == plain


def test_a_role_is_allowed_beside_others(engines: EnginesFile) -> None:
    """In the order of roles, each once."""
    engines.put(TEAM)

    assert engines.allow("team", ("edit", "chat")).roles == ("edit", "chat")
    assert engines.get("team").roles == ("edit", "chat")


def test_what_is_removed_is_gone(engines: EnginesFile) -> None:
    """And a name near one that is there is helped."""
    engines.put(TEAM)

    with pytest.raises(ModelNotFoundError, match="Did you mean team"):
        engines.remove("taem")
    engines.remove("team")

    assert engines.read() == ({}, ())


def test_comments_stay(home: Home, engines: EnginesFile) -> None:
    """The file is the user's."""
    written(home, '# ours\n[engines.team]\nurl = "https://gpu.example/v1" # fast\nroles = []\n')

    engines.allow("team", ("chat",))

    text = home.engines_file.read_text()
    assert "# ours" in text
    assert "# fast" in text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("engines = 3", ""),
        ("[engines]\nteam = 3", "must be a table"),
        ('[engines.team]\nurl = "https://g.example"\nroles = "chat"', "roles of team"),
        ('[engines.team]\nurl = "https://g.example"\nroles = ["cook"]', "roles of team"),
        ('[engines.team]\nurl = "https://g.example"\nplain_http = 1', "usable plain_http"),
        ('[engines.team]\nurl = "https://g.example"\nfirst_token_s = true', "usable first_token_s"),
        ('[engines.team]\nurl = "https://g.example"\nfirst_token_s = 0', "must be between 1"),
        ('[engines.team]\nurl = "https://g.example"\napi_key = "sk-0123456789abcd"', "api_key"),
        ('[engines.team]\nurl = "https://g.example"\nkey = "sk-0123456789abcd"', "remove it"),
        ("[engines.team]\nroles = []", "no usable URL"),
        ("[engines.team", "is damaged"),
        ("x = " + "[" * 9_000, "is damaged"),
    ],
)
def test_what_cannot_be_used_is_left_out(
    home: Home, engines: EnginesFile, text: str, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    """It is said once in the log, and no key stands there; others are not affected."""
    good = '\n[engines.box]\nurl = "http://127.0.0.1:1/v1"\n'
    written(home, text if "damaged" in words or not words else text + good)
    caplog.set_level(logging.WARNING)

    entries, problems = engines.read()
    engines.read()

    assert "team" not in entries
    assert ("box" in entries) is bool(words and words != "is damaged")
    assert all(words in problem for problem in problems)
    assert len(problems) == len(caplog.records) == (1 if words else 0)
    assert "0123456789" not in caplog.text + "".join(problems)


def test_an_unusable_one_is_told_when_it_is_asked_for(home: Home, engines: EnginesFile) -> None:
    """Not that it is not there."""
    written(home, '[engines.team]\nurl = "http://gpu.example/v1"\n')

    with pytest.raises(ModelError, match="read on the way"):
        engines.get("team")

"""`ownstack models`: recommending, getting, keeping and removing models in a terminal."""

from __future__ import annotations

import io
import json
import sys
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ownstack.app import model_offers
from ownstack.cli import main
from ownstack.models.hardware import bandwidth
from ownstack.models.speeds import SpeedRecord
from ownstack.paths import Home
from tests.support import hub as hubs
from tests.support.gguf_models import CHAT_TEMPLATE, make_gguf
from tests.support.hub import TestHub

Say = Callable[..., tuple[int, str, str]]


@pytest.fixture
def say(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Say:
    """Run a verb; return its status, and what it printed to whom."""
    monkeypatch.setattr(model_offers, "graphics_cards", tuple)
    monkeypatch.setattr(bandwidth, "measured", lambda threads: 20e9)

    def run(*arguments: str | Path) -> tuple[int, str, str]:
        status = main(["models", *map(str, arguments)])
        printed = capsys.readouterr()
        return status, printed.out, printed.err

    return run


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestHub]:
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "token"))
    for name in ("HF_TOKEN", "OWNSTACK_OFFLINE", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    content = make_gguf(tmp_path / "made.gguf", chat_template=CHAT_TEMPLATE).read_bytes()
    with hubs.running() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        hub.put("owner/model-GGUF", "tiny-q4.gguf", content + bytes(500_000))
        yield hub


@pytest.mark.parametrize("verb", ["recommend", "pull", "import", "remove", "info", "bench"])
def test_every_verb_has_help(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    """It exits with 0 and names itself."""
    with pytest.raises(SystemExit) as ended:
        main(["models", verb, "--help"])

    assert ended.value.code == 0
    assert f"usage: ownstack models {verb}" in capsys.readouterr().out


def test_models_are_recommended_for_a_machine(say: Say) -> None:
    """What, how much of it, how fast, why, and what to type."""
    status, out, err = say("recommend", "--machine", "gpu-24gb")

    assert (status, err) == (0, "")
    assert "Models go into RTX 4090" in out
    assert "chat: the same load as completion." in out
    assert "~ marks an estimate" in out
    assert "ownstack models pull qwen3-coder-30b    # about 18.6 GB, apache-2.0" in out


def test_recommendations_for_programs(say: Say) -> None:
    """The same as JSON, for the roles that were asked for."""
    command = ("recommend", "--machine", "mac-m4-16gb", "--role", "chat", "--role", "summary")
    status, out, _ = say(*command, "--json")

    plan = json.loads(out)
    assert status == 0
    assert [choice["role"] for choice in plan["choices"]] == ["chat", "summary"]
    assert plan["choices"][0]["model"]["repository"]
    assert plan["choices"][0]["decode"]["measured"] is False
    assert 0 < plan["usedBytes"] <= plan["place"]["budgetBytes"]


def test_this_machine_is_recommended_for(say: Say) -> None:
    """Whatever it is."""
    status, out, _ = say("recommend")

    assert status == 0
    assert out.startswith("This machine")
    assert all(role in out for role in ("completion", "edit", "chat", "summary", "embedding"))


def test_the_catalogue_is_shown(say: Say) -> None:
    """With what names each file elsewhere."""
    out = say("recommend", "--all")[1]

    assert "hf:Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF/qwen2.5-coder-0.5b-instruct-q4_k_m.gguf" in out
    models = json.loads(say("recommend", "--all", "--json")[1])["models"]
    assert len(models) == out.count("\n") - 1


def test_a_card_that_is_too_small_is_said(say: Say, tmp_path: Path) -> None:
    """With the setting that leaves it alone."""
    file = tmp_path / "old.toml"
    file.write_text(
        "memory_bytes = 64_000_000_000\ncores = 16\nbandwidth_bytes_s = 80_000_000_000\n"
        "[[devices]]\nname = 'Old card'\nmemory_bytes = 1_000_000_000\n"
        "bandwidth_bytes_s = 100_000_000_000\n"
    )

    out = say("recommend", "--machine", file)[1]

    assert "Models go into main memory" in out
    assert "Old card is too small for them: set ownstack.engine.gpuLayers to 0." in out


def test_a_machine_that_is_not_known_is_a_mistake(say: Say) -> None:
    """Of the command line: status 2, one line."""
    status, out, err = say("recommend", "--machine", "abacus")

    assert (status, out) == (2, "")
    assert err.count("\n") == 1


def test_a_model_is_pulled_and_removed(hub: TestHub, say: Say, home: Home) -> None:
    """The whole way, over a connection that breaks: progress is told where there is no terminal."""
    hub.breaks = deque([200_000, 150_000])

    status, out, err = say("pull", "hf:owner/model-GGUF", "--name", "tiny")

    assert status == 0
    assert "licence apache-2.0" in out
    assert "tiny is here, its hash is right" in out
    assert "ownstack models use tiny --for chat" in out
    assert "fetching" in err
    assert "checking" in err
    [entry] = [m for m in json.loads(say("list", "--json")[1])["models"] if m["name"] == "tiny"]
    assert Path(entry["path"]).is_relative_to(home.models_folder)

    assert say("remove", "tiny", "--yes")[0] == 0
    assert not Path(entry["path"]).exists()
    assert say("remove", "tiny")[0] == 1


def test_a_pull_for_programs(hub: TestHub, say: Say, tmp_path: Path) -> None:
    """JSON alone on standard output; the folder is the user's."""
    status, out, _ = say("pull", "hf:owner/model-GGUF", "--to", tmp_path / "big", "--json")

    entry = json.loads(out)
    assert (status, entry["source"]) == (0, "hf:owner/model-GGUF/tiny-q4.gguf")
    assert Path(entry["path"]).parent == tmp_path / "big" / "owner--model-GGUF"


def test_a_pull_shows_a_bar_in_a_terminal(
    hub: TestHub, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a hub calls a file is shown, and does nothing."""
    hub.files["owner/model-GGUF"]["[bold]\x1b[2J.gguf"] = hub.files["owner/model-GGUF"].pop(
        "tiny-q4.gguf"
    )
    screen = io.StringIO()
    monkeypatch.setattr(screen, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("COLUMNS", "200")

    status, _, _ = say("pull", "hf:owner/model-GGUF")

    shown = screen.getvalue()
    assert status == 0, shown
    assert "Fetching [bold]\\x1b[2J.gguf" in shown
    assert "━" in shown


def test_a_pull_that_fails_is_one_line(hub: TestHub, say: Say) -> None:
    """And the status is 1."""
    status, out, err = say("pull", "hf:owner/other")

    assert (status, out, err.count("\n")) == (1, "", 1)
    assert "no repository owner/other" in err


def test_offline_is_said(say: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the variable that says so."""
    monkeypatch.setenv("OWNSTACK_OFFLINE", "1")

    status, _, err = say("pull", "qwen2.5-coder-0.5b")

    assert status == 1
    assert "OWNSTACK_OFFLINE is set" in err


def test_files_are_deleted_only_when_somebody_agrees(
    hub: TestHub, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a terminal it must be said; in one it is asked, and no is no."""
    say("pull", "hf:owner/model-GGUF", "--name", "tiny")
    [entry] = [m for m in json.loads(say("list", "--json")[1])["models"] if m["name"] == "tiny"]
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert say("remove", "tiny")[0] == 2

    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    for answer, status in (("", 1), ("n", 1), ("y", 0)):
        monkeypatch.setattr("builtins.input", lambda prompt, answer=answer: answer)
        assert Path(entry["path"]).exists()
        assert say("remove", "tiny")[0] == status
    assert not Path(entry["path"]).exists()


def test_a_file_of_the_users_own_is_only_forgotten(say: Say, tmp_path: Path) -> None:
    """It is not asked, since nothing is lost."""
    path = make_gguf(tmp_path / "own.gguf")
    say("add", path)

    status, out, _ = say("remove", "own")

    assert status == 0
    assert "left alone" in out
    assert path.exists()


def test_models_of_other_programs_are_imported(
    say: Say, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Shown first; taken by name, or all of them; never copied."""
    monkeypatch.setenv("LLAMA_CACHE", str(tmp_path))
    first, second = (make_gguf(tmp_path / f"{name}.gguf") for name in ("one-q4", "two-q4"))

    shown = say("import")[1]
    assert "one-q4" in shown
    assert "ownstack models import NAME" in shown
    assert say("import", "three")[0] == 1
    assert f"Added one-q4, which stays at {first}" in say("import", "one-q4")[1]
    taken = json.loads(say("import", "--all", "--json")[1])

    assert str(second) in [entry["path"] for entry in taken["imported"]]
    assert first.exists()
    assert second.exists()


def test_a_model_is_explained(say: Say, tmp_path: Path) -> None:
    """In words, as JSON, or its template alone."""
    path = make_gguf(tmp_path / "m.gguf", chat_template=CHAT_TEMPLATE)

    out = say("info", path)[1]
    assert "without tool calls" in out
    assert "token fim_pre" in out
    assert "4,096" in out
    assert "tokenizer.ggml.model" in say("info", path, "--metadata")[1]
    assert say("info", path, "--template")[1].strip() == CHAT_TEMPLATE.strip()
    found = json.loads(say("info", path, "--json")[1])
    assert found["unfit"] == {}
    assert found["measured"] is None
    assert found["memory"][0]["contextTokens"] == 4_096


@pytest.mark.native
@pytest.mark.process
@pytest.mark.parametrize("template", [CHAT_TEMPLATE, None], ids=["chats", "completes"])
def test_a_model_is_measured(say: Say, home: Home, tmp_path: Path, template: str | None) -> None:
    """By the engine that works with it; what was found is shown and counts from then on."""
    path = make_gguf(tmp_path / "m.gguf", chat_template=template, weights="F16")
    say("add", path)

    status, out, _ = say("bench", "m")

    assert status == 0, out
    speed = SpeedRecord(home.speeds_file).get(path)
    assert speed is not None
    assert speed.prefill > 0
    assert speed.decode > 0
    assert speed.prompt_tokens > 500
    assert "measured" in say("info", "m")[1]


@pytest.mark.native
@pytest.mark.process
def test_a_model_that_says_nothing_is_not_measured(say: Say, tmp_path: Path) -> None:
    """One line."""
    path = make_gguf(tmp_path / "m.gguf", fim=None)

    status, _, err = say("bench", path)

    assert status == 1
    assert "cannot complete code" in err

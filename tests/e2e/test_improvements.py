"""What a model says after something else was suggested, as a person sees it in the real editor."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.desk import Desk, Open, ownstack
from tests.e2e.test_editor import EAGER, SERVERS, SHIPPED
from tests.support.scripted_server import Line, ScriptedServer, events, server_apart, whole

pytestmark = pytest.mark.e2e

LINE = "server = combine(gamma, timeout=30)"
QUICK = "connect(beta, timeout=30)"
BETTER = LINE.removeprefix("server = ")
FIRST_LINE = "import shop\n"
TRIED_TOKENS = 2
"""So much is asked for when it is tried how a server fills in."""


class HeldModel:
    """A model on a server: goes on with `LINE` where that was begun, as soon as it may."""

    def __init__(self, script: ScriptedServer) -> None:
        models = {"data": [{"id": "qwen2.5-coder", "owned_by": "vllm", "max_model_len": 8_192}]}
        script.answer("/v1/models", whole(models))
        script.answer("/v1/completions", self._complete)
        script.answer("/release", self._release)
        self._script = script
        self._may = asyncio.Event()
        self._has = asyncio.Event()

    async def _complete(self, line: Line) -> None:
        asked = self._script.asked[-1].json
        if asked["max_tokens"] > TRIED_TOKENS:
            await self._may.wait()
        begun = asked["prompt"].partition("<|fim_suffix|>")[0].rpartition("\n")[2]
        rest = LINE.removeprefix(begun) if LINE.startswith(begun) else ""
        choices = [{"text": rest, "finish_reason": "stop"}]
        try:
            await events({"choices": choices})(line)
        finally:
            if self._may.is_set():
                self._has.set()

    async def _release(self, line: Line) -> None:
        self._may.set()
        await self._has.wait()
        await whole({})(line)


@pytest.fixture
def eagerness() -> str:
    """How likely a line of the built-in network must be to be shown."""
    return "eager"


@pytest.fixture
def held(
    desk: Open, monkeypatch: pytest.MonkeyPatch, eagerness: str
) -> Iterator[tuple[Desk, dict[str, str]]]:
    """An editor with a model that waits, and what a journey must know to have it answer."""
    monkeypatch.setenv("OWNSTACK_BUILTIN", str(SHIPPED))
    monkeypatch.delenv("OWNSTACK_OFFLINE", raising=False)
    with server_apart(HeldModel) as script:
        ownstack("engines", "add", "box", script.url)
        ownstack("models", "use", "box:qwen2.5-coder", "--for", "completion")
        editor = desk(**EAGER | {"ownstack.completion.eagerness": eagerness})
        (editor.folder / "servers.py").write_text(SERVERS)
        release = script.url.replace("/v1", "/release")
        ready = "Model box:qwen2.5-coder"
        yield editor, {"release": release, "ready": ready, "quick": QUICK, "better": BETTER}


def written(editor: Desk) -> str:
    return Path(editor.folder / "servers.py").read_text().removeprefix(SERVERS)


def test_a_better_one_replaces_it(held: tuple[Desk, dict[str, str]]) -> None:
    """At once, without a frame in which there is none; and Tab takes it."""
    editor, config = held

    seen = editor.go("improved", **config)

    assert seen["ghosts"] == [QUICK, BETTER]
    assert written(editor) == LINE
    assert seen["notifications"] == []


def test_what_was_typed_along_with_both(held: tuple[Desk, dict[str, str]]) -> None:
    """The rest of the better one is shown, since the text still stands."""
    editor, config = held

    editor.go("typedOnMeanwhile", types="co", left=BETTER.removeprefix("co"), **config)

    assert written(editor) == LINE


def test_what_was_typed_against_it(held: tuple[Desk, dict[str, str]]) -> None:
    """The suggestion that was typed along with stays."""
    editor, config = held

    seen = editor.go("typedOnMeanwhile", types="con", left="nect(beta, timeout=30)", **config)

    assert not any("gamma" in ghost for ghost in seen["ghosts"])
    assert written(editor) == "server = connect(beta, timeout=30)"


def test_what_was_dismissed(held: tuple[Desk, dict[str, str]]) -> None:
    """Escape is an answer to what would come, too."""
    editor, config = held

    seen = editor.go("dismissedMeanwhile", **config)

    assert seen["ghosts"] == [QUICK, ""]


@pytest.mark.parametrize("eagerness", ["shy"])
def test_where_nobody_was_sure(held: tuple[Desk, dict[str, str]]) -> None:
    """The key was answered with nothing; the model's line is shown when it is there."""
    editor, config = held
    (editor.folder / "servers.py").write_text(FIRST_LINE)

    seen = editor.go("nothingAtFirst", **config)

    assert seen["ghosts"] == ["", BETTER]
    assert Path(editor.folder / "servers.py").read_text() == FIRST_LINE + LINE

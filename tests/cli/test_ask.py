"""`ownstack ask`: what is shown to the model, and what is printed of its answer."""

from __future__ import annotations

import io
import json
import signal
from pathlib import Path

import pytest

from ownstack.cli import main
from ownstack.cli.ask import prompt
from ownstack.cli.interrupts import Interrupts
from ownstack.cli.output import Stream
from ownstack.engine.chat import ChatStream, TextDelta
from ownstack.engine.results import Finish
from ownstack.paths import Home
from tests.support.gguf_models import CHAT_TEMPLATE, make_gguf


@pytest.fixture(scope="session")
def chat_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real model that always says the same."""
    path = tmp_path_factory.mktemp("models") / "talker.gguf"
    return make_gguf(path, chat_template=CHAT_TEMPLATE, says=["Hello", " there", "!"])


@pytest.fixture(autouse=True)
def nothing_piped(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe(monkeypatch, b"")


def pipe(monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_what_is_shown_stands_before_the_question() -> None:
    """In fences that nothing in it can close."""
    text = prompt("What is it?", [("a.md", "```py\nx\n```\n")], "piped\n")

    assert text == (
        "File a.md:\n````\n```py\nx\n```\n````\n\nInput:\n```\npiped\n```\n\nWhat is it?"
    )


@pytest.mark.native
def test_an_answer(home: Home, chat_model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """On standard output; what it cost on standard error."""
    assert main(["ask", "Hi?", "--model", str(chat_model)]) == 0

    out, err = capsys.readouterr()
    assert out == "Hello there!\n"
    assert "tokens read" in err
    assert "4 written" in err


@pytest.mark.native
def test_json(home: Home, chat_model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All that is known of the answer, for programs."""
    assert main(["ask", "Hi?", "--model", str(chat_model), "--json"]) == 0

    said = json.loads(capsys.readouterr().out)
    assert (said["text"], said["finish"], said["reasoning"]) == ("Hello there!", "end", "")
    assert said["usage"]["generatedTokens"] == 4


@pytest.mark.native
def test_a_schema(
    home: Home, chat_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A model that says nothing sensible says it as the schema wants."""
    schema = tmp_path / "schema.json"
    schema.write_text('{"type": "object", "properties": {"ok": {"enum": [true]}}, '
                      '"required": ["ok"], "additionalProperties": false}')  # fmt: skip

    asked = ["ask", "Hi?", "--model", str(chat_model), "--schema", str(schema), "--json"]
    assert main(asked) == 0

    assert json.loads(capsys.readouterr().out)["value"] == {"ok": True}


@pytest.mark.native
def test_a_schema_for_which_there_is_no_room(
    home: Home, chat_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The answer was cut off, and which option raises that."""
    schema = tmp_path / "schema.json"
    schema.write_text('{"enum": ["a text of some length"]}')

    asked = ["ask", "Hi?", "--model", str(chat_model), "--schema", str(schema)]
    assert main([*asked, "--max-tokens", "3"]) == 1

    err = capsys.readouterr().err
    assert "cut off after 3 tokens" in err
    assert "Raise --max-tokens, which is 3" in err


@pytest.mark.native
def test_what_is_piped_in_is_shown_to_the_model(
    home: Home,
    chat_model: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It counts among the tokens that are read; it may be the question, too."""

    def read(*arguments: str) -> int:
        assert main(["ask", *arguments, "--model", str(chat_model), "--json"]) == 0
        tokens: int = json.loads(capsys.readouterr().out)["usage"]["promptTokens"]
        return tokens

    alone = read("Hi?")
    pipe(monkeypatch, b"def f(): return 1\n")
    with_input = read("Hi?")
    pipe(monkeypatch, b"Hi?")
    piped = read("-")

    assert with_input > alone + 5
    assert piped == alone


@pytest.mark.parametrize(
    ("arguments", "piped", "status", "message"),
    [
        (["ask", " "], b"", 2, "no question"),
        (["ask", "-"], b"", 2, "no question"),
        (["ask", "Hi?", "--file", "{folder}/none"], b"", 1, "There is no file"),
        (["ask", "Hi?", "--schema", "{folder}/broken.json"], b"", 1, "is no JSON"),
        (["ask", "Hi?", "--schema", "{folder}/list.json"], b"", 1, "schema is an object"),
        (["ask", "Hi?", "--schema", "{folder}/wrong.json"], b"", 1, "schema cannot be used"),
        (["ask", "Hi?"], b"\x7fELF\0\0", 1, "is no text"),
        (["ask", "Hi?"], b"x" * 5_000_000, 1, "MB are piped in"),
        (["ask", "Hi?", "--model", "nobody"], b"", 1, "nobody"),
    ],
)
def test_bad_questions_are_one_line(
    home: Home,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    piped: bytes,
    status: int,
    message: str,
) -> None:
    """The reason on standard error, and nothing is loaded."""
    (tmp_path / "broken.json").write_text("{")
    (tmp_path / "list.json").write_text("[]")
    (tmp_path / "wrong.json").write_text('{"type": "nonsense"}')
    pipe(monkeypatch, piped)

    assert main([argument.format(folder=tmp_path) for argument in arguments]) == status

    out, err = capsys.readouterr()
    assert out == ""
    assert message in err
    assert err.count("\n") == 1


def test_without_a_model(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    """How to get one that fits this machine."""
    assert main(["ask", "Hi?"]) == 1

    err = capsys.readouterr().err
    assert "There is no model for chat." in err or "No model is chosen for chat." in err
    assert "ownstack models" in err


def test_what_a_terminal_would_obey_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """Escape sequences of the model's are letters; a line's end may come in two pieces."""
    out = Stream()
    for piece in ("a\x1b[2J", "b\r", "\nc\r"):
        out.write(piece)
    out.end()

    assert capsys.readouterr().out == "a\\x1b[2Jb\nc\\r\n"


def test_reasoning_is_said_aside(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dim on a terminal, not at all where something else reads."""
    quiet = Stream()
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    loud = Stream()
    for out in (quiet, loud):
        out.write("Hm.", aside=True)
        out.write("Yes.")
        out.end()

    assert capsys.readouterr().out == "Yes.\n\x1b[2mHm.\x1b[0m\x1b[2m\n\n\x1b[0mYes.\n"


async def test_the_first_interrupt_ends_the_answer() -> None:
    """What came is kept; the next one ends the program as ever."""
    stream, before = ChatStream(), signal.getsignal(signal.SIGINT)
    stream.push(TextDelta("half"))

    with Interrupts(stream):
        signal.raise_signal(signal.SIGINT)
        answer = await stream.result()
        after_one = signal.getsignal(signal.SIGINT)

    assert (answer.message.text, answer.finish) == ("half", Finish.CANCELLED)
    assert after_one is before is signal.getsignal(signal.SIGINT)

"""`ownstack ask "…"`: one question to a chat model, answered in the terminal."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ownstack.cli.choosing import add_model_to, engine_for
from ownstack.cli.complete import read_text
from ownstack.cli.interrupts import INTERRUPTED, Interrupts
from ownstack.cli.output import Stream, print_json, warn
from ownstack.errors import CutOffError, FileError, UsageError
from ownstack.text import fenced

if TYPE_CHECKING:
    from ownstack.engine.chat import ChatAnswer
    from ownstack.engine.protocol import Engine
    from ownstack.engine.requests import ChatRequest

MAX_INPUT_BYTES = 4_000_000
RULES = "You are a programmer's assistant. Answer briefly and to the point."


def add_to(commands: Any) -> None:
    """Describe the command to argparse."""
    command = commands.add_parser(
        "ask",
        help="ask a chat model",
        description="Ask a model, and print its answer while it is written. Text that is piped in "
        "is shown to the model: git diff | ownstack ask 'What changed?'",
    )
    command.add_argument("question", help="- to read it from standard input")
    command.add_argument(
        "--role", choices=["chat", "edit", "summary"], default="chat", help="whose model answers"
    )
    add_model_to(command)
    command.add_argument(
        "--file", action="append", default=[], type=Path, metavar="FILE", dest="files",
        help="show a text file to the model; may be repeated",
    )  # fmt: skip
    command.add_argument(
        "--schema", type=Path, metavar="FILE", help="print JSON that keeps to this JSON schema"
    )
    command.add_argument("--max-tokens", type=_positive, default=2_048, metavar="N",
                         help="the longest answer (2048)")  # fmt: skip
    command.add_argument("--json", action="store_true", help="print JSON: the answer, what the "
                         "model reasoned, why it ended, what it cost")  # fmt: skip
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    import asyncio

    schema = _schema(arguments.schema)
    piped = "" if sys.stdin is None or sys.stdin.isatty() else _piped()
    question = arguments.question
    if question == "-":
        question, piped = piped, ""
    if not question.strip():
        raise UsageError("There is no question.")
    files = [(str(path), read_text(path)[0]) for path in arguments.files]
    return asyncio.run(_ask(arguments, prompt(question, files, piped), schema))


def prompt(question: str, files: Sequence[tuple[str, str]], piped: str) -> str:
    """Return what the model is told: what it is shown first, so that the question is near."""
    shown = [f"File {path}:\n{fenced(text)}" for path, text in files]
    if piped.strip():
        shown.append(f"Input:\n{fenced(piped)}")
    return "\n\n".join([*shown, question])


def _positive(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 1_000_000:
        raise argparse.ArgumentTypeError("a number from 1 on")
    return int(text)


def _piped() -> str:
    """Read standard input.

    Raises:
        FileError: there is too much of it, or it is no text.
    """
    from ownstack.files.decoding import decode

    data = sys.stdin.buffer.read(MAX_INPUT_BYTES + 1)
    if len(data) > MAX_INPUT_BYTES:
        raise FileError(f"More than {MAX_INPUT_BYTES / 1e6:.0f} MB are piped in.")
    text = decode(data)
    if text is None:
        raise FileError("What is piped in is no text.")
    return text


def _schema(path: Path | None) -> dict[str, object] | None:
    """Return the schema in a file.

    Raises:
        FileError, EngineError: it is none.
    """
    if path is None:
        return None
    from ownstack.engine.structured import check_schema

    try:
        value = json.loads(read_text(path)[0], parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise FileError(f"{path} is no JSON: {error}.") from error
    return dict(check_schema(value))


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is no JSON value")


async def _ask(arguments: argparse.Namespace, text: str, schema: dict[str, object] | None) -> int:
    from ownstack.app.host import Host
    from ownstack.engine.messages import Message
    from ownstack.engine.requests import ChatRequest
    from ownstack.paths import Home

    host = Host(Home.default(), mode="inProcess")
    try:
        engine = await engine_for(host, arguments.role, arguments.model)
        messages = (Message.of("system", RULES), Message.of("user", text))
        request = ChatRequest(messages, max_tokens=arguments.max_tokens)
        if schema is not None:
            return await _structured(arguments, engine, request, schema)
        return await answered(engine, request, json=arguments.json)
    finally:
        await host.close()


async def answered(
    engine: Engine, request: ChatRequest, *, json: bool, more: Mapping[str, Any] | None = None
) -> int:
    """Print an answer while it is written; what came stays if it is interrupted.

    `more` is what JSON says beside it. Returns the exit status.
    """
    from ownstack.engine.chat import ReasoningDelta, TextDelta
    from ownstack.engine.results import Finish

    started_s = time.monotonic()
    first_s: float | None = None
    stream = engine.chat(request)
    out = Stream()
    with Interrupts(stream):
        async for event in stream:
            if isinstance(event, (TextDelta, ReasoningDelta)) and not json:
                first_s = first_s or time.monotonic() - started_s
                out.write(event.text, aside=isinstance(event, ReasoningDelta))
        answer = await stream.result()
    out.end()
    if json:
        _print_json(engine, answer, **(more or {}))
    else:
        _say_usage(engine, answer, first_s)
    return INTERRUPTED if answer.finish is Finish.CANCELLED else 0


async def _structured(
    arguments: argparse.Namespace,
    engine: Engine,
    request: ChatRequest,
    schema: dict[str, object],
) -> int:
    from ownstack.engine import structured

    try:
        found = await structured.ask(engine, request, schema)
    except CutOffError as error:
        error.hint = f"Raise --max-tokens, which is {arguments.max_tokens:,}, or ask for less."
        raise
    if arguments.json:
        _print_json(engine, found.answers[-1], value=found.value)
    else:
        print_json(found.value)
        _say_usage(engine, found.answers[-1], None)
    return 0


def _print_json(engine: Engine, answer: ChatAnswer, **more: Any) -> None:
    print_json(
        {
            "text": answer.message.text,
            "reasoning": answer.message.reasoning,
            **more,
            "finish": answer.finish.value,
            "model": engine.capabilities.model,
            "usage": {name: _rounded(value) for name, value in _usage(answer).items()},
        }
    )


def _usage(answer: ChatAnswer) -> dict[str, Any]:
    from ownstack.settings import camel

    return {camel(name): value for name, value in asdict(answer.usage).items()}


def _rounded(value: Any) -> Any:
    return round(value, 1) if isinstance(value, float) else value


def _say_usage(engine: Engine, answer: ChatAnswer, first_s: float | None) -> None:
    from ownstack.engine.results import Finish

    usage = answer.usage
    words = [f"{usage.prompt_tokens:,} tokens read", f"{usage.generated_tokens:,} written"]
    if usage.decode_ms > 0:
        words.append(f"{1e3 * usage.generated_tokens / usage.decode_ms:.1f} a second")
    if first_s is not None:
        words.append(f"the first after {first_s:.1f} s")
    if answer.finish is Finish.LENGTH:
        words.append("cut off: --max-tokens allows more")
    if usage.leaves_machine:
        words.append("answered on another machine")
    warn(f"{engine.capabilities.model}: {', '.join(words)}")

"""`ownstack complete FILE:LINE:COL`: the suggestion an editor would show there."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ownstack.cli.output import print_json, say_lines, warn
from ownstack.errors import FileError, UsageError
from ownstack.files.decoding import decode
from ownstack.files.opening import read_regular
from ownstack.terminal import visible, visible_lines

if TYPE_CHECKING:
    from ownstack.completion.suggestion import Answer
    from ownstack.document import Document

PATIENCE_MS = 10_000
"""Nobody is typing, so the first line may take longer than in an editor."""
PROJECT_S = 2.0
"""Echo answers from what it has read of the project by then."""
MAX_FILE_BYTES = 4_000_000
"""No text of at most a million characters is longer."""


def add_to(commands: Any) -> None:
    """Describe the command to argparse."""
    command = commands.add_parser(
        "complete",
        help="print the suggestion for a place in a file",
        description="Print what would be suggested at a place in a file.",
        epilog="LINE and COL count from 1. COL counts characters, and the suggestion goes before "
        "it: the end of a line of 10 characters is COL 11.",
    )
    command.add_argument("place", metavar="FILE:LINE:COL")
    command.add_argument(
        "--model", default="", metavar="NAME|PATH", help="a known model, or a GGUF file"
    )
    command.add_argument(
        "--retype",
        action="store_true",
        help="hide the rest of the line, as if it were not typed yet",
    )
    command.add_argument("--json", action="store_true", help="print JSON: the text, who made it, "
                         "how long each stage took, how many tokens were evaluated")  # fmt: skip
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    path, line, column = place(arguments.place)
    text, damaged = read_text(path)
    if damaged:
        warn(f"{path} is not wholly text; odd bytes are read as \ufffd.")
    offset = offset_in(text, line, column)
    if arguments.retype:
        text = without_rest_of_line(text, offset)

    import asyncio

    document, answer = asyncio.run(_ask(path, text, offset, arguments.model))
    if arguments.json:
        _print_json(document, answer)
    elif answer.suggestion is None:
        warn(f"no suggestion: {answer.trace.reason}")
    else:
        _print_text(document, answer)
    return 0


def place(text: str) -> tuple[Path, int, int]:
    """Split "FILE:LINE:COL".

    Raises:
        UsageError: it is something else.
    """
    parts = text.rsplit(":", 2)
    if len(parts) != 3 or not parts[0] or not (parts[1].isdecimal() and parts[2].isdecimal()):
        raise UsageError(f"{text!r} is not FILE:LINE:COL, such as src/app.py:12:5.")
    line, column = int(parts[1]), int(parts[2])
    if line < 1 or column < 1:
        raise UsageError("LINE and COL count from 1.")
    return Path(parts[0]), line, column


def read_text(path: Path) -> tuple[str, bool]:
    """Return a file's text, and whether bytes in it had to be replaced.

    Raises:
        FileError: it is no text file, or too large to complete in.
    """
    try:
        if path.is_dir():
            raise FileError(f"{path} is a folder, not a file.")
        if not path.is_file() and path.exists():
            raise FileError(f"{path} is not a regular file.")
        data, status = read_regular(path, MAX_FILE_BYTES + 1, follows_link=True)
    except FileNotFoundError:
        raise FileError(f"There is no file {path}.") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise FileError(f"{path} cannot be read: {reason}.") from error
    if len(data) > MAX_FILE_BYTES:
        megabytes = max(status.st_size, len(data)) / 1e6
        raise FileError(f"{path} is too large to complete in ({megabytes:.0f} MB).")
    text = decode(data)
    if text is None:
        raise FileError(f"{path} is a binary file.")
    return text, "\ufffd" in text


def offset_in(text: str, line: int, column: int) -> int:
    """Return the character offset of a 1-based place.

    Raises:
        UsageError: the text has no such place; the message says where it ends.
    """
    from ownstack.text import LineIndex

    index = LineIndex(text)
    if line > index.n_lines:
        raise UsageError(f"There is no line {line}: the file has {index.n_lines} lines.")
    span = index.line_span(line - 1)
    if column > len(span) + 1:
        raise UsageError(
            f"There is no column {column}: line {line} has {len(span)} characters, "
            f"so COL is at most {len(span) + 1}."
        )
    return span.start + column - 1


def without_rest_of_line(text: str, offset: int) -> str:
    """Return `text` as it was before the line of `offset` was written to its end."""
    from ownstack.text import LineIndex

    index = LineIndex(text)
    return text[:offset] + text[index.line_span(index.line_of(offset)).end :]


async def _ask(path: Path, text: str, offset: int, model: str) -> tuple[Document, Answer]:
    """Open the file as an editor would, wait for the model, and ask once.

    Raises:
        OwnstackError: the model cannot be used.
    """
    from ownstack.app.host import Host
    from ownstack.app.session import Session
    from ownstack.completion.suggestion import Trigger
    from ownstack.errors import OwnstackError
    from ownstack.languages import language_of
    from ownstack.paths import Home

    path = path.resolve()
    uri = path.as_uri()
    host = Host(Home.default(), mode="inProcess")
    session = Session(host)
    try:
        chosen = model and str(Path(model).resolve() if Path(model).is_file() else model)
        session.configure(
            {
                "models": {"completion": chosen},
                "completion": {"deadlineMs": PATIENCE_MS},
                # It would be closed again before it was read.
                "index": {"enabled": False},
            }
        )
        session.use_folders([project_folder(path).as_uri()])
        session.start()
        language = language_of("", path.name, text)
        session.open(uri, language.id if language else "plaintext", 1, text)
        await session.ready()
        await session.read_folders(PROJECT_S)
        if session.problem is not None:
            raise OwnstackError(str(session.problem))
        if session.models["completion"].set_aside is not None:
            warn(session.status().reason)
        answer = await session.complete(uri, offset, Trigger.INVOKED)
        document = session.documents.get(uri)
        if document is None:
            raise FileError(answer.trace.reason)
        return document, answer
    finally:
        await session.close()
        await host.close()


def project_folder(path: Path) -> Path:
    """Return the nearest folder above a file that is a repository, else the file's own folder."""
    for folder in path.parents:
        if (folder / ".git").exists():
            return folder
    return path.parent


def _print_json(document: Document, answer: Answer) -> None:
    suggestion, trace = answer.suggestion, answer.trace
    value: dict[str, Any] = {"text": None, "range": None}
    if suggestion is not None:
        value = {
            "text": suggestion.text,
            "range": {
                "start": _place(document, suggestion.span.start),
                "end": _place(document, suggestion.span.end),
            },
        }
    value |= {
        "tier": trace.tier,
        "source": trace.source,
        "reason": trace.reason,
        "model": trace.model,
        "adapters": list(trace.adapters),
        "stagesMs": {name: round(ms, 3) for name, ms in trace.stages_ms.items()},
        "promptTokens": trace.prompt_tokens,
        "evaluatedTokens": trace.evaluated_tokens,
        "generatedTokens": trace.generated_tokens,
        "draftedTokens": trace.drafted_tokens,
        "acceptedTokens": trace.accepted_tokens,
        "confidence": trace.confidence,
        "adjusted": trace.adjusted,
        "learned": trace.learned,
    }
    print_json(value)


def _place(document: Document, offset: int) -> dict[str, int]:
    line = document.index.line_of(offset)
    column = offset - document.index.line_span(line).start
    return {"line": line + 1, "column": column + 1}


def _print_text(document: Document, answer: Answer) -> None:
    """Print the suggestion; on a terminal, highlighted within its line."""
    assert answer.suggestion is not None
    text = answer.suggestion.text
    if not sys.stdout.isatty():
        say_lines(text)
        return
    from rich.console import Console
    from rich.text import Text

    span = answer.suggestion.span
    line = document.index.line_span(document.index.line_of(span.start))
    shown = Text(visible(document.text[line.start : span.start]))
    shown.append(visible_lines(text), style="bold green")
    shown.append(visible(document.text[span.end : line.end]))
    Console(soft_wrap=True).print(shown)

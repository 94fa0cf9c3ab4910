"""The `ownstack` command. Each command is a module that imports what it needs when it runs."""

from __future__ import annotations

import argparse
import io
import logging
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from ownstack import __version__
from ownstack.cli import (
    archive,
    ask,
    chat,
    clean,
    commit_message,
    complete,
    daemon,
    doctor,
    edit,
    engines,
    explain,
    index,
    learn,
    lsp,
    map,
    mcp,
    memory,
    models,
    review,
    search,
    serve,
    status,
    symbols,
    usage,
)
from ownstack.errors import OwnstackError, UsageError
from ownstack.terminal import visible_lines

FINE, FAILED, USAGE = 0, 1, 2
INTERRUPTED = 130

COMMANDS = (
    ask,
    chat,
    edit,
    explain,
    review,
    commit_message,
    memory,
    archive,
    complete,
    search,
    index,
    symbols,
    map,
    lsp,
    daemon,
    status,
    doctor,
    clean,
    models,
    learn,
    engines,
    serve,
    mcp,
    usage,
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 0 fine, 1 failed, 2 not understood.

    What goes wrong is one line on stderr. A reader that has gone (`ownstack … | head`) is no error.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # What an old terminal has no letters for is shown as what it is, too.
            stream.reconfigure(errors="backslashreplace")
    # What libraries log where nobody set logging up would come between the lines of a command.
    logging.lastResort = logging.NullHandler()
    parsed = parser().parse_args(arguments)
    try:
        result: int = parsed.run(parsed)
        sys.stdout.flush()
        return result
    except UsageError as error:
        return _say(error, USAGE)
    except OwnstackError as error:
        return _say(error, FAILED)
    except BrokenPipeError:
        # Python would complain once more when it flushes stdout at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FINE
    except OSError as error:
        return _say(error, FAILED)
    except KeyboardInterrupt:
        return INTERRUPTED


def parser() -> argparse.ArgumentParser:
    """Return the whole command line, all commands included."""
    top = _Parser(
        prog="ownstack",
        description="A coding assistant its user owns, run by models on this machine.",
    )
    top.add_argument("--version", action="version", version=f"ownstack {__version__}")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in COMMANDS:
        command.add_to(commands)
    return top


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        super().error(visible_lines(message))


def _say(error: Exception, status: int) -> int:
    from ownstack.cli.output import warn

    warn(" ".join(str(error).split()))
    return status

"""`ownstack learn`: adapters for models, trained on this machine from its owner's code."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ownstack.models.roles import ROLES

Parsed = tuple[argparse.Namespace, list[str]]
TRAINED = tuple(role for role in ROLES if role in ("completion", "edit", "chat"))


def add_to(commands: Any) -> None:
    """Describe the commands to argparse.

    A word after `learn` that is no verb is a folder, which argparse has no means to say: whoever
    has a folder of such a name writes ./status.
    """
    command = commands.add_parser(
        "learn",
        help="train a model on a project, on this machine",
        usage="%(prog)s [FOLDER] [options]\n       %(prog)s VERB …",
        description="Learn from a project's files, and from what you accepted and kept. What was "
        "learned is an adapter: a small file beside the model, which serves only if it is better "
        "on lines that it did not learn from. Nothing leaves this machine. Ctrl-C keeps what was "
        "learned; the same command goes on.",
        epilog="verbs: " + ", ".join(VERBS) + "; say “%(prog)s VERB --help”",
    )
    _describe_learning(command)
    verbs = _Verbs(f"{command.prog}", command)
    command.parse_known_args = verbs.parse


class _Verbs:
    """Which of the parsers reads the words after `learn`."""

    def __init__(self, prog: str, usual: argparse.ArgumentParser) -> None:
        self._prog = prog
        self._usual = usual.parse_known_args
        self._kind = type(usual)

    def parse(self, words: Sequence[str] | None = None, into: Any = None) -> Parsed:
        words = list(words or ())
        if not words or words[0] not in VERBS:
            return self._usual(words, into)
        verb, *rest = words
        describe, help = VERBS[verb]
        parser = self._kind(prog=f"{self._prog} {verb}", description=f"{help}.")
        describe(parser)
        return parser.parse_known_args(rest, into)


def _describe_learning(command: argparse.ArgumentParser) -> None:
    _folder(command)
    command.add_argument("--minutes", type=_minutes, metavar="N",
                         help="how long to train (default: 60)")  # fmt: skip
    _base(command)
    command.add_argument("--rank", type=_rank, default=16, metavar="N",
                         help="how much an adapter can hold (default: %(default)s)")  # fmt: skip
    command.add_argument("--generic", action=argparse.BooleanOptionalAction, default=True,
                         help="train on top of the adapter that all projects share, if one serves "
                         "(default: yes)")  # fmt: skip
    how = command.add_mutually_exclusive_group()
    how.add_argument("--resume", action="store_true", help="only go on with what was begun")
    how.add_argument("--fresh", action="store_true", help="forget what was begun")
    command.add_argument("--only-on-mains", action="store_true",
                         help="pause while the machine runs on its battery")  # fmt: skip
    command.add_argument("--force", action="store_true", help="even if it is the home folder")
    # For the daemon: nobody waits for it.
    command.add_argument("--nightly", action="store_true", help=argparse.SUPPRESS)
    _json(command)
    command.set_defaults(run=_run_learn)


def _describe_data(parser: argparse.ArgumentParser) -> None:
    _folder(parser)
    parser.add_argument("--export", type=Path, metavar="FILE",
                        help="write it down as the trainer reads it, in JSON lines")  # fmt: skip
    parser.add_argument("--force", action="store_true", help="even if it is the home folder")
    _json(parser)
    parser.set_defaults(run=_run_data)


def _describe_status(parser: argparse.ArgumentParser) -> None:
    _json(parser)
    parser.set_defaults(run=_run_status)


def _describe_use(parser: argparse.ArgumentParser) -> None:
    _adapter(parser)
    parser.add_argument("--scale", type=float, metavar="X",
                        help="how much of it is added: 1 is all of it, 0 nothing")  # fmt: skip
    _json(parser)
    parser.set_defaults(run=_run_use)


def _describe_rollback(parser: argparse.ArgumentParser) -> None:
    _folder(parser)
    parser.add_argument("--generic", action="store_true",
                        help="the adapter that all projects share")  # fmt: skip
    _base(parser)
    _json(parser)
    parser.set_defaults(run=_run_rollback)


def _describe_compare(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("adapters", nargs="*", metavar="ADAPTER",
                        help="ids or names (default: all)")  # fmt: skip
    _json(parser)
    parser.set_defaults(run=_run_compare)


def _describe_report(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("adapter", nargs="?", default="", metavar="ADAPTER",
                        help="its id or name (default: the newest)")  # fmt: skip
    parser.add_argument("--html", type=Path, metavar="FILE", help="where the page is written")
    parser.add_argument("--open", action="store_true", help="show it in the browser")
    _json(parser)
    parser.set_defaults(run=_run_report)


def _describe_remove(parser: argparse.ArgumentParser) -> None:
    _adapter(parser)
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.set_defaults(run=_run_remove)


VERBS = {
    "data": (_describe_data, "Show what would be learned from, and what is left out and why"),
    "status": (_describe_status, "Show what was learned, what serves, and who is learning"),
    "use": (_describe_use, "Let an adapter serve"),
    "rollback": (_describe_rollback, "Let the adapter serve that served before, or none"),
    "compare": (_describe_compare, "Show what was measured of adapters"),
    "report": (_describe_report, "Make a page on an adapter, with curves"),
    "remove": (_describe_remove, "Remove an adapter"),
}


def _folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, nargs="?", metavar="FOLDER",
                        help="the project's folder (default: here)")  # fmt: skip


def _adapter(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("adapter", metavar="ADAPTER", help="its id, or the beginning of it, or "
                        "its name; ownstack learn status shows them")  # fmt: skip


def _base(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--base", default="", metavar="NAME",
                        help="the model (default: the one chosen for the role)")  # fmt: skip
    parser.add_argument("--role", choices=TRAINED, default="completion", metavar="ROLE",
                        help=f"what for: {', '.join(TRAINED)} (default: %(default)s)")  # fmt: skip


def _json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON")


def _minutes(text: str) -> float:
    return _within(float(text), 0.05, 10_080)


def _rank(text: str) -> int:
    return int(_within(int(text), 1, 256))


def _within(value: float, low: float, high: float) -> float:
    if not low <= value <= high:
        raise argparse.ArgumentTypeError(f"must be between {low:g} and {high:g}")
    return value


def _run_learn(arguments: argparse.Namespace) -> int:
    from ownstack.cli.learn import learning

    return learning.run(arguments)


def _run_data(arguments: argparse.Namespace) -> int:
    from ownstack.cli.learn import data

    return data.run(arguments)


def _run_status(arguments: argparse.Namespace) -> int:
    from ownstack.cli.learn import standing

    return standing.run(arguments)


def _run_use(arguments: argparse.Namespace) -> int:
    from ownstack.cli.learn import serving

    return serving.use(arguments)


def _run_rollback(arguments: argparse.Namespace) -> int:
    from ownstack.cli.learn import serving

    return serving.rollback(arguments)


def _run_remove(arguments: argparse.Namespace) -> int:
    from ownstack.cli.learn import serving

    return serving.remove(arguments)


def _run_compare(arguments: argparse.Namespace) -> int:
    from ownstack.cli.learn import measured

    return measured.compare(arguments)


def _run_report(arguments: argparse.Namespace) -> int:
    from ownstack.cli.learn import measured

    return measured.report(arguments)

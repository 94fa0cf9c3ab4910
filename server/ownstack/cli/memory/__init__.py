"""`ownstack memory`: what a project keeps, what is proposed for it, and what becomes of that."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

_PLACES = ("decisions", "conventions", "glossary", "preferences")


def add_to(commands: Any) -> None:
    """Describe the commands to argparse."""
    command = commands.add_parser(
        "memory",
        help="see and change what a project remembers",
        description="A project keeps decisions, conventions and a glossary in .ownstack/memory/, "
        "in Markdown that people edit, and you keep preferences for all projects in a file of your "
        "own. A model is shown them. What conversations propose waits in the inbox (P001) until "
        "you accept it.",
    )
    verbs = command.add_subparsers(title="verbs", metavar="VERB", required=True)
    show = _verb(verbs, "list", "show the inbox, what is kept, and what should be checked again")
    show.add_argument("--json", action="store_true", help="print JSON")
    show.set_defaults(run=_run_list)
    accept = _verb(verbs, "accept", "keep what was proposed or decided", name="P001|D001")
    _place(accept)
    _conflict(accept)
    accept.set_defaults(run=_run_accept)
    reject = _verb(
        verbs,
        "reject",
        "drop a proposal, an entry or a decision; end an open thread",
        name="P001|M001|D001|T001",
    )
    reject.set_defaults(run=_run_reject)
    edit = _verb(verbs, "edit", "say it in other words", name="P001|M001|U001")
    edit.add_argument("text", metavar="TEXT", nargs="?",
                      help="the new words; without them $EDITOR asks for them")  # fmt: skip
    edit.set_defaults(run=_run_edit)
    add = _verb(verbs, "add", "keep something")
    add.add_argument("text", metavar="TEXT")
    _place(add)
    _conflict(add)
    add.set_defaults(run=_run_add)
    validate = _verb(verbs, "validate", "say that it still holds", name="M001|D001")
    validate.set_defaults(run=_run_validate)


def _verb(verbs: Any, verb: str, help: str, *, name: str = "") -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(verb, help=help)
    if name:
        parser.add_argument("name", metavar=name)
    parser.add_argument("--path", type=Path, metavar="P",
                        help="the project's folder, or a part of it (default: here)")  # fmt: skip
    return parser


def _place(verb: argparse.ArgumentParser) -> None:
    where = verb.add_mutually_exclusive_group()
    where.add_argument("--into", choices=_PLACES, metavar="FILE",
                       help=f"{', '.join(_PLACES)} (default: by its words)")  # fmt: skip
    where.add_argument("--personal", action="store_const", const="preferences", dest="into",
                       help="into your own file, for all projects")  # fmt: skip


def _conflict(verb: argparse.ArgumentParser) -> None:
    verb.add_argument("--conflict", choices=("replace", "both"), default="",
                      help="what becomes of an entry that it contradicts")  # fmt: skip


def _run_list(arguments: argparse.Namespace) -> int:
    from ownstack.cli.memory import listing

    return listing.run(arguments)


def _run_accept(arguments: argparse.Namespace) -> int:
    from ownstack.cli.memory import changing

    return changing.accept(arguments)


def _run_reject(arguments: argparse.Namespace) -> int:
    from ownstack.cli.memory import changing

    return changing.reject(arguments)


def _run_edit(arguments: argparse.Namespace) -> int:
    from ownstack.cli.memory import changing

    return changing.edit(arguments)


def _run_add(arguments: argparse.Namespace) -> int:
    from ownstack.cli.memory import changing

    return changing.add(arguments)


def _run_validate(arguments: argparse.Namespace) -> int:
    from ownstack.cli.memory import changing

    return changing.validate(arguments)

"""`ownstack review`: what a model finds wrong in what is changed, or in lines of a file."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ownstack.cli.choosing import add_model_to
from ownstack.cli.output import print_json, say, say_meanwhile, warn
from ownstack.errors import UsageError

if TYPE_CHECKING:
    from ownstack.actions.review import Finding, ReviewProgress
    from ownstack.actions.subject import Subject


def add_to(commands: Any) -> None:
    """Describe the command to argparse."""
    command = commands.add_parser(
        "review",
        help="have a model review what is changed, or lines of a file",
        description="Have a model review what differs from the last commit, a range of commits, or "
        "lines of a file. Each finding is about lines that were looked at.",
        epilog="The exit status is 0 whatever is found; --json is for programs.",
    )
    command.add_argument("place", nargs="?", default="", metavar="FILE[:START-END]",
                         help="lines to review in place of changes")  # fmt: skip
    command.add_argument("--diff", default="", metavar="RANGE",
                         help="staged, a commit, or a range such as main..topic")  # fmt: skip
    command.add_argument("--path", type=Path, metavar="P",
                         help="the project's folder (default: here)")  # fmt: skip
    add_model_to(command)
    command.add_argument("--json", action="store_true", help="print JSON")
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    import asyncio

    if arguments.place and arguments.diff:
        raise UsageError("Lines and a range of commits are named.", "Name one of them.")
    return asyncio.run(_review(arguments))


async def _review(arguments: argparse.Namespace) -> int:
    from ownstack.actions.review import review
    from ownstack.cli.acting import means
    from ownstack.cli.interrupts import INTERRUPTED, stoppable

    root, subject = await _subject(arguments)
    for reason in subject.left_out:
        warn(reason)
    quiet = arguments.json
    async with means(root, "edit", arguments.model, quiet=quiet, indexed=False) as available:
        model = available.engine.capabilities.model
        hear = _tell_problem if quiet else _tell
        found = await stoppable(review(available.engine, subject, hear))
    if found is None:
        say_meanwhile("Stopped.")
        return INTERRUPTED
    if quiet:
        print_json({"findings": found, "model": model, "leftOut": subject.left_out})
        return 0
    for finding in found:
        _print(finding)
    say_meanwhile(f"{model}: {len(found) or 'no'} finding{'s' * (len(found) != 1)}")
    return 0


async def _subject(arguments: argparse.Namespace) -> tuple[Path, Subject]:
    """Return what is reviewed, and the project that it is in."""
    import asyncio

    from ownstack.actions.subject import of_diff, of_target
    from ownstack.cli.project import root_and_part
    from ownstack.cli.selecting import to_read
    from ownstack.files.secret.detection import without_secrets
    from ownstack.memory import rules

    if arguments.place:
        selected = to_read(arguments.place)
        said = await asyncio.to_thread(rules.read, selected.root)
        return selected.root, of_target(selected.target, without_secrets("", said.text))
    root, _part = root_and_part(arguments.path)
    said = await asyncio.to_thread(rules.read, root)
    return root, await of_diff(root, arguments.diff, without_secrets("", said.text))


def _tell(progress: ReviewProgress) -> None:
    _tell_problem(progress)
    if progress.done < progress.total:
        say_meanwhile(f"Reviewing, part {progress.done + 1} of {progress.total} …")


def _tell_problem(progress: ReviewProgress) -> None:
    if progress.problem:
        warn(progress.problem)


def _print(finding: Finding) -> None:
    lines = f"{finding.start_line}"
    if finding.end_line > finding.start_line:
        lines += f"-{finding.end_line}"
    say(f"{finding.path}:{lines}: {finding.severity}: {finding.title}")
    if finding.detail:
        say(f"  {finding.detail}")

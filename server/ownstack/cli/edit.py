"""`ownstack edit FILE:START-END "…"`: an edit that is checked, shown, and written if you say so."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from ownstack.cli.choosing import add_model_to
from ownstack.cli.output import print_diff, print_json, say, say_meanwhile
from ownstack.errors import UsageError

if TYPE_CHECKING:
    from ownstack.actions.checks.check import Check
    from ownstack.actions.result import EditProgress, MadeEdit
    from ownstack.actions.wish import Wish
    from ownstack.cli.acting import Means
    from ownstack.cli.selecting import Selected

ACTIONS = (
    "fix",
    "simplify",
    "rename",
    "split",
    "types",
    "modernise",
    "extract",
    "document",
    "test",
)
MAX_SECONDS = 600
_MARKS = {"passed": "✓", "failed": "✗", "skipped": "·"}
_STAGES = {
    "waiting": "Asking …",
    "reading": "Reading …",
    "writing": "Writing …",
    "checking": "Checking …",
    "repairing": "Trying again …",
}


def add_to(commands: Any) -> None:
    """Describe the command to argparse."""
    command = commands.add_parser(
        "edit",
        help="have a model edit lines of a file; the edit is checked and shown",
        description="Have a model edit lines of a file: the definition that holds them, or the "
        "lines themselves. The edit is checked, then shown; nothing is written without --write.",
        epilog="Beside an instruction, or in place of one, --action says what is done.",
    )
    command.add_argument("place", metavar="FILE[:START-END]", help="a file, a line of it, or lines")
    command.add_argument("instruction", nargs="?", default="", help="what is to be done, in words")
    command.add_argument("--action", choices=ACTIONS, help="what is done, in place of words")
    command.add_argument("--write", action="store_true", help="write the edit into the file")
    add_model_to(command)
    command.add_argument("--tools", action="store_true",
                         help="have the project's formatter and linter check it, too")  # fmt: skip
    command.add_argument("--tests", action="store_true",
                         help="run the project's tests on a copy, and mend what fails")  # fmt: skip
    command.add_argument("--max-seconds", type=_seconds, default=60, metavar="N",
                         help="no further attempt is begun after so long (60)")  # fmt: skip
    command.add_argument("--json", action="store_true", help="print JSON")
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Exit status 0 if there is an edit, also if a check that may fail did."""
    import asyncio

    from ownstack.actions.refactor import checked
    from ownstack.cli.selecting import to_edit

    if not checked(arguments.instruction) and arguments.action is None:
        raise UsageError("There is no instruction.", "Say what is to be done, or --action.")
    return asyncio.run(_edit(arguments, to_edit(arguments.place)))


def _seconds(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MAX_SECONDS:
        raise argparse.ArgumentTypeError(f"a number from 1 to {MAX_SECONDS}")
    return int(text)


async def _edit(arguments: argparse.Namespace, selected: Selected) -> int:
    from ownstack.actions.checks.choice import checkers_for
    from ownstack.actions.edit import EditMaker
    from ownstack.chat.project_files import NEW, DiskFiles, FileChange, check_text
    from ownstack.cli.acting import means
    from ownstack.cli.interrupts import INTERRUPTED, stoppable

    root, quiet = selected.root, arguments.json
    async with means(root, "edit", arguments.model, quiet=quiet) as available:
        wish = await _wish(arguments, selected, available)
        files = DiskFiles(root)
        file = selected.file if wish.target.path == selected.target.path else None
        file = file or files.now(wish.target.path)
        checkers = checkers_for(
            root, wish.target, run_tools=arguments.tools, run_tests=arguments.tests
        )
        maker = EditMaker(available.engine, checkers, max_seconds=arguments.max_seconds)
        base = "" if file is None else file.hash
        made = await stoppable(maker.make(wish, base, _Teller(quiet=quiet)))
    if made is None:
        say_meanwhile("Stopped; nothing is written.")
        return INTERRUPTED
    path = made.proposal.path
    check_text(path, file, made.after)
    if arguments.write:
        data = (file or NEW).bytes_of(made.after)
        await files.write((FileChange(path, file, data, made.after),), made.proposal.title)
    if arguments.json:
        _print_json(made, written=arguments.write)
    else:
        _print(made, written=arguments.write)
    return 0


async def _wish(arguments: argparse.Namespace, selected: Selected, available: Means) -> Wish:
    import asyncio
    from dataclasses import replace

    from ownstack.actions import document, fix, refactor, test

    target = selected.target
    around = await available.around(target)
    if arguments.action == "document":
        wish = await asyncio.to_thread(document.wish, target, around, selected.root)
    elif arguments.action == "test":
        wish = await asyncio.to_thread(test.wish, selected.root, target, around)
    elif arguments.action == "fix":
        wish = fix.bug(target, around)
    else:
        action = f"refactor.{arguments.action or 'instruct'}"
        return replace(
            refactor.wish(target, action, arguments.instruction, around),
            is_mending=arguments.tests,
        )
    said = arguments.instruction.strip()
    return replace(wish, instruction=f"{wish.instruction}\n\n{said}".rstrip())


class _Teller:
    """Says how far an edit is: a line for each stage."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._last = ("", 0)

    def __call__(self, progress: EditProgress) -> None:
        told = (progress.stage, progress.round)
        if self._quiet or told == self._last:
            return
        self._last = told
        nth = f"Round {progress.round}: " if progress.round > 1 else ""
        say_meanwhile(f"{nth}{_STAGES[progress.stage]}")


def _print(made: MadeEdit, *, written: bool) -> None:
    print_diff(made.proposal.diff)
    for check in made.checks:
        say(_line(check))
    by = "without a model" if made.tier == 1 else made.model
    rounds = f"{made.rounds} round{'s' * (made.rounds != 1)}"
    drafts = f", {made.drafts} drafts" if made.drafts != made.rounds else ""
    say(f"tier {made.tier}: {by}, {rounds}{drafts}, {made.seconds:.1f} s")
    if written:
        say_meanwhile(f"Written: {made.proposal.title}.")
    else:
        say_meanwhile("Nothing is written; --write writes it.")


def _line(check: Check) -> str:
    detail = " ".join(check.detail.split())
    return f"{_MARKS[check.state]} {check.name}{': ' if detail else ''}{detail}"


def _print_json(made: MadeEdit, *, written: bool) -> None:
    print_json(
        {
            "path": made.proposal.path,
            "isNew": not made.proposal.base_hash,
            "diff": made.proposal.diff,
            "edits": made.proposal.edits,
            "checks": made.checks,
            "tier": made.tier,
            "model": made.model,
            "rounds": made.rounds,
            "drafts": made.drafts,
            "seconds": round(made.seconds, 2),
            "generatedTokens": made.generated_tokens,
            "isWritten": written,
        }
    )

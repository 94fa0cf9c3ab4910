"""`/test`: runs tests, asks the model about what fails, applies what it proposes, runs again."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from ownstack.chat import code_blocks, failing_tests
from ownstack.chat.proposals import Proposal
from ownstack.chat.tools.editing import PROPOSE_EDIT
from ownstack.chat.tools.testing import command_for, run_tests
from ownstack.chat.tools.tool import Approval, ToolOutput
from ownstack.cli.chat import asking, rendering
from ownstack.cli.chat.answering import answer
from ownstack.cli.chat.opening import Talk
from ownstack.cli.interrupts import stoppable
from ownstack.cli.output import say, say_lines, say_meanwhile, warn
from ownstack.errors import UsageError

SHOWN_LINES = 20
"""Of the output, from its end."""
_STEP = "Enter applies that and runs the tests again, n leaves it: "


async def test(talk: Talk, typed: str) -> None:
    """Run tests until they pass, the model proposes nothing, or the user has enough.

    `typed` is the command; without one it is the project's own, which the user is asked about.
    """
    command = await _command(talk, typed)
    for left in range(failing_tests.MAX_ROUNDS, -1, -1):
        run = await _run(talk, command)
        if run is None or run.ok:
            return
        if talk.chat.window is None:
            say("Without a chat model nobody looks into it.")
            return
        if not left:
            say(f"They still fail after {failing_tests.MAX_ROUNDS} rounds. /restore takes the "
                "newest edits back; say what is wrong, or /test again.")  # fmt: skip
            return
        numbers = await _proposed(talk, run)
        if not numbers or not asking.is_terminal() or await asking.typed(_STEP):
            return
        written = await talk.edits.apply(numbers)
        say(f"Applied: {', '.join(written.paths)}. /restore takes it back.")


async def _command(talk: Talk, typed: str) -> Sequence[str]:
    """Return what is run: what the user typed, or the project's own if the user allows it."""
    if typed:
        try:
            return shlex.split(typed)
        except ValueError as error:
            raise UsageError(f"{typed[:80]} is no command: {error}.") from error
    command = command_for(talk.project.root)
    asked = Approval("This runs the project's tests, as its files tell.", shlex.join(command))
    if await asking.approve(asked) == "no":
        raise UsageError("The tests are not run.", "/test COMMAND runs what you type.")
    return command


async def _run(talk: Talk, command: Sequence[str]) -> ToolOutput | None:
    """Run the tests and say how they ended; None if the user stopped them."""
    say_meanwhile(f"{shlex.join(command)} … Ctrl-C stops it.")
    run = await stoppable(run_tests(talk.project.root, command))
    if run is None:
        say_meanwhile("Stopped.")
    elif run.ok:
        say("The tests pass.")
    else:
        say_lines("\n".join(run.text.rstrip().splitlines()[-SHOWN_LINES:]))
    return run


async def _proposed(talk: Talk, run: ToolOutput) -> tuple[int, ...]:
    """Ask about tests that failed; return which of the edits that wait are new, by number."""
    window = talk.chat.window
    assert window is not None
    before = {proposal.id for proposal in talk.edits.pending}
    proposes = PROPOSE_EDIT in window.tools
    root = talk.project.root
    budget = int(failing_tests.OUTPUT_SHARE * window.context_budget)
    said = await answer(
        talk,
        failing_tests.question(root, run, proposes=proposes),
        failing_tests.beside(run, budget, window.count),
    )
    new = _new(talk, before)
    if not new and said.finish == "stop":
        for problem in await code_blocks.propose(talk.edits, root, said.text):
            warn(problem)
        new = _new(talk, before)
        rendering.print_proposals(talk.edits.pending if new else ())
    if not new:
        say("No edit came of it. Say more, or change it by hand; /test runs the tests again.")
    for proposal in new.values():
        say_lines(proposal.diff)
    return tuple(new)


def _new(talk: Talk, before: set[str]) -> dict[int, Proposal]:
    waiting = enumerate(talk.edits.pending, 1)
    return {number: proposal for number, proposal in waiting if proposal.id not in before}

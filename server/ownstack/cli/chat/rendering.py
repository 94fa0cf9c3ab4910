"""What of a conversation is printed: sources of answers, what fills the window, compactions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from ownstack.cli.output import print_table, say, say_meanwhile
from ownstack.memory.compaction.compactor import Compacted, Declined

if TYPE_CHECKING:
    from ownstack.chat.answer import Answer
    from ownstack.chat.chat import Chat
    from ownstack.chat.citations import Citation
    from ownstack.chat.proposals import Proposal
    from ownstack.chat.tool_loop import Step
    from ownstack.memory.recollection import Recollection

_BAR = 24
_LINE = 160
_METHODS = {
    "masking": "what was shown with {} older messages is hidden",
    "model": "{} messages are summed up by the model",
    "extractive": "{} messages are summed up by quotations",
}


def _print_notes(notes: Sequence[str]) -> None:
    from ownstack.chat.learning import INBOX
    from ownstack.chat.stated_decisions import HELD_BACK

    for note in notes:
        say_meanwhile(note)
    if any(note.startswith(HELD_BACK) for note in notes):
        say_meanwhile("/take notes it all the same.")
    if any(note.startswith(INBOX) for note in notes):
        say_meanwhile(
            "/memory shows it, /accept NAME keeps it in the project's files (/accept NAME replace: "
            "in the place of what it contradicts), /reject NAME drops it."
        )


def print_citations(citations: tuple[Citation, ...]) -> None:
    """Print the places that stand behind an answer."""
    if not citations:
        return
    only_shown = all(citation.kind == "shown" for citation in citations)
    say("Read for this answer, which names none of it:" if only_shown else "Sources:")
    for citation in citations:
        say(f"  {citation.place}  {citation.name}".rstrip())


def print_answer_end(chat: Chat, answer: Answer) -> None:
    """Print what a person should know beside an answer, and what it cost."""
    for line in answer.problems:
        say_meanwhile(line)
    _print_notes(answer.notes)
    if answer.finish == "cancelled":
        say_meanwhile("Stopped; what came is kept.")
    if answer.finish == "length":
        say_meanwhile("Cut off at the longest answer; ask to go on.")
    usage, segments, window = answer.usage, chat.segments, chat.window
    if usage is None or segments is None or window is None:
        return
    words = [
        f"{usage.prompt_tokens:,} tokens read, {usage.evaluated_tokens:,} of them new",
        f"{usage.generated_tokens:,} written",
    ]
    if usage.decode_ms > 0:
        words.append(f"{1e3 * usage.generated_tokens / usage.decode_ms:.1f} a second")
    words.append(f"window {segments.total / window.limits.window:.0%} full")
    if usage.leaves_machine:
        words.append("answered on another machine")
    say_meanwhile(f"{answer.model}: {', '.join(words)}")


def step_line(step: Step) -> str:
    """Return a call of a tool as one line."""
    failed = "" if step.state == "done" else " failed"
    result = f" → {step.result}" if step.result else ""
    return f"· {step.name} {step.arguments}{failed}{result}"[:_LINE]


def print_proposals(proposals: Sequence[Proposal]) -> None:
    """Print which edits wait, by the numbers that /apply takes."""
    if not proposals:
        return
    say("Proposed edits; /diff shows them, /apply applies all, /apply N one, /refuse none:")
    for number, proposal in enumerate(proposals, 1):
        say(f"  {number}  {proposal.title}")


def print_compaction(outcome: Compacted | Declined | None) -> None:
    """Print what a compaction came to, if there was one."""
    if isinstance(outcome, Declined):
        say_meanwhile(f"Not compacted: {outcome.why}.")
    elif outcome is not None:
        before, after = outcome.before.total, outcome.after.total
        how = _METHODS.get(outcome.method, outcome.method).format(outcome.covered)
        say_meanwhile(
            f"Compacted: {before:,} → {after:,} tokens ({after / before:.0%}); {how}. "
            "/undo takes it back."
        )
        for note in outcome.notes:
            say_meanwhile(f"  {note}")


def compaction_json(outcome: Compacted | Declined | None) -> dict[str, Any] | None:
    """Return a compaction for programs."""
    if outcome is None:
        return None
    if isinstance(outcome, Declined):
        return {"declined": outcome.why}
    return {
        "method": outcome.method,
        "before": outcome.before.total,
        "after": outcome.after.total,
        "notes": list(outcome.notes),
    }


def print_context(chat: Chat) -> None:
    """Print what fills the window, by segment."""
    segments, window = chat.segments, chat.window
    if segments is None or window is None:
        say("Without a chat model there is no window to fill.")
        return
    limits = window.limits
    rows = []
    for field in fields(segments):
        tokens = getattr(segments, field.name)
        share = tokens / limits.window
        rows.append((field.name, f"{tokens:,}", f"{share:.1%}", "█" * round(share * _BAR)))
    share = limits.reserve / limits.window
    rows.append(("for the answer", f"{limits.reserve:,}", f"{share:.1%}", ""))
    print_table(("SEGMENT", "TOKENS", "SHARE", ""), rows)
    say(
        f"{segments.total:,} of {limits.window:,} tokens; compacted from {limits.background:,} on "
        f"while you read, and from {limits.required:,} on before an answer."
    )
    checkpoint = chat.conversation.checkpoint
    if checkpoint is not None:
        say("The beginning is shown to the model as this summary:")
        say_lines_of(checkpoint.summary)


def say_lines_of(text: str) -> None:
    """Print a text, set in."""
    for line in text.splitlines():
        say(f"  {line}".rstrip())


def print_recollection(found: Recollection, short: Any) -> None:
    """Print what is remembered of something."""
    for decision in found.decisions:
        say(f"{decision.name}  {decision.text}")
    for pattern in found.patterns:
        times = f" ({pattern.seen} times)" if pattern.seen > 1 else ""
        say(f"{pattern.problem} → {pattern.solution}{times}")
    for turn in found.turns:
        say(f"[{short(turn.session)} turn {turn.turn}, {turn.kind}] {' '.join(turn.text.split())}")
    if not (found.decisions or found.patterns or found.turns):
        say("Nothing is remembered of that.")

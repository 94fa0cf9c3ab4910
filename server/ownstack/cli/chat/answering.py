"""A question of the terminal, and its answer printed while it comes."""

from __future__ import annotations

from ownstack.chat.answer import Answer
from ownstack.chat.index_answer import NAME as INDEX
from ownstack.chat.tool_loop import Step
from ownstack.cli.chat import rendering
from ownstack.cli.chat.opening import Talk
from ownstack.cli.interrupts import Interrupts
from ownstack.cli.output import Stream


async def answer(talk: Talk, question: str, beside: str = "") -> Answer:
    """Print an answer while it comes, then its sources and what it cost.

    `beside` is shown to the model with the question.
    """
    out = Stream()

    def show(text: str, is_reasoning: bool) -> None:
        out.write(text, aside=is_reasoning)

    def show_step(step: Step) -> None:
        if step.state != "runs":
            out.note(rendering.step_line(step))

    talk.chat.show_step = show_step
    with Interrupts(talk.chat):
        try:
            said = await talk.chat.ask(question, show, beside)
        finally:
            out.end()
    rendering.print_compaction(said.compacted)
    if said.model != INDEX:  # Its answer is nothing but places.
        rendering.print_citations(said.citations)
    rendering.print_answer_end(talk.chat, said)
    rendering.print_proposals(talk.edits.pending)
    return said

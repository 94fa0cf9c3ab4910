"""One question from standard input, answered as JSON: for scripts."""

from __future__ import annotations

import argparse
import asyncio
import sys
from dataclasses import asdict
from typing import Any

from ownstack.chat.answer import Answer
from ownstack.cli.chat.lines import MAX_BYTES
from ownstack.cli.chat.opening import Talk, opened_talk
from ownstack.cli.chat.rendering import compaction_json
from ownstack.cli.interrupts import INTERRUPTED, Interrupts
from ownstack.cli.output import print_json
from ownstack.errors import UsageError
from ownstack.files.decoding import decode
from ownstack.settings import camel


async def run(arguments: argparse.Namespace) -> int:
    """Answer; the exit status says whether it was interrupted."""
    question = await asyncio.to_thread(_question)
    async with opened_talk(arguments, quiet=True) as talk:
        with Interrupts(talk.chat):
            answer = await talk.chat.ask(question, lambda _text, _is_reasoning: None)
            settled = await talk.chat.settle()
        print_json(
            {
                **_as_json(talk, answer),
                "compaction": compaction_json(settled or answer.compacted),
            }
        )
    return INTERRUPTED if answer.finish == "cancelled" else 0


def _question() -> str:
    data = b"" if sys.stdin is None else sys.stdin.buffer.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise UsageError(f"The question is longer than {MAX_BYTES / 1e6:.0f} MB.")
    text = decode(data)
    if text is None:
        raise UsageError("The question is no text.")
    if not text.strip():
        raise UsageError("There is no question on standard input.")
    return text.strip()


def _as_json(talk: Talk, answer: Answer) -> dict[str, Any]:
    segments, window = talk.chat.segments, talk.chat.window
    usage = {} if answer.usage is None else asdict(answer.usage)
    return {
        "session": talk.chat.session.id,
        "turn": answer.turn,
        "text": answer.text,
        "reasoning": answer.reasoning,
        "finish": answer.finish,
        "model": answer.model,
        "citations": [_citation(asdict(citation)) for citation in answer.citations],
        "problems": list(answer.problems),
        "notes": list(answer.notes),
        "proposals": [
            {"path": proposal.path, "diff": proposal.diff} for proposal in talk.edits.pending
        ],
        "usage": {camel(name): _rounded(value) for name, value in usage.items()},
        "context": None
        if segments is None or window is None
        else {"tokens": segments.total, "window": window.limits.window},
    }


def _citation(values: dict[str, Any]) -> dict[str, Any]:
    values["start_line"], values["end_line"] = values.pop("start"), values.pop("end")
    return {name: value for name, value in values.items() if value is not None}


def _rounded(value: Any) -> Any:
    return round(value, 1) if isinstance(value, float) else value

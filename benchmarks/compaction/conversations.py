"""Real conversations, read from published data and made as long as a window needs them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ownstack.memory import events, ids
from ownstack.memory.compaction.capping import capped
from ownstack.memory.compaction.limits import Limits
from ownstack.memory.events import Event, Stamp
from ownstack.memory.prompt import Tokens

_SESSION = ids.session_id(ids.project_id("/benchmark"), 1_700_000_000.0)
_CHAT = re.compile(r"^# aider chat started at .*$", re.MULTILINE)
_TURN = re.compile(r"\b(USER|ASSISTANT): ")
_TOPIC_END = "Now the record ends."
_APPLIED = "Applied edit to "


@dataclass(frozen=True)
class Piece:
    """Something that was said: by the user, the assistant, a program; or a file was edited."""

    kind: str
    text: str


@dataclass(frozen=True)
class Sample:
    """A conversation of one source."""

    source: str
    pieces: tuple[Piece, ...]
    topic: str = ""
    """Its first topic, where the data says it."""

    def capped(self, limits: Limits, tokens: Tokens) -> Sample:
        """Return it with what is too long for the window cut as it enters, for every system."""

        def cut(piece: Piece) -> Piece:
            budget = limits.result if piece.kind == "tool" else limits.usable // 4
            return replace(piece, text=capped(piece.text, budget, tokens.of, handle="a file"))

        return replace(self, pieces=tuple(map(cut, self.pieces)))

    def events(self) -> Iterator[tuple[Event, ...]]:
        """Yield what happens, as it would stand in a log, a piece at a time."""
        turn = 0
        for number, piece in enumerate(self.pieces):
            turn += piece.kind == "user"
            stamp = Stamp(_SESSION, turn, 1_700_000_000.0 + number)
            if piece.kind == "user":
                yield (events.user(stamp, piece.text),)
            elif piece.kind == "assistant":
                yield (events.assistant(stamp, piece.text),)
            elif piece.kind == "edit":
                yield (events.edit(stamp, piece.text, accepted=True),)
            else:
                call = f"c{number}"
                yield (
                    events.tool_call(stamp, call, "terminal", "{}"),
                    events.tool_result(stamp, call, "terminal", piece.text),
                )


def coding(path: Path, chars: int) -> list[Sample]:
    """Return coding chats, joined in their order until each has so many characters."""
    chats = _CHAT.split(path.read_text("utf-8", errors="replace"))
    return _joined("coding", ([*_of_chat(chat)] for chat in chats), chars)


def topics(path: Path, chars: int) -> list[Sample]:
    """Return conversations over many topics, joined like `coding`; the first topic is known."""
    records = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    samples = _joined("topics", ([*_of_record(record["prompt"])] for record in records), chars)
    first = {_of_record_first(record["prompt"]): record["topics"][0] for record in records}
    return [
        Sample(sample.source, sample.pieces, first[sample.pieces[0].text]) for sample in samples
    ]


def _joined(source: str, parts: Iterator[list[Piece]], chars: int) -> list[Sample]:
    samples: list[Sample] = []
    pieces: list[Piece] = []
    for part in parts:
        pieces += part
        if sum(len(piece.text) for piece in pieces) >= chars:
            samples.append(Sample(source, tuple(pieces)))
            pieces = []
    return samples


def _of_chat(chat: str) -> Iterator[Piece]:
    """Yield the pieces of a chat: `#### ` begins a user's line, `> ` a program's."""
    kind = ""
    lines: list[str] = []
    for line in [*chat.splitlines(), "#### "]:
        if line.startswith("> Tokens: "):
            continue
        now = "user" if line.startswith("####") else "tool" if line.startswith(">") else "assistant"
        if now != kind and (line.strip() or kind != "user"):
            yield from _piece(kind, lines)
            kind, lines = now, []
        lines.append({"user": line[5:], "tool": line[2:]}.get(now, line).rstrip())


def _piece(kind: str, lines: Sequence[str]) -> Iterator[Piece]:
    text = "\n".join(lines).strip()
    if not text:
        return
    yield Piece(kind, text)
    if kind == "tool":
        for line in lines:
            if line.startswith(_APPLIED):
                yield Piece("edit", line[len(_APPLIED) :].strip())


def _of_record(prompt: str) -> Iterator[Piece]:
    record = prompt[prompt.index("Now the record start.") : prompt.index(_TOPIC_END)]
    parts = _TURN.split(record)[1:]
    for speaker, text in zip(parts[::2], parts[1::2], strict=True):
        if text.strip():
            yield Piece("user" if speaker == "USER" else "assistant", text.strip())


def _of_record_first(prompt: str) -> str:
    return next(_of_record(prompt)).text

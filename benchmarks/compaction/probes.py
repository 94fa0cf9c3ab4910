"""What should still be known of a conversation at its end: chosen by rule, told by its words.

The rules know nothing of the product's. Of each kind, those taken stand evenly from the first to
the last of the conversation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.compaction.conversations import Piece, Sample

PER_KIND = 6
KINDS = ("file", "error", "constraint", "decision", "question", "topic")
_FILE = re.compile(
    r"(?<![\w./-])(?:[\w-]{1,60}/){0,8}[\w-]{2,60}\.(?:py|md|js|ts|toml|json|yml|txt)\b"
)
_ERROR = re.compile(r"^.{0,80}?\b(\w{2,50}(?:Error|Exception): .{8,200})$", re.MULTILINE)
_CONSTRAINT = re.compile(r"\b(must|never|always|don't|do not|only|should|no need)\b", re.IGNORECASE)
_DECISION = re.compile(
    r"\b(let's|we'll|we should|I decided|decided to|instead of|go with|switch to)\b", re.IGNORECASE
)
_SENTENCE = re.compile(r"[^.!?\n]{12,240}[.!?\n]")
_WORD = re.compile(r"[\w.]{3,}")
_ENOUGH = 0.7
"""Of the words of a sentence, in one sentence of the context."""
_END = re.compile(r"(?<=[.!?])\s|\n")


@dataclass(frozen=True)
class Probe:
    """Something that should be known."""

    kind: str
    text: str


def probes(sample: Sample) -> list[Probe]:
    """Return the probes of a conversation."""
    found = [Probe("topic", sample.topic)] if sample.topic else []
    for kind in KINDS[:-1]:
        texts = list(dict.fromkeys(_all(kind, sample.pieces)))
        found += [Probe(kind, text) for text in _spread(texts)]
    return found


class Context:
    """A context that is searched for what it still holds."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._squeezed = " ".join(text.split())
        self._sentences = [words for line in _END.split(text) if (words := _words(line))]

    def holds(self, probe: Probe) -> bool:
        """Whether a probe is in it: a name literally, a sentence by most of its words."""
        if probe.kind == "file":
            return probe.text in self._text
        if probe.kind == "error":
            return " ".join(probe.text.split())[:60] in self._squeezed
        wanted = _words(probe.text)
        return any(len(wanted & words) >= _ENOUGH * len(wanted) for words in self._sentences)


def _all(kind: str, pieces: Sequence[Piece]) -> Iterator[str]:
    for index, piece in enumerate(pieces):
        if kind == "file" and piece.kind in {"user", "edit"}:
            yield from (found[0] for found in _FILE.finditer(piece.text))
        elif kind == "error" and piece.kind in {"user", "tool"}:
            yield from (found[1].strip() for found in _ERROR.finditer(piece.text))
        elif kind == "constraint" and piece.kind == "user":
            for sentence in _sentences(piece.text):
                if not sentence.endswith("?") and _CONSTRAINT.search(sentence):
                    yield sentence
        elif kind == "question" and piece.kind == "user" and not _is_answered(pieces, index):
            yield from (said for said in _sentences(piece.text) if said.endswith("?"))
        elif kind == "decision" and piece.kind in {"user", "assistant"}:
            yield from filter(_DECISION.search, _sentences(piece.text))


def _is_answered(pieces: Sequence[Piece], index: int) -> bool:
    """Whether the assistant says something before the user does again."""
    for piece in pieces[index + 1 :]:
        if piece.kind in {"user", "assistant"}:
            return piece.kind == "assistant"
    return False


def _sentences(text: str) -> Iterator[str]:
    for found in _SENTENCE.finditer(text + "\n"):
        sentence = found[0].strip()
        # Code and logs are no sentences: most of what stands there are letters.
        letters = sum(character.isalpha() or character == " " for character in sentence)
        if len(_words(sentence)) >= 3 and letters > 0.85 * len(sentence):
            yield sentence


def _words(text: str) -> set[str]:
    return {word.strip(".").casefold() for word in _WORD.findall(text)}


def _spread(texts: Sequence[str]) -> list[str]:
    if len(texts) <= PER_KIND:
        return list(texts)
    step = (len(texts) - 1) / (PER_KIND - 1)
    return [texts[round(number * step)] for number in range(PER_KIND)]

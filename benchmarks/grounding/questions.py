"""Questions in words about packages whose relevant files people have annotated."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.retrieval.subjects import Subject

IN_WORDS = ("semantic", "architecture")
"""Categories of annotated queries; the others are the bare name of a symbol."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One question about one package."""

    package: str
    text: str
    relevant: frozenset[str]
    """Paths of files in the package of which any answers it."""


def drawn(subjects: Sequence[Subject], count: int, seed: int) -> list[Asked]:
    """Return so many questions, drawn without repetition; packages take turns.

    So the first of them are a fair sample, too, when a run is cut.
    """
    chance = random.Random(seed)
    left: list[list[Asked]] = []
    for subject in subjects:
        questions = [
            Asked(
                subject.name,
                _sentence(question.text),
                frozenset(target.path for target in question.targets),
            )
            for question in subject.questions
            if question.category in IN_WORDS
        ]
        chance.shuffle(questions)
        left.append(questions)
    found: list[Asked] = []
    while len(found) < count and any(left):
        found += [questions.pop() for questions in left if questions]
    return found[:count]


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('?. ')}?"

"""Sentences are told by rules, with the phrases that told them."""

import pytest

from ownstack.memory.facts.classify import MAX_SENTENCES, classify, kind_of, sentences


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("We decided to store sessions in SQLite.", "decision"),
        ("Let's go with tree-sitter rather than regexes.", "decision"),
        ("Decision: no telemetry.", "decision"),
        ("From now on, never import lancedb outside of storage.", "decision"),
        ("The fix was to close the file before renaming it.", "solution"),
        ("It turned out that the root cause was a stale lock.", "solution"),
        ("I worked around the crash by passing use_extra_bufts=False.", "error_recovery"),
        (
            "The upload timed out, so it is retried three times and then falls back to disk.",
            "error_recovery",
        ),
        ("The pattern here is a frozen dataclass with one constructor a kind.", "code_pattern"),
        ("The way we test handlers is a text with a cursor.", "code_pattern"),
        ("This made it 3.5x faster.", "optimisation"),
        ("Caching the parse took it from 120 ms to 4 ms.", "optimisation"),
        ("The retry logic lives in net/client.py.", "routing"),
        ("Use the large model for refactorings.", "routing"),
    ],
)
def test_what_a_sentence_establishes(text: str, kind: str) -> None:
    assert kind_of(text) == kind
    assert all(finding.signs and 0.5 <= finding.confidence <= 1 for finding in classify(text))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Hello there.",
        "Should we decide to use SQLite?",
        "What is the root cause?",
        "If it fails, maybe look at it.",
        "I prefer tea.",
        "```\n# we decided to use tabs\n```",
        "~~~\nThe fix was x\n",
        "The weather is nice in the north.",
    ],
)
def test_what_establishes_nothing(text: str) -> None:
    assert classify(text) == []
    assert kind_of(text) is None


def test_each_sentence_is_told_by_itself() -> None:
    text = (
        "Thanks! We decided to use WAL. Is that fine?\n"
        "- The fix was a lock\n"
        "1. It is 2x faster now\n"
        "```py\nx = 'we decided'\n```\nFrom now on, we format with ruff."
    )
    assert [(finding.kind, finding.text) for finding in classify(text)] == [
        ("decision", "We decided to use WAL."),
        ("solution", "The fix was a lock"),
        ("optimisation", "It is 2x faster now"),
        ("decision", "From now on, we format with ruff."),
    ]


def test_more_signs_say_it_surer() -> None:
    (one,) = classify("We decided to use WAL")
    (several,) = classify("We decided to go with WAL rather than rollback because it is safe")
    assert several.confidence > one.confidence


@pytest.mark.parametrize(
    "text",
    [
        "\n" * 300_000,
        ". " * 200_000,
        "a." * 200_000,
        "we " * 200_000,
        "fails " + " " * 200_000,
        "lives in " + "a/" * 100_000,
        "```\n" * 100_000,
    ],
)
@pytest.mark.slow
def test_hostile_texts_end(text: str) -> None:
    assert len(list(sentences(text))) <= MAX_SENTENCES
    classify(text)

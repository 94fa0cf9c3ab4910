"""The model card says of the shipped file what the file says of itself."""

from __future__ import annotations

import pytest

pytest.importorskip("gguf", reason="reading the file needs the gguf package")

from training.card import CARD, MODEL, filled, table


def test_the_card_agrees_with_the_file() -> None:
    """Size, parameters, tokens seen, hours and device are those of the file that is shipped."""
    card = CARD.read_text("utf-8")

    assert filled(card, table(MODEL)) == card


def test_only_what_is_between_the_marks_is_replaced() -> None:
    """However often it is filled in."""
    card = "a\n<!-- training.card -->\nold\n<!-- /training.card -->\nb\n"

    once = filled(card, "new")

    assert once == "a\n<!-- training.card -->\nnew\n<!-- /training.card -->\nb\n"
    assert filled(once, "new") == once

"""Of any text and any edit: applied it is what was meant, undone it is what was there."""

from __future__ import annotations

import random

import pytest

from ownstack.actions.draft import replacement
from ownstack.actions.target import target_of
from ownstack.chat.proposals import TextEdit, applied, proposal, with_line_ends
from ownstack.languages import language_of
from ownstack.text import Span

CASES = 1_000
_PIECES = (
    *("a", "b = 1", "\t", "    ", "\f", "😀", "👩‍👩‍👧", "é", "e\u0301", "\u2028", "\x85", "\u00a0"),
    *("def f():", "    return 1", "}", "#", '"""', "x" * 50, "", "\v", "\ufeff", "中", "\x1c"),
)
_ENDS = ("\n", "\r\n", "\r", "\n\n", "\n\r", "\r\r\n", "")


def _text(chance: random.Random, most: int = 20) -> str:
    """Return a text of pieces that editors have stumbled over."""
    return "".join(
        chance.choice(_PIECES) + chance.choice(_ENDS) for _ in range(chance.randrange(most))
    )


def _changed(chance: random.Random, text: str) -> str:
    """Return a text with some places of it changed."""
    for _ in range(chance.randrange(1, 5)):
        start = chance.randrange(len(text) + 1)
        end = min(len(text), start + chance.randrange(12))
        text = text[:start] + _text(chance, 3) + text[end:]
    return text


def _undoing(before: str, edits: tuple[TextEdit, ...]) -> list[TextEdit]:
    """Return the edits by which an editor takes others back."""
    found, shift = [], 0
    for edit in edits:
        start = edit.start + shift
        found.append(TextEdit(start, start + len(edit.text), before[edit.start : edit.end]))
        shift += len(edit.text) - (edit.end - edit.start)
    return found


@pytest.mark.slow
def test_edits_are_what_was_meant_and_can_be_undone() -> None:
    """Emoji, CRLF, lone CR, tabs, form feeds: to the byte."""
    chance = random.Random(15)
    for _ in range(CASES):
        before = _text(chance)
        after = _changed(chance, before)

        made = proposal("a.py", "0" * 32, before, after)

        assert applied(before, made.edits) == after
        undone = applied(after, _undoing(before, made.edits))
        assert undone.encode("utf-8", "surrogatepass") == before.encode("utf-8", "surrogatepass")
        for one, other in zip(made.edits, made.edits[1:], strict=False):
            assert one.end < other.start


@pytest.mark.slow
def test_a_replacement_changes_the_targets_lines_and_no_others() -> None:
    """And has the file's line ends, whatever the model wrote."""
    chance = random.Random(16)
    for _ in range(CASES):
        text = _text(chance)
        start = chance.randrange(len(text) + 1)
        span = Span(start, min(len(text), start + chance.randrange(20)))
        target = target_of(text, "notes.txt", language_of("", "notes.txt", text), span)
        code = chance.choice(["one\ntwo 😀", "x\r\ny", "\tz\rw", "a\fb"])

        after = target.with_replacement(replacement(f"```\n{code}\n```", target))

        head, tail = text[: target.span.start], text[target.span.end :]
        assert after.startswith(head)
        assert after.endswith(tail)
        new = after[len(head) : len(after) - len(tail)]
        assert new == with_line_ends(new, text)
        assert "".join(new.split()) == "".join(code.split())
        made = proposal("notes.txt", "0" * 32, text, after)
        assert applied(text, made.edits) == after
        assert all(target.span.start <= edit.end for edit in made.edits)

"""What is typed: passages of real files, as people type them or at a steady pace."""

import pytest

from benchmarks.typing.trace import Passage, keys, passages, steady

TEXT = "\n".join(
    f"def function_{number}(value):\n    result = compute_the_value(value, {number}) + offset\n"
    for number in range(30)
)


def typed(passage: Passage, plan: list) -> str:  # type: ignore[type-arg]
    """Return the passage's place in the text after all keys."""
    text = passage.before + passage.after
    for key in plan:
        at = key.offset
        if key.kind == "backspace":
            text = text[: at - 1] + text[at:]
        else:
            text = text[:at] + key.text + text[at:]
    return text


@pytest.mark.parametrize("lines", [1, 6])
def test_a_passage_is_typed_at_the_end_of_a_line(lines: int) -> None:
    """Its last break stays in the file; what is typed makes the file whole again."""
    found = passages(TEXT, 5, seed=1, lines=lines)

    assert len(found) == 5
    for passage in found:
        assert passage.after.startswith("\n")
        assert passage.before + passage.text + passage.after == TEXT


def test_mistakes_are_taken_back() -> None:
    """However many there were, the passage stands there in the end."""
    plans = []
    for seed in range(8):
        passage = passages(TEXT, 1, seed=seed)[0]
        plans.append(list(keys(passage, seed)))
        assert typed(passage, plans[-1]) == TEXT

    assert sum(any(key.kind == "backspace" for key in plan) for plan in plans) > 4


def test_steady_keys_come_without_mistakes_or_haste() -> None:
    """A break and the indentation after it are one key."""
    passage = Passage("x\n", "\nend", "if a:\n    b")

    plan = list(steady(passage, 0.15))

    assert [key.text for key in plan] == [*"if a:", "\n    ", "b"]
    assert {key.delay_s for key in plan} == {0.15}
    assert typed(passage, plan) == "x\nif a:\n    b\nend"

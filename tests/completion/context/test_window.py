"""The part of a document that a model is shown, from key to key."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ownstack.completion.context.window import FILL, TokenCounts, Window, Windows
from ownstack.completion.eligibility import MAX_LINE_CHARS
from ownstack.completion.place import Place
from tests.support.completing import at

BUDGET = 400
LINES = "".join(f"value_{number} = compute({number}, {number * 7})\n" for number in range(600))


def count(text: str) -> int:
    return (len(text) + 3) // 4


class Typist:
    """Cuts windows of a text that is being edited."""

    def __init__(self, marked: str, budget: int = BUDGET) -> None:
        self.place = at(marked)
        self.windows = Windows()
        self.counts = TokenCounts(count)
        self.budget = budget

    def cut(self) -> Window:
        return self.windows.cut(self.place, self.budget, self.counts)

    def type(self, text: str) -> Window:
        self.place = self.place.after(text)
        return self.cut()

    def move(self, marked: str) -> Window:
        self.place = at(marked)
        return self.cut()


def test_a_short_text_is_shown_whole() -> None:
    """All of it, with one kind of line ends."""
    window = Typist("a\r\nb = $0\r\nc\rd").cut()

    assert (window.prefix, window.suffix) == ("a\nb = ", "\nc\nd")


@settings(max_examples=60, deadline=None)
@given(keys=st.lists(st.sampled_from(["x", "\n", "    y = 1\n", "(", "é", "🎉 "]), max_size=60))
def test_typing_changes_only_the_end(keys: list[str]) -> None:
    """While a key fits, the window before it is the beginning of the window after it."""
    typist = Typist(LINES + "$0\n" + LINES)
    window = typist.cut()
    for key in keys:
        before, window = window, typist.type(key)

        if count(window.prefix) <= BUDGET * 0.7:
            assert window.prefix == before.prefix + key
        assert window.suffix == before.suffix
        assert typist.place.prefix.endswith(window.prefix)


def test_the_anchor_moves_rarely_and_by_blocks() -> None:
    """In a long stretch of typing the start of the window changes once in many lines."""
    typist = Typist(LINES + "$0\n")
    starts = set()
    for number in range(100):
        window = typist.type(f"line_{number} = {number}\n")
        starts.add(len(typist.place.prefix) - len(window.prefix))

    assert 2 <= len(starts) <= 12
    assert all(LINES[start - 1] == "\n" for start in starts if start <= len(LINES))


@settings(max_examples=40, deadline=None)
@given(offset=st.integers(0, len(LINES)), budget=st.integers(80, 2_000))
def test_the_budget_is_kept(offset: int, budget: int) -> None:
    """Wherever the cursor is, the window fits, and it begins with whole lines."""
    place = Place(at("$0" + LINES).document, offset)

    window = Windows().cut(place, budget, TokenCounts(count))

    assert count(window.prefix) + count(window.suffix) <= budget * 1.1
    assert place.prefix.endswith(window.prefix)
    start = offset - len(window.prefix)
    assert start == 0 or LINES[start - 1] == "\n"


def test_what_one_part_leaves_over_the_other_gets() -> None:
    """Without a suffix the prefix may be longer."""
    with_suffix = Typist(LINES + "$0\n" + LINES).cut()
    without = Typist(LINES + "$0").cut()

    assert len(without.prefix) > len(with_suffix.prefix)
    assert count(without.prefix) <= BUDGET * FILL + 1


def test_at_the_top_of_a_file_the_suffix_has_what_is_left() -> None:
    """It keeps its text while somebody types, within the budget all the time."""
    typist = Typist("import os\n$0\n" + LINES)
    window = typist.cut()
    assert BUDGET * 0.6 < count(window.prefix) + count(window.suffix) <= BUDGET

    typed = [typist.type("from os import path\n") for _ in range(6)]

    assert {after.suffix for after in typed} == {window.suffix}
    long = [typist.type("from os import path\n") for _ in range(60)]
    assert all(count(after.prefix) + count(after.suffix) <= BUDGET for after in long)
    assert len({after.suffix for after in long}) <= 5


def test_an_edit_above_the_window_does_not_move_it() -> None:
    """A line put in at the top of the file leaves the prompt as it was."""
    typist = Typist(LINES + "x = $0\n")
    before = typist.cut()

    after = typist.move("import os\n" + LINES + "x = $0\n")

    assert after.prefix == before.prefix


def test_a_jump_upwards_gets_a_full_window() -> None:
    """The cursor far above gets the lines above it."""
    typist = Typist(LINES + "$0")
    typist.cut()
    half = LINES[: LINES.index("value_300")]

    window = typist.move(half + "$0" + LINES[len(half) :])

    assert count(window.prefix) > BUDGET * 0.3


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ("x = $0\n" + LINES, "x = 1$0\n" + LINES, True),
        ("x = $0\n" + LINES, "x = $0\n" + LINES.replace("value_2 ", "other ", 1), True),
        ("x = $0\n" + LINES, "x = f($0)\n" + LINES, False),
        ("x = $0\n" + LINES, "x = $0\nif a:\n    b = c[1]\n" + LINES, False),
        ("x = $0\ny = 1\n", "x = $0\ny = 2\n", False),
    ],
    ids=["typed", "a word below", "rest of the line", "lines below", "little text"],
)
def test_the_suffix_is_pinned_while_it_is_nearly_the_same(
    before: str, after: str, same: bool
) -> None:
    """A small change below does not change the prompt; a real one does."""
    typist = Typist(before)
    first = typist.cut().suffix

    second = typist.move(after).suffix

    assert (second == first) is same
    if not same:
        assert at(after).suffix.startswith(second[:20])


def test_a_prefetch_does_not_move_anything() -> None:
    """A window cut in advance leaves anchor and pin where they are."""
    typist = Typist(LINES + "x = $0\n")
    before = typist.cut()
    ahead = typist.place.after("1\n" * 300)

    typist.windows.cut(ahead, BUDGET, typist.counts, remember=False)

    after = typist.cut()
    assert (after.prefix, after.suffix) == (before.prefix, before.suffix)


def test_nothing_is_counted_twice() -> None:
    """Typing in a line asks the tokenizer nothing."""
    counted: list[str] = []

    def counting(text: str) -> int:
        counted.append(text)
        return count(text)

    typist = Typist(LINES + "x = $0\n" + LINES)
    typist.counts = TokenCounts(counting)
    typist.cut()
    counted.clear()
    for char in "abcdefgh":
        typist.type(char)

    assert counted == []


def test_a_very_long_line_is_skipped() -> None:
    """It is neither shown nor counted, since some tokenizers die of it; what is around it is."""
    long = "a" * (MAX_LINE_CHARS + 1)

    window = Typist(f"top\n{long}\nx = $0\ny\n{long}\nend").cut()

    assert window.prefix == "top\n\nx = "
    assert window.suffix == "\ny\n\nend"


def test_a_count_has_a_limit_a_request() -> None:
    """A window of unknown text is estimated when counting it all would take too long."""
    counted: list[int] = []

    def counting(text: str) -> int:
        counted.append(len(text))
        return count(text)

    Windows().cut(at(LINES * 4 + "$0"), 20_000, TokenCounts(counting))

    assert sum(counted) <= 12_000

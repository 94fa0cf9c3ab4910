"""A file of entries survives people: what is understood is read, what is not stays as it is."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ownstack.errors import EventError
from ownstack.memory.entries.entry import Entry, cleaned, unnamed
from ownstack.memory.entries.entry_file import EntryFile, added, changed, parse, removed

DAY = datetime.date(2026, 11, 29)
WRITTEN = """# Decisions

- Colours are given as hex.
  <!-- M001; tier 0.8; validated 2026-11-29; conversation 1a2b3c4d, turn 3 -->
- We use SQLite for the log.
  <!-- M002; tier 1; validated 2026-11-29; by hand -->
"""


def read(text: str) -> EntryFile:
    return parse(text, "decisions", "decisions.md")


def entry(text: str, name: str = "M009", tier: float = 0.5) -> Entry:
    return Entry(name, text, "decisions", tier, DAY, "by hand")


def test_what_is_written_is_read() -> None:
    first, second = read(WRITTEN).entries

    assert first == Entry(
        *("M001", "Colours are given as hex.", "decisions", 0.8, DAY),
        source="conversation 1a2b3c4d, turn 3",
        line=3,
    )
    assert (second.name, second.tier, second.source, second.line) == ("M002", 1.0, "by hand", 5)
    assert read(WRITTEN).problems == ()


def test_the_first_entry_begins_the_file() -> None:
    text = added(read(""), entry("Colours are given as hex."))

    assert text == (
        "# Decisions\n\n- Colours are given as hex.\n"
        "  <!-- M009; tier 0.5; validated 2026-11-29; by hand -->\n"
    )
    assert added(read(text), entry("Twice.", "M010")).startswith(text + "- Twice.\n")


@pytest.mark.parametrize(
    ("item", "text"),
    [
        ("- Plain.", "Plain."),
        ("* A star.", "A star."),
        ("+ Plus.", "Plus."),
        ("3. Numbered.", "Numbered."),
        ("- Two\n  lines.", "Two lines."),
        ("- Two\n\n  parts.", "Two parts."),
        ("- With\n  - points", "With - points"),
        ("- Said. <!-- who knows -->", "Said."),
        ("-   Far.", "Far."),
        ("- Named. <!-- M004; tier 0.5 -->", "Named."),
    ],
)
def test_what_people_write_by_hand_is_read(item: str, text: str) -> None:
    """With no comment it is the user's own word, under a name that stays while the text does."""
    file = read(f"# Ours\n\n{item}\n\n## More\n")

    (found,) = file.entries
    assert found.text == text
    assert found.name in ("M004", unnamed(text))
    assert file.problems == ()


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("<!-- M003; tier high -->", "tier is a number"),
        ("<!-- M003; tier 7 -->", "tier is a number"),
        ("<!-- M003; validated yesterday -->", "2026-01-31"),
        ("<!-- M003; validated 2026-13-45 -->", "2026-01-31"),
        ("<!-- M003; me; you -->", "more parts"),
        ("<!-- M00c; tier 1 -->", "no M001"),
        ("<!-- M003; tier 1 -->\n  <!-- M004; tier 1 -->", "one already"),
    ],
)
def test_nonsense_by_hand_costs_what_it_spoils(line: str, wrong: str) -> None:
    """The entry is read, the others too; the line is named, and stays there."""
    text = f"{WRITTEN}- Kept.\n  {line}\n- Last.\n"
    file = read(text)

    assert [one.text for one in file.entries][2:] == ["Kept.", "Last."]
    (problem,) = file.problems
    assert problem.startswith(("decisions.md:8:", "decisions.md:9:"))
    assert wrong in problem
    name = file.entries[2].name
    now = changed(file, name, entry("Kept.", "M007", 0.9))
    assert line.split("\n")[-1].strip() in now
    assert [one.text for one in read(now).entries] == [one.text for one in file.entries]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "We use tabs.\nAnd spaces.\n",
            "decisions.md:1: text outside of the list is not read (",
        ),
        ("<<<<<<< HEAD\n- One.\n", "decisions.md:1: text outside"),
        ("- <!-- M001; tier 1 -->\n", "decisions.md:1: an entry without text"),
        ("- ...\n", "decisions.md:1: an entry without text"),
        ("- One.\n<!-- begun\n- Two.\n", "decisions.md:2: a comment or a block of code begins"),
        ("```\n- One.\n", "decisions.md:1: a comment or a block of code begins"),
        (f"- {'x' * 5_000}\n", "decisions.md:1: an entry of more than 4,000"),
    ],
)
def test_what_is_not_read_is_named_by_its_line(text: str, problem: str) -> None:
    (found,) = read(text).problems

    assert found.startswith(problem)


def test_of_many_problems_the_first_are_told() -> None:
    problems = read("- ...\n" * 3_000).problems

    assert len(problems) == 6
    assert problems[-1] == "decisions.md: 2995 more entries cannot be read as they are."


@pytest.mark.parametrize("text", ["<!-- begun\n- One.\n", "~~~\ncode\n"])
def test_nothing_is_added_where_it_would_be_swallowed(text: str) -> None:
    with pytest.raises(EventError, match="ends in a comment or a block of code"):
        added(read(text), entry("Lost."))


def test_what_is_commented_out_or_code_is_no_entry() -> None:
    file = read("<!--\n- Old.\n-->\n```\n- Code.\n```\n- New.\n")

    assert [one.text for one in file.entries] == ["New."]
    assert file.problems == ()


def test_a_merge_of_branches_may_give_two_entries_one_name() -> None:
    file = read("- One.\n  <!-- M001; tier 1 -->\n- Two.\n  <!-- M001; tier 1 -->\n- Two.\n")

    assert [one.name for one in file.entries] == ["M001", unnamed("Two.")]
    assert file.problems == ("decisions.md:5: an entry above says just this. Remove one.",)


def test_an_entry_that_is_changed_keeps_what_others_wrote_into_it() -> None:
    text = "* One\n  more.\n  <!-- see issue 7 -->\n  <!-- M001; tier 1 -->\n\nAfter.\n"
    file = read(text)

    validated = changed(file, "M001", entry("One more.", "M001", 1.0))
    said_anew = changed(file, "M001", entry("Two.", "M001", 1.0))

    about = "  <!-- M001; tier 1; validated 2026-11-29; by hand -->"
    assert validated == text.replace("  <!-- M001; tier 1 -->", about)
    assert said_anew == f"- Two.\n  <!-- see issue 7 -->\n{about}\n\nAfter.\n"
    assert removed(file, "M001") == "\nAfter.\n"
    with pytest.raises(EventError, match="no entry M002"):
        removed(file, "M002")


def test_a_new_text_takes_the_place_of_all_of_the_old() -> None:
    """Also of what looks like the beginning of a comment; a comment beside it stays."""
    file = read("- One <!-- see issue 7 -->\n  <!-- two\n")

    new = changed(file, file.entries[0].name, entry("Three.", "M001", 1.0))

    about = "  <!-- M001; tier 1; validated 2026-11-29; by hand -->"
    assert new == f"- Three.\n  <!-- see issue 7 -->\n{about}\n"
    assert [one.text for one in read(new).entries] == ["Three."]


def test_line_ends_of_windows_stay() -> None:
    text = WRITTEN.replace("\n", "\r\n")
    file = read(text)

    assert [one.text for one in file.entries] == [one.text for one in read(WRITTEN).entries]
    for new in (
        added(file, entry("More.")),
        changed(file, "M002", entry("Less.", "M002")),
        changed(file, "M001", entry("Colours are given as hex.", "M001", 1.0)),
    ):
        assert new.count("\n") == new.count("\r\n")
        assert read(new).problems == ()


TEXTS = st.text(st.characters(), min_size=1, max_size=200)
LINES = st.one_of(
    TEXTS,
    st.sampled_from(
        [
            *("- One.", "  more", "\t", "", "# Head", "<!--", "-->", "```", "~~~", "1. x"),
            *("  <!-- M001; tier 0.5 -->", "  <!-- M001; tier -->", "- Two <!-- M002 -->", "\r"),
            *("<<<<<<<", "* <!-- x -->", "\ufeff- a", "- - -", "  <!-- hm --> <!-- M003 -->"),
        ]
    ),
)
FILES = st.lists(LINES, max_size=30).map("\n".join)


@given(FILES)
def test_any_text_is_read_and_stays_as_it_is(text: str) -> None:
    assert read(text).text == text


@given(FILES, TEXTS, st.floats(0, 1))
def test_an_entry_that_was_added_is_read_back(text: str, words: str, tier: float) -> None:
    """And nothing of what was there is touched."""
    try:
        words = cleaned(words)
        new = added(read(text), entry(words, tier=tier))
    except EventError:
        return
    found = read(new)

    assert new.startswith(text)
    assert [one.text for one in found.entries] == [one.text for one in read(text).entries] + [words]
    if not any(one.name == "M009" for one in read(text).entries):
        assert found.entries[-1].validated == DAY
        assert found.entries[-1].tier == pytest.approx(tier, abs=0.01)


@given(FILES, TEXTS)
def test_a_change_touches_one_entry(text: str, words: str) -> None:
    """All lines outside of it, and the other entries, stay."""
    file = read(text)
    if not file.items:
        return
    item = file.items[0]
    before, after = file.lines[: item.start], file.lines[item.end :]
    try:
        words = cleaned(words)
    except EventError:
        return
    others = [one.text for one in file.entries[1:]]

    for new in (
        changed(file, item.entry.name, entry(words, "M900")),
        changed(file, item.entry.name, entry(item.entry.text[:500], "M900")),
        removed(file, item.entry.name),
    ):
        lines = tuple(new.split("\n"))
        assert lines[: len(before)] == before
        assert not after or lines[-len(after) :] == after
    if words not in others:
        found = read(changed(file, item.entry.name, entry(words, "M900"))).entries
        assert words in [one.text for one in found]
        # One that was said twice counts where it stands first, or not at all.
        new = (words, item.entry.text)
        left = dict.fromkeys(one.text for one in found if one.text not in new)
        assert list(left) == list(dict.fromkeys(text for text in others if text not in new))


@given(TEXTS)
def test_a_cleaned_text_is_clean(text: str) -> None:
    try:
        words = cleaned(text)
    except EventError:
        return

    assert cleaned(words) == words
    assert "\n" not in words
    assert "\x1b" not in words
    assert "<!--" not in words

"""What is found again, and where not."""

import pytest

from ownstack.completion.cache import Cache, CachedText
from tests.support.completing import at


def hit(text: str, invoked: bool = False) -> CachedText:
    return CachedText(text, trimmed=True, complete=True, invoked=invoked)


def found(cache: Cache, marked: str, *, invoked: bool = False) -> str | None:
    entry = cache.get(at(marked), invoked=invoked)
    return None if entry is None else entry.text


@pytest.mark.parametrize(
    ("stored", "text", "asked", "expected"),
    [
        ("x = $0\ny", "abc", "x = $0\ny", "abc"),
        ("x = $0\ny", "abc", "x = ab$0\ny", "c"),
        ("x = $0\ny", "abc", "x = abc$0\ny", None),
        ("x = $0\ny", "abc", "x = b$0\ny", None),
        ("x = $0\ny", "abc", "x = $0\nz", None),
        ("x = $0\ny", "abc", "x = $0 \ny", None),
        ("x = $0\ny", "f(a)", "x = f($0)\ny", "a)"),
        ("    x = $0\n", "abc", "        x = $0\n", None),
        ("x = $0\ny", "a\nb\nc", "x = a\nb$0\ny", "\nc"),
        ("x = $0\ny", "a\n    b", "x = a\n    $0\ny", "b"),
        ("x = $0\r\ny", "a\nb", "x = a\r\n$0\r\ny", "b"),
        ("$0", "abc", "a$0", "bc"),
        ("x = $0", "🎉é", "x = 🎉$0", "é"),
    ],
)
def test_look_up(stored: str, text: str, asked: str, expected: str | None) -> None:
    """Walks back along the line, exact in what stands around."""
    cache = Cache()
    cache.put(at(stored), hit(text))

    assert found(cache, asked) == expected


def test_an_edit_far_away_costs_nothing() -> None:
    """What is changed thousands of characters above or below, or elsewhere, flushes nothing."""
    above, below = "# far\n" * 2_000, "\n# far" * 2_000
    cache = Cache()
    cache.put(at(above + "x = $0" + below), hit("abc"))

    assert found(cache, "import os\n" + above + "x = a$0" + below + "\nend") == "bc"


def test_lines_of_a_long_text_are_found_after_scrolling_over_the_window() -> None:
    """A block can be entered at its second line also where the text above is long."""
    above = "# above\n" * 2_000
    cache = Cache()
    cache.put(at(above + "def f():$0\n"), hit("\n    a = 1\n    b = 2"))

    assert found(cache, above + "def f():\n    a = 1\n    $0\n") == "b = 2"


def test_what_was_asked_for_wants_its_like() -> None:
    """Who asks explicitly gets only what was made for that; others get both."""
    cache = Cache()
    cache.put(at("x = $0"), hit("short"))
    assert found(cache, "x = $0", invoked=True) is None

    cache.put(at("x = $0"), hit("long\nlong", invoked=True))

    assert found(cache, "x = $0", invoked=True) == "long\nlong"


def test_the_newest_of_one_place_wins() -> None:
    """A second answer for the same place replaces the first."""
    cache = Cache()
    cache.put(at("x = $0"), hit("one"))
    cache.put(at("x = $0"), hit("two"))

    assert (found(cache, "x = $0"), len(cache)) == ("two", 1)


def test_the_least_recently_used_goes_first() -> None:
    """The size is bounded, and what is used stays."""
    cache = Cache(max_keys=2)
    cache.put(at("a$0"), hit("1"))
    cache.put(at("a\nb$0"), hit("2"))
    found(cache, "a$0")
    cache.put(at("a\nb\nc$0"), hit("3"))

    assert [found(cache, m) for m in ("a$0", "a\nb$0", "a\nb\nc$0")] == ["1", None, "3"]


def test_a_closed_document_is_forgotten() -> None:
    """Nothing of it is kept."""
    cache = Cache()
    cache.put(at("x$0"), hit("abc"))
    cache.forget(at("x$0").uri)

    assert (found(cache, "x$0"), len(cache)) == (None, 0)


def test_long_lines_of_typing_do_not_fill_the_cache() -> None:
    """One entry a suggestion and line, not one a character."""
    cache = Cache()
    cache.put(at("x = $0"), hit("a" * 100))

    assert len(cache) == 1

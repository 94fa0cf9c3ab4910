"""Lists of patterns: which paths they ignore, at what cost."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from ownstack.files.ignore import patterns as module
from ownstack.files.ignore import wildmatch
from ownstack.files.ignore.patterns import Patterns, parse, patterns_of
from ownstack.files.ignore.wildmatch import as_bytes, glob


@pytest.mark.parametrize(
    ("rules", "path", "expected"),
    [
        (b"*.py\n", "a.py", True),
        (b"*.py\n", "sub/a.py", True),
        (b"*.py\n!a.py\n", "a.py", False),
        (b"!a.py\n*.py\n", "a.py", True),
        (b"/a.py\n", "sub/a.py", None),
        (b"sub/a.py\n", "sub/a.py", True),
        (b"sub/a.py\n", "other/sub/a.py", None),
        (b"**/sub/a.py\n", "other/sub/a.py", True),
        (b"sub/**/a.py\n", "sub/a.py", True),
        (b"sub/**/a.py\n", "sub/x/y/a.py", True),
        (b"a.py/\n", "a.py", None),
        (b"\xef\xbb\xbfa.py\n", "a.py", True),
        (b"a.py\r\n", "a.py", True),
        (b"a.py  \n", "a.py", True),
        (b"a\\  \n", "a ", True),
        (b"#a\n", "#a", None),
        (b"\\#a\n", "#a", True),
        (b"\\!a\n", "!a", True),
        (b"a\\", "a", None),
        (b"[a-c].py\n", "b.py", True),
        (b"[!a-c].py\n", "b.py", None),
        (b"[[:digit:]].py\n", "7.py", True),
        (b"sub?a.py\n", "sub/a.py", None),
        ("日本.py\n".encode(), "日本.py", True),
        (b"?.py\n", "é.py", None),
        (b"??.py\n", "é.py", True),
    ],
)
def test_what_a_list_says_of_a_file(rules: bytes, path: str, expected: bool | None) -> None:
    """As git; a character of two bytes is two, as it is there."""
    assert parse(rules).verdict(as_bytes(path), is_folder=False) is expected


def test_case_is_ignored_where_the_file_system_does() -> None:
    """In names, paths, ranges and beyond wildcards, but of ASCII letters only, as in git."""
    rules = parse("Build\nSub/A.py\n[A-C]?.h\n*.LOG\nÉ\n".encode(), ignores_case=True)

    def says(path: str) -> bool | None:
        return rules.verdict(as_bytes(path, ignores_case=True), is_folder=False)

    assert [says(path) for path in ("bUILD", "sub/a.PY", "bX.H", "x.log", "É", "é")] == [
        *(True, True, True, True, True, None),
    ]


def test_a_file_in_an_ignored_folder_is_covered() -> None:
    """Whatever is said of itself, as it is for git."""
    rules = patterns_of(["build/", "!build/a.py", "*.é"])

    covered = [rules.covers(path) for path in ("build/a.py", "x/build/y/b.py", "build", "x/ä.é")]
    assert covered == [True, True, False, True]


class Steps(Counter[str]):
    """Counts how often an automaton goes on."""

    @contextmanager
    def counted(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
        really = wildmatch._spread

        def spread(*arguments: Any) -> int:
            self["spread"] += 1
            return really(*arguments)

        with monkeypatch.context() as patched:
            patched.setattr(wildmatch, "_spread", spread)
            yield


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("*a" * 14 + "*b", "a"),
        ("**/a" * 14 + "/b", "a/"),
        ("a*?" * 80 + "b", "a"),
        ("*/" * 9 + "*a*a*a*a*b", "a/a"),
    ],
)
def test_no_pattern_takes_more_steps_than_it_has_stars(
    pattern: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long the text is, and however nearly it is matched."""
    steps = []
    for length in (200, 4_000):
        steps.append(Steps())
        read = glob(pattern, is_path=True, ignores_case=False)
        assert read is not None
        with steps[-1].counted(monkeypatch):
            assert not read.match(text * (length // len(text)))

    assert max(count["spread"] for count in steps) <= pattern.count("*")


@pytest.mark.parametrize("pattern", ["*a", "a*a", "a?[ab]*[ab]?", "*.a"])
def test_only_patterns_with_one_star_are_regular_expressions(pattern: str) -> None:
    """Those have one way to match a text, at most, from each place."""
    read = glob(pattern, is_path=False, ignores_case=False)

    assert read is not None
    assert read.cost == 0
    twice = glob(pattern + "*", is_path=False, ignores_case=False)
    assert twice is not None
    assert twice.cost > 0


def test_too_many_wildcards_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each would be tried with each name; those that are looked up are not counted."""
    monkeypatch.setattr(module, "_MAX_TRIED", 3)
    lines = [f"name{n}" for n in range(9)] + [f"a{n}?" for n in range(9)] + ["later"]

    rules = Patterns(lines)

    said = [rules.verdict(name, is_folder=False) for name in ("name8", "a2x", "a3x", "later")]
    assert said == [True, True, None, None]


def test_a_pattern_longer_than_any_path_matches_nothing() -> None:
    """It is not even read."""
    assert glob("*" + "a" * 5_000, is_path=False, ignores_case=False) is None

"""Members are sorted where order has no meaning, or the user says so."""

import pytest

from tests.support.transforming import transformed


def in_order(text: str) -> str | None:
    return transformed("sortMembers", text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("__all__ = [$0'b', 'C', 'a', 'MAX']", "__all__ = ['MAX', 'C', 'a', 'b']"),
        ("__all__ += ('b'$0, 'a')  # noqa", "__all__ += ('a', 'b')  # noqa"),
        ("x = {'b', $0'a10', 'a9'}", "x = {'a9', 'a10', 'b'}"),
        ("x = [$0'b', 'a'$0]", "x = ['a', 'b']"),
        ("x = $0['b', 'a']$0", "x = ['a', 'b']"),
        ("x = {$0'b': 1, 'a': [y]$0}", "x = {'a': [y], 'b': 1}"),
        ("x = {\r\n\t$0'b': 1,\r\n\t'a': 'é'$0\r\n}", "x = {\r\n\t'a': 'é',\r\n\t'b': 1\r\n}"),
    ],
)
def test_members_are_sorted(text: str, expected: str) -> None:
    assert in_order(text) == expected


def test_comments_go_with_their_members() -> None:
    text = "__all__ = [$0\n    'b',  # bee\n    # about a\n    'a',\n]\n"

    assert in_order(text) == "__all__ = [\n    # about a\n    'a',\n    'b',  # bee\n]\n"


@pytest.mark.parametrize(
    "text",
    [
        "x = [$0'b', 'a']",  # a list is in the order that it has, unless somebody selects it
        "x = {$0'b': 1, 'a': 2}",
        "x = {$0'b': f(), 'a': g()$0}",  # computed the other way round
        "x = {$0'b': 1, 'b': 2, 'a': 3$0}",
        "x = {$0'b': 1, **y, 'a': 2$0}",
        "x = [$0'b', y, 'a'$0]",
        "x = [$0'a', 'b'$0]",
        "__all__ = [$0'a', 'B']",
        "__all__ = [$0'B', 'a']",
        "__all__ = ['a'$0]",
        "__all__ = [$0\n    'b', 'c',  # two\n    'a',\n]",
        "__all__ = [$0\n    'b',  # last without a comma\n    'a'\n]",
        "f($0'b', 'a'$0)",
        "x = {$0'b', 'a'",
    ],
)
def test_anything_else_is_left(text: str) -> None:
    assert in_order(text) is None


def test_strings_of_several_pieces_move_whole() -> None:
    assert in_order("__all__ = [$0'b' 'c', 'a']") == "__all__ = ['a', 'b' 'c']"

"""What the index answers by itself: places, and their first lines as code."""

import pytest

from ownstack.chat.index_answer import index_answer
from ownstack.chat.retrieval import Source


@pytest.mark.parametrize(
    ("path", "language"), [("a.py", "py"), ("Makefile", ""), ("a.c`\n# x", ""), ("a.```", "")]
)
def test_only_a_name_says_in_which_language_code_is(path: str, language: str) -> None:
    """Files may have any name; a fence ends with its line."""
    answer = index_answer([Source(path, 1, 1, "", "x = 1")])

    assert answer.endswith(f"\n```{language}\nx = 1\n```")

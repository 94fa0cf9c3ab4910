"""A model sees no secret of the file that it edits, and no edit loses one."""

from __future__ import annotations

import pytest

from ownstack.actions import prompt
from ownstack.actions.draft import replacement
from ownstack.actions.wish import Wish
from ownstack.errors import EditError
from tests.actions.targets import count, target

KEY = 'password = "hunter2hunter3"'
OTHER = 'password = "other4other5"'
CODE = f"{KEY}\n\n\ndef login(door):\n    |{KEY}\n    return door.open(password)\n\n\n{KEY}\n"
MARKED = 'password = "•••"'


def test_what_a_model_reads() -> None:
    """Neither the lines nor what stands around them say it."""
    told = prompt.messages(Wish(target(CODE), "Mend it."), 8_000, count)[-1].text

    assert "hunter2hunter3" not in told
    assert told.count(MARKED) == 3


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (
            f"def login(door):\n    {MARKED}\n    return door.shut(password)",
            f"def login(door):\n    {KEY}\n    return door.shut(password)",
        ),
        (
            'def login(door):\n    return door.open("•••")',
            'def login(door):\n    return door.open("hunter2hunter3")',
        ),
    ],
    ids=["as it was", "elsewhere"],
)
def test_a_secret_comes_back(answer: str, expected: str) -> None:
    assert replacement(f"```python\n{answer}\n```", target(CODE)) == expected


def test_secrets_that_are_shown_alike() -> None:
    """They come back in their order, if all of them do; else nobody knows which is meant."""
    both = f"def login(door):\n    |{KEY}\n    {OTHER}\n    return door.open(password)\n"
    marked = both.replace("|", "").replace(KEY, MARKED).replace(OTHER, MARKED)

    made = replacement(f"```\n{marked.replace('open', 'shut')}```", target(both))
    assert made == both.replace("|", "").replace("open", "shut").rstrip("\n")
    with pytest.raises(EditError, match="in place of a secret"):
        replacement(f"```\n{marked.replace(MARKED, '0', 1)}```", target(both))

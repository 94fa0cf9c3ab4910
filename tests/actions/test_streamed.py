"""What is shown of an edit while a model still writes it."""

import pytest

from ownstack.actions.streamed import so_far
from ownstack.actions.target import Target, target_of
from ownstack.languages import language_of
from ownstack.text import Span


def target(text: str, at: int) -> Target:
    return target_of(text, "a.py", language_of("python", "a.py"), Span(at, at))


METHOD = "class A:\n    def f(self):\n        return 1\n"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("", ""),
        ("Sure, here it is:\n", ""),
        ("Sure:\n```python\ndef f(self):", ""),
        ("Sure:\n```python\ndef f(self):\n    ret", "    def f(self):"),
        ("```\ndef f(self):\n\n    return 2\n```\nDone", "    def f(self):\n\n        return 2"),
        ("```\n    def f(self):\n        return 2\n``", "    def f(self):\n        return 2"),
        ("````\n```\nx\n````", "    ```\n    x"),
    ],
    ids=["nothing", "talk", "a part", "a line", "closed", "indented", "longer fence"],
)
def test_whole_lines_are_shown_as_they_would_stand(answer: str, expected: str) -> None:
    """Neither prose nor a line that is only begun, with the indentation of the file."""
    shown = so_far(answer, target(METHOD, METHOD.index("return")))

    assert shown == expected


def test_line_ends_are_those_of_the_file() -> None:
    text = METHOD.replace("\n", "\r\n")

    shown = so_far("```\ndef f(self):\n    return 2\n```", target(text, text.index("return")))

    assert shown == "    def f(self):\r\n        return 2"

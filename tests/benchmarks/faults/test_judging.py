"""What counts as a fault of a suggestion, and projects in other indentation."""

import pytest

from benchmarks.faults.copies import reindented
from benchmarks.faults.judging import fault
from ownstack.document import Document


def judged(text: str, suggestion: str, language: str = "python") -> str:
    """What is wrong with the text in which `$0` is replaced; the true line is left out."""
    document = Document("test:a", "", language, 1, "")
    at = text.index("$0")
    before, after = text[:at], text[at + 2 :]
    made = before + suggestion + after
    end = made.find("\n", at + len(suggestion))
    start = before.rfind("\n") + 1
    nothing = before[:start] + before[start:].rstrip() + ("pass" if language == "python" else "")
    otherwise = (before[:start] + after, nothing + after)
    return fault(made, len(made) if end < 0 else end, document, otherwise).partition(":")[0]


@pytest.mark.parametrize(
    ("text", "suggestion", "language", "expected"),
    [
        ("x = 1\n$0\n", "y = 2", "python", ""),
        ("x = 1\n$0\n", "    y = 2", "python", "indentation"),
        ("x = 1\n$0\n", "if x:", "python", ""),
        ("x = 1\n$0\n", "try:", "python", ""),
        ("x = 1\n$0\n", "@cached", "python", ""),
        ("x = 1\n$0\n", "foo(", "python", "syntax"),
        ("x = 1\n$0\n", "return x):", "python", "syntax"),
        ("def f():\n    $0\n    return 1\n", "x = 1", "python", ""),
        ("def f():\n    $0\n        return 1\n", "x = 1", "python", "indentation"),
        ("let x = 1;\n$0\n", "if (x) {", "javascript", ""),
        ("let x = 1;\n$0\n", "foo(x", "javascript", "syntax"),
        ("let x = 1;\n$0\n", "foo(x)", "javascript", ""),
        ("let x = 1;\n$0\n", "foo(x));", "javascript", "syntax"),
    ],
)
def test_faults(text: str, suggestion: str, language: str, expected: str) -> None:
    """A body may come later; a bracket or an indent that nothing opened is wrong."""
    assert judged(text, suggestion, language) == expected


def test_other_levels() -> None:
    """Levels are changed, what is less than a level stays."""
    text = "a\n    b\n        c\n         d\n\n"

    assert reindented(text, "  ") == "a\n  b\n    c\n     d\n\n"
    assert reindented(text, "\t") == "a\n\tb\n\t\tc\n\t\t d\n\n"
    assert reindented(reindented(text, "\t"), "    ") == text

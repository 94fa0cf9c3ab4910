"""Query files that inherit from each other: what they come to, and what faults say."""

from pathlib import Path

import pytest

from ownstack.syntax.queries import query_text


def written(folder: Path, **files: str) -> Path:
    """A folder of `symbols.scm` files by language; returns that of `heir`."""
    for language, text in files.items():
        (folder / language).mkdir()
        (folder / language / "symbols.scm").write_text(text, "utf-8")
    return folder / "heir" / "symbols.scm"


def test_own_patterns_come_before_inherited_ones(tmp_path: Path) -> None:
    """Where two patterns give one name, the first counts: a language's own."""
    file = written(
        tmp_path,
        heir="; inherits: one, two\n(own) @a\n",
        one="; inherits: base\n(one) @a\n",
        two="(two) @a\n",
        base="(base) @a\n",
    )

    patterns = [line for line in query_text(file).split("\n") if line.startswith("(")]

    assert patterns == ["(own) @a", "(one) @a", "(base) @a", "(two) @a"]


def test_a_file_that_inherits_nothing_is_itself(tmp_path: Path) -> None:
    """Only the first line is read so."""
    text = "(own) @a\n; inherits: one\n"

    assert query_text(written(tmp_path, heir=text)) == text


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"heir": "; inherits: nobody\n"}, "write a folder that has this file"),
        ({"heir": "; inherits:\n"}, "write a folder that has this file"),
        ({"heir": "; inherits: heir\n"}, "heir → heir.*take `heir` out of the first line"),
        (
            {"heir": "; inherits: one\n", "one": "; inherits: heir\n"},
            "heir → one → heir.*take `heir` out of the first line of .*one",
        ),
    ],
)
def test_a_fault_says_what_to_write_instead(
    tmp_path: Path, files: dict[str, str], says: str
) -> None:
    """An unknown folder, none, and those that go round in a ring."""
    with pytest.raises(ValueError, match=says):
        query_text(written(tmp_path, **files))

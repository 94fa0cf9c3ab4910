"""Which language a document is written in, and what the end of a line lies in."""

import pytest

from ownstack.languages import kind_in_line, language_of, languages


@pytest.mark.parametrize(
    ("language_id", "path", "first_line", "expected"),
    [
        ("python", "", "", "python"),
        ("typescriptreact", "a.ts", "", "tsx"),
        ("javascriptreact", "", "", "javascript"),
        ("plaintext", "src/a.rs", "", "rust"),
        ("plaintext", "notes", "", "plaintext"),
        ("", "a.CPP", "", "cpp"),
        ("", "C:\\work\\Gemfile", "", "ruby"),
        ("", "bin/tool", "#!/usr/bin/env python3.11", "python"),
        ("", "bin/tool", "#!/bin/sh -e", "bash"),
        ("", "bin/tool", "", None),
        ("klingon", "a.klingon", "", None),
    ],
)
def test_a_language_is_known_by_editor_name_or_first_line(
    language_id: str, path: str, first_line: str, expected: str | None
) -> None:
    """The editor's word counts most, but "plaintext" only means that it does not know."""
    language = language_of(language_id, path, first_line)

    assert (language and language.id) == expected


def test_the_table_names_nothing_twice() -> None:
    """An extension that two languages claim would go to the later one in silence."""
    for field in ("editor_ids", "extensions", "file_names", "shebangs"):
        names = [name for language in languages() for name in getattr(language, field)]
        assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize(
    ("head", "language_id", "expected"),
    [
        ("x = 1", "python", "code"),
        ("x = 'a # b", "python", "string"),
        ("x = 'a' # b", "python", "comment"),
        ("x = 'it\\'s", "python", "string"),
        ("a /* b", "c", "comment"),
        ("a /* b */ c", "c", "code"),
        ("let a = 'b", "rust", "code"),
        ("<a href=", "html", "code"),
        ("", "python", "code"),
    ],
)
def test_the_end_of_a_line_is_read_by_its_marks(head: str, language_id: str, expected: str) -> None:
    """Without a tree the line itself tells."""
    language = language_of(language_id, "")
    assert language is not None

    assert kind_in_line(head, language) == expected

"""Paths and URIs."""

from pathlib import Path

import pytest

from ownstack.daemon.places import file_path, refusal, shown_path


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("file:///a/b.py", Path("/a/b.py")),
        ("file:///a/%C3%BC%20x.py", Path("/a/ü x.py")),
        ("file:///a/b%23c.py", Path("/a/b#c.py")),
        ("untitled:Untitled-1", None),
        ("vscode-remote://ssh/x.py", None),
        ("file:///a%00b", None),
        ("file://[bad", None),
        ("", None),
    ],
)
def test_file_uris_are_paths(uri: str, expected: Path | None) -> None:
    """Only a file: URI has a path, and what it escapes is read."""
    assert expected == file_path(uri)


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("file:///w/src/a.py", "src/a.py"),
        ("file:///w/inner/a.py", "a.py"),
        ("file:///elsewhere/a.py", "a.py"),
        ("untitled:Untitled-1", "Untitled-1"),
    ],
)
def test_paths_are_shown_relative_to_the_innermost_folder(uri: str, expected: str) -> None:
    """Models see no path of this machine."""
    assert expected == shown_path(uri, [Path("/w"), Path("/w/inner")])


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("file:///a.py", ""),
        ("untitled:Untitled-1", ""),
        ("git:/a.py?x", "Only files and untitled documents are completed, not git: documents."),
        ("vscode-notebook-cell:/a.ipynb#1", "Notebook cells are not completed yet."),
    ],
)
def test_other_documents_are_refused_with_a_reason(uri: str, expected: str) -> None:
    """Somebody who wonders why nothing appears can find out."""
    assert expected == refusal(uri)

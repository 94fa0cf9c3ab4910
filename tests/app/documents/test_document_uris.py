"""Paths and URIs."""

from pathlib import Path

import pytest

from ownstack.app.documents.document_uris import refusal, shown_path
from ownstack.files.uri import file_path


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
        ("vscode-notebook-cell:/w/src/a.ipynb#W0sZmlsZQ%3D%3D", "src/a.ipynb"),
        ("vscode-notebook-cell:Untitled-1.ipynb#W0sdW50aXRsZWQ%3D", "Untitled-1.ipynb"),
    ],
)
def test_paths_are_shown_relative_to_the_innermost_folder(uri: str, expected: str) -> None:
    """Models see no path of this machine."""
    assert expected == shown_path(uri, [Path("/w"), Path("/w/inner")])


@pytest.mark.parametrize("up", ["..", "%2e%2e", "%2E.", ".%2e"])
def test_dots_lead_out_of_a_folder(tmp_path: Path, up: str) -> None:
    """However they are written, and also from behind a link."""
    inside, outside = tmp_path / "w", tmp_path / "other"
    (outside / "deep").mkdir(parents=True)
    (inside / "src").mkdir(parents=True)
    (inside / "link").symlink_to(outside / "deep")

    def place(path: str) -> Path | None:
        return file_path(f"{inside.as_uri()}/{path}")

    assert place(f"{up}/other/a.py") == outside / "a.py"
    assert place(f"src/{up}/a.py") == inside / "a.py"
    assert place(f"src/{up}/{up}/a.py") == tmp_path / "a.py"
    assert place(f"none/{up}/a.py") == inside / "a.py"
    # What the system would open, not what the name looks like.
    assert place(f"link/{up}/a.py") == outside / "a.py"
    assert file_path(f"file:///{up}/{up}/a.py") == Path("/a.py")
    assert shown_path(f"{inside.as_uri()}/src/{up}/{up}/w/a.py", [inside]) == "a.py"


def test_dots_in_a_folder_that_is_a_link(tmp_path: Path) -> None:
    """The name that the window knows it by is kept."""
    (tmp_path / "real" / "src").mkdir(parents=True)
    (tmp_path / "w").symlink_to(tmp_path / "real")

    assert file_path(f"{tmp_path.as_uri()}/w/src/../a.py") == tmp_path / "w" / "a.py"


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("file:///a.py", ""),
        ("untitled:Untitled-1", ""),
        ("git:/a.py?x", "Only files and untitled documents are completed, not git: documents."),
        ("vscode-notebook-cell:/a.ipynb#W0sZmlsZQ%3D%3D", ""),
        ("vscode-notebook-cell:/a.ipynb#1", ""),
        ("vscode-notebook-cell:Untitled-1.ipynb#W12sdW50aXRsZWQ%3D", ""),
        (
            "vscode-notebook-cell:/a.ipynb#W0sZ2l0",
            "Only files and untitled documents are completed, not git: documents.",
        ),
    ],
)
def test_other_documents_are_refused_with_a_reason(uri: str, expected: str) -> None:
    """Somebody who wonders why nothing appears can find out."""
    assert expected == refusal(uri)

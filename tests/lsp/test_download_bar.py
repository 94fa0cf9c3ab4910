"""How far a download is, in words."""

import pytest

from ownstack.lsp.download_bar import said
from ownstack.models.fetching.downloads import Progress


@pytest.mark.parametrize(
    ("progress", "expected"),
    [
        (Progress("fetching", 312_400_000, 1_117_300_000, "m.gguf"), "312 of 1,117 MB"),
        (Progress("fetching", 5_000_000, 0, "m.gguf"), "5 MB"),
        (
            Progress("fetching", 5_000_000, 9_000_000, "m.gguf", 1),
            "5 of 9 MB; the connection broke once and was taken up again",
        ),
        (
            Progress("fetching", 5_000_000, 9_000_000, "m.gguf", 3),
            "5 of 9 MB; the connection broke 3 times and was taken up again",
        ),
        (Progress("checking", 1, 9_000_000, "m.gguf"), "all is here; its hash is checked"),
    ],
)
def test_it_is_said_in_megabytes(progress: Progress, expected: str) -> None:
    """And that a connection broke, so that nobody wonders why it is slow."""
    assert said(progress) == expected

"""Only regular files are read, never more than was asked for, and nothing is waited for."""

import errno
import os
from pathlib import Path

import pytest

from ownstack.files.opening import read_regular


def test_a_file_is_read_with_its_status(tmp_path: Path) -> None:
    """What comes is the bytes, and the size tells whether that is all."""
    (tmp_path / "a").write_bytes(b"abcdef")

    data, status = read_regular(tmp_path / "a", 4)

    assert (data, status.st_size) == (b"abcd", 6)


def test_links_are_followed_only_if_asked(tmp_path: Path) -> None:
    """A link is an error unless the caller has looked where it leads."""
    (tmp_path / "a").write_bytes(b"abc")
    (tmp_path / "link").symlink_to("a")

    with pytest.raises(OSError, match="link") as raised:
        read_regular(tmp_path / "link", 9)

    assert raised.value.errno == errno.ELOOP
    assert read_regular(tmp_path / "link", 9, follows_link=True)[0] == b"abc"


@pytest.mark.parametrize(
    "target", ["/dev/zero", "/dev/ptmx", "/dev/tty", "/dev/stdin", "fifo", "."]
)
@pytest.mark.parametrize("is_link", [False, True])
def test_what_is_no_file_is_refused(tmp_path: Path, target: str, is_link: bool) -> None:
    """Devices, FIFOs and folders are refused at once, also behind a link that is followed."""
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "fifo")
    named = tmp_path / target
    if not named.exists():
        pytest.skip(f"{target} is not here")
    if is_link:
        (tmp_path / "link").symlink_to(named)
        named = tmp_path / "link"

    with pytest.raises(OSError, match=r"regular|Is a directory|link"):
        read_regular(named, 9, follows_link=is_link)


def test_a_file_that_became_a_fifo_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stood there when it was asked may be another thing when it is opened."""
    (tmp_path / "a").write_bytes(b"abc")
    regular = os.stat(tmp_path / "a")
    os.mkfifo(tmp_path / "fifo")
    monkeypatch.setattr(os, "stat", lambda *_, **__: regular)

    with pytest.raises(OSError, match="regular"):
        read_regular(tmp_path / "fifo", 9)

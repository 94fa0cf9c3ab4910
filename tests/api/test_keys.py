"""Keys: shown once, kept as hashes, gone when they are revoked."""

import stat
import sys
from pathlib import Path

import pytest

from ownstack.api.keys import KeyStore
from ownstack.errors import ServeError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where keys are kept."""
    return tmp_path / "keys.toml"


def test_a_key_opens_until_it_is_removed(file: Path) -> None:
    """Another process's store sees both at once."""
    store, other = KeyStore(file), KeyStore(file)
    key = store.add("aider")

    assert other.owner(key) == "aider"
    store.remove("aider")
    assert other.owner(key) is None


def test_what_is_kept_does_not_open(file: Path) -> None:
    """The key is not in the file, and its hash is no key."""
    key = KeyStore(file).add("aider")
    (entry,) = KeyStore(file).entries()

    assert key not in file.read_text()
    assert key.startswith(entry.prefix)
    assert KeyStore(file).owner(entry.sha256) is None
    assert KeyStore(file).owner(entry.prefix) is None


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_only_the_user_can_read_the_file(file: Path) -> None:
    """Also after it was changed."""
    KeyStore(file).add("one")
    KeyStore(file).add("two")

    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_a_file_that_others_may_write_is_not_believed(file: Path) -> None:
    """Nor is a link."""
    key = KeyStore(file).add("aider")
    link = file.with_name("link.toml")
    link.symlink_to(file)
    file.chmod(0o620)

    for path in (file, link):
        with pytest.raises(ServeError, match="Others could"):
            KeyStore(path).owner(key)


@pytest.mark.parametrize("name", ["", "a b", "../x", "-x", "x" * 41, "ü", "a\n"])
def test_names_that_cannot_be_used(file: Path, name: str) -> None:
    """They would not be safe to show, or to type."""
    with pytest.raises(ServeError, match="name of a key"):
        KeyStore(file).add(name)


def test_a_name_is_used_once(file: Path) -> None:
    """It is said how to free it."""
    KeyStore(file).add("aider")

    with pytest.raises(ServeError, match="keys remove aider"):
        KeyStore(file).add("aider")
    with pytest.raises(ServeError, match="no key"):
        KeyStore(file).remove("nobody")


def test_a_damaged_file_opens_nothing(file: Path) -> None:
    """What makes no sense in it is no key."""
    file.write_text('key = [7, {name = "x", prefix = "", sha256 = "", created = ""}]')
    file.chmod(0o600)

    assert KeyStore(file).entries() == ()
    assert KeyStore(file).owner("") is None
    file.write_text("key = [")
    with pytest.raises(ServeError, match="damaged"):
        KeyStore(file).owner("x")

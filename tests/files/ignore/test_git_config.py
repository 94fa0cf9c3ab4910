"""Where the user's ignore rules for all repositories are, by git's configuration."""

import logging
import os
import subprocess
from pathlib import Path

import pytest

from ownstack.files.ignore.git_config import excludes_file


@pytest.fixture(autouse=True)
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's home, without any configuration."""
    home = tmp_path / "user"
    home.mkdir()
    for name in ("XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("HOME", str(home))
    return home


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_the_default_lies_in_the_users_configuration(
    user: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`$XDG_CONFIG_HOME/git/ignore`, or below `~/.config`."""
    assert excludes_file(None, "/") == user / ".config/git/ignore"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(user / "xdg"))
    assert excludes_file(None, "/") == user / "xdg/git/ignore"


def test_what_is_nearer_counts_more(user: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system, XDG's file, the home's, the repository's; an environment's instead of them."""
    common = user / "repository/.git"
    seen = []
    for file, name in [
        (user / "system", "of-system"),
        (user / ".config/git/config", "of-xdg"),
        (user / ".gitconfig", "of-home"),
        (common / "config", "of-repository"),
    ]:
        write(file, f"[core]\n\texcludesFile = ~/{name}\n")
        monkeypatch.delenv("GIT_CONFIG_NOSYSTEM", raising=False)
        monkeypatch.setenv("GIT_CONFIG_SYSTEM", str(user / "system"))
        seen.append(excludes_file(str(common), "/"))

    assert seen == [user / name for name in ("of-system", "of-xdg", "of-home", "of-repository")]
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(write(user / "other", "[core]\nexcludesfile=/x")))
    assert excludes_file(None, "/") == Path("/x")


@pytest.mark.process
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[core]\nexcludesfile = /a b ; c\n", "/a b"),
        ("[core] excludesFile=/a#b\n", "/a"),
        ('[CORE]\n\tEXCLUDESFILE = "/a # b  "  \n', "/a # b  "),
        ("[core]\nexcludesFile = /a\\\n/b\n", "/a/b"),
        ('[core]\nexcludesFile = "/a\\\\b\\"c"\n', '/a\\b"c'),
        ("[core]\nexcludesFile = /a\n[user]\nname = x\n[core]\nexcludesFile = /b\n", "/b"),
        ("\ufeff[core]\r\nexcludesFile = /a\r\n", "/a"),
        ('[core "x"]\nexcludesFile = /a\n', "~"),
        ("[core]\neditor = vim\n# excludesFile = /a\n", "~"),
        ("[core]\nexcludesFile = rules\n", "/top/rules"),
    ],
)
def test_how_a_file_is_read(user: Path, text: str, expected: str) -> None:
    """As git reads it: case, quotes, comments, lines that go on, the last word."""
    write(user / ".gitconfig", text)

    default = user / ".config/git/ignore"
    assert excludes_file(None, "/top") == (default if expected == "~" else Path(expected))
    said = subprocess.run(
        ["git", "config", "--global", "core.excludesFile"], capture_output=True, text=True
    )
    if "\ufeff" not in text:
        assert expected in ("~", said.stdout[:-1], f"/top/{said.stdout[:-1]}")


@pytest.mark.parametrize(
    "text",
    [
        "[core]\nexcludesFile =\n",
        "[core]\nexcludesFile\n",
        "[core]\nexcludesFile = ~somebody/ignore\n",
        "[core]\nexcludesFile = %(prefix)/ignore\n",
    ],
)
def test_a_value_that_names_no_file_gives_no_rules(user: Path, text: str) -> None:
    """Empty, or a kind of name that is not followed."""
    write(user / ".gitconfig", text)

    assert excludes_file(None, "/") is None


def test_what_is_included_counts_at_its_place(user: Path) -> None:
    """Relative to the file that includes it; files that include each other come to an end."""
    write(user / ".gitconfig", "[include]\npath = more/git\n[core]\neditor = vim\n")
    write(user / "more/git", "[core]\nexcludesFile = ~/of-more\n[include]\npath = ../.gitconfig\n")

    assert excludes_file(None, "/") == user / "of-more"


@pytest.mark.parametrize("target", ["/dev/zero", "/dev/ptmx", "fifo", "huge", "."])
def test_a_configuration_without_end_is_not_read(
    user: Path, target: str, caplog: pytest.LogCaptureFixture
) -> None:
    """And that is said."""
    os.mkfifo(user / "fifo")
    with open(user / "huge", "wb") as file:
        file.truncate(2**31)
    (user / ".gitconfig").symlink_to(target)

    with caplog.at_level(logging.WARNING):
        assert excludes_file(None, "/") == user / ".config/git/ignore"
    assert ".gitconfig is not read" in caplog.text

"""Where things live: in the user's folders, and in private ones where it matters."""

import os
import sys
import warnings
from pathlib import Path

import pytest

from ownstack.paths import Home, grammars_folder, private_folder


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems have no XDG")
@pytest.mark.parametrize("session", ["", "/nonexistent/run"])
def test_without_a_login_session_the_socket_lies_in_the_users_own_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, session: str
) -> None:
    """The shared temporary folder is nobody's, so it is not used; and nothing warns."""
    monkeypatch.delenv("OWNSTACK_HOME")
    monkeypatch.setenv("XDG_RUNTIME_DIR", session)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        home = Home.default()

    assert home.runtime == tmp_path / "ownstack" / "run"


def test_one_variable_moves_everything(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Tests and portable installations leave the user's folders alone."""
    monkeypatch.setenv("OWNSTACK_HOME", str(tmp_path))
    home = Home.default()

    folders = [home.config, home.data, home.cache, home.state, home.runtime]

    assert [folder.parent for folder in folders] == [tmp_path] * 5


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="this system has no file modes")
def test_a_private_folder_is_closed_to_others(tmp_path: Path) -> None:
    """Also one that was made carelessly before."""
    folder = tmp_path / "run"
    folder.mkdir(mode=0o755)

    private_folder(folder)

    assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="this system has no file modes")
def test_a_private_folder_is_no_link(tmp_path: Path) -> None:
    """What it leads to may be somebody else's, and keeps its mode."""
    (tmp_path / "victim").mkdir(mode=0o755)
    (tmp_path / "run").symlink_to("victim")

    with pytest.raises(PermissionError, match="run is a link"):
        private_folder(tmp_path / "run")

    assert (tmp_path / "victim").stat().st_mode & 0o777 == 0o755


@pytest.mark.skipif(not hasattr(os, "getuid") or os.getuid() != 0, reason="only root can give away")
def test_a_private_folder_is_nobody_elses(tmp_path: Path) -> None:
    """Not even root takes it over."""
    (tmp_path / "run").mkdir()
    os.chown(tmp_path / "run", 65_534, 65_534)

    with pytest.raises(PermissionError, match="belongs to another user"):
        private_folder(tmp_path / "run")


def test_the_grammars_are_found() -> None:
    """In a checkout beside the server, in a wheel inside the package."""
    assert (grammars_folder() / "languages.toml").is_file()

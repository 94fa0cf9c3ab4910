"""The little of git's configuration that says which files are ignored, read without running git.

Git itself is never run in a folder that somebody else may have made: its configuration names
programs that it would start. What stands here is text like any other, read to a limit.
"""

from __future__ import annotations

import logging
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from ownstack.errors import in_words
from ownstack.files.opening import read_regular

log = logging.getLogger(__name__)

MAX_CONFIG_BYTES = 1024 * 1024
_MAX_INCLUDED = 20
_MAX_DEPTH = 5
_SECTION = re.compile(r"""\[\s*([A-Za-z0-9.-]+)\s*(?:"((?:[^"\\]|\\.)*)"\s*)?\]""")
_KEY = re.compile(r"([A-Za-z][A-Za-z0-9-]*)[ \t]*")
_ESCAPES = {"n": "\n", "t": "\t", "b": "\b", "\\": "\\", '"': '"'}

Setting = tuple[str, str, str | None]
"""A section, with its subsection after a dot; a key in lower case; its value, None if none."""


def excludes_file(common: str | None, root: str) -> Path | None:
    """Return the file of ignore rules that the user has for all repositories; it need not exist.

    `common`: a repository's git directory, whose own configuration counts most; `root`: what a
    relative path there is relative to. `includeIf` is not followed.
    """
    values: list[str | None] = []
    included: list[Path] = []
    for file in _user_files():
        values += _all(_settings(file, included), "core", "excludesfile")
    own = _all(_settings(Path(common, "config")), "core", "excludesfile") if common else []
    if not (values or own):
        base = _xdg()
        return base / "ignore" if base is not None else None
    value = (own or values)[-1]
    if not value:
        return None
    path = _expanded(value)
    if path is None or (own and is_on_network(path)):
        log.warning("core.excludesFile is %.200r, which is not followed.", value)
        return None
    return Path(root, path)


def is_bare(common: str) -> bool:
    """Say whether a repository's configuration says that it has no files of its own."""
    found = _all(_settings(Path(common, "config")), "core", "bare")
    return bool(found) and (found[-1] is None or found[-1].lower() in ("true", "yes", "on", "1"))


def is_on_network(path: str) -> bool:
    """Say whether asking for a path that somebody else named would call a server of theirs."""
    return sys.platform == "win32" and path[:2].replace("\\", "/") == "//"


def _all(settings: Iterator[Setting], section: str, key: str) -> list[str | None]:
    return [value for *where, value in settings if where == [section, key]]


def _user_files() -> Iterator[Path]:
    """Yield the files that hold for all repositories; what a later one says counts more."""
    if os.environ.get("GIT_CONFIG_NOSYSTEM", "").lower() not in ("1", "true", "yes", "on"):
        named = os.environ.get("GIT_CONFIG_SYSTEM")
        yield from [Path(named)] if named not in (None, "", os.devnull) else _system_files()
    named = os.environ.get("GIT_CONFIG_GLOBAL")
    if named is not None:
        if named not in ("", os.devnull):
            yield Path(named)
        return
    base = _xdg()
    if base is not None:
        yield base / "config"
    home = _home()
    if home is not None:
        yield home / ".gitconfig"


def _system_files() -> list[Path]:
    if sys.platform == "win32":
        folders = [os.environ.get(name) for name in ("PROGRAMDATA", "PROGRAMFILES")]
        endings = ("Git/config", "Git/etc/gitconfig")
        return [Path(folder, end) for folder, end in zip(folders, endings, strict=True) if folder]
    found = [Path("/etc/gitconfig")]
    if sys.platform == "darwin":
        tools = "Library/Developer/CommandLineTools/usr/share/git-core/gitconfig"
        found += [Path("/", tools), Path("/opt/homebrew/etc/gitconfig")]
    return found


def _home() -> Path | None:
    home = os.environ.get("HOME") or os.path.expanduser("~")
    return Path(home) if os.path.isabs(home) else None


def _xdg() -> Path | None:
    named = os.environ.get("XDG_CONFIG_HOME")
    if named:
        return Path(named, "git")
    home = _home()
    return None if home is None else home / ".config" / "git"


def _expanded(value: str) -> str | None:
    """Return a path with the home folder for `~/`; None for what is not understood."""
    if "\0" in value or value.startswith("%(prefix)"):
        return None
    if not value.startswith("~"):
        return value
    home = _home()
    if home is None or not (value == "~" or value.startswith(("~/", "~\\"))):
        return None
    return os.path.join(home, value[2:])


def _settings(file: Path, included: list[Path] | None = None, depth: int = 0) -> Iterator[Setting]:
    """Yield what a file says, in its order, and at its place what it includes.

    `included`: files that were included before; None if nothing is.
    """
    for setting in _parsed(_text(file)):
        yield setting
        section, key, value = setting
        if included is None or (section, key) != ("include", "path") or not value:
            continue
        path = _expanded(value)
        if path is None or depth == _MAX_DEPTH or len(included) == _MAX_INCLUDED:
            log.warning("%s includes %.200r, which is not followed.", file, value)
            continue
        included.append(file.parent / path)
        yield from _settings(included[-1], included, depth + 1)


def _text(file: Path) -> str:
    try:
        data, status = read_regular(file, MAX_CONFIG_BYTES, follows_link=True)
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except (OSError, ValueError) as error:
        log.warning("%s is not read: %s", file, in_words(error))
        return ""
    if status.st_size > MAX_CONFIG_BYTES:
        log.warning("%s is not read: it is too large.", file)
        return ""
    return data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")


def _parsed(text: str) -> Iterator[Setting]:
    """Yield the settings of a text, up to where it is not understood: git reads nothing then."""
    text = text.replace("\r\n", "\n")
    section = ""
    at = 0
    while at < len(text):
        char = text[at]
        if char in " \t\n":
            at += 1
        elif char in "#;":
            at = _line_end(text, at)
        elif char == "[":
            found = _SECTION.match(text, at)
            if found is None:
                return
            section = found[1].lower() + (f".{found[2]}" if found[2] is not None else "")
            at = found.end()
        else:
            found = _KEY.match(text, at)
            if found is None:
                return
            value, at = _value(text, found.end())
            if at < 0:
                return
            yield section, found[1].lower(), value


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def _value(text: str, at: int) -> tuple[str | None, int]:
    """Read what follows a key; return it, and where it ends, -1 if it is not understood."""
    if at == len(text) or text[at] in "\n#;":
        return None, _line_end(text, at)
    if text[at] != "=":
        return None, -1
    at += 1
    chars: list[str] = []
    n_kept = 0
    """Spaces at the end count only if they are quoted."""
    is_quoted = False
    while at < len(text) and text[at] != "\n":
        char = text[at]
        if char == '"':
            is_quoted = not is_quoted
            n_kept = len(chars)
        elif char == "\\":
            at += 1
            escaped = text[at : at + 1]
            if escaped != "\n":
                if escaped not in _ESCAPES:
                    return None, -1
                chars.append(_ESCAPES[escaped])
                n_kept = len(chars)
        elif is_quoted or char not in " \t#;":
            chars.append(char)
            n_kept = len(chars)
        elif char in "#;":
            at = _line_end(text, at)
            break
        elif chars:
            chars.append(char)
        at += 1
    return (None, -1) if is_quoted else ("".join(chars[:n_kept]), at)

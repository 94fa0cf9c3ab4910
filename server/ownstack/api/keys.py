"""Keys of `ownstack serve`: made here, shown once, kept as hashes in a file of the user's alone."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ownstack.errors import ServeError
from ownstack.models import toml_file

MARK = "osk-"
"""What a key begins with, so that one that went astray can be told."""
PREFIX_CHARS = 10
MAX_KEYS = 200
MAX_KEY_CHARS = 200
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """What is kept of a key."""

    name: str
    prefix: str
    """Its first characters, to tell it by."""
    sha256: str
    """A key is 256 random bits, so that no slow hash is needed."""
    created: str


class KeyStore:
    """The file of keys. What is changed in it counts from the next request on."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._stamp: tuple[int, int, int] | None = None
        self._entries: tuple[KeyEntry, ...] = ()

    def entries(self) -> tuple[KeyEntry, ...]:
        """Return the keys, read again if the file has changed.

        Raises:
            ServeError: others could have written the file, or it is damaged.
        """
        try:
            status = self._file.lstat()
        except FileNotFoundError:
            self._stamp, self._entries = None, ()
            return ()
        except OSError as error:
            raise ServeError(f"{self._file} cannot be read: {error.strerror}.") from error
        stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
        if stamp != self._stamp:
            self._check(status)
            content, problem = toml_file.read(self._file)
            if problem:
                raise ServeError(problem, "Remove the file and make new keys.")
            self._entries, self._stamp = tuple(_entries(content)), stamp
        return self._entries

    def add(self, name: str) -> str:
        """Make a key and return it; it cannot be shown again.

        Raises:
            ServeError: the name is taken or cannot be used, or there are too many keys.
            OSError: it cannot be written.
        """
        if not _NAME.fullmatch(name):
            raise ServeError(
                "The name of a key has up to 40 letters, digits, dots, dashes and underscores."
            )
        key = MARK + secrets.token_urlsafe(32)
        entry = {
            "name": name,
            "prefix": key[:PREFIX_CHARS],
            "sha256": _digest(key),
            "created": datetime.now(timezone.utc).strftime("%Y-%m-%d"),
        }
        known = self.entries()
        if any(other.name == name for other in known):
            raise ServeError(
                f"There is a key called {name}.",
                f"Choose another name, or: ownstack serve keys remove {name}",
            )
        if len(known) >= MAX_KEYS:
            raise ServeError("There are too many keys.", "Remove some that are not used any more.")

        def change(content: dict[str, Any]) -> None:
            content["key"] = [*content.get("key", []), entry]

        toml_file.update(self._file, change, private=True)
        return key

    def remove(self, name: str) -> KeyEntry:
        """Revoke a key, named by its name or prefix.

        Raises:
            ServeError: there is none, or several.
            OSError: it cannot be written.
        """
        found = [entry for entry in self.entries() if name in (entry.name, entry.prefix)]
        if len(found) != 1:
            what = "There is no key" if not found else "There are several keys"
            raise ServeError(f"{what} called {name}.", "See: ownstack serve keys list")
        gone = found[0]

        def change(content: dict[str, Any]) -> None:
            content["key"] = [
                item for item in content.get("key", []) if item.get("sha256") != gone.sha256
            ]

        toml_file.update(self._file, change, private=True)
        return gone

    def owner(self, key: str) -> str | None:
        """Return the name of a key, None if there is no such key.

        Every key is compared, and each in constant time.

        Raises:
            ServeError: the file of keys cannot be used.
        """
        if len(key) > MAX_KEY_CHARS:
            return None
        digest, owner = _digest(key), None
        for entry in self.entries():
            if hmac.compare_digest(entry.sha256, digest):
                owner = entry.name
        return owner

    def _check(self, status: os.stat_result) -> None:
        if not hasattr(os, "getuid"):
            return
        others = status.st_mode & 0o022 or status.st_uid != os.getuid()
        if others or not stat.S_ISREG(status.st_mode):
            raise ServeError(
                f"Others could have put keys into {self._file}.",
                "Remove it and make new keys: ownstack serve keys add NAME",
            )


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def _entries(content: Mapping[str, Any]) -> list[KeyEntry]:
    """Return the entries that make sense; others cannot open anything."""
    raw = content.get("key", [])
    entries = []
    for item in raw[:MAX_KEYS] if isinstance(raw, list) else []:
        if not isinstance(item, Mapping):
            continue
        texts = [item.get(key) for key in ("name", "prefix", "sha256", "created")]
        if all(isinstance(text, str) for text in texts) and _HASH.fullmatch(str(texts[2])):
            entries.append(KeyEntry(*map(str, texts)))
    return entries

"""Keys for servers: from an environment variable, or the operating system's keyring."""

from __future__ import annotations

import os
from types import ModuleType

from ownstack.errors import ModelError, in_words
from ownstack.models.remote.entry import KEYRING, EngineEntry
from ownstack.models.remote.secrets import Secret
from ownstack.terminal import visible

SERVICE = "ownstack"
"""Under this name the keyring holds them, the engine's name being the user name."""
MAX_KEY_CHARS = 4_000
_INSTALL = "Install it with: pip install 'ownstack[keyring]', or name an environment variable."


def key_of(entry: EngineEntry) -> Secret:
    """Return the key of an engine. Asks the keyring, which may ask the user: not on the event loop.

    Raises:
        ModelError: it should have one, and there is none; what to do.
    """
    if not entry.key:
        return Secret()
    if entry.key == KEYRING:
        return _usable(entry, _stored(entry.name))
    return _usable(entry, os.environ.get(entry.key, ""))


def store(name: str, key: str) -> None:
    """Put a key into the keyring.

    Raises:
        ModelError: there is no keyring, or it refuses.
    """
    keyring = _keyring()
    try:
        keyring.set_password(SERVICE, name, key)
    except keyring.errors.KeyringError as error:
        raise _refused(error) from error


def forget(name: str) -> None:
    """Remove a key from the keyring, if it is there.

    Raises:
        ModelError: there is no keyring, or it refuses.
    """
    keyring = _keyring()
    try:
        if keyring.get_password(SERVICE, name) is not None:
            keyring.delete_password(SERVICE, name)
    except keyring.errors.KeyringError as error:
        raise _refused(error) from error


def checked_key(text: str) -> str:
    """Return a key as a header can hold it.

    Raises:
        ModelError: no header can.
    """
    key = text.strip()
    if not key or len(key) > MAX_KEY_CHARS or not key.isascii() or not key.isprintable():
        raise ModelError(
            "That is no key: one is a line of plain letters, digits and signs.",
            "Copy it once more from where you got it.",
        )
    return key


def _usable(entry: EngineEntry, key: str) -> Secret:
    if key.strip():
        return Secret(checked_key(key))
    if entry.key == KEYRING:
        raise ModelError(
            f"The keyring has no key for {entry.name}.",
            f"Store it with: ownstack engines key {entry.name}",
        )
    raise ModelError(
        f"The environment variable {entry.key}, which should hold the key for {entry.name}, is "
        "not set.",
        f"Set it where the editor is started, or store the key with: ownstack engines key "
        f"{entry.name}",
    )


def _stored(name: str) -> str:
    keyring = _keyring()
    try:
        return keyring.get_password(SERVICE, name) or ""
    except keyring.errors.KeyringError as error:
        raise _refused(error) from error


def _keyring() -> ModuleType:
    try:
        import keyring
        import keyring.errors
    except ImportError as error:
        raise ModelError("The package keyring is not installed.", _INSTALL) from error
    return keyring


def _refused(error: Exception) -> ModelError:
    return ModelError(
        f"The keyring of this system cannot be used: {visible(in_words(error)).rstrip('.')}.",
        "Unlock it, or name an environment variable: ownstack engines add NAME URL --key-env NAME",
    )

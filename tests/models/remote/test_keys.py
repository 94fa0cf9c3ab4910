"""Keys for servers, and that they show nowhere."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from ownstack.errors import ModelError
from ownstack.models.remote import keys
from ownstack.models.remote.entry import EngineEntry
from ownstack.models.remote.secrets import Secret, looks_like_key

BY_VARIABLE = EngineEntry("team", "https://gpu.example/v1", key="TEAM_KEY")
BY_KEYRING = EngineEntry("team", "https://gpu.example/v1", key="keyring")


@pytest.fixture
def ring(monkeypatch: pytest.MonkeyPatch) -> dict[tuple[str, str], str]:
    """A keyring in memory, in place of the system's: the seam that a test must not touch."""
    stored: dict[tuple[str, str], str] = {}
    keyring, errors = ModuleType("keyring"), ModuleType("keyring.errors")

    class KeyringError(Exception):
        pass

    def set_password(service: str, name: str, key: str) -> None:
        if key == "locked":
            raise KeyringError("it is locked")
        stored[service, name] = key

    errors.KeyringError = KeyringError  # type: ignore[attr-defined]
    keyring.errors = errors  # type: ignore[attr-defined]
    keyring.set_password = set_password  # type: ignore[attr-defined]
    keyring.get_password = lambda service, name: stored.get((service, name))  # type: ignore[attr-defined]
    keyring.delete_password = lambda service, name: stored.pop((service, name))  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)
    return stored


def test_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings name it; its value is the key."""
    monkeypatch.setenv("TEAM_KEY", " sk-1 \n")

    assert keys.key_of(BY_VARIABLE).reveal() == "sk-1"


def test_no_key_where_none_is_needed() -> None:
    """As for most servers on one's own machine."""
    assert not keys.key_of(EngineEntry("box", "http://127.0.0.1/v1"))


@pytest.mark.parametrize("value", [None, "", "  "])
def test_a_variable_that_is_not_set(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    """It says where it belongs, and what else can be done."""
    monkeypatch.delenv("TEAM_KEY", raising=False)
    if value is not None:
        monkeypatch.setenv("TEAM_KEY", value)

    with pytest.raises(ModelError, match=r"TEAM_KEY.*is not set.*ownstack engines key team"):
        keys.key_of(BY_VARIABLE)


@pytest.mark.parametrize("value", ["a\nb", "schlüssel", "x" * 5_000])
def test_what_no_header_can_hold(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    """Is refused without repeating it."""
    monkeypatch.setenv("TEAM_KEY", value)

    with pytest.raises(ModelError) as raised:
        keys.key_of(BY_VARIABLE)

    assert value[:5] not in str(raised.value)


def test_the_keyring(ring: dict[tuple[str, str], str]) -> None:
    """Stored, read and forgotten by the engine's name."""
    keys.store("team", "sk-1")

    assert keys.key_of(BY_KEYRING).reveal() == "sk-1"

    keys.forget("team")
    keys.forget("team")
    assert ring == {}
    with pytest.raises(ModelError, match="has no key for team"):
        keys.key_of(BY_KEYRING)


def test_a_keyring_that_refuses(ring: dict[tuple[str, str], str]) -> None:
    """Its reason is told, and the other way."""
    with pytest.raises(ModelError, match=r"it is locked.*--key-env"):
        keys.store("team", "locked")


def test_no_keyring(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is an extra."""
    monkeypatch.setitem(sys.modules, "keyring", None)

    with pytest.raises(ModelError, match=r"ownstack\[keyring\]"):
        keys.key_of(BY_KEYRING)


def test_a_secret_does_not_show() -> None:
    """Whatever prints it."""
    secret = Secret("hunter2hunter2")

    assert "hunter2" not in f"{secret} {secret!r} {[secret]}"
    assert secret.redact("your key hunter2hunter2 and Bearer abc and sk-live_0123456789ab") == (
        "your key [key] and [key] and [key]"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("sk-0123456789abcdef", True),
        ("Bearer x", True),
        ("OPENAI_API_KEY", False),
        ("https://gpu.example/v1", False),
        ("key-value-store-backend", False),
    ],
)
def test_what_looks_like_a_key(text: str, expected: bool) -> None:
    """A name of a variable does not."""
    assert looks_like_key(text) is expected

"""What a server that the user names must be like."""

from __future__ import annotations

import pytest

from ownstack.errors import ModelError
from ownstack.models.remote.entry import EngineEntry, checked, is_loopback


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("LOCALHOST.", True),
        ("a.localhost", True),
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("[::1]", True),
        ("0.0.0.0", False),
        ("192.168.1.5", False),
        ("localhost.evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("2130706433", False),
        ("", False),
    ],
)
def test_loopback(host: str, expected: bool) -> None:
    """No name server is asked, and what only looks like it is not."""
    assert is_loopback(host) is expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://127.0.0.1:8080/v1/", "http://127.0.0.1:8080/v1"),
        (" https://gpu.example/v1 ", "https://gpu.example/v1"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_urls_are_tidied(url: str, expected: str) -> None:
    """As far as that is sure."""
    assert checked(EngineEntry("team", url)).url == expected


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (EngineEntry("x", "http://127.0.0.1/v1"), "can be called"),
        (EngineEntry("llama", "http://127.0.0.1/v1"), "can be called"),
        (EngineEntry("Team", "http://127.0.0.1/v1"), "can be called"),
        (EngineEntry("team", ""), "no usable URL"),
        (EngineEntry("team", "127.0.0.1:8080"), "no usable URL"),
        (EngineEntry("team", "ftp://gpu.example/v1"), "no usable URL"),
        (EngineEntry("team", "http://gpu.example:x/v1"), "no usable URL"),
        (EngineEntry("team", "https://me:secret@gpu.example/v1"), "neither name, password nor"),
        (EngineEntry("team", "https://gpu.example/v1?key=3"), "neither name, password nor"),
        (EngineEntry("team", "https://gpu.example/sk-0123456789abcdef"), "neither name, password"),
        (EngineEntry("team", "http://gpu.example/v1"), "could be read on the way"),
        (EngineEntry("team", "https://gpu.example", key="sk-0123456789abcdef"), "remove it"),
        (EngineEntry("team", "https://gpu.example", key="two words"), "remove it"),
        (EngineEntry("team", "https://gpu.example", infill="magic"), "infill 'magic'"),
        (EngineEntry("team", "https://gpu.example", kind="grpc"), "kind 'grpc'"),  # type: ignore[arg-type]
    ],
)
def test_what_cannot_be_used(entry: EngineEntry, words: str) -> None:
    """Says why, and never repeats a key."""
    with pytest.raises(ModelError) as raised:
        checked(entry)

    assert words in str(raised.value)
    assert "secret" not in str(raised.value)
    assert "0123456789" not in str(raised.value)


@pytest.mark.parametrize(
    ("url", "model", "expected"),
    [
        ("http://127.0.0.1:11434/v1", "qwen3:8b", False),
        ("http://127.0.0.1:11434/v1", "gpt-oss:120b-cloud", True),
        ("http://localhost:11434/v1", "glm-4.6:cloud", True),
        ("https://gpu.example/v1", "qwen3", True),
    ],
)
def test_what_leaves_the_machine(url: str, model: str, expected: bool) -> None:
    """Also by way of a program on it that hands it on."""
    assert EngineEntry("team", url).leaves_machine(model) is expected

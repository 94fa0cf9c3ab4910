"""What went wrong with a server, in words."""

from __future__ import annotations

import email.utils
import ssl
import time

import httpx
import pytest

from ownstack.engine.remote import faults
from ownstack.engine.remote.connection import Connection
from ownstack.engine.remote.endpoint import Endpoint
from ownstack.models.remote.entry import EngineEntry

GPU = Endpoint(EngineEntry("team", "https://gpu.example/v1"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("7", 7.0),
        (" 0 ", 0.0),
        ("-3", 0.0),
        ("1e99", 86_400.0),
        ("inf", 86_400.0),
        ("nan", None),
        ("soon", None),
        ("", None),
        ("9" * 400, 86_400.0),
    ],
)
def test_when_to_try_again(text: str, expected: float | None) -> None:
    """As the header says it, up to a day."""
    assert faults.retry_after_s(text) == expected


def test_when_to_try_again_by_a_date() -> None:
    """The other form that the header has."""
    date = email.utils.formatdate(time.time() + 3_000, usegmt=True)

    wait_s = faults.retry_after_s(date)

    assert wait_s is not None
    assert 0 < wait_s <= 3_000


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"error": {"message": "no"}}', "no"),
        (b'{"error": "no"}', "no"),
        (b'{"detail": [{"msg": "no"}]}', "no"),
        (b'{"message": "no"}', "no"),
        (b'{"error": {"code": 3}}', ""),
        (b"[" * 100_000, "[" * 100_000),
        (b"plain words", "plain words"),
        (b"<!doctype html>", ""),
        (b"\xff\xfe", "\ufffd\ufffd"),
        (b"", ""),
    ],
)
def test_what_a_refusal_says(body: bytes, expected: str) -> None:
    """In the forms of several servers; a page says nothing."""
    assert faults.message_in({}, body) == expected


def test_a_certificate_that_is_not_known() -> None:
    """It is told apart from a server that is not there, with what to do."""
    cause = ssl.SSLCertVerificationError(1, "certificate verify failed")
    cause.verify_message = "self-signed certificate"
    error = httpx.ConnectError("oh")
    error.__cause__ = cause

    said = str(faults.of_exception(GPU, error))

    assert said.startswith("team (https://gpu.example) cannot be trusted: self-signed certificate.")
    assert "SSL_CERT_FILE" in said


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (httpx.ConnectTimeout("oh"), "did not take the connection in 10 s"),
        (httpx.ProxyError("407 no"), "The proxy refuses team"),
        (httpx.UnsupportedProtocol("oh"), "could not be asked (UnsupportedProtocol"),
    ],
)
def test_other_exceptions(error: Exception, words: str) -> None:
    """Each has its line."""
    assert words in str(faults.of_exception(GPU, error))


async def test_certificates_are_checked() -> None:
    """Also by name; and a server without encryption is trusted with none."""
    from ownstack.engine.remote.connection import _certificates

    context = _certificates(GPU)

    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    plain = _certificates(Endpoint(EngineEntry("box", "http://127.0.0.1/v1")))
    assert (plain.verify_mode, plain.cert_store_stats()["x509"]) == (ssl.CERT_REQUIRED, 0)


async def test_no_proxy_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is meant for a server here is told to nobody else."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    here = await Connection.open(Endpoint(EngineEntry("box", "http://127.0.0.1/v1")), {})
    there = await Connection.open(
        Endpoint(EngineEntry("lan", "http://gpu.example/v1", plain_http=True)), {}
    )

    assert here._client._mounts == {}
    assert there._client._mounts != {}
    assert not here._client.follow_redirects
    await here.close()
    await there.close()

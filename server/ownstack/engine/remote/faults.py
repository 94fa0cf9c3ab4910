"""What went wrong with a server, in one line that says what to do next.

What the server itself says is quoted: shortened, on one line, and without the key.
"""

from __future__ import annotations

import email.utils
import json
import ssl
import time
from collections.abc import Mapping

import httpx

from ownstack.engine.remote.endpoint import Endpoint
from ownstack.errors import (
    ContextOverflowError,
    EngineBusyError,
    EngineError,
    RemoteEngineError,
    in_words,
)
from ownstack.models.remote.entry import KEYRING
from ownstack.terminal import visible
from ownstack.text import truncate

MAX_QUOTED_CHARS = 300
_TOO_LONG = ("context length", "context size", "context window", "exceed_context", "n_ctx")


def quoted(endpoint: Endpoint, text: str) -> str:
    """Return what a server said, safe to show."""
    line = endpoint.secret.redact(" ".join(text[: 10 * MAX_QUOTED_CHARS].split()))
    return truncate(visible(line), MAX_QUOTED_CHARS)


def of_exception(endpoint: Endpoint, error: Exception) -> RemoteEngineError:
    """Return what an exception of httpx means."""
    who = endpoint.shown
    if isinstance(error, httpx.ConnectTimeout):
        return RemoteEngineError(
            f"{who} did not take the connection in {endpoint.patience.connect_s:g} s.",
            "Is the server running, and the address right?",
        )
    if isinstance(error, httpx.ConnectError):
        if certificate := _certificate_problem(error):
            return RemoteEngineError(
                f"{who} cannot be trusted: {certificate}.",
                "Install its certificate authority, or name its file in SSL_CERT_FILE.",
            )
        why = quoted(endpoint, in_words(error)).rstrip(".")
        return RemoteEngineError(
            f"{who} cannot be reached ({why}).", "Is the server running, and the address right?"
        )
    if isinstance(error, httpx.ProxyError):
        return RemoteEngineError(
            f"The proxy refuses {who} ({quoted(endpoint, str(error))}).",
            "See the environment variables HTTPS_PROXY and NO_PROXY.",
        )
    if isinstance(error, (httpx.NetworkError, httpx.RemoteProtocolError)):
        return RemoteEngineError(f"{who} broke the connection off.", "See its log, and try again.")
    kind = type(error).__name__
    return RemoteEngineError(f"{who} could not be asked ({kind}: {quoted(endpoint, str(error))}).")


def of_status(
    endpoint: Endpoint, status: int, headers: Mapping[str, str], body: bytes
) -> EngineError:
    """Return what an answer that is no success means."""
    who, said = endpoint.shown, quoted(endpoint, message_in(headers, body))
    says = f": {said.rstrip('.')}." if said else "."
    if status in (401, 403):
        if endpoint.secret:
            what = f"{who} does not accept the key{says}"
            return RemoteEngineError(what, f"Is it the right one? {_key_hint(endpoint)}")
        return RemoteEngineError(f"{who} wants a key{says}", _key_hint(endpoint))
    if status == 429 or (status == 503 and "retry-after" in headers):
        wait_s = retry_after_s(headers.get("retry-after", ""))
        when = "later" if wait_s is None else f"in {wait_s:.0f} s"
        return EngineBusyError(f"{who} has too much to do{says}", f"Try again {when}.", wait_s)
    if 300 <= status < 400:
        target = quoted(endpoint, headers.get("location", "")) or "another place"
        return RemoteEngineError(
            f"{who} sends to {target}; nothing is sent there.", "If that is right, use that URL."
        )
    if status in (400, 413, 422) and any(part in said.lower() for part in _TOO_LONG):
        return ContextOverflowError(f"The prompt does not fit: {who} says: {said}")
    if status == 404:
        return RemoteEngineError(
            f"{who} does not know what was asked for (404){says}",
            f"See which models it has: ownstack engines test {endpoint.entry.name}",
        )
    if status >= 500:
        what = f"{who} failed ({status}){says}"
        return RemoteEngineError(what, "See its log, and try again.")
    return RemoteEngineError(f"{who} refuses the request ({status}){says}")


def of_event(endpoint: Endpoint, error: object) -> EngineError:
    """Return what an error means that a server tells in the middle of an answer."""
    said = quoted(endpoint, error_text(error)) or "it does not say why"
    who = endpoint.shown
    if any(part in said.lower() for part in _TOO_LONG):
        return ContextOverflowError(f"The prompt does not fit: {who} says: {said}")
    return RemoteEngineError(f"{who} gave up in the middle of its answer: {said.rstrip('.')}.")


def broke_off(endpoint: Endpoint) -> RemoteEngineError:
    """Return the error for an answer that has no end."""
    return RemoteEngineError(
        f"{endpoint.shown} broke its answer off in the middle.", "See its log, and try again."
    )


def misspoken(endpoint: Endpoint, what: str) -> RemoteEngineError:
    """Return the error for a server that says what the protocol does not allow."""
    return RemoteEngineError(
        f"{endpoint.shown} does not speak as it should: {what}.",
        f"Is {endpoint.entry.url} right? Try: ownstack engines test {endpoint.entry.name}",
    )


def message_in(headers: Mapping[str, str], body: bytes) -> str:
    """Return what the body of a refused request says, "" if it is nothing for people."""
    try:
        return error_text(json.loads(body))
    except (ValueError, RecursionError):
        pass  # no JSON: a text, or a page
    kind = headers.get("content-type", "").lower()
    text = body.decode("utf-8", "replace").strip()
    return "" if "html" in kind or text.startswith("<") else text


def error_text(value: object) -> str:
    """Return the words in an error as servers write them."""
    for key in ("error", "message", "detail", "msg"):
        if isinstance(value, Mapping) and key in value:
            return error_text(value[key])
    if isinstance(value, list) and value:
        return error_text(value[0])
    return value if isinstance(value, str) else ""


def retry_after_s(text: str) -> float | None:
    """Return the seconds that a `Retry-After` header asks for (RFC 9110, §10.2.3), up to a day."""
    text = text.strip()[:100]
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = email.utils.parsedate_to_datetime(text).timestamp() - time.time()
        except (ValueError, TypeError, OverflowError):
            return None
    return min(max(seconds, 0.0), 86_400.0) if seconds == seconds else None


def _key_hint(endpoint: Endpoint) -> str:
    entry = endpoint.entry
    if entry.key and entry.key != KEYRING:
        return f"It is read from the environment variable {entry.key}."
    return f"Store it with: ownstack engines key {entry.name}"


def _certificate_problem(error: BaseException) -> str:
    seen: BaseException | None = error
    for _ in range(10):
        if seen is None:
            return ""
        if isinstance(seen, ssl.SSLCertVerificationError):
            return seen.verify_message or "its certificate is not known here"
        seen = seen.__cause__ or seen.__context__
    return ""

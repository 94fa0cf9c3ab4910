"""One file over HTTP into a part file: broken connections are taken up again where they broke.

It says nothing about what the file is worth: `models/fetching/downloads.py` checks that.
"""

from __future__ import annotations

import functools
import json
import logging
import os
import re
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

import httpx

from ownstack import __version__
from ownstack.errors import DownloadError
from ownstack.models.fetching import hub
from ownstack.models.fetching.hub import RemoteFile
from ownstack.models.fetching.model_source import is_loopback
from ownstack.models.gguf.gguf_file import MAGIC

log = logging.getLogger(__name__)

OnBytes = Callable[[int], None]
"""Hears how many bytes of the file are there."""
PATIENCE = 8
"""Connections in a row that may bring next to nothing."""
_FIRST_PATIENCE = 3
"""The same while the server has never answered: then it is rather the address that is wrong."""
_HOPELESS = (
    httpx.ProxyError,
    httpx.TooManyRedirects,
    httpx.UnsupportedProtocol,
    httpx.InvalidURL,
)
_UNTRUSTED = "CERTIFICATE_VERIFY_FAILED"
_WORTH_BYTES = 65_536
"""A connection that brought as much was no failure."""
_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 20.0
_MOST_RETRY_AFTER_S = 120.0
_TIMEOUT = httpx.Timeout(30.0, connect=15.0)
_RETRIED = frozenset((408, 425, 429, 500, 502, 503, 504))
_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")


class Cancelled(Exception):
    """Somebody asked for the end; what was fetched stays for the next time."""


class _Again(Exception):
    """This connection did not do; another may."""

    def __init__(self, why: str, pause_s: float = 0.0) -> None:
        super().__init__(why)
        self.pause_s = pause_s


def client() -> httpx.Client:
    """Return a client that uses the proxies and certificates that the environment names."""
    named = (os.environ.get("SSL_CERT_FILE", ""), os.environ.get("SSL_CERT_DIR", ""))
    return httpx.Client(
        verify=_certificates(*named),
        follow_redirects=True,
        timeout=_TIMEOUT,
        headers={"user-agent": f"ownstack/{__version__}", "accept-encoding": "identity"},
    )


@functools.lru_cache(maxsize=1)
def _certificates(file: str, folder: str) -> ssl.SSLContext:
    """Read the certificates that the environment names, a tenth of a second, once."""
    return httpx.create_ssl_context()


class Transfer:
    """Fetches one file. `run` may be called again after it has failed, by another process too."""

    def __init__(
        self,
        http: httpx.Client,
        remote: RemoteFile,
        part: Path,
        on_bytes: OnBytes = lambda done: None,
        stop: threading.Event | None = None,
        first_pause_s: float = _FIRST_PAUSE_S,
    ) -> None:
        self._http = http
        self._remote = remote
        self._part = part
        self._on_bytes = on_bytes
        self._stop = stop or threading.Event()
        self._first_pause_s = first_pause_s
        self._validator_file = part.with_name(f"{part.name}.json")
        self._where = urlsplit(remote.url).netloc
        self.size_bytes = remote.size_bytes
        self.reconnects = 0
        self._reached = False

    def run(self) -> None:
        """Fetch what is missing of the file.

        Raises:
            DownloadError: the server cannot be reached, or does not give what it should.
            Cancelled: by `stop`.
            OSError: the part file cannot be written.
        """
        fruitless = 0
        while True:
            before = self._have()
            if self.size_bytes is not None and before == self.size_bytes:
                return
            try:
                self._connect(before)
                if self.size_bytes is None or self._have() == self.size_bytes:
                    return
                raise _Again("the connection ended early")
            except _HOPELESS as error:
                raise self._hopeless(error) from error
            except (_Again, httpx.TransportError) as error:
                if _UNTRUSTED in str(error):
                    raise hub.unreachable(self._where, error) from error
                gained = self._have() - before
                fruitless = 0 if gained >= _WORTH_BYTES else fruitless + 1
                if fruitless >= (PATIENCE if self._reached else _FIRST_PATIENCE):
                    raise self._given_up(error) from error
                self.reconnects += 1
                log.info("%s: %s; taken up again at %d", self._where, error, self._have())
                self._pause(fruitless, getattr(error, "pause_s", 0.0))

    def forget(self) -> None:
        """Remove what was fetched."""
        self._part.unlink(missing_ok=True)
        self._validator_file.unlink(missing_ok=True)

    def done(self) -> None:
        """Remove what is known about the part file, which was moved away."""
        self._validator_file.unlink(missing_ok=True)

    def _connect(self, have: int) -> None:
        headers = dict(self._remote.headers)
        headers["range"] = f"bytes={have}-"
        if have and not self._remote.sha256:
            validator = self._validator()
            if validator:
                headers["if-range"] = validator
            else:  # Nobody says that it would be the same file that goes on.
                self.forget()
                have, headers["range"] = 0, "bytes=0-"
        with self._http.stream("GET", self._remote.url, headers=headers) as answer:
            self._reached = True
            self._check_address(answer)
            self._check_status(answer)
            start = self._start(answer, have)
            with self._part.open("r+b" if start else "wb") as part:
                part.seek(start)
                part.truncate()
                self._receive(answer, part, start)

    def _receive(self, answer: httpx.Response, part: BinaryIO, at: int) -> None:
        first = b""
        for chunk in self._chunks(answer):
            if at < len(MAGIC):
                first += chunk[: len(MAGIC)]
                if not first.startswith(MAGIC[: len(first)]):
                    raise DownloadError(
                        f"What {self._where} sends is no GGUF file.",
                        "Check the address. A network that wants a login sends its page instead.",
                    )
            at += len(chunk)
            if self.size_bytes is not None and at > self.size_bytes:
                self.forget()
                raise DownloadError(
                    f"{self._where} sends more than the {self.size_bytes:,} bytes it should.",
                    "It was thrown away. Try again, or another mirror.",
                )
            part.write(chunk)
            self._on_bytes(at)

    def _chunks(self, answer: httpx.Response) -> Iterator[bytes]:
        # As it comes: what is collected to larger pieces is lost when the connection breaks.
        for chunk in answer.iter_raw():
            if self._stop.is_set():
                raise Cancelled
            yield chunk

    def _check_address(self, answer: httpx.Response) -> None:
        """Take from a network without encryption only what can be checked."""
        url = str(answer.url)
        if not (url.startswith("https:") or is_loopback(url) or self._remote.sha256):
            raise DownloadError(
                f"{answer.url.host} sends without encryption, and nobody says which hash the file "
                "has: anybody on the way could exchange it.",
                "Give an https address, or the hash: --sha256 HEX",
            )

    def _check_status(self, answer: httpx.Response) -> None:
        status = answer.status_code
        if status in (200, 206):
            encoding = answer.headers.get("content-encoding", "identity")
            if encoding != "identity":
                raise DownloadError(f"{self._where} sends the file packed ({encoding}).")
            return
        if status == 416:
            self.forget()
            raise _Again("it has no such part of the file")
        if status in _RETRIED:
            raise _Again(f"it answers {status}", _retry_after(answer))
        if status in (401, 403):
            if answer.headers.get("x-error-code") == "GatedRepo":
                before = urlsplit(self._remote.url).path.partition("/resolve/")[0]
                raise hub.gated("/".join(before.split("/")[-2:]))
            raise DownloadError(
                f"{self._where} does not give the file ({status}).",
                "If it wants a token, set HF_TOKEN; it may have to be accepted first.",
            )
        if status == 407:
            raise hub.proxy_refused(RuntimeError("it wants a password (407)"))
        raise DownloadError(
            f"{self._where} does not have the file ({status}).", "Check the name and the address."
        )

    def _start(self, answer: httpx.Response, have: int) -> int:
        """Return where the bytes of an answer belong, having compared what it says of the size."""
        total, start = _number(answer.headers.get("content-length", "")), 0
        if answer.status_code == 206:
            said = _RANGE.fullmatch(answer.headers.get("content-range", ""))
            if said is None or int(said[1]) != have:
                raise _Again("it sends another part than was asked for")
            start, total = have, _number(said[3])
        expected = self._remote.size_bytes
        if total is not None and expected is not None and total != expected:
            self.forget()
            raise DownloadError(
                f"{self._where} says that the file has {total:,} bytes, and it should have "
                f"{expected:,}.",
                "Nothing of it was kept. Try again later, or another mirror.",
            )
        if self._remote.size_bytes is None:
            self.size_bytes = total  # Another one if it is another file by now.
        self._note_validator(answer)
        return start

    def _validator(self) -> str:
        """Return what tells whether the server's file is still the one begun; "" if nothing."""
        try:
            said = json.loads(self._validator_file.read_bytes()[:10_000])
            return str(said["validator"]) if said["url"] == self._remote.url else ""
        except (OSError, ValueError, KeyError, TypeError):
            return ""

    def _note_validator(self, answer: httpx.Response) -> None:
        tag = answer.headers.get("etag", "")
        validator = tag if tag.startswith('"') else answer.headers.get("last-modified", "")
        said = {"url": self._remote.url, "validator": validator}
        self._validator_file.write_text(json.dumps(said), "utf-8")

    def _pause(self, fruitless: int, asked_s: float) -> None:
        pause_s = min(self._first_pause_s * 2**fruitless, _LONGEST_PAUSE_S) if fruitless else 0.0
        if self._stop.wait(max(pause_s, asked_s)):
            raise Cancelled

    def _hopeless(self, error: Exception) -> DownloadError:
        if isinstance(error, httpx.ProxyError):
            return hub.proxy_refused(error)
        return DownloadError(
            f"{self._where} sends on to where nothing can be fetched: {error}.",
            "Check the address, or try another mirror.",
        )

    def _given_up(self, error: Exception) -> DownloadError:
        if isinstance(error, httpx.ConnectError):
            return hub.unreachable(self._where, error)
        why = str(error).strip().partition("\n")[0] or type(error).__name__
        return DownloadError(
            f"{self._where} broke off {PATIENCE} times in a row: {why}.",
            "What came is kept: the same command goes on from there.",
        )

    def _have(self) -> int:
        try:
            return os.stat(self._part).st_size
        except FileNotFoundError:
            return 0


def _retry_after(answer: httpx.Response) -> float:
    seconds = _number(answer.headers.get("retry-after", ""))
    return min(float(seconds or 0), _MOST_RETRY_AFTER_S)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None

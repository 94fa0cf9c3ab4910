"""A server on this machine that looks like a hub of models, and has every fault of the network.

`TestHub.put` publishes a file. What goes wrong is told by its fields, before it is asked.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import socket
import struct
import threading
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import quote, unquote, urlsplit

COMMIT = "5" * 40


@dataclass
class Asked:
    """One request."""

    path: str
    headers: dict[str, str]


@dataclass
class TestHub:
    """What is published, what goes wrong, and what was asked."""

    __test__ = False
    files: dict[str, dict[str, bytes]] = field(default_factory=dict)
    """Repository → path → content."""
    gated: set[str] = field(default_factory=set)
    token: str = ""
    """Opens what is gated."""
    breaks: deque[int] = field(default_factory=deque)
    """After so many bytes the next answer with content breaks off, then the one after it …"""
    resets: bool = False
    """Breaking off is a reset, not an end."""
    statuses: deque[tuple[int, dict[str, str]]] = field(default_factory=deque)
    """Answered instead of the next contents."""
    sent_instead: bytes | None = None
    said_size: int | None = None
    """A lie about the size of a file, where its content is sent."""
    knows_ranges: bool = True
    says_hashes: bool = True
    says_length: bool = True
    etag: str = '"1"'
    answer_instead: bytes | None = None
    """What the question for a repository is answered with."""
    redirects_to: str = ""
    """Scheme and host of the machine that has the content; "" = another name of this one."""
    asked: list[Asked] = field(default_factory=list)
    url: str = ""

    def put(self, repository: str, path: str, content: bytes) -> str:
        """Publish a file and return its SHA-256."""
        self.files.setdefault(repository, {})[path] = content
        return hashlib.sha256(content).hexdigest()

    @property
    def port(self) -> int:
        return urlsplit(self.url).port or 0

    def contents_asked(self) -> list[Asked]:
        """Return the requests for content."""
        return [request for request in self.asked if request.path.startswith("/content/")]

    def described(self, repository: str) -> dict[str, Any]:
        """Return what the API says of a repository."""
        siblings = []
        for path, content in self.files[repository].items():
            sibling: dict[str, Any] = {"rfilename": path, "size": len(content)}
            if self.says_hashes:
                digest = hashlib.sha256(content).hexdigest()
                sibling["lfs"] = {"size": len(content), "sha256": digest, "pointerSize": 134}
            siblings.append(sibling)
        return {
            "_id": "1",
            "id": repository,
            "modelId": repository,
            "sha": COMMIT,
            "private": False,
            "gated": "manual" if repository in self.gated else False,
            "cardData": {"license": "apache-2.0"},
            "siblings": siblings,
            "tags": [],
            "downloads": 0,
            "likes": 0,
        }


@contextlib.contextmanager
def running() -> Iterator[TestHub]:
    """Serve a hub on a free port of this machine."""
    hub = TestHub()

    class Handler(_Handler):
        pass

    Handler.hub = hub
    server = _Server(("127.0.0.1", 0), Handler)
    hub.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is what these tests are about."""


class _Handler(BaseHTTPRequestHandler):
    hub: TestHub
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *arguments: object) -> None:
        pass

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        path = unquote(url.path)  # A proxy is asked for a whole address; its path will do.
        self.hub.asked.append(Asked(self.path, {k.lower(): v for k, v in self.headers.items()}))
        if path.startswith("/api/models/"):
            self._api(path.removeprefix("/api/models/"))
        elif path.startswith("/content/"):
            self._content(path.removeprefix("/content/"))
        elif found := re.fullmatch(r"/([^/]+/[^/]+)/resolve/[^/]+/(.+)", path):
            self._resolve(found[1], found[2])
        else:
            self._say(404, b"")

    def _api(self, repository: str) -> None:
        if self.hub.answer_instead is not None:
            self._say(200, self.hub.answer_instead)
        elif repository not in self.hub.files:
            self._say(404, b"{}", {"x-error-code": "RepoNotFound"})
        else:
            self._say(200, json.dumps(self.hub.described(repository)).encode())

    def _resolve(self, repository: str, path: str) -> None:
        allowed = self.headers.get("authorization") == f"Bearer {self.hub.token}"
        if repository in self.hub.gated and not (self.hub.token and allowed):
            self._say(403, b"", {"x-error-code": "GatedRepo"})
            return
        where = self.hub.redirects_to or f"http://localhost:{self.hub.port}"
        self._say(302, b"", {"location": f"{where}/content/{repository}/{quote(path)}"})

    def _content(self, path: str) -> None:
        if self.hub.statuses:
            status, headers = self.hub.statuses.popleft()
            self._say(status, b"", headers)
            return
        owner, name, file = path.split("/", 2)
        content = self.hub.files.get(f"{owner}/{name}", {}).get(file)
        if content is None:
            self._say(404, b"")
            return
        if self.hub.sent_instead is not None:
            content = self.hub.sent_instead
        total = len(content) if self.hub.said_size is None else self.hub.said_size
        start = self._start()
        if start and start >= len(content):
            self._say(416, b"")
            return
        headers = {"etag": self.hub.etag}
        if self.hub.says_length:
            headers["content-length"] = str(total - start)
        if self.headers.get("range") and self._gives_parts():
            headers["content-range"] = f"bytes {start}-{total - 1}/{total}"
            self._head(206, headers)
        else:
            start = 0
            self._head(200, headers)
        self._send(content[start:], total - start)

    def _start(self) -> int:
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("range", ""))
        return int(asked[1]) if asked and self._gives_parts() else 0

    def _gives_parts(self) -> bool:
        return self.hub.knows_ranges and self.headers.get("if-range") in (None, self.hub.etag)

    def _send(self, content: bytes, promised: int) -> None:
        broken = self.hub.breaks.popleft() if self.hub.breaks else None
        with contextlib.suppress(OSError):  # The other side may have had enough.
            self.wfile.write(content if broken is None else content[:broken])
            self.wfile.flush()
        if broken is not None or promised != len(content) or not self.hub.says_length:
            self.close_connection = True
            if self.hub.resets and broken is not None:
                linger = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                self.connection.close()

    def _say(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self._head(status, {"content-length": str(len(body)), **(headers or {})})
        self.wfile.write(body)

    def _head(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if "content-length" not in headers:
            self.send_header("connection", "close")
        self.end_headers()

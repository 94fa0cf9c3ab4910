"""A server that speaks OpenAI's API on loopback and says what a test wants, piece by piece.

It stands for the model where what is said must be exact: in the real editor, for one.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from ownstack.chat.tool_ability import TRIALS

MODEL = "scripted"
PATIENCE_S = 60.0
Script = Callable[[str], list[str]]
"""From what was said since the model last spoke to the pieces of the answer."""
_TRIALS = frozenset(trial.question for trial in TRIALS)
HOLD = "\0hold"
"""A piece that is not sent: the answer waits for `ChatServer.release`."""
RELEASE = "/release"
"""Asked for below its address, by the journeys: the same as `ChatServer.release`."""


CALL = "\0call "
"""Begins a piece that calls a tool; see `call`."""


def call(name: str, **arguments: Any) -> str:
    """Return a piece that calls a tool."""
    return CALL + json.dumps({"name": name, "arguments": json.dumps(arguments)})


class ChatServer:
    """What was asked, and how to let go of an answer that is held."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.asked: list[list[dict[str, Any]]] = []
        self.releases = 0
        self._changed = threading.Condition()

    def release(self) -> None:
        """Let go of the hold that each answer waits at."""
        with self._changed:
            self.releases += 1
            self._changed.notify_all()

    def wait(self, releases: int) -> None:
        """Wait until it was released so many times."""
        with self._changed:
            self._changed.wait_for(lambda: self.releases >= releases, PATIENCE_S)


@contextmanager
def chat_server(script: Script) -> Iterator[ChatServer]:
    """Run it, and give what tells of it."""
    handler = type("Handler", (_Handler,), {"script": staticmethod(script)})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        handler.server_ = ChatServer(f"http://127.0.0.1:{server.server_port}/v1")
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield handler.server_
        finally:
            handler.server_.release()
            server.shutdown()
            thread.join()


class _Handler(BaseHTTPRequestHandler):
    script: Script
    server_: ChatServer

    def log_message(self, *_: Any) -> None:
        """A test's output is its own."""

    def do_GET(self) -> None:
        if self.path.endswith(RELEASE):
            self.server_.release()
        self._json({"object": "list", "data": [{"id": MODEL, "object": "model"}]})

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        messages = asked["messages"]
        releases = self.server_.releases
        said = max((at for at, one in enumerate(messages) if one["role"] == "assistant"), default=0)
        newest = "\n".join(_text(one["content"]) for one in messages[said + 1 :] or messages[-1:])
        if newest in _TRIALS:  # It is measured how well the model chooses tools: badly.
            pieces = ["No."]
        else:
            self.server_.asked.append(messages)
            pieces = self.script(newest)
            # A model that must call something and has only words calls `answer`, then says them.
            is_forced = asked.get("tool_choice") == "required"
            if is_forced and not any(piece.startswith(CALL) for piece in pieces):
                pieces = [call("answer")]
        if not asked.get("stream"):
            text = "".join(piece for piece in pieces if not piece.startswith("\0"))
            message = {"role": "assistant", "content": text}
            choice = {"index": 0, "message": message, "finish_reason": "stop"}
            self._json({"id": "1", "object": "chat.completion", "choices": [choice]})
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        try:
            calls = 0
            for piece in pieces:
                if piece == HOLD:
                    releases += 1
                    self.server_.wait(releases)
                elif piece.startswith(CALL):
                    made = json.loads(piece.removeprefix(CALL))
                    one = {"index": calls, "id": f"call-{calls}", "type": "function"}
                    self._event(delta={"tool_calls": [one | {"function": made}]})
                    calls += 1
                else:
                    self._event(delta={"content": piece})
            self._event(delta={}, finish="tool_calls" if calls else "stop")
            self.wfile.write(b"data: [DONE]\n\n")
        except (BrokenPipeError, ConnectionResetError):
            return  # The answer was stopped.

    def _event(self, *, delta: dict[str, Any], finish: str | None = None) -> None:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        event = {"id": "1", "object": "chat.completion.chunk", "choices": [choice]}
        self.wfile.write(f"data: {json.dumps(event)}\n\n".encode())
        self.wfile.flush()

    def _json(self, value: Any) -> None:
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "".join(part.get("text", "") for part in content)

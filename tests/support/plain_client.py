"""A language client in one file that knows no library and nothing of ours: JSON over a pipe."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ownstack.text import LineIndex


class PlainClient:
    """It applies what it is asked to apply, to one document; all else is answered with null."""

    def __init__(self, command: Sequence[str], folder: Path) -> None:
        self.text = ""
        self.before: list[str] = []
        """The text before each edit that it was asked for, for undoing."""
        self.notified: list[dict[str, Any]] = []
        self._uri, self._version, self._id = "", 0, 0
        self._process = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        workspace = {"applyEdit": True, "executeCommand": {}}
        kinds = {"codeActionKind": {"valueSet": ["", "refactor", "quickfix", "source"]}}
        self.capabilities = self.request(
            "initialize",
            {
                "processId": None,
                "rootUri": folder.as_uri(),
                "capabilities": {
                    "workspace": workspace,
                    "textDocument": {"codeAction": {"codeActionLiteralSupport": kinds}},
                },
            },
        )["capabilities"]
        self.notify("initialized", {})

    def open(self, file: Path) -> None:
        self.text, self._uri, self._version = file.read_bytes().decode(), file.as_uri(), 1
        item = {"uri": self._uri, "languageId": "python", "version": 1, "text": self.text}
        self.notify("textDocument/didOpen", {"textDocument": item})

    def actions(self, line: int) -> list[dict[str, Any]]:
        place = {"line": line, "character": 0}
        params = {
            "textDocument": {"uri": self._uri},
            "range": {"start": place, "end": place},
            "context": {"diagnostics": []},
        }
        found = self.request("textDocument/codeAction", params)
        return list(found or [])

    def use(self, action: dict[str, Any]) -> Any:
        """Apply an action's edit, or run its command; return what the command answers."""
        if "edit" in action:
            self._apply(action["edit"])
        command = action.get("command")
        if command is None:
            return None
        params = {"command": command["command"], "arguments": command["arguments"]}
        return self.request("workspace/executeCommand", params)

    def undo(self) -> None:
        """Take back the newest edit, in one step."""
        self._change(self.before.pop())

    def request(self, method: str, params: Any) -> Any:
        """Ask, and do meanwhile what the server asks for."""
        self._id += 1
        self._send({"id": self._id, "method": method, "params": params})
        while True:
            message = self._read()
            if "method" not in message and message["id"] == self._id:
                if "error" in message:
                    raise RuntimeError(message["error"]["message"])
                return message["result"]
            if message.get("method") == "workspace/applyEdit":
                self._apply(message["params"]["edit"])
                self._send({"id": message["id"], "result": {"applied": True}})
            elif "method" in message and "id" in message:
                self._send({"id": message["id"], "result": None})
            elif "method" in message:
                self.notified.append(message)

    def notify(self, method: str, params: Any) -> None:
        self._send({"method": method, "params": params})

    def close(self) -> int:
        """End the session, and return the server's exit status."""
        self.request("shutdown", None)
        self.notify("exit", None)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with self._process.stdin, self._process.stdout:
            return self._process.wait(60)

    def _apply(self, edit: dict[str, Any]) -> None:
        index, text = LineIndex(self.text), self.text
        for each in reversed(edit["changes"][self._uri]):
            start, end = (
                index.offset(each["range"][name]["line"], each["range"][name]["character"])
                for name in ("start", "end")
            )
            text = text[:start] + each["newText"] + text[end:]
        self.before.append(self.text)
        self._change(text)

    def _change(self, text: str) -> None:
        self.text = text
        self._version += 1
        document = {"uri": self._uri, "version": self._version}
        params = {"textDocument": document, "contentChanges": [{"text": text}]}
        self.notify("textDocument/didChange", params)

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self._process.stdin.flush()

    def _read(self) -> Any:
        assert self._process.stdout is not None
        length = 0
        while line := self._process.stdout.readline().strip():
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        if not length:
            raise RuntimeError("The server has gone.")
        return json.loads(self._process.stdout.read(length))

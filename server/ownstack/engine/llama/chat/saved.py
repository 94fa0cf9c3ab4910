"""Conversations on disk: keys and values, so that going on costs no evaluation.

A file of our own, checked as a whole before anything of it is used: llama.cpp's would end the
process where one is cut off. It is a cache: of no use to another model or another llama.cpp, kept
within bounds, and gone without harm.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import struct
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ownstack.engine.adapters import Adapter
from ownstack.engine.llama.chat.held import Part
from ownstack.errors import in_words

log = logging.getLogger(__name__)

WORTH_SAVING = 256
"""Tokens of a conversation; fewer are evaluated as soon as they are read."""
MAX_FILE = 1024**3
MAX_FOLDER = 2 * 1024**3
_MAGIC = b"OWNSTACK-KV-1\n"
_SIZES = struct.Struct("<QQ")
_DIGEST = 32
_HEAD = 1024**2
_TAIL = 64 * 1024


@dataclass(frozen=True, slots=True)
class SavedConversation:
    """A conversation with a model, as far as it was evaluated."""

    name: str
    date: datetime
    """The day that its prompt tells."""
    tokens: tuple[int, ...]
    parts: tuple[Part, ...]
    """The last prompt, and how many of the tokens it is."""
    prompt_tokens: int
    raw: str
    """What the model wrote after it."""
    state: bytes
    """Keys and values of all tokens."""
    adapters: str = ""
    """Which adapters they were computed with (`fingerprint`)."""


def fingerprint(adapters: Sequence[Adapter]) -> str:
    """Return what tells adapters and their scales from others; "" if there are none."""
    return " ".join(f"{adapter.path}*{adapter.scale!r}" for adapter in adapters)


class ConversationStore:
    """The folder in which the conversations with one model are kept. Any thread may call it."""

    def __init__(self, folder: Path, model: Path, build: str) -> None:
        """`build` tells llama.cpp's version and settings, whose states are no others'."""
        self._folder = folder
        self._model = _fingerprint(model, build)

    def has(self, name: str) -> bool:
        return self._path(name).is_file()

    def save(self, saved: SavedConversation) -> bool:
        """Write a conversation, in one step; False if it is too large or the disk refuses."""
        header = json.dumps(
            {
                "model": self._model,
                "name": saved.name,
                "date": saved.date.isoformat(),
                "tokens": saved.tokens,
                "parts": [[part.text, part.control] for part in saved.parts],
                "promptTokens": saved.prompt_tokens,
                "raw": saved.raw,
                "adapters": saved.adapters,
            }
        ).encode("utf-8", "replace")
        size = len(_MAGIC) + _SIZES.size + len(header) + len(saved.state) + _DIGEST
        if size > MAX_FILE:
            return False
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._make_room(size)
            self._write(self._path(saved.name), header, saved.state)
        except OSError as error:
            log.warning("A conversation was not kept on disk: %s", in_words(error))
            return False
        return True

    def load(self, name: str) -> SavedConversation | None:
        """Return a conversation; None if there is none that is whole and of this model."""
        path = self._path(name)
        try:
            if path.stat().st_size > MAX_FILE:
                return None
            data = path.read_bytes()
            os.utime(path)
        except OSError:
            return None
        saved = self._read(data)
        if saved is None or saved.name != name:
            log.info("%s is no conversation that can be used.", path.name)
            path.unlink(missing_ok=True)
            return None
        return saved

    def delete(self, name: str) -> None:
        self._path(name).unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        digest = hashlib.sha256(f"{self._model}\n{name}".encode("utf-8", "replace"))
        return self._folder / f"{digest.hexdigest()[:40]}.kv"

    def _write(self, path: Path, header: bytes, state: bytes) -> None:
        sizes = _SIZES.pack(len(header), len(state))
        digest = hashlib.sha256()
        handle, name = tempfile.mkstemp(dir=self._folder, suffix=".part")
        part = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                for piece in (_MAGIC, sizes, header, state):
                    digest.update(piece)
                    file.write(piece)
                file.write(digest.digest())
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise

    def _read(self, data: bytes) -> SavedConversation | None:
        body = memoryview(data)[:-_DIGEST]
        head = len(_MAGIC) + _SIZES.size
        if len(body) < head or body[: len(_MAGIC)] != _MAGIC:
            return None
        if hashlib.sha256(body).digest() != data[-_DIGEST:]:
            return None
        header_size, state_size = _SIZES.unpack(body[len(_MAGIC) : head])
        if head + header_size + state_size != len(body):
            return None
        try:
            header = json.loads(bytes(body[head : head + header_size]))
            if header["model"] != self._model:
                return None
            return SavedConversation(
                name=str(header["name"]),
                date=datetime.fromisoformat(header["date"]),
                tokens=tuple(map(int, header["tokens"])),
                parts=tuple(Part(str(text), bool(control)) for text, control in header["parts"]),
                prompt_tokens=int(header["promptTokens"]),
                raw=str(header["raw"]),
                adapters=str(header.get("adapters", "")),
                state=bytes(body[head + header_size :]),
            )
        except (ValueError, KeyError, TypeError, RecursionError):
            return None

    def _make_room(self, size: int) -> None:
        """Delete what was not used for longest, and what a crash left, to stay within bounds."""
        files = sorted(_sizes(self._folder), key=lambda file: file[0])
        left = sum(file[1] for file in files) + size
        for _used, file_size, path in files:
            if left <= MAX_FOLDER:
                break
            path.unlink(missing_ok=True)
            left -= file_size


def _sizes(folder: Path) -> Iterator[tuple[float, int, Path]]:
    for path in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):  # Another process deletes, too.
            status = path.stat()
            yield status.st_mtime, status.st_size, path


def _fingerprint(model: Path, build: str) -> str:
    """Return what tells a model's file and the llama.cpp that runs it from any others."""
    digest = hashlib.sha256(build.encode("utf-8", "replace"))
    with model.open("rb") as file:
        digest.update(file.read(_HEAD))
        size = file.seek(0, os.SEEK_END)
        digest.update(str(size).encode())
        file.seek(max(0, size - _TAIL))
        digest.update(file.read(_TAIL))
    return digest.hexdigest()

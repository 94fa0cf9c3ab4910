"""Fetches models: what is asked for by name, whole, checked, or not at all.

A file has its name only once it is complete, has the hash that the catalogue or the hub gives, and
is a GGUF file by its head. Before that it is a part file beside it, which the next attempt goes on
with. Nothing here is called unless the user has asked for a model.
"""

from __future__ import annotations

import glob
import hashlib
import os
import re
import shutil
import threading
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import httpx

from ownstack.errors import DownloadError, ModelCorruptError, OfflineError, in_words
from ownstack.locking import FileLock
from ownstack.models.catalogue import CatalogueModel
from ownstack.models.fetching import hub, model_source, transfer
from ownstack.models.fetching.hub import RemoteFile
from ownstack.models.fetching.model_source import HubSource, UrlSource
from ownstack.models.fetching.offline import OFFLINE_VARIABLE, set_variable
from ownstack.models.gguf import gguf_file

OFFLINE_VARIABLES = (OFFLINE_VARIABLE, "HF_HUB_OFFLINE")
_DISK_RESERVE_BYTES = 500_000_000
"""What a download leaves free."""
_UNSAFE = re.compile(r"[^\w.+-]+")
_HASH_BYTES = 1 << 22
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a download is, all files of the model together."""

    phase: Literal["fetching", "checking"]
    done_bytes: int
    total_bytes: int
    """0 = the server has not said."""
    file: str
    reconnects: int = 0
    """How often a connection broke, and was taken up again."""


OnProgress = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class Download:
    """What is going to be fetched, and where to."""

    source: str
    """What names it again: `hf:…`, or the address."""
    files: tuple[RemoteFile, ...]
    folder: Path
    license: str = ""
    name: str = ""
    """What the catalogue calls it, if it was named by that."""

    @property
    def size_bytes(self) -> int:
        """Of all files; 0 if one server does not say."""
        sizes = [file.size_bytes for file in self.files]
        return 0 if None in sizes else sum(size or 0 for size in sizes)

    def path(self, file: RemoteFile) -> Path:
        return self.folder / _safe(file.name.rpartition("/")[2])


def check_online(offline: bool) -> None:
    """Refuse if nothing may be fetched.

    Raises:
        OfflineError: by the setting `models.offline`, or the environment; which of them.
    """
    variable = set_variable(*OFFLINE_VARIABLES)
    if offline or variable:
        why = "the setting ownstack.models.offline is on" if offline else f"{variable} is set"
        what = "Turn it off" if offline else f"Unset {variable}"
        raise OfflineError(
            f"Nothing is downloaded: {why}.",
            f"{what}, or add a file that is here: ownstack models add PATH",
        )


def room_bytes(folder: Path) -> int:
    """Return how much may be downloaded into a folder, which need not be there yet."""
    there = next(path for path in (folder, *folder.parents) if path.exists())
    return max(0, shutil.disk_usage(there).free - _DISK_RESERVE_BYTES)


def begun_bytes(model: CatalogueModel, folder: Path) -> int:
    """Return how much of a model's (first) file an earlier attempt has left below `folder`."""
    name = f"{glob.escape(_safe(model.file.rpartition('/')[2]))}.*.part"
    below = folder / _safe(model.repository.replace("/", "--"))
    try:
        return max((part.stat().st_size for part in below.glob(name)), default=0)
    except FileNotFoundError:  # It has just become the whole file.
        return 0


def prepare(text: str, folder: Path, *, offline: bool = False, sha256: str = "") -> Download:
    """Find out what a name, `hf:…` or address is, and whether it can be had. Asks the hub.

    `folder`: below which models are kept. `sha256`: what the file must have, if the user knows.

    Raises:
        OfflineError, DownloadError, ModelNotFoundError: why it cannot; what to do.
    """
    check_online(offline)
    sha256 = sha256.strip().lower()
    if sha256 and not _SHA256.fullmatch(sha256):
        raise DownloadError("A SHA-256 has 64 hexadecimal digits.", "Check --sha256.")
    source = model_source.parsed(text)
    if isinstance(source, UrlSource):
        download = _of_address(source, folder)
    else:
        download = _of_hub(source, folder)
    if sha256:
        if len(download.files) > 1:
            raise DownloadError("--sha256 is for one file, and this model has several.")
        download = replace(download, files=(replace(download.files[0], sha256=sha256),))
    return download


def fetch(
    download: Download,
    on_progress: OnProgress = lambda progress: None,
    stop: threading.Event | None = None,
    first_pause_s: float = 0.5,
) -> list[Path]:
    """Fetch and check all files; return them in order. Goes on with what an earlier attempt left.

    Raises:
        DownloadError: why not; nothing that is not complete and right has its name.
        transfer.Cancelled: by `stop`.
    """
    try:
        download.folder.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            stack.enter_context(_locked(download))
            http = stack.enter_context(transfer.client())
            _check_space(download)
            work = _Fetching(http, download, on_progress, stop, first_pause_s)
            return [work.fetch(file) for file in download.files]
    except OSError as error:
        raise DownloadError(
            f"{download.folder} cannot be written: {in_words(error)}.",
            "Free some space or check the permissions, then run the same command again.",
        ) from error


class _Fetching:
    def __init__(
        self,
        http: httpx.Client,
        download: Download,
        on_progress: OnProgress,
        stop: threading.Event | None,
        first_pause_s: float,
    ) -> None:
        self._http = http
        self._download = download
        self._on_progress = on_progress
        self._stop = stop or threading.Event()
        self._first_pause_s = first_pause_s
        self._before = 0
        """Bytes of the files that are done."""
        self._reconnects = 0

    def fetch(self, file: RemoteFile) -> Path:
        path = self._download.path(file)
        if not self._is_there(file, path):
            part = _part(path, file)
            work = transfer.Transfer(
                self._http,
                file,
                part,
                lambda done: self._tell("fetching", done, file, work.reconnects),
                self._stop,
                self._first_pause_s,
            )
            work.run()
            self._reconnects += work.reconnects
            try:
                self._check(file, part)
            except (DownloadError, ModelCorruptError):
                work.forget()
                raise
            os.replace(part, path)
            work.done()
        self._before += path.stat().st_size
        return path

    def _is_there(self, file: RemoteFile, path: Path) -> bool:
        """Say whether an earlier download has brought this very file."""
        if not path.is_file() or not file.sha256 or path.stat().st_size != file.size_bytes:
            return False
        return self._hash(path, file) == file.sha256

    def _check(self, file: RemoteFile, part: Path) -> None:
        where = urlsplit(file.url).netloc
        if file.sha256 and self._hash(part, file) != file.sha256:
            raise DownloadError(
                f"What {where} sent as {file.name} has another hash than it should: it was "
                "thrown away.",
                "Try again. If it happens again, a proxy or a mirror changes the file.",
            )
        try:
            gguf_file.read(part)
        except ModelCorruptError as error:
            raise ModelCorruptError(
                error.what.replace(part.name, file.name), "It was thrown away. Try another source."
            ) from error

    def _hash(self, path: Path, file: RemoteFile) -> str:
        digest, done = hashlib.sha256(), 0
        with path.open("rb") as opened:
            while block := opened.read(_HASH_BYTES):
                if self._stop.is_set():
                    raise transfer.Cancelled
                digest.update(block)
                done += len(block)
                self._tell("checking", done, file)
        return digest.hexdigest()

    def _tell(
        self,
        phase: Literal["fetching", "checking"],
        done: int,
        file: RemoteFile,
        reconnects: int = 0,
    ) -> None:
        total, broke = self._download.size_bytes, self._reconnects + reconnects
        self._on_progress(Progress(phase, self._before + done, total, file.name, broke))


def _of_hub(source: HubSource, folder: Path) -> Download:
    found = hub.look_up(source)
    files = found.files
    unknown = [file.name for file in files if not file.sha256]
    if unknown:
        raise DownloadError(
            f"The hub does not say which hash {unknown[0]} has, so it could not be checked.",
            "If HF_ENDPOINT names a mirror, try another. Or give the file's address and --sha256.",
        )
    known = source.model
    if known is not None and known.sha256 and files[0].sha256 != known.sha256:
        raise DownloadError(
            f"The hub now has another file than the one that {known.name} was tested with.",
            f"To take it all the same: ownstack models pull {known.source}",
        )
    named = f"hf:{source.repository}/{files[0].name}"
    below = folder / _safe(source.repository.replace("/", "--"))
    return Download(named, files, below, found.license, known.name if known is not None else "")


def _of_address(source: UrlSource, folder: Path) -> Download:
    if hub.SPLIT.search(source.file):
        raise DownloadError(
            f"{source.file} is one of several files of a model.",
            "Give its repository (hf:OWNER/REPOSITORY/FILE), so that all of them are fetched.",
        )
    host = _safe(urlsplit(source.url).hostname or "")
    return Download(source.url, (RemoteFile(source.file, source.url),), folder / host)


def _check_space(download: Download) -> None:
    """Refuse what does not fit on the disk, before anything is fetched."""
    missing = 0
    for file in download.files:
        path = download.path(file)
        part = _part(path, file)
        there = max((p.stat().st_size for p in (path, part) if p.is_file()), default=0)
        missing += max(0, (file.size_bytes or 0) - there)
    free = shutil.disk_usage(download.folder).free
    if missing and missing + _DISK_RESERVE_BYTES > free:
        raise DownloadError(
            f"There is no room: {missing / 1e9:.1f} GB are to be fetched, and "
            f"{free / 1e9:.1f} GB are free in {download.folder}.",
            "Free some space, or name another folder with --to.",
        )


def _locked(download: Download) -> FileLock:
    path = download.path(download.files[0])
    lock = FileLock.take(path.with_name(f"{path.name}.lock"), waits=False, private=False)
    if lock is None:
        raise DownloadError(
            f"{path.name} is being downloaded already.",
            "Wait until it is here. An attempt that was stopped has ended after half a minute.",
        )
    return lock


def _part(path: Path, file: RemoteFile) -> Path:
    """Return the part file; a file that has changed on the hub has another one."""
    return path.with_name(f"{path.name}.{(file.sha256 or 'unchecked')[:12]}.part")


def _safe(name: str) -> str:
    return _UNSAFE.sub("_", name).lstrip(".") or "model.gguf"

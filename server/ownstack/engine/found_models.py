"""GGUF files that other programs on this machine have already downloaded. Never the network."""

from __future__ import annotations

import json
import logging
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

log = logging.getLogger(__name__)

MAX_ENTRIES = 20_000
"""Folder entries looked at in one place: it is a courtesy, not a search of the disk."""
_SHARED_OLLAMA = Path("/usr/share/ollama/.ollama/models")
"""Where Ollama's Linux service keeps its models."""
_OLLAMA_MODEL = "application/vnd.ollama.image.model"
_NOT_A_MODEL = re.compile(r"mmproj|-(?!00001)\d{5}-of-\d{5}\.gguf$", re.IGNORECASE)
"""Image projectors, and the further files of a split model."""
_MAX_MANIFEST_BYTES = 1_000_000
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def found_on_disk() -> list[Path]:
    """Return the models of Ollama, LM Studio, llama.cpp and the Hugging Face cache, each once."""
    found: dict[Path, Path] = {}
    for path in (*_ollama(), *_ggufs()):
        try:
            found.setdefault(path.resolve(), path)
        except OSError as error:
            log.debug("%s is left out: %s", path, error)
    return list(found.values())


def _ggufs() -> Iterator[Path]:
    home, env = Path.home(), os.environ
    caches = _cache_folder()
    folders = [
        home / ".lmstudio" / "models",
        home / ".cache" / "lm-studio" / "models",
        Path(env["LLAMA_CACHE"]) if env.get("LLAMA_CACHE") else caches / "llama.cpp",
        Path(env["HF_HUB_CACHE"])
        if env.get("HF_HUB_CACHE")
        else Path(env.get("HF_HOME") or _xdg_cache() / "huggingface") / "hub",
    ]
    for folder in folders:
        for path in _files_below(folder):
            if path.suffix.lower() == ".gguf" and not _NOT_A_MODEL.search(path.name):
                yield path


def _ollama() -> Iterator[Path]:
    """Yield the blobs that Ollama's manifests call models (no file there has a name)."""
    folders = [Path.home() / ".ollama" / "models", _SHARED_OLLAMA]
    if os.environ.get("OLLAMA_MODELS"):
        folders.insert(0, Path(os.environ["OLLAMA_MODELS"]))
    for folder in folders:
        for manifest in _files_below(folder / "manifests"):
            for digest in _models_of(manifest):
                blob = folder / "blobs" / digest.replace(":", "-")
                if blob.is_file():
                    yield blob


def _models_of(manifest: Path) -> list[str]:
    try:
        if manifest.stat().st_size > _MAX_MANIFEST_BYTES:
            return []
        layers = json.loads(manifest.read_bytes())["layers"]
        digests = [layer["digest"] for layer in layers if layer["mediaType"] == _OLLAMA_MODEL]
    except (OSError, ValueError, KeyError, TypeError) as error:
        log.debug("%s is no manifest: %s", manifest, error)
        return []
    return [digest for digest in digests if isinstance(digest, str) and _DIGEST.fullmatch(digest)]


def _files_below(folder: Path) -> Iterator[Path]:
    """Yield files in a stable order; links to files count, links to folders do not."""
    seen = 0
    for parent, folders, files in os.walk(folder):
        folders.sort()
        for file in sorted(files):
            seen += 1
            if seen > MAX_ENTRIES:
                log.info("%s holds too many files to look at them all.", folder)
                return
            path = Path(parent, file)
            if path.is_file():
                yield path


def _xdg_cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


def _cache_folder() -> Path:
    """Return where llama.cpp puts its cache (common/common.cpp, fs_get_cache_directory)."""
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    return _xdg_cache()

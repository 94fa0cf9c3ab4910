"""GGUF files that other programs on this machine have already downloaded. Never the network."""

from __future__ import annotations

import json
import logging
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ownstack.files.opening import read_regular

log = logging.getLogger(__name__)

MAX_ENTRIES = 20_000
"""Folder entries looked at in one place: it is a courtesy, not a search of the disk."""
_SHARED_OLLAMA = Path("/usr/share/ollama/.ollama/models")
"""Where Ollama's Linux service keeps its models."""
_OLLAMA_MODEL = "application/vnd.ollama.image.model"
_NOT_A_MODEL = re.compile(r"mmproj|-(?!00001)\d{5}-of-\d{5}\.gguf$", re.IGNORECASE)
"""Image projectors, and the further files of a split model."""
_MAX_MANIFEST_BYTES = 1_000_000
_MAX_POINTER_BYTES = 4_096
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class FoundModel:
    """A file that another program keeps."""

    path: Path
    program: str
    name: str = ""
    """What that program calls it; "" if it goes by its file's name."""


def found_models() -> list[FoundModel]:
    """Return the models of Ollama, LM Studio, llama.cpp and the Hugging Face cache, each once."""
    found: dict[Path, FoundModel] = {}
    for model in (*_ollama(), *_ggufs()):
        try:
            found.setdefault(model.path.resolve(), model)
        except OSError as error:
            log.debug("%s is left out: %s", model.path, error)
    return list(found.values())


def found_on_disk() -> list[Path]:
    """Return their files."""
    return [model.path for model in found_models()]


def _ggufs() -> Iterator[FoundModel]:
    home, env = Path.home(), os.environ
    caches = _cache_folder()
    hub = Path(env.get("HF_HOME") or _xdg_cache() / "huggingface") / "hub"
    folders = [
        ("LM Studio", _lm_studio_home() / "models"),
        ("LM Studio", home / ".cache" / "lm-studio" / "models"),
        ("llama.cpp", Path(env.get("LLAMA_CACHE") or caches / "llama.cpp")),
        ("Hugging Face", Path(env.get("HF_HUB_CACHE") or hub)),
    ]
    for program, folder in folders:
        for path in _files_below(folder):
            if path.suffix.lower() == ".gguf" and not _NOT_A_MODEL.search(path.name):
                yield FoundModel(path, program)


def _ollama() -> Iterator[FoundModel]:
    """Yield the blobs that Ollama's manifests call models (no file there has a name)."""
    folders = [Path.home() / ".ollama" / "models", _SHARED_OLLAMA]
    if os.environ.get("OLLAMA_MODELS"):
        folders.insert(0, Path(os.environ["OLLAMA_MODELS"]))
    for folder in folders:
        for manifest in _files_below(folder / "manifests"):
            for digest in _models_of(manifest):
                blob = folder / "blobs" / digest.replace(":", "-")
                if blob.is_file():
                    # …/registry.ollama.ai/library/qwen2.5-coder/0.5b
                    name = f"{manifest.parent.name}:{manifest.name}"
                    yield FoundModel(blob, "Ollama", name)


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


def _lm_studio_home() -> Path:
    """Return where LM Studio keeps what is its own; it may have been moved elsewhere."""
    home = Path.home()
    try:
        said, _ = read_regular(home / ".lmstudio-home-pointer", _MAX_POINTER_BYTES)
        moved = Path(said.decode("utf-8").strip())
        return moved if moved.is_absolute() else home / ".lmstudio"
    except (OSError, ValueError) as error:
        log.debug("LM Studio was not moved: %s", error)
        return home / ".lmstudio"


def _xdg_cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


def _cache_folder() -> Path:
    """Return where llama.cpp puts its cache (common/common.cpp, fs_get_cache_directory)."""
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    return _xdg_cache()

"""Where a model is to be fetched from, as a user says it."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from ownstack.errors import DownloadError
from ownstack.models import catalogue
from ownstack.models.catalogue import CatalogueModel

HUB = "https://huggingface.co"
_HUB_PREFIX = "hf:"
_PART = re.compile(r"[A-Za-z0-9][\w.-]{0,95}")
_REVISIONS = ("resolve", "blob")
_FORMS = "Give a name of the catalogue, hf:OWNER/REPOSITORY/FILE, or an https address."


@dataclass(frozen=True, slots=True)
class HubSource:
    """A file of a repository on a hub like Hugging Face's."""

    repository: str
    file: str = ""
    """Its path in there; "" = the only one, or that of `quantization`."""
    quantization: str = ""
    model: CatalogueModel | None = None
    """What the catalogue says of it, if it was named by that."""


@dataclass(frozen=True, slots=True)
class UrlSource:
    """A file at an address."""

    url: str

    @property
    def file(self) -> str:
        return unquote(urlsplit(self.url).path.rpartition("/")[2])


Source = HubSource | UrlSource


def endpoint() -> str:
    """Return the hub's address: `HF_ENDPOINT` names a mirror."""
    return (os.environ.get("HF_ENDPOINT") or HUB).rstrip("/")


def parsed(text: str) -> Source:
    """Understand a name of the catalogue, `hf:owner/repository[/file|:Q4_K_M]`, or an address.

    Raises:
        ModelNotFoundError: the catalogue has no such model.
        DownloadError: it is none of these.
    """
    text = text.strip()
    if text.startswith(_HUB_PREFIX):
        return _on_hub(text)
    if "://" in text:
        return _at_address(text)
    if "/" in text or "\\" in text or text.endswith(".gguf"):
        raise DownloadError(
            f"“{text}” is not something to download.",
            f"{_FORMS} A file that is here already: ownstack models add PATH",
        )
    model = catalogue.named(text)
    return HubSource(model.repository, model.file, model=model)


def is_loopback(url: str) -> bool:
    """Say whether an address is on this machine."""
    return (urlsplit(url).hostname or "") in ("localhost", "127.0.0.1", "::1")


def _on_hub(text: str) -> HubSource:
    rest, _, quantization = text[len(_HUB_PREFIX) :].partition(":")
    owner, _, rest = rest.partition("/")
    repository, _, file = rest.partition("/")
    parts = (owner, repository)
    if not all(map(_PART.fullmatch, parts)) or (quantization and not _PART.fullmatch(quantization)):
        raise DownloadError(f"“{text}” names no repository.", "Write hf:OWNER/REPOSITORY/FILE.")
    if file and (".." in file.split("/") or not file.lower().endswith(".gguf")):
        raise DownloadError(f"“{file}” is no GGUF file.", "Models are files that end in .gguf.")
    return HubSource(f"{owner}/{repository}", file, quantization)


def _at_address(text: str) -> Source:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise DownloadError(f"“{text}” is no address: {error}.", _FORMS) from error
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0:
        raise DownloadError(f"“{text}” is no address of a model.", _FORMS)
    if parts.username or parts.password:
        raise DownloadError(
            "A password in an address would stand in the list of models.",
            "Set HF_TOKEN for a hub, or fetch the file yourself: ownstack models add PATH",
        )
    path = [unquote(part) for part in parts.path.split("/") if part]
    if f"{parts.scheme}://{parts.netloc}" in (HUB, endpoint()) and len(path) > 4:
        owner, repository, kind, revision, *rest = path
        if kind in _REVISIONS and revision == "main":  # As it is copied from a browser.
            return _on_hub(f"{_HUB_PREFIX}{owner}/{repository}/{'/'.join(rest)}")
    if not parts.path.lower().endswith(".gguf"):
        raise DownloadError(
            f"{text} does not end in .gguf, so it is no model.",
            "Give the address of the file itself, or hf:OWNER/REPOSITORY.",
        )
    return UrlSource(text)

"""What a hub like Hugging Face's says about a repository: its files, their sizes and hashes.

The only importer of huggingface_hub, which is asked for metadata and for the user's token. The
bytes are fetched by `models/fetching/transfer.py`: the library's own transfer gives up on a
connection that is reset, and compares sizes, not hashes.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

from ownstack import __version__
from ownstack.errors import DownloadError
from ownstack.models.fetching.model_source import HubSource, endpoint, is_loopback

SPLIT = re.compile(r"-(\d{5})-of-(\d{5})\.gguf$", re.IGNORECASE)
_SHA256 = re.compile(r"[0-9a-f]{64}")
_TIMEOUT_S = 20.0
_MOST_SHOWN = 12
_MOST_PARTS = 999
_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file to fetch."""

    name: str
    """Its path in the repository, or its last part."""
    url: str
    size_bytes: int | None = None
    sha256: str = ""
    """"" = nobody has said it."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Repository:
    """What was asked for, in a repository as it is now."""

    files: tuple[RemoteFile, ...]
    """All parts of one model, in order."""
    license: str


def look_up(source: HubSource) -> Repository:
    """Ask the hub for a model's files. One request, to `HF_ENDPOINT` or huggingface.co.

    Raises:
        DownloadError: the hub is not there, has no such file, or does not give it; what to do.
    """
    token = _token()
    info = _asked(source, token)
    siblings = [file for file in info.siblings or () if _is_model(file.rfilename)]
    if not siblings:
        raise _no_gguf(source, info)
    if info.gated and not token:
        raise gated(source.repository)
    chosen = _chosen(source, siblings)
    headers = {"authorization": f"Bearer {token}"} if token else {}
    files = tuple(_remote(source, info, file, headers) for file in chosen)
    card = info.card_data
    return Repository(files, str(getattr(card, "license", "") or "") if card else "")


def gated(repository: str) -> DownloadError:
    """Return the error that says how to get a model whose owner wants to be asked."""
    return DownloadError(
        f"{repository} is gated: its owner wants you to accept terms first.",
        f"Accept them at {endpoint()}/{repository}, make a token there, and set HF_TOKEN to it.",
    )


def _asked(source: HubSource, token: str) -> Any:
    # Before the library is imported: it reads this once.
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    import httpx
    from huggingface_hub import HfApi
    from huggingface_hub import errors as hub

    api = HfApi(
        endpoint=endpoint(),
        token=token or False,
        library_name="ownstack",
        library_version=__version__,
    )
    where, repository = urlsplit(endpoint()).netloc, source.repository
    attempt = 0
    while True:
        attempt += 1
        try:
            return api.model_info(repository, files_metadata=True, timeout=_TIMEOUT_S)
        except hub.GatedRepoError as error:
            raise gated(repository) from error
        except hub.RepositoryNotFoundError as error:
            raise DownloadError(
                f"{where} has no repository {repository}, or it is private.",
                "Check the name. If it is private, set HF_TOKEN to a token that may read it.",
            ) from error
        except hub.HfHubHTTPError as error:
            status = error.response.status_code if error.response is not None else 0
            if status < 500 or attempt == _ATTEMPTS:
                raise DownloadError(
                    f"{where} answers with an error ({status}).", "Try again later."
                ) from error
        except httpx.ProxyError as error:
            raise proxy_refused(error) from error
        except httpx.HTTPError as error:
            if attempt == _ATTEMPTS:
                raise unreachable(where, error) from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            # What the library trips over in an answer that is none.
            raise DownloadError(
                f"What {where} says about {repository} is not understood.",
                "If HF_ENDPOINT names a mirror, check that it is one.",
            ) from error


def unreachable(where: str, error: Exception) -> DownloadError:
    """Return the error that says that a server cannot be reached."""
    return DownloadError(
        f"{where} cannot be reached: {_said(error)}.",
        "Check the network. Behind a proxy set HTTPS_PROXY, and SSL_CERT_FILE if it has a "
        "certificate of its own. HF_ENDPOINT names a mirror.",
    )


def proxy_refused(error: Exception) -> DownloadError:
    """Return the error that says that a proxy is in the way."""
    return DownloadError(
        f"The proxy that the environment names does not let this through: {_said(error)}.",
        "Check HTTPS_PROXY, HTTP_PROXY and NO_PROXY.",
    )


def _said(error: Exception) -> str:
    text = str(error).strip().partition("\n")[0].rstrip(".")[:200]
    return text or type(error).__name__


def _token() -> str:
    """Return the token that the user has set for the hub; "" if others could read it too."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    from huggingface_hub import get_token

    url = endpoint()
    return (get_token() or "") if url.startswith("https:") or is_loopback(url) else ""


def _is_model(name: str) -> bool:
    return name.lower().endswith(".gguf") and "mmproj" not in name.lower()


def _no_gguf(source: HubSource, info: Any) -> DownloadError:
    names = [file.rfilename for file in info.siblings or ()]
    others = any(name.endswith((".safetensors", ".bin")) for name in names)
    what = "only weights for other programs" if others else "no model"
    return DownloadError(
        f"{source.repository} has no GGUF files, {what}.",
        "Look for a repository with GGUF in its name; most models have one.",
    )


def _chosen(source: HubSource, siblings: Sequence[Any]) -> list[Any]:
    """Return the siblings that are the model that was asked for, all parts of it."""
    models: dict[str, list[Any]] = {}
    for file in siblings:
        models.setdefault(SPLIT.sub(".gguf", file.rfilename), []).append(file)
    wanted = SPLIT.sub(".gguf", source.file)
    if wanted:
        found = [name for name in models if name == wanted]
        found = found or [n for n in models if n.rpartition("/")[2].lower() == wanted.lower()]
    elif source.quantization:
        tag = re.compile(rf"(?<![A-Z0-9]){re.escape(source.quantization)}(?![A-Z0-9_])", re.I)
        found = [name for name in models if tag.search(name)]
    else:
        found = list(models)
    if len(found) != 1:
        raise _not_one(source, found or list(models), bool(found))
    return _whole(found[0], models[found[0]])


def _not_one(source: HubSource, names: Sequence[str], several: bool) -> DownloadError:
    shown = ", ".join(sorted(names)[:_MOST_SHOWN])
    more = f" and {len(names) - _MOST_SHOWN} more" if len(names) > _MOST_SHOWN else ""
    if several:
        what = f"{source.repository} has {len(names)} models"
    else:
        what = f"{source.repository} has no {source.file or source.quantization}"
    return DownloadError(
        f"{what}. There are {shown}{more}.", f"Say which: hf:{source.repository}/FILE"
    )


def _whole(name: str, files: list[Any]) -> list[Any]:
    """Return the parts of a model in order, having seen that none is missing."""
    numbered: dict[int, Any] = {}
    count = 1
    for file in files:
        split = SPLIT.search(file.rfilename)
        if split is None:
            return [file]
        count = int(split[2])
        numbered[int(split[1])] = file
    missing = [n for n in range(1, min(count, _MOST_PARTS) + 1) if n not in numbered]
    if missing or count > _MOST_PARTS or len(numbered) != count:
        raise DownloadError(
            f"{name} is split into {count} files, of which the repository lacks some.",
            "Choose another quantisation, or another repository.",
        )
    return [numbered[n] for n in range(1, count + 1)]


def _remote(source: HubSource, info: Any, file: Any, headers: Mapping[str, str]) -> RemoteFile:
    stored = file.lfs
    sha256 = str(getattr(stored, "sha256", "") or "").lower()
    size = getattr(stored, "size", None) or file.size
    revision = quote(str(info.sha or "main"), safe="")
    return RemoteFile(
        name=file.rfilename,
        url=f"{endpoint()}/{source.repository}/resolve/{revision}/{quote(file.rfilename)}",
        size_bytes=size if isinstance(size, int) and size > 0 else None,
        sha256=sha256 if _SHA256.fullmatch(sha256) else "",
        headers=headers,
    )

"""One server that the user named: where it is, what it speaks, and what it may be sent."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, replace
from urllib.parse import urlsplit, urlunsplit

from ownstack.errors import ModelError
from ownstack.models.gguf.fim_families import FAMILIES
from ownstack.models.reference import LLAMA
from ownstack.models.remote.kinds import KINDS, Kind
from ownstack.models.remote.secrets import looks_like_key
from ownstack.models.roles import Role

INFILL_WAYS = ("auto", "off", "suffix", "llama-server")
"""How a server is asked to fill in, beside the names of families (`fim_families.FAMILIES`)."""
KEYRING = "keyring"
"""Stands where else the name of an environment variable stands: the key is in the OS keyring."""

_NAME = re.compile(r"[a-z][a-z0-9_-]{1,30}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_CLOUD = re.compile(r"[-:]cloud$")


@dataclass(frozen=True, slots=True)
class EngineEntry:
    """A server by its name. `checked` says whether it can be used."""

    name: str
    url: str
    """What the protocol's paths are added to, such as https://gpu.example/v1; no `/` at its end."""
    kind: Kind = "openai"
    key: str = ""
    """The environment variable that holds the key, "keyring", or "": it needs none."""
    roles: tuple[Role, ...] = ()
    """What may be sent there, if it is another machine. One on this machine plays any role."""
    plain_http: bool = False
    """The user knows that what is sent to another machine can be read on the way."""
    context_tokens: int = 0
    """The window of its models, where the server does not say; 0 = ask it."""
    infill: str = "auto"
    first_token_s: int = 600
    """How long a prompt may be read there."""

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def port(self) -> int:
        parts = urlsplit(self.url)
        return parts.port or (443 if parts.scheme == "https" else 80)

    @property
    def root(self) -> str:
        """The URL without its path."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def local(self) -> bool:
        """Whether it is on this machine."""
        return is_loopback(self.host)

    def leaves_machine(self, model: str) -> bool:
        """Tell whether what this model is given is sent to another machine.

        Ollama answers on this machine for models that end in `-cloud` or `:cloud`, and has others
        compute.
        """
        return not self.local or _CLOUD.search(model.strip().lower()) is not None


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine, without asking a name server (RFC 6761, §6.3)."""
    name = host.strip("[]").rstrip(".").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def checked(entry: EngineEntry) -> EngineEntry:
    """Return the entry with a tidy URL.

    Raises:
        ModelError: it cannot be used; why, and what to do.
    """
    if not _NAME.fullmatch(entry.name) or entry.name == LLAMA:
        raise ModelError(
            f"No engine can be called {entry.name[:40]!r}.",
            "Use 2 to 31 small letters, digits, - and _, a letter first.",
        )
    if entry.kind not in KINDS:
        raise ModelError(
            f"The engine {entry.name} has the kind {entry.kind!r}.", f"There are {_words(KINDS)}."
        )
    if entry.key and entry.key != KEYRING and not _is_variable(entry.key):
        raise ModelError(
            f"The engine {entry.name} has something else than a variable's name as its key.",
            "If it is the key itself: remove it, make a new one where you got it, and store that "
            f"with: ownstack engines key {entry.name}",
        )
    if entry.infill not in (*INFILL_WAYS, *(family.name for family in FAMILIES)):
        raise ModelError(
            f"The engine {entry.name} has the infill {entry.infill[:40]!r}.",
            f"There are {_words((*INFILL_WAYS, *dict.fromkeys(f.name for f in FAMILIES)))}.",
        )
    tidy = replace(entry, url=_tidy(entry.name, entry.url))
    if not tidy.local and tidy.url.startswith("http:") and not tidy.plain_http:
        raise ModelError(
            f"What is sent to {tidy.root} could be read on the way.",
            "Use https, or say that you know it with --plain-http (plain_http = true).",
        )
    return tidy


def _is_variable(text: str) -> bool:
    return _VARIABLE.fullmatch(text) is not None and not looks_like_key(text)


def _tidy(name: str, url: str) -> str:
    """Return a URL without what may not be in it.

    Raises:
        ModelError: it is none, or holds a password or a key.
    """
    try:
        parts = urlsplit(url.strip())
        host, _ = parts.hostname, parts.port  # which raises ValueError where it is no number
    except ValueError:
        host = None
    if host is None or parts.scheme not in ("http", "https") or len(url) > 1_000:
        raise ModelError(
            f"The engine {name} has no usable URL.", "Give one such as http://127.0.0.1:8080/v1."
        )
    if parts.username is not None or parts.query or parts.fragment or looks_like_key(url):
        raise ModelError(
            f"The URL of {name} may hold neither name, password nor key.",
            f"Give the plain URL, and store a key with: ownstack engines key {name}",
        )
    return urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/"), "", ""))


def _words(names: tuple[str, ...]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"

"""A server as an engine calls it: where it is, its key, and how long it may take."""

from __future__ import annotations

from dataclasses import dataclass, field

from ownstack.models.remote import keys
from ownstack.models.remote.entry import EngineEntry
from ownstack.models.remote.secrets import Secret


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a server may take. A prompt is read for minutes on a slow machine; that is no fault.

    While nothing has come yet it is asked every `probe_s` whether it still takes connections, so
    that one that died is not waited for.
    """

    connect_s: float = 10.0
    first_s: float = 600.0
    """Until the first token."""
    between_s: float = 90.0
    """Between two tokens."""
    probe_s: float = 10.0


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One server."""

    entry: EngineEntry
    secret: Secret = field(default_factory=Secret)
    patience: Patience = field(default_factory=Patience)

    @classmethod
    def of(cls, entry: EngineEntry) -> Endpoint:
        """Return the endpoint of an engine, with its key. Asks the keyring: not on the event loop.

        Raises:
            ModelError: it should have a key, and there is none.
        """
        return cls(entry, keys.key_of(entry), Patience(first_s=float(entry.first_token_s)))

    @property
    def shown(self) -> str:
        """What it is called in messages."""
        return f"{self.entry.name} ({self.entry.root})"

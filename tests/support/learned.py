"""Adapters as a store keeps them; what is in their files nobody loads here."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from ownstack.learning.adapters.record import AdapterRecord
from ownstack.learning.adapters.store import AdapterStore
from ownstack.models.gguf.base_key import base_key


def record_of(name: str, *, base: Path | None = None, **more: Any) -> AdapterRecord:
    """Make the record of an adapter that is fit, made after those of shorter names.

    It is a project's if that is given, and for the model in `base`.
    """
    values: dict[str, Any] = {
        "id": hashlib.sha256(name.encode()).hexdigest()[:16],
        "scope": "project" if more.get("project") else "generic",
        "role": "completion",
        "base_key": "" if base is None else base_key(base),
        "base_name": "tiny",
        "architecture": "llama",
        "rank": 8,
        "alpha": 16.0,
        "sha256": hashlib.sha256(name.encode()).hexdigest(),
        "created": f"2026-11-30T00:00:{len(name):02}+00:00",
        "name": name,
        "standing": "fit",
    }
    return AdapterRecord(**{**values, **more})


def keep(store: AdapterStore, folder: Path, record: AdapterRecord, *, serves: bool = True) -> str:
    """Keep an adapter, have it serve, and return its id. `folder`: where its file is made."""
    file = folder / f"{record.name}.gguf"
    file.write_bytes(record.name.encode())
    kept = store.add(record, file)
    if serves:
        store.use(kept.id)
    return kept.id

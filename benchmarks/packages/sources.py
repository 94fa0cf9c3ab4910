"""`training/sources.toml`: which published packages are trained on, and which are held out."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

TRAINED_ON = Path(__file__).resolve().parents[2] / "training" / "sources.toml"
REGISTRIES = ("stdlib", "pypi", "npm", "debian")


@dataclass(frozen=True, slots=True)
class Source:
    """One named package at one version.

    `headers` says which language a `.h` file is; `include` limits the paths (prefixes inside the
    archive, its own top folder removed); `held_out` sources are for evaluation only.
    """

    name: str
    registry: str
    version: str
    licence: str
    held_out: bool = False
    headers: str = "c"
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    cap_chars: int = 12_000_000


def load_sources(path: Path = TRAINED_ON) -> list[Source]:
    """Return every source, held-out ones first, so that copies of them can be recognised."""
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    sources: list[Source] = []
    for registry in REGISTRIES:
        for name, entry in table.get(registry, {}).items():
            options = dict(entry)
            for key in ("include", "exclude"):
                options[key] = tuple(options.get(key, ()))
            sources.append(Source(name=name, registry=registry, **options))
    return sorted(sources, key=lambda source: not source.held_out)

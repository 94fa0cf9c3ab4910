"""Which files are ours: the names that this program gives them, in the folders of its home.

Nothing else is ever removed. `OWNSTACK_HOME` may name a folder with much else in it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

Group = Literal[
    "caches",
    "models",
    "adapters",
    "logs",
    "conversations",
    "statistics",
    "settings",
    "environments",
    "running",
]
Place = Literal["config", "data", "cache", "state", "runtime"]
"""A folder of `paths.Home`."""

GROUPS: dict[Group, str] = {
    "models": "models that were downloaded",
    "adapters": "what models have learned from your code",
    "conversations": "conversations, and what was decided in them",
    "caches": "caches, made again when they are needed",
    "statistics": "statistics: numbers, no texts",
    "logs": "logs",
    "environments": "the editor's Python environments, made again by the extension",
    "running": "sockets and locks",
    "settings": "settings, and what you want remembered in all projects",
}
"""In the order in which they are removed: the settings say which models were downloaded."""
OWN: frozenset[Group] = frozenset({"models", "adapters", "conversations", "statistics", "settings"})
"""Groups that hold what the user made or fetched: it does not come back by itself."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Files of ours, by their path within a folder of the home: a pattern for each part of it."""

    group: Group
    place: Place
    path: tuple[re.Pattern[str], ...]
    what: str
    depth: int
    """How many parts of the path name what is listed: the rest is counted into it."""
    is_whole: bool = False
    """The path is a folder of which all is ours."""
    is_empty: bool = False
    """Only a file without content is ours."""
    is_socket: bool = False


_HASH = r"[0-9a-f]{16}(?:\.damaged)?"
_LOCK = r"\.lock(?:\.damaged)?"


def _file(name: str) -> str:
    """Return a pattern for a file that is written whole, and what an end half-way leaves of it."""
    return rf"{name}(?:\.damaged|\.broken|\.partial|{_LOCK})?|\.{name}\.[0-9a-f]{{16}}\.new"


def _database(name: str) -> str:
    return rf"{name}(?:\.(?:broken|damaged)-[0-9]+)?(?:-wal|-shm|-journal)?|{name}{_LOCK}"


def _rule(group: Group, place: Place, what: str, *path: str, depth: int = 0, **kind: bool) -> Rule:
    return Rule(group, place, tuple(map(re.compile, path)), what, depth or len(path), **kind)


_NEVER = r"(?!)"
"""No file: of such a folder nothing is ours but itself, when it is empty."""
_TALKS = "the log of conversations"
_BEFORE = "what files held before edits of chats"
_FOUND = "what is found in conversations"
_INDEX = "an index"
_ECHO = "text that echo completes from"
_ADAPTER = "an adapter"
LEARNING = "learning that is under way, or was stopped"
WHO_LEARNS = "who is learning now"
_ADAPTER_FILES = _file(
    r"(?:adapter\.gguf|record\.json|progress\.jsonl|dataset\.jsonl|report\.html)"
)
_RUN_FILES = _file(
    r"(?:(?:run|plan|trained)\.json|(?:dataset|progress|outcomes)\.jsonl|checkpoint\.pt|adapter\.gguf"
    r"|stderr\.log)"
)
RULES: tuple[Rule, ...] = (
    _rule("settings", "config", "which models are known, and what for", _file(r"models\.toml")),
    _rule("settings", "config", "the servers that you named", _file(r"engines\.toml")),
    _rule("settings", "config", "your table of prices", _file(r"usage\.toml")),
    _rule("settings", "config", "keys of programs that are served", _file(r"serve-keys\.toml")),
    _rule("settings", "config", "the servers of tools that you named", _file(r"mcp\.toml")),
    _rule("settings", "config", "what you want remembered in all projects",
          _file(r"preferences\.md")),
    _rule("statistics", "data", "what became of suggestions", _database(r"signals\.sqlite")),
    _rule("statistics", "data", "what the models did", _database(r"usage\.sqlite")),
    _rule("statistics", "data", "which lines are suggestions that you kept",
          _database(r"kept-lines\.sqlite")),
    _rule("adapters", "data", _ADAPTER, "adapters", rf"(?:\.(?:new|old)-)?{_HASH}", _ADAPTER_FILES,
          depth=2),
    _rule("adapters", "data", "which adapters serve", "adapters", _file(r"serving\.json")),
    _rule("adapters", "data", "which adapters serve", "adapters", _LOCK),
    # A cache, but of what goes with them: nothing of it may be left when they are removed.
    _rule("adapters", "cache", "adapters as they are computed fastest", "adapters",
          r"[0-9a-f]{32}\.gguf|\.[0-9a-f]{32}\.gguf\.[0-9a-f]{16}\.new", depth=1),
    _rule("conversations", "data", _TALKS, "conversations", _database(r"log\.sqlite")),
    _rule("conversations", "data", _TALKS, "conversations", "writers", r"[0-9a-f]{32}", depth=1),
    _rule("conversations", "data", _TALKS, "conversations", "locks", rf"{_HASH}{_LOCK}", depth=1),
    _rule("conversations", "data", "what you typed in chats", "conversations",
          _file("input-history")),
    _rule("conversations", "data", _BEFORE, "conversations", "checkpoints",
          _file(r"[0-9a-f]{16}-[0-9a-f]{8}\.json"), depth=2),
    _rule("conversations", "data", _BEFORE, "conversations", "checkpoints", "blobs",
          r"[0-9a-f]{64}|\.[0-9a-f]{40}\.[0-9a-f]{16}\.new", depth=2),
    _rule("conversations", "data", "an empty folder", "conversations", "nothing", _NEVER),
    _rule("models", "data", "a download that was not finished", "models", r"[^.].*",
          r".+\.(?:[0-9a-f]{12}|unchecked)\.part(?:\.json)?"),
    _rule("models", "data", "a lock of a download", "models", r"[^.].*", r".+\.gguf\.lock",
          is_empty=True),
    _rule("environments", "data", "where editors have their environments", "editors",
          r"[0-9a-f]{16}\.json", depth=1),
    _rule("caches", "cache", _INDEX, "index", _HASH, _file(r"index\.json"), depth=2),
    _rule("caches", "cache", _INDEX, "index", _HASH, r"(?:lock|readers)(?:\.damaged)?", depth=2),
    _rule("caches", "cache", _INDEX, "index", _HASH, r"tables(?:\.damaged)?", depth=2,
          is_whole=True),
    _rule("caches", "cache", _ECHO, "echo", _HASH, r"[0-9]{20}-[0-9a-f]{8}(?:\.echo|\.[0-9]+\.new)",
          depth=1),
    _rule("caches", "cache", "how models are loaded here", "probe",
          r"[0-9a-f]{32}\.json|\.[0-9a-f]{32}\.json\.[0-9a-f]{16}\.new", depth=1),
    _rule("caches", "cache", "measured speeds of models", _file(r"speeds\.json")),
    _rule("caches", "cache", "the measured speed of memory", _file(r"memory-bandwidth\.json")),
    _rule("caches", "cache", "how well models choose tools", _file(r"tool-ability\.json")),
    _rule("caches", "cache", _FOUND, "conversations", _database(r"recall\.sqlite")),
    _rule("caches", "cache", "what models have read of conversations", "conversations",
          r"[0-9a-f]{40}\.kv|tmp\w+\.part", depth=1),
    _rule("caches", "cache", LEARNING, "learning", _HASH, _RUN_FILES, depth=2),
    _rule("caches", "cache", "when something was learned by night", "learning",
          _file(r"nightly\.json") + r"|nightly\.log"),
    _rule("caches", "cache", "pages on adapters", "learning", _file(r"report-[0-9a-f]{16}\.html"),
          depth=1),
    _rule("logs", "state", "the daemon's log", r"daemon(?:\.stderr)?\.log(?:\.[0-9]+)?"),
    _rule("logs", "state", "which models crashed", "crashes", r"deaths\.json(?:\.damaged)?"),
    _rule("running", "runtime", "the daemon's address",
          r"daemon\.(?:lock|pid|json)(?:\.damaged)?"),
    _rule("running", "runtime", "the daemon's address", r"daemon\.sock", is_socket=True),
    _rule("running", "runtime", WHO_LEARNS,
          r"training\.(?:json|lock|pause)(?:\.damaged)?|\.training\.json\.[0-9a-f]{16}\.new"),
)  # fmt: skip

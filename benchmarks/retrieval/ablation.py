"""What is lost without each part of the ranking."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any
from unittest import mock

from benchmarks.retrieval.asking import FULL, Bench, Scores, asked
from ownstack.index.search import meant, path_words, standing

DEMOTIONS = ("test", "vendored", "generated", "legacy", "example", "declared", "prose")
NOTHING: dict[str, float] = {
    **dict.fromkeys(("text", "title", "vector", "file_text", "file_title", "file_vector"), 0.0),
    **dict.fromkeys(("file_name", "path", "name", "kind", "central"), 0.0),
    **dict.fromkeys((*DEMOTIONS, "repeated"), 1.0),
}
WEIGHTS: dict[str, dict[str, float]] = {
    "without text": {"text": 0, "file_text": 0},
    "without titles (path, scope, name)": {"title": 0, "file_title": 0},
    "without vectors": {"vector": 0, "file_vector": 0},
    "without symbol names": {"name": 0},
    "without sums over files": {"file_text": 0, "file_title": 0, "file_vector": 0},
    "without file names": {"file_name": 0, "path": 0},
    "without kinds": {"kind": 0},
    "without centrality": {"central": 0},
    "without demotion": dict.fromkeys(DEMOTIONS, 1),
    "without diversity": {"repeated": 1},
    "text alone (BM25)": {**NOTHING, "text": 1},
    "vectors alone": {**NOTHING, "vector": 1},
}
"""What weights differ from the shipped ones."""
_NEVER = re.compile(r"(?!)")
RULES: dict[str, tuple[Any, str, Any]] = {
    "no names made up of words": (meant, "JOINED_NAME", 0.0),
    "shared names count like others": (meant, "SHARED", 0.0),
    "nothing is handed on": (meant, "HANDED_ON", 0.0),
    "`mod.rs` is called mod": (path_words, "_STANDS_FOR_FOLDER", _NEVER),
    "file names count by what the query says": (path_words, "OF_NAME", 0.0),
    "tests inside files are like code": (standing, "_IN_TESTS", _NEVER),
}
"""A module, a name in it, and what it is without the rule."""


def without(bench: Bench) -> dict[str, Scores]:
    """Return the scores without each part."""
    found = {name: asked(bench, replace(FULL, **changes))[0] for name, changes in WEIGHTS.items()}
    for name, (module, attribute, value) in RULES.items():
        with mock.patch.object(module, attribute, value):
            # Of new blocks, since what is derived from one is kept.
            snapshots = {key: snapshot.renumbered() for key, snapshot in bench.snapshots.items()}
            found[name] = asked(replace(bench, snapshots=snapshots))[0]
    return found

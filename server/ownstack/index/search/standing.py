"""What is not the project's own code, or no longer, comes later: tests, old versions, examples."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ownstack.extract.classify import FLAG_GENERATED, FLAG_TEST, FLAG_VENDORED
from ownstack.index.search.query import Query
from ownstack.index.search.ranking import Weights
from ownstack.index.snapshot.blocks import SnapshotBlock
from ownstack.index.snapshot.derived import once
from ownstack.index.snapshot.snapshot import Snapshot
from ownstack.index.storage.columns import Int32s

Scores = npt.NDArray[np.float32]
BESIDE_SHARE = 0.5
"""Of the files of a version; where more stand beside its folder, those are what came after it."""
_LEGACY = re.compile(r"(?:^|[/_.-])(?:compat|legacy|deprecated|obsolete|old)(?=[/_.-]|$)", re.I)
_VERSION = re.compile(r"(?:^|/)_?v(\d+)(?=/)")
_EXAMPLE = re.compile(
    r"(?:^|/)(?:examples?|samples?|demos?|docs?|docs_src|tutorials?|benchmarks?|bench|fixtures)/"
)
_DECLARED = re.compile(r"\.d\.[cm]?ts$")
_PROSE = re.compile(r"\.(?:md|mdx|rst|txt|adoc|json|ya?ml|toml|lock|html?|css|svg)$", re.I)
_IS_LEGACY, _IS_EXAMPLE, _IS_DECLARED, _IS_PROSE = 1 << 16, 1 << 17, 1 << 18, 1 << 19
_IN_TESTS = re.compile(r"(?:^|\.)tests?\.")
"""In the qualified name of what stands in a module of tests: `mod tests { … }`."""


def standing(snapshot: Snapshot, query: Query, weights: Weights) -> Scores:
    """Return a factor for each row: float32[n_rows], 1 for what is the project's own code."""
    sorts, versions = once(snapshot, "sorts of files", _sorts_of_files)
    factors = np.ones(len(sorts), np.float32)
    asked = f"/{query.text.lower()}/".replace(" ", "/")
    for bit, factor in (
        (FLAG_TEST, 1.0 if query.about_tests else weights.test),
        (FLAG_VENDORED, weights.vendored),
        (FLAG_GENERATED, weights.generated),
        (_IS_LEGACY, 1.0 if _LEGACY.search(asked) else weights.legacy),
        (_IS_EXAMPLE, 1.0 if _EXAMPLE.search(asked) else weights.example),
        (_IS_DECLARED, weights.declared),
        (_IS_PROSE, weights.prose),
    ):
        factors[(sorts & bit) > 0] *= np.float32(factor)
    wanted = [int(found) for found in re.findall(r"/v(\d{1,5})(?=/)", asked)]
    factors[(versions >= 0) & ~np.isin(versions, wanted)] *= np.float32(weights.legacy)
    of_rows: Scores = factors[snapshot.document_of_row]
    if not query.about_tests:
        of_rows[once(snapshot, "rows in tests", _rows_in_tests)] *= np.float32(weights.test)
    return of_rows


def _sorts_of_files(snapshot: Snapshot) -> tuple[Int32s, Int32s]:
    """Return each document's flags, and its version if that is not the newest, else -1."""
    blocks = [part.block.cached("sorts", _sorts) for part in snapshot.parts]
    sorts = np.concatenate([np.zeros(0, np.int32), *blocks])
    versions = np.full(len(sorts), -1, np.int32)
    for document, version in _older_versions(snapshot):
        versions[document] = version
    return sorts, versions


def _sorts(block: SnapshotBlock) -> Int32s:
    return np.array(
        [_sort(document.path, document.flags) for document in block.batch.documents], np.int32
    )


def _rows_in_tests(snapshot: Snapshot) -> npt.NDArray[np.intp]:
    """Return the rows that stand in a module of tests that is inside the file it tests."""
    found = [
        part.first_row + part.block.cached("rows in tests", _in_tests) for part in snapshot.parts
    ]
    return np.concatenate([np.zeros(0, np.intp), *found])


def _in_tests(block: SnapshotBlock) -> npt.NDArray[np.intp]:
    kinds, whole = block.batch.chunks.kind, ("module", "group", "text")
    found = [
        row
        for row, name in enumerate(block.batch.chunks.name)
        if "test" in name and _IN_TESTS.search(f"{name}." if kinds[row] in whole else name)
    ]
    return np.array(found, np.intp)


def _sort(path: str, flags: int) -> int:
    signs = ((_IS_LEGACY, _LEGACY), (_IS_EXAMPLE, _EXAMPLE), (_IS_DECLARED, _DECLARED))
    for bit, sign in (*signs, (_IS_PROSE, _PROSE)):
        if sign.search(path):
            flags |= bit
    return flags


def _older_versions(snapshot: Snapshot) -> Sequence[tuple[int, int]]:
    """Return documents of a version that is not the newest, and its number.

    They lie below a folder `v1` that has a brother `v2`, or most of whose files stand beside it,
    too.
    """
    versioned = [
        (part.first_document + number, before, int(version), after)
        for part in snapshot.parts
        for number, before, version, after in part.block.cached("versions", _versions)
        if snapshot.live_documents[part.first_document + number]
    ]
    newest: dict[str, int] = {}
    n_files, n_beside = Counter[tuple[str, int]](), Counter[tuple[str, int]]()
    for _, before, version, after in versioned:
        newest[before] = max(newest.get(before, 0), version)
        n_files[before, version] += 1
        n_beside[before, version] += snapshot.file(f"{before}/{after}".lstrip("/")) is not None
    return [
        (document, version)
        for document, before, version, _ in versioned
        if version < newest[before]
        or n_beside[before, version] > BESIDE_SHARE * n_files[before, version]
    ]


def _versions(block: SnapshotBlock) -> list[tuple[int, str, str, str]]:
    found = []
    for number, document in enumerate(block.batch.documents):
        version = _VERSION.search(document.path)
        if version and len(version.group(1)) < 6:
            before, after = document.path[: version.start()], document.path[version.end() + 1 :]
            found.append((number, before, version.group(1), after))
    return found

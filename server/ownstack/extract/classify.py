"""What a file is to a search: tests, code of others, and what programs wrote, come later."""

from __future__ import annotations

import re

FLAG_TEST = 1
FLAG_VENDORED = 2
FLAG_GENERATED = 4
FLAG_UNSAVED = 8
"""The text is that of an editor's buffer; the file may differ."""
FLAG_PLAIN = 16
"""Its parser failed, so that it is held as plain text."""

_TEST = re.compile(
    r"""(?x) (?:^|/) (?: tests? | __tests__ | spec s? | testing | testdata | e2e ) /
    | (?:^|/) test_ [^/]* $ | (?:^|/) conftest\.py $
    | (?: _test | _tests | _spec | \.test | \.spec | -test | -spec ) \. \w+ $
    | [a-z0-9] (?: Test | Tests | Spec | IT ) \. (?: java | kt | scala | cs | swift | php ) $"""
)
_VENDORED = re.compile(
    r"""(?x) (?:^|/) (?: vendor | vendored | _vendor | third[_-]?party | 3rdparty | external
    | externals | deps | Pods | Carthage | bundled | submodules ) /"""
)
_GENERATED = re.compile(
    r"""(?x) _pb2 (?: _grpc )? \. pyi? $ | \.pb\. (?: go | cc | h ) $ | \.g\.dart $
    | \.designer\.cs $ | [._-]generated\. \w+ $ | (?:^|/) (?: generated | __generated__ | gen ) /"""
)


def flags_of(path: str, *, generated: bool) -> int:
    """Return `FLAG_…` by a file's path; `generated`: its text says that it was."""
    flags = FLAG_TEST if _TEST.search(path) else 0
    if _VENDORED.search(path):
        flags |= FLAG_VENDORED
    if generated or _GENERATED.search(path):
        flags |= FLAG_GENERATED
    return flags

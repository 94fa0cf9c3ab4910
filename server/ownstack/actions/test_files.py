"""Where the tests of a file are, or would be: as the project's other tests have it."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ownstack.extract.classify import FLAG_GENERATED, FLAG_TEST, FLAG_VENDORED, flags_of
from ownstack.files.scan import scan
from ownstack.languages import Language, language_of

MAX_LOOKED_AT = 20_000
"""Files of a project among which tests are looked for, those near its top first."""
_MAX_ALIKE = 20
"""Files of one name of which a test may be."""
_AFFIXES = re.compile(
    r"(?P<before>test_|tests_|Test(?=[A-Z]))?(?P<stem>.+?)"
    r"(?P<after>_test|_tests|_spec|\.test|\.spec|-test|-spec|Test|Tests|Spec|IT)?"
)
_FOLDER_NAMES = ("__init__", "index", "mod", "main", "lib")
"""Files that are called like many others, so that their folder names them."""


@dataclass(frozen=True, slots=True)
class TestPlace:
    """Where the tests of a file belong."""

    path: str
    """In the project, with slashes."""
    exists: bool
    sibling: str = ""
    """The test file most like it: an example of how tests are written here; "" without one."""


def place_of(root: Path, path: str, language: Language) -> TestPlace:
    """Return where tests of the file at `path` belong. Looks at the project's files."""
    sources, tests = _files(root, language)
    existing = [test for test in tests if _is_of(test, path)]
    if existing:
        best = max(existing, key=lambda test: (_likeness(test, path), -len(test), test))
        others = [test for test in tests if test != best]
        return TestPlace(best, True, _nearest(others, best))
    made = _made(path, language, sources, tests)
    return TestPlace(made, (root / made).is_file(), _nearest(tests, made))


def _files(root: Path, language: Language) -> tuple[list[str], list[str]]:
    """Return the project's files in a language, those that are no tests and those that are."""
    sources: list[str] = []
    tests: list[str] = []
    for entry in itertools.islice(scan(root), MAX_LOOKED_AT):
        path = entry.path
        if entry.reason or not path or path.endswith("/"):
            continue
        known = language_of("", path)
        if known is None or known.family != language.family:
            continue
        flags = flags_of(path, generated=False)
        if flags & (FLAG_GENERATED | FLAG_VENDORED):
            continue
        (tests if flags & FLAG_TEST and _stem(path)[1] else sources).append(path)
    return sorted(sources), sorted(tests)


def _stem(path: str) -> tuple[str, tuple[str, str] | None]:
    """Return what a file is called, of a test what it is of; and what makes it a test's name."""
    name = PurePosixPath(path).name
    stem = name.rpartition(".")[0] or name
    match = _AFFIXES.fullmatch(stem)
    assert match is not None
    before, after = match["before"] or "", match["after"] or ""
    return match["stem"], (before, after) if before or after else None


def _called(path: str) -> str:
    """Return by which name tests are of a file."""
    place = PurePosixPath(path)
    stem = place.name.rpartition(".")[0] or place.name
    return place.parent.name if stem in _FOLDER_NAMES and place.parent.name else stem


def _is_of(test: str, path: str) -> bool:
    return _plain(_stem(test)[0]) == _plain(_called(path))


def _plain(name: str) -> str:
    return name.replace("_", "").replace("-", "").casefold()


def _likeness(path: str, other: str) -> int:
    """Return how many folders two paths share, wherever in them they stand."""
    mine = Counter(PurePosixPath(path).parts[:-1])
    return sum((mine & Counter(PurePosixPath(other).parts[:-1])).values())


def _nearest(tests: Sequence[str], path: str) -> str:
    """Return the test file that stands nearest to a path, "" if there is none."""
    other = PurePosixPath(path).parts[:-1]

    def distance(test: str) -> tuple[int, int, str]:
        mine = PurePosixPath(test).parts[:-1]
        return -_likeness(test, path), len(mine) + len(other) - 2 * _shared(mine, other), test

    return min(tests, key=distance, default="")


def _made(path: str, language: Language, sources: Sequence[str], tests: Sequence[str]) -> str:
    """Return the path of a test file that is not there yet."""
    place = PurePosixPath(path)
    folder = place.parent.parts
    of_names: dict[str, list[str]] = {}
    for each in sources:
        of_names.setdefault(_plain(_called(each)), []).append(each)
    pairs = [
        (PurePosixPath(each).parent.parts, test)
        for test in tests
        for each in of_names.get(_plain(_stem(test)[0]), ())[:_MAX_ALIKE]
    ]
    if pairs:
        source, test = max(
            pairs, key=lambda pair: (_shared(pair[0], folder), _likeness(pair[1], path), pair[1])
        )
        affixes = _stem(test)[1] or ("", "_test")
        into = _moved(folder, source, PurePosixPath(test).parent.parts)
    elif tests:
        test = _nearest(tests, path)
        affixes = _stem(test)[1] or ("", "_test")
        into = PurePosixPath(test).parent.parts
    else:
        affixes, into = _custom(language, folder)
    before, after = affixes
    name = _called(path)
    if before == "Test" or after in ("Test", "Tests", "Spec", "IT"):
        name = name[:1].upper() + name[1:]
    return PurePosixPath(*into, f"{before}{name}{after}{place.suffix}").as_posix()


def _moved(
    folder: tuple[str, ...], source: tuple[str, ...], test: tuple[str, ...]
) -> tuple[str, ...]:
    """Return where tests of a folder are, as those of `source` are in `test`."""
    if test[: len(source)] == source:  # Beside it, or in a folder of its own.
        return (*folder, *test[len(source) :])
    same = 0
    while same < min(len(source), len(test)) and source[-1 - same] == test[-1 - same]:
        same += 1
    top, tests = source[: len(source) - same], test[: len(test) - same]
    if folder[: len(top)] == top:
        return (*tests, *folder[len(top) :])
    return test


def _custom(language: Language, folder: tuple[str, ...]) -> tuple[tuple[str, str], tuple[str, ...]]:
    """Return how tests are called, and where they are, if a project has none to go by."""
    if language.id == "python":
        return ("test_", ""), ("tests",)
    if language.id == "go":
        return ("", "_test"), folder
    if language.id == "rust":
        return ("", "_test"), ("tests",)
    if language.id in ("java", "kotlin"):
        at = [number for number, part in enumerate(folder) if part == "main"]
        into = (*folder[: at[0]], "test", *folder[at[0] + 1 :]) if at else folder
        return ("", "Test"), into
    return ("", ".test"), folder


def _shared(path: tuple[str, ...], other: tuple[str, ...]) -> int:
    return sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1],
                                              zip(path, other, strict=False)))  # fmt: skip

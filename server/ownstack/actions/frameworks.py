"""By which means a project tests its code, as its files tell."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ownstack.files.reading import Refusal, read
from ownstack.languages import Language

_MAX_BYTES = 400_000


@dataclass(frozen=True, slots=True)
class Framework:
    """What runs tests, and how they are written for it."""

    name: str
    how: str
    """As the end of "Write tests with …: "."""


_KNOWN = {
    each.name: each
    for each in (
        Framework("pytest", "functions `test_…` with plain asserts, `pytest.raises` for errors"),
        Framework("unittest", "methods `test_…` of a `unittest.TestCase`, with its assert methods"),
        Framework("vitest", "`test` or `it` with `expect`, imported from \"vitest\""),
        Framework("jest", "`test` or `it` with `expect`, which are global"),
        Framework("mocha", "`describe` and `it`, with the assertions that the project has"),
        Framework("node:test", "`test` of \"node:test\", `assert` of \"node:assert/strict\""),
        Framework("go test", "functions `TestXxx(t *testing.T)`, tables of cases where they fit"),
        Framework("cargo test", "functions with `#[test]` and `assert_eq!`"),
        Framework("JUnit 5", "methods with `@Test` of `org.junit.jupiter.api`"),
        Framework("JUnit 4", "methods with `@Test` of `org.junit`"),
    )
}  # fmt: skip
_TESTED = {"go": "go test", "rust": "cargo test"}
_UNITTEST = re.compile(r"\bunittest\.(?:TestCase|IsolatedAsyncioTestCase)\b|\bfrom unittest import")
_IMPORTED = (
    ("vitest", re.compile(r"""["']vitest["']""")),
    ("node:test", re.compile(r"""["']node:test["']""")),
    ("jest", re.compile(r"""["']@jest/globals["']|\bjest\.(?:fn|mock)\b""")),
)


def framework_of(root: Path, path: str, language: Language, sibling: str) -> Framework | None:
    """Return what tests the file at `path`; None if nothing tells.

    `sibling` is the text of a test file nearby, "" without one.
    """
    if language.id == "python":
        is_unittest = bool(_UNITTEST.search(sibling)) and "pytest" not in sibling
        return _KNOWN["unittest" if is_unittest else "pytest"]
    if language.transforms == "ecmascript":
        return _of_scripts(root, path, sibling)
    if language.id in ("java", "kotlin"):
        return _of_java(root, path, sibling)
    known = _TESTED.get(language.id)
    return None if known is None else _KNOWN[known]


def _of_scripts(root: Path, path: str, sibling: str) -> Framework | None:
    for name, pattern in _IMPORTED:
        if pattern.search(sibling):
            return _KNOWN[name]
    for folder in PurePosixPath(path).parents:
        package = _package(root, (folder / "package.json").as_posix())
        known = [
            name
            for kind in ("devDependencies", "dependencies")
            if isinstance(named := package.get(kind), dict)
            for name in named
        ]
        for name in ("vitest", "jest", "mocha"):
            if name in known or (name == "jest" and {"ts-jest", "react-scripts"} & set(known)):
                return _KNOWN[name]
        scripts = package.get("scripts")
        script = scripts.get("test") if isinstance(scripts, dict) else None
        if isinstance(script, str):
            for name in ("vitest", "jest", "mocha"):
                if re.search(rf"\b{name}\b", script):
                    return _KNOWN[name]
            if "node --test" in script:
                return _KNOWN["node:test"]
    return None


def _of_java(root: Path, path: str, sibling: str) -> Framework | None:
    folders = PurePosixPath(path).parents
    names = ("pom.xml", "build.gradle", "build.gradle.kts")
    texts = [sibling, *(_text(root, (folder / name).as_posix())
                        for folder in folders for name in names)]  # fmt: skip
    for text in texts:
        if "org.junit.jupiter" in text or "useJUnitPlatform" in text or "junit-jupiter" in text:
            return _KNOWN["JUnit 5"]
        if "org.junit" in text or "junit:junit" in text or "<artifactId>junit<" in text:
            return _KNOWN["JUnit 4"]
    return None


def _package(root: Path, path: str) -> dict[str, object]:
    try:
        value = json.loads(_text(root, path) or "{}")
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _text(root: Path, path: str) -> str:
    file = read(root, path, _MAX_BYTES)
    return "" if isinstance(file, Refusal) else file.text

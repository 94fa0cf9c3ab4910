"""What tests a project, as its files tell."""

from __future__ import annotations

from pathlib import Path

import pytest

from ownstack.actions.frameworks import framework_of
from ownstack.languages import language_of


@pytest.mark.parametrize(
    ("path", "files", "sibling", "expected"),
    [
        ("a.py", {}, "", "pytest"),
        ("a.py", {}, "import unittest\nclass T(unittest.TestCase): pass", "unittest"),
        ("a.py", {}, "import pytest\nimport unittest\nclass T(unittest.TestCase): pass", "pytest"),
        ("a.go", {}, "", "go test"),
        ("a.rs", {}, "", "cargo test"),
        ("src/a.ts", {"package.json": '{"devDependencies": {"vitest": "1"}}'}, "", "vitest"),
        ("src/a.ts", {"package.json": '{"devDependencies": {"ts-jest": "1"}}'}, "", "jest"),
        ("src/a.ts", {"package.json": '{"scripts": {"test": "mocha -r ts"}}'}, "", "mocha"),
        ("src/a.js", {"package.json": '{"scripts": {"test": "node --test"}}'}, "", "node:test"),
        ("p/a.ts", {"package.json": '{"devDependencies": {"jest": "1"}}',
                    "p/package.json": '{"devDependencies": {"vitest": "1"}}'}, "", "vitest"),
        ("src/a.ts", {"package.json": '{"devDependencies": {"jest": "1"}}'},
         'import { test } from "vitest";', "vitest"),
        ("A.java", {"pom.xml": "<artifactId>junit-jupiter</artifactId>"}, "", "JUnit 5"),
        ("A.java", {"build.gradle": "testImplementation 'junit:junit:4.13'"}, "", "JUnit 4"),
        ("src/a.ts", {}, "", None),
        ("A.java", {}, "", None),
        ("a.rb", {}, "", None),
        ("a.ts", {"package.json": "[" * 100_000}, "", None),
        ("a.ts", {"package.json": '{"devDependencies": 3, "scripts": [1]}'}, "", None),
    ],
)  # fmt: skip
def test_frameworks(
    tmp_path: Path, path: str, files: dict[str, str], sibling: str, expected: str | None
) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    language = language_of("", path)
    assert language is not None

    found = framework_of(tmp_path, path, language, sibling)

    assert (None if found is None else found.name) == expected

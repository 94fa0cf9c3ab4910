"""What is checked: programs of the project only where the user lets them be run."""

from __future__ import annotations

from pathlib import Path

import pytest

from ownstack.actions.checks.choice import checkers_for
from tests.support.drafting import draft_in, target_in


@pytest.mark.parametrize(
    ("tools", "tests", "more"),
    [
        (False, False, []),
        (True, False, ["gofmt"]),
        (False, True, ["tests"]),
        (True, True, ["gofmt", "tests"]),
    ],
)
def test_programs_are_run_where_they_are_allowed(
    tmp_path: Path, tools: bool, tests: bool, more: list[str]
) -> None:
    (tmp_path / "go.mod").write_text("module a\n")
    (tmp_path / "node_modules/.bin").mkdir(parents=True)
    (tmp_path / "node_modules/.bin/gofmt").write_text("#!/bin/sh\ncat\n")
    (tmp_path / "node_modules/.bin/gofmt").chmod(0o755)
    target = target_in("package a$0\n", "a.go")
    known = checkers_for(None, target, run_tools=True, run_tests=True)

    chosen = checkers_for(tmp_path, target, run_tools=tools, run_tests=tests)

    assert [check.name for check in chosen] == [*(check.name for check in known), *more]
    assert {check.name for check in chosen if check.is_required} == {"syntax", "definitions kept"}


async def test_each_says_something_of_any_draft() -> None:
    """Also of a file in no known language."""
    for path in ("a.py", "a.ts", "a.unknown", "a.md", "a.bzl", "a.ipynb"):
        draft = draft_in("$0one\n", "one", "two", path)
        for check in checkers_for(None, draft.wish.target, run_tools=False, run_tests=False):
            assert (await check.check(draft)).name == check.name

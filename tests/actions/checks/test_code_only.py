"""Where only documentation is written, no code changes."""

from __future__ import annotations

import pytest

from ownstack.actions.checks.code_only import CodeOnly
from tests.support.drafting import draft_in

FILE = """import os


class Shop:
    size: int

    def take(self, name, count=1):
        # Look.
        if name:
            count = 2
            self.fish = name
        return $0count
"""


@pytest.mark.parametrize(
    ("old", "new", "state"),
    [
        ("# Look.", '"""Take some."""\n        # Why not.', "passed"),
        ("# Look.", "", "passed"),
        ("name, count=1)", "name: str, count: int = 1) -> int", "passed"),
        ("self.fish =", "self.fish: str =", "passed"),
        ("        return", "        other: int\n        return", "passed"),
        ("# Look.", "from typing import Any\n        # Look.", "passed"),
        ("return count", "return (count)", "passed"),
        ("return count", "return count + 0", "failed"),
        ("count=1", "count=2", "failed"),
        ("            self.fish", "        self.fish", "failed"),
        ("# Look.", "import sys", "failed"),
        ("# Look.", "pass", "passed"),
    ],
)
async def test_python(old: str, new: str, state: str) -> None:
    check = await CodeOnly().check(draft_in(FILE, old, new, keeps_code=True))

    assert check.state == state


async def test_a_field_of_a_class_is_code() -> None:
    marked = FILE.replace("$0", "").replace("class", "$0class")

    check = await CodeOnly().check(draft_in(marked, "    size: int\n", "", keeps_code=True))

    assert check.state == "failed"


@pytest.mark.parametrize(
    ("path", "text", "same", "other"),
    [
        ("a.ts", "function f(a) {\n  return $0a;\n}\n",
         "/** Doc. */\nfunction f(a: number): number {\n  // Why.\n  return a;\n}",
         "function f(a) {\n  return a + 1;\n}"),
        ("a.go", "func f(a int) int {\n\treturn $0a\n}\n",
         "// f does.\nfunc f(a int) int {\n\treturn a // it\n}",
         "func f(a int) int {\n\treturn 1\n}"),
        ("a.rs", "fn f(a: i32) -> i32 {\n    $0a\n}\n",
         "/// Does.\nfn f(a: i32) -> i32 {\n    /* it */ a\n}",
         "fn f(a: i32) -> i32 {\n    a + 1\n}"),
        ("A.java", "class A {\n    int f() { return $01; }\n}\n",
         "/** Doc. */\n    int f() { return 1; }", "    int f() { return 2; }"),
    ],
)  # fmt: skip
async def test_other_languages(path: str, text: str, same: str, other: str) -> None:
    for new, state in ((same, "passed"), (other, "failed")):
        draft = draft_in(text, text.replace("$0", "").strip(), new, path, keeps_code=True) if (
            path != "A.java"
        ) else draft_in(text, "    int f() { return 1; }", new, path, keeps_code=True)  # fmt: skip
        assert (await CodeOnly().check(draft)).state == state


async def test_where_code_may_change() -> None:
    assert (await CodeOnly().check(draft_in(FILE, "count=1", "count=2"))).state == "skipped"

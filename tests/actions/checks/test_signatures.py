"""Who calls a function now can call it afterwards."""

from __future__ import annotations

import pytest

from ownstack.actions.checks.signatures import Signatures, is_kept
from ownstack.languages import language_of
from tests.support.drafting import draft_in


@pytest.mark.parametrize(
    ("path", "old", "new", "kept"),
    [
        ("a.py", "def f(a, b)", "def f(a, b)", True),
        ("a.py", "def f(a, b)", "def f(a, b, )", True),
        ("a.py", "def f(a, b=1)", "def f( a, b = 2 )", True),
        ("a.py", "def f(a, b)", "def f(a: int, b: dict[str, int]) -> list[str]", True),
        ("a.py", "def f(a: List[int])", "def f(a: list[int])", True),
        ("a.py", "def f(a, b)", "def f(b, a)", False),
        ("a.py", "def f(a, b)", "def f(a)", False),
        ("a.py", "def f(a)", "def f(a, b)", False),
        ("a.py", "def f(a)", "def f(a, b=None)", True),
        ("a.py", "def f(a)", "def f(a, *, b=None)", True),
        ("a.py", "def f(a)", "def f(a, *, b)", False),
        ("a.py", "def f(a, **more)", "def f(a, b=1, **more)", True),
        ("a.py", "def f(a, *, b=1)", "def f(a, b=1)", False),
        ("a.py", "def f(a=1)", "def f(a)", False),
        ("a.py", "def f(a)", "def f(a=1)", True),
        ("a.py", "def f(a, b)", "def f(a, c=1, b=2)", False),
        ("a.py", "def f(a)", "async def f(a)", False),
        ("a.py", "def f(a)", "def g(a)", False),
        ("a.py", "def f(a='(,', b={1: 2})", "def f(a='(,', b={1: 3}, *rest)", True),
        ("a.ts", "function f(a, b)", "function f(a: number, b?: string): void", True),
        ("a.ts", "f(a: number): string", "f(a: string): string", False),
        ("a.ts", "f(a: number): string", "f(a: number): Promise<string>", False),
        ("a.ts", "f(a: number): string", "f(a: number, b?: Map<string, number>): string", True),
        ("a.ts", "f(a: number): string", "f(a: number, b: number): string", False),
        ("a.ts", "f(a: (x: number) => void)", "f(a: (x: number) => void, ...b: string[])", True),
        ("a.ts", "export function f(a)", "function f(a)", False),
        ("a.go", "func (q *Q) F(a, b int) error", "func (q *Q) F(x int, y int) error", True),
        ("a.go", "func F(a int) error", "func F(a string) error", False),
        ("a.go", "func F(a int) error", "func F(a int)", False),
        ("a.go", "func F(a int) (int, error)", "func F(a int) (int, error)", True),
        ("a.go", "func F(a int)", "func F(a int, b ...int)", False),
        ("a.go", "func F(int, string)", "func F(string, int)", False),
        ("a.rs", "pub fn f(&self, a: &'a str) -> R<T>", "pub fn f(&self, mut b: &'a str) -> R<T>",
         True),
        ("a.rs", "fn f(a: i32)", "fn f(a: i64)", False),
        ("a.rs", "pub fn f()", "fn f()", False),
        ("a.rs", "fn f<T: Fn(i32) -> i32>(a: T)", "fn f<T: Fn(i32) -> i32>(a: T, b: i32)", False),
        ("A.java", "public int f(int a, Map<String, Long> b)",
         "@Override public int f(final int x, Map<String,Long> y)", True),
        ("A.java", "public int f(int a)", "public int f(long a)", False),
        ("A.java", "public int f(int a)", "private int f(int a)", False),
        ("A.java", "int f(int a) throws IOException", "int f(int a)", False),
    ],
)  # fmt: skip
def test_signatures(path: str, old: str, new: str, kept: bool) -> None:
    language = language_of("", path)
    assert language is not None

    assert is_kept(old, new, language) is kept


FILE = """class Shop:
    def take(self, name, count=1):
        def inner(x):
            return x
        return $0inner(count)

    def other(self):
        return 2
"""


@pytest.mark.parametrize(
    ("old", "new", "state"),
    [
        ("count=1", "count=1, *, least=0", "passed"),
        ("count=1", "count", "failed"),
        ("inner(x)", "inner(x, y)", "passed"),
        ("name", "item", "failed"),
    ],
)
async def test_definitions_of_a_target(old: str, new: str, state: str) -> None:
    """Those that only the function itself sees may change."""
    check = await Signatures().check(draft_in(FILE, old, new))

    assert check.state == state
    if state == "failed":
        assert check.detail.endswith("It was: def take(self, name, count=1)")


async def test_where_they_may_change() -> None:
    check = await Signatures().check(draft_in(FILE, "name", "item", keeps_signatures=False))

    assert check.state == "skipped"

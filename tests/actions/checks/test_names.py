"""Names that nothing defines are found; what may be defined is left alone."""

from __future__ import annotations

import sysconfig
from pathlib import Path

import pytest

from ownstack.actions.checks import python
from ownstack.actions.checks.names import Names, undefined
from ownstack.languages import language_of
from tests.support.drafting import draft_in

FILE = """import os
from json import dumps as to_text

LIMIT = 3


def helper(x):
    return x


class Shop:
    size = 1

    def f(self, a, *rest, b=1, **more):
        $0pass
"""


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("return helper(a) + LIMIT + os.getpid() + len(to_text(b)) + rest + more", ""),
        ("return missing", "missing"),
        ("return size", "size"),
        ("return self.size.whatever", ""),
        ("return [x for x in a if x]", ""),
        ("return [x for x in a] + x", "x"),
        ("return {k: v for k, v in a}, {y for y in a for z in y if z}, (w for w in a)", ""),
        ("if (n := a) > 1:\n            return n", ""),
        ("return any((last := y) for y in a) and last", ""),
        ("def inner(y):\n            return later\n        later = 1\n        return inner", ""),
        ("global made\n        made = 1\n        return made", ""),
        ("try:\n            pass\n        except OSError as error:\n            raise error", ""),
        ("with a as (p, q):\n            return p, q", ""),
        ("for i, (j, *k) in a:\n            print(i, j, k)", ""),
        ("import sys as s, os.path\n        return s, os", ""),
        ("return lambda y, *z: (y, z, w)", "w"),
        ("match a:\n            case [p, *q] | {'k': p, **q} if p:\n                return q", ""),
        ("class Inner:\n            x = 1\n            y = x\n        return Inner.y", ""),
        ("a: List[int] = []", "List"),
        ("return __file__, __name__, __class__, NotImplemented, ExceptionGroup", ""),
        ("return f'{a} {nothing!r:>{width}}'", "nothing, width"),
        ("del a\n        return a", ""),
        ("async def g():\n            return [y async for y in a]\n        return g", ""),
        ("@decorate\n        def g(): pass", "decorate"),
        ("return '\\d \\N{DASH} {none}'", ""),
    ],
)  # fmt: skip
async def test_python(code: str, names: str) -> None:
    check = await Names().check(draft_in(FILE, "pass", code))

    assert check.state == ("failed" if names else "passed")
    if names:
        assert check.detail.startswith(f"{names} ")


@pytest.mark.parametrize(
    "head", ["from os.path import *\n", "globals().update(x=1)\n", "exec('x = 1')\n", "x = (\n"]
)
async def test_where_names_come_from_is_not_known(head: str) -> None:
    check = await Names().check(draft_in(head + FILE, "pass", "return missing"))

    assert check.state == "skipped"
    assert check.detail


async def test_a_name_that_was_undefined_before_is_none_of_the_draft() -> None:
    check = await Names().check(draft_in(f"missing()\n{FILE}", "pass", "return missing"))

    assert check.state == "passed"


async def test_a_definition_that_others_use() -> None:
    """What a draft takes away is missed elsewhere, too."""
    text = "$0def f():\n    return 1\n\n\nprint(f())\n"

    check = await Names().check(draft_in(text, "def f", "def g"))

    assert check.detail == "f is not defined anywhere."


async def test_annotations_that_are_not_evaluated() -> None:
    text = "from __future__ import annotations\n\n\ndef f(x$0):\n    return x\n"

    bad = await Names().check(draft_in(text, "(x)", "(x: Optional[int]) -> Any"))
    good = await Names().check(draft_in(text, "(x)", "(x: int | None) -> f"))

    assert (bad.state, bad.detail[:13]) == ("failed", "Any, Optional")
    assert good.state == "passed"


def test_a_function_called_top() -> None:
    """Python's tables take its names for the module's."""
    assert python.undefined("def top(x):\n    return x + y\n") == {"y"}


def test_many_functions_take_no_longer_each() -> None:
    """Were the scopes looked through for each name, it would take minutes."""
    n = 40_000
    text = "".join(f"def f{k}():g{k}()\n" for k in range(n))

    assert python.undefined(text) == {f"g{k}" for k in range(n)}


TYPESCRIPT = """import { a } from "./a";
export function f(x: number, { y, z: [w] }: T): number {
  $0return 1;
}
"""


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("return a(x) + y + w;", ""),
        ("return missing(x);", "missing"),
        ("return x.missing(a).other;", ""),
        ("return [1].map((n) => n + other).length;", "other"),
        ("for (const k of Object.keys(x)) { console.log(k, later()); }\n  function later() {}", ""),
        ("try { a(); } catch (e) { throw e; }", ""),
        ("if (typeof maybe !== 'undefined') { return maybe(1); }", ""),
        ("const { p, ...q } = x; return { p, q, r };", "r"),
        ("return new Widget(`${text}`);", "text"),
        ("return fetch(String(parseInt(x)));", ""),
        ("var g = 1; label: while (g) { break label; }", ""),
        ("class K { m() { return helper(); } }", "helper"),
        ("return function named(n) { return n ? named(n - 1) : arguments; };", ""),
    ],
)
async def test_typescript(code: str, names: str) -> None:
    check = await Names().check(draft_in(TYPESCRIPT, "return 1;", code, "shop.ts"))

    assert check.state == ("failed" if names else "passed")
    assert check.detail.startswith(names)


async def test_a_script_sees_what_other_scripts_define() -> None:
    check = await Names().check(draft_in("function f() {\n  $0return 1;\n}\n", "1", "g()", "a.js"))

    assert check.state == "skipped"


RUST = "use std::fmt;\n\nfn f(x: i32, (p, q): (i32, i32)) -> i32 {\n    $01\n}\n"


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("g(x)", "g"),
        ("let y = x; drop(y); p + q", ""),
        ("if let Some(n) = h { n + missing } else { 0 }", "missing"),
        ("match x { 0 => 1, n @ 1..=5 => n, other => other + 1 }", ""),
        ("(0..x).map(|n| n * k).sum()", "k"),
        ('println!("{}", unseen); fmt::format(unseen)', ""),
        ("fn g(n: i32) -> i32 { n } g(x)", ""),
        ("for (i, v) in [1].iter().enumerate() { f(i, (*v, 1)); } 1", ""),
    ],
)
async def test_rust(code: str, names: str) -> None:
    check = await Names().check(draft_in(RUST, "1\n", f"{code}\n", "shop.rs"))

    assert check.state == ("failed" if names else "passed")
    assert check.detail.startswith(names)


async def test_rust_with_a_glob() -> None:
    check = await Names().check(draft_in(f"use super::*;\n{RUST}", "1\n", "g(x)\n", "shop.rs"))

    assert check.state == "skipped"


async def test_files_of_a_package_see_each_other(tmp_path: Path) -> None:
    """In Go: what a file beside it defines is no alarm, what none does is."""
    text = "package a\n\nfunc f(x int) int {\n\treturn $0x\n}\n"
    (tmp_path / "b.go").write_text("package a\n\nfunc beside(x int) int { return x }\n")

    here = Names(tmp_path)
    good = await here.check(draft_in(text, "return x", "return beside(x)", "a.go"))
    bad = await here.check(draft_in(text, "return x", "y := x\n\treturn absent(y)", "a.go"))
    unknown = await Names().check(draft_in(text, "return x", "return absent(x)", "a.go"))

    assert (good.state, bad.state, unknown.state) == ("passed", "failed", "skipped")
    assert bad.detail == "absent is not defined anywhere."


JAVA = "class A {\n    private int n;\n    int f(int x) {\n        $0return 1;\n    }\n}\n"


async def test_java(tmp_path: Path) -> None:
    """A class that inherits may inherit a name."""
    here = Names(tmp_path)
    bad = await here.check(draft_in(JAVA, "1;", "n + missing;", "A.java"))
    good = await here.check(draft_in(JAVA, "1;", "n + f(x) + toString().length();", "A.java"))
    inherits = JAVA.replace("class A", "class A extends B")
    silent = await here.check(draft_in(inherits, "1;", "n + missing;", "A.java"))

    assert (bad.state, good.state, silent.state) == ("failed", "passed", "skipped")


@pytest.mark.slow
def test_no_false_alarms_in_the_standard_library() -> None:
    """All names there are defined, but where a module makes them as it runs."""
    library = Path(sysconfig.get_paths()["stdlib"])
    language = language_of("python", "a.py")
    assert language is not None
    found = {
        path.name: names
        for path in sorted(library.glob("[a-m]*.py"))
        if (names := undefined(path.read_text("utf-8", "replace"), path.name, language))
    }

    assert set(found) <= {"inspect.py"}

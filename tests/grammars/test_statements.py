"""The query files: what ends a statement (◂ after it) and what begins a block (▸ before it)."""

import pytest

from ownstack.languages import languages
from ownstack.paths import grammars_folder
from ownstack.syntax.trees import parse
from ownstack.text import Span

MARKED = {
    "python": """\
import os◂

@cached
def f(a, b={1: 2})▸:
    '''Doc: string.'''◂
    x = a[1:2]◂
    for y in x▸:
        print(y)◂◂
    if x▸: pass◂
    else▸:
        return lambda: 1◂◂◂
class A▸:
    y: int = 1◂◂
""",
    "javascript": """\
const x = {a: 1};◂
function f(a) ▸{
  if (a) ▸{
    return {b: 2};◂
  }◂
  const g = () => ▸{ h();◂ };◂
}◂
class A ▸{
  m() ▸{}◂
}◂
""",
    "typescript": """\
interface A ▸{
  b: {c: number}◂;
}◂
enum E ▸{ X, Y }◂
function f(a: number): string ▸{
  return `${a}`;◂
}◂
""",
    "tsx": """\
const A = (p: P) => ▸{
  return <b style={{x: 1}}>{p.x}</b>;◂
};◂
""",
    "go": """\
package a◂

type T struct ▸{
	x int◂
}◂

func f(a map[string]int) int ▸{
	for i := range a ▸{
		g(i)◂
	}◂
	return []int{1}[0]◂
}◂
""",
    "rust": """\
struct S ▸{
    x: i32◂,
}◂
impl S ▸{
    fn f(&self) -> S ▸{
        let s = S { x: 1 };◂
        match s.x ▸{
            1 => g(),◂
            _ => ▸{}◂
        }◂
    }◂
}◂
""",
    "java": """\
package a;◂
class A ▸{
    int[] x = {1, 2};◂
    void f() ▸{
        if (x != null) ▸{
            g();◂
        }◂
    }◂
}◂
""",
    "c": """\
#include <a.h>◂
struct s ▸{ int a;◂ }◂;
int f(void) ▸{
    int a[] = {1, 2};◂
    while (a[0]) ▸{
        g();◂
    }◂
    return 1;◂
}◂
""",
    "cpp": """\
namespace n ▸{
class A ▸{
    int x = 1;◂
    void f() ▸{ auto v = std::vector<int>{1, 2};◂ }◂
}◂;
}◂
""",
}


def marks(text: str, language_id: str) -> str:
    """`text` with a mark at each statement end and each block's beginning."""
    language = next(language for language in languages() if language.id == language_id)
    tree = parse(text, language)
    assert tree is not None
    assert tree.errors() == 0
    ends = [found.end for _, found in tree._captured(Span(0, len(text)), ("statement",))]
    opens = [found.start for _, found in tree._captured(Span(0, len(text)), ("opens",))]
    places: dict[int, str] = {}
    for end in ends:
        trimmed = len(text[:end].rstrip())
        places[trimmed] = places.get(trimmed, "") + "◂"
    for start in opens:
        places[start] = places.get(start, "") + "▸"
    return "".join(places.get(at, "") + char for at, char in enumerate(text + "\0"))[:-1]


@pytest.mark.parametrize("language_id", MARKED)
def test_statements_and_blocks(language_id: str) -> None:
    """Bodies open blocks; literals, slices, lambdas and initialisers do not."""
    marked = MARKED[language_id]

    assert marks(marked.replace("◂", "").replace("▸", ""), language_id) == marked


def test_every_query_file_is_tested() -> None:
    """A language that completion reads by its tree is a language with a table above."""
    known = {file.parent.name for file in grammars_folder().glob("*/statements.scm")}

    assert [language.id for language in languages() if language.queries in known] == list(MARKED)

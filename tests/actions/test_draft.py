"""Whatever form a model answers in: its code stands as the file has it, or is refused."""

from __future__ import annotations

import pytest

from ownstack.actions.draft import replacement
from ownstack.actions.target import Target
from ownstack.errors import EditError
from tests.support.drafting import target_in

PYTHON = '''import os
import json


class Shop:
    """A shop."""

    @property
    def total(self):
        """Sum."""
        result = $00
        for item in self.items:
            result += item.price
        return result

    @total.setter
    def total(self, value):
        self.items = [value]

    def other(self):
        return 1


def weigh(fish, scale):
    if fish is None:
        return 0
    return scale * fish
'''
WEIGH = PYTHON.replace("$0", "").replace("if fish is None", "if $0fish is None")
NEW = """\
    @property
    def total(self):
        return 3"""
TS = """import { a } from "./a";

export class Cart {
  total(): number {
    return $01;
  }

  other(): string {
    return a;
  }
}
"""
GO = """package queue

import "sync"

// Push adds.
func (q *Queue) Push(x int) {
\tq.items = append($0q.items, x)
}

func (q *Queue) Pop() int {
\treturn 0
}
"""


def fence(code: str, language: str = "python") -> str:
    return f"```{language}\n{code}\n```"


@pytest.mark.parametrize(
    "answer",
    [
        fence(NEW),
        fence("@property\ndef total(self):\n    return 3"),
        fence("def total(self):\n    return 3"),
        fence("@property\n    def total(self):\n        return 3"),
        fence("def total(self):\n        return 3"),
        fence("            @property\n            def total(self):\n                return 3"),
        fence("@property\ndef total(self):\n\treturn 3"),
        fence("class Shop:\n    @property\n    def total(self):\n        return 3"),
        fence("import os\n\n\nclass Shop:\n    @property\n    def total(self):\n"
              "        return 3\n\n    def other(self):\n        return 1\n\n\n"
              "def weigh(fish, scale):\n    return 1"),
        "Sure!\n\n" + fence(NEW) + "\n\nThat returns 3.",
        "Sure!\n\ndef total(self):\n    return 3\n\nThis is it.",
        NEW,
        "Before:\n" + fence("def total(self):\n    result = 0\n    for item in self.items:\n"
                            "        result += item.price\n    return result")
        + "\nAfter:\n" + fence(NEW),
        fence(NEW) + "\nUse it so:\n" + fence("print(Shop().total)"),
        fence(NEW).replace("\n", "\r\n"),
        "~~~\n" + NEW + "\n~~~",
        "  " + fence(NEW).replace("\n", "\n  "),
        fence(f"\n\n{NEW}\n\n\n"),
    ],
)  # fmt: skip
def test_a_method_comes_to_stand_in_its_class(answer: str) -> None:
    """Out of prose, a class or a whole file; of another indentation; without its decorator."""
    assert replacement(answer, target_in(PYTHON)) == NEW


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ("", "gave no code"),
        ("   \n", "gave no code"),
        ("I cannot help with that.", "gave no code"),
        ("The total is wrong: it begins with 0.", "gave no code"),
        ("```python\n```", "gave no code"),
        ("```python\n" + NEW, "cut off"),
        (fence("        result = 5"), "only some of the lines"),
        (fence("result += item.price * 2\nreturn result"), "only some of the lines"),
        (fence("def helper(self):\n    return 1\n\n\ndef another(self):\n    return 2"),
         "does not define total"),
        (fence("def total(self):\n    # ... rest unchanged\n    return 3"), "leaves code out"),
        (fence("def total(self):\n    # ...\n    return 3"), "leaves code out"),
        (fence("def total(self):\n    result = 1\n    # rest of the code remains the same"),
         "leaves code out"),
        (fence("def total(self):\n    # existing code here\n    return 3"), "leaves code out"),
        (fence("def total(self):\n    # (unchanged)\n    return 3"), "leaves code out"),
        (fence("x = 1") + "\n" + fence("y = 2"), "several code blocks"),
        ("def total(self):\n    return \0", "no code"),
        (fence("@@ -1,2 +1,2 @@\n-        sum = 0\n+        sum = 1", "diff"), "does not fit"),
    ],
)  # fmt: skip
def test_what_is_refused(answer: str, why: str) -> None:
    with pytest.raises(EditError, match=why):
        replacement(answer, target_in(PYTHON))


def test_an_endless_answer_is_refused() -> None:
    with pytest.raises(EditError, match="too long"):
        replacement(fence("x = 1\n" * 100_000), target_in(PYTHON))


@pytest.mark.parametrize(
    "answer",
    [
        "@@ -9,3 +9,3 @@\n         for item in self.items:\n-            result += item.price\n"
        "+            result += 2\n         return result",
        "--- a/shop.py\n+++ b/shop.py\n@@ -1 +1 @@\n-            result += item.price\n"
        "+            result += 2",
        "-    result += item.price\n+    result += 2",
    ],
)
def test_a_diff_is_applied(answer: str) -> None:
    target = target_in(PYTHON)

    made = replacement(fence(answer, "diff"), target)

    assert made == target.code.replace("item.price", "2")


def test_what_is_new_beside_the_definition_stays() -> None:
    """A helper and an import do; what the file has already does not come twice."""
    code = (
        "import json\nimport math\n\n\ndef _half(x):\n    return math.floor(x / 2)\n\n\n"
        "def weigh(fish, scale):\n    return _half(fish) * scale\n\n\nprint(weigh(1, 2))"
    )

    made = replacement(fence(code), target_in(WEIGH))

    assert made == (
        "import math\n\n\ndef _half(x):\n    return math.floor(x / 2)\n\n\n"
        "def weigh(fish, scale):\n    return _half(fish) * scale"
    )


def test_decorators_come_back_to_the_definition_that_had_them() -> None:
    """Not to a helper before it, and below what is imported for it."""
    text = "@cached(\n    size=1,\n)\ndef f(x):\n    return $0x\n"
    code = (
        "from a import (\n    b,\n    c,\n)\n\n\ndef helper(x):\n    return b\n\n\n"
        "def f(x):\n    return helper(x)"
    )

    made = replacement(fence(code), target_in(text))

    assert made == code.replace("def f", "@cached(\n    size=1,\n)\ndef f")


def test_a_function_in_a_function() -> None:
    """What the outer one has after it does not come twice."""
    text = "def f():\n    def g(x):\n        return $0x\n    return g\n"

    made = replacement(
        fence(text.replace("$0", "").replace("return x", "return 1")), target_in(text)
    )

    assert made == "    def g(x):\n        return 1"


def test_a_line_of_a_whole_file() -> None:
    made = replacement(
        fence('{\n  "a": 2,\n  "b": 1\n}'), target_in('{\n  "a": $01,\n  "b": 1\n}\n', "a.json")
    )

    assert made == '  "a": 2,'


def test_a_new_import_of_a_method_goes_into_it() -> None:
    """In its class it would be no name that the method sees."""
    code = 'import math\n\ndef total(self):\n    """Sum."""\n    return math.fsum(self.items)'

    made = replacement(fence(code), target_in(PYTHON))

    assert made == (
        '    @property\n    def total(self):\n        """Sum."""\n        import math\n\n'
        "        return math.fsum(self.items)"
    )


def test_one_of_two_definitions_of_a_name() -> None:
    """A getter and its setter in a whole file's answer: each is its own."""
    answer = fence(PYTHON.replace("$0", "").replace("= [value]", "= [value, 1]"))
    setter = PYTHON.replace("$0", "").replace("self.items = [", "self.items$0 = [")

    assert "result = 0" in replacement(answer, target_in(PYTHON))
    assert replacement(answer, target_in(setter)) == (
        "    @total.setter\n    def total(self, value):\n        self.items = [value, 1]"
    )


def test_lines_that_lie_too_far_out_are_not_lost() -> None:
    """They may belong to the definition: whether the file still parses is said by the checks."""
    code = "def weigh(fish, scale):\n    if fish is None:\n        return 0\nreturn scale"

    assert replacement(fence(code), target_in(WEIGH)) == code


def test_code_that_does_not_parse_is_not_cut() -> None:
    code = "  total(): number {\n    return [1;\n  }\n}\nconst x = 1;"

    assert replacement(fence(code, "ts"), target_in(TS, "cart.ts")) == code


@pytest.mark.parametrize(
    "code",
    [
        "total(): number {\n  return 2;\n}",
        "  total(): number {\n    return 2;\n  }",
        "total(): number {\n    return 2;\n  }",
        "export class Cart {\n  total(): number {\n    return 2;\n  }\n}",
        "total(): number {\n\treturn 2;\n}",
    ],
)
def test_methods_of_scripts(code: str) -> None:
    made = replacement(fence(code, "ts"), target_in(TS, "cart.ts"))

    assert made == "  total(): number {\n    return 2;\n  }"


@pytest.mark.parametrize("comment", ["", "// Push adds.\n", "// Push puts in.\n// It grows.\n"])
def test_the_comment_above_is_a_part(comment: str) -> None:
    """It may be written anew; one that is left out stays as it was."""
    code = "func (q *Queue) Push(x int) {\n    q.n++\n}"

    made = replacement(fence(comment + code, "go"), target_in(GO, "queue.go"))

    kept = comment or "// Push adds.\n"
    assert made == f"{kept}func (q *Queue) Push(x int) {{\n\tq.n++\n}}"


def test_a_block_comment_that_is_left_out_stays_whole() -> None:
    """Also if its lines do not say that they are of one."""
    head = "/*\n  The total (in cents.\n*/\n@Memo({\n  size: 1,\n})\n"
    text = f"export class Cart {{\n{head}total() {{\n$0return 1;\n}}\n}}\n"

    made = replacement(fence("total() {\nreturn 2;\n}", "ts"), target_in(text, "cart.ts"))

    assert made == f"{head}total() {{\nreturn 2;\n}}"


@pytest.mark.parametrize(("end", "other"), [("\r\n", "\n"), ("\n", "\r\n"), ("\r", "\n")])
def test_line_ends_are_those_of_the_file(end: str, other: str) -> None:
    target = target_in(PYTHON.replace("\n", end))

    assert replacement(fence(NEW).replace("\n", other), target) == NEW.replace("\n", end)


def test_blanks_become_the_tabs_of_the_file() -> None:
    target = target_in(PYTHON.replace("    ", "\t"))

    assert replacement(fence(NEW), target) == NEW.replace("    ", "\t")


def test_lines_of_a_file_that_mixes_tabs_and_blanks_stay_as_they_are() -> None:
    text = "def f(x):\n\tif $0x:\n\t    return 1\n        # why\n\treturn 2\n"

    made = replacement(
        fence("def f(x):\n    if x:\n        return 1\n    return 2"), target_in(text)
    )

    assert made == "def f(x):\n\tif x:\n\t    return 1\n\treturn 2"


def test_lines_inside_of_a_string_do_not_move() -> None:
    text = 'class A:\n    def f(self):\n        return """\nfirst\n  second\n"""$0\n'

    made = replacement(
        fence('def f(self):\n    return """\nfirst\n  second\n""".strip()'), target_in(text)
    )

    assert made == '    def f(self):\n        return """\nfirst\n  second\n""".strip()'


def test_a_docstring_may_have_fences() -> None:
    code = 'def weigh(fish, scale):\n    """Weigh.\n\n    ```\n    weigh(1, 2)\n    ```\n    """'

    assert replacement(fence(code), target_in(WEIGH)) == code
    assert replacement(code, target_in(WEIGH)) == code


def test_a_definition_may_get_another_name() -> None:
    code = "def weight_of(fish, scale):\n    return 1"

    assert replacement(fence(code), target_in(WEIGH)) == code


@pytest.mark.parametrize(
    "comment",
    [
        "# The rest is as it was in 1.0.",
        "# Other items change nothing.",
        "# Same order as before the sale.",
        "# Existing fish are weighed again.",
    ],
)
def test_a_comment_is_no_mark_of_what_is_left_out(comment: str) -> None:
    code = f"def weigh(fish, scale):\n    {comment}\n    return 1"

    assert replacement(fence(code), target_in(WEIGH)) == code


class TestPlainLines:
    """A selection that no definition holds."""

    TARGET = "import os\n\nLIMIT = 10\n$0WIDTH = 20\nHEIGHT = 30$0\nDEPTH = 40\n\nprint(LIMIT)\n"

    def target(self) -> Target:
        return target_in(self.TARGET)

    def test_they_are_taken_as_they_are(self) -> None:
        assert replacement(fence("WIDTH = 1"), self.target()) == "WIDTH = 1"

    def test_without_the_lines_around_them(self) -> None:
        """The model was shown these for reading only."""
        whole = "import os\n\nLIMIT = 10\nWIDTH = 1\nHEIGHT = 2\nDEPTH = 40\n\nprint(LIMIT)"

        assert replacement(fence(whole), self.target()) == "WIDTH = 1\nHEIGHT = 2"

    def test_talk_is_none(self) -> None:
        with pytest.raises(EditError, match="no code"):
            replacement("Done", self.target())


def test_a_file_without_a_grammar_is_plain_text() -> None:
    target = target_in("$0one\ntwo$0\nthree\n", "notes.unknown")

    assert replacement(fence("uno\ndos", ""), target) == "uno\ndos"


def test_blanks_in_a_string_stay() -> None:
    """They belong to what it says, on a line of nothing else, too."""
    target = target_in('def f():\n    return """a\n    \n  b"""$0\n')

    made = replacement(f"```python\n{target.code.replace('return', 'yield')}\n```", target)

    assert made == 'def f():\n    yield """a\n    \n  b"""'


@pytest.mark.parametrize(
    ("path", "marked", "old", "new"),
    [
        (
            "test_diff.py",
            'def f():\n    $0return """\n@@ -1 +1 @@\n-a\n+b\n"""\n',
            "+b",
            "+c",
        ),
        ("shop.rb", "@@count = 1$0\n-1.abs\n", "= 1", "= 2"),
    ],
)
def test_code_that_has_a_diff_in_it_is_none(path: str, marked: str, old: str, new: str) -> None:
    target = target_in(marked, path)

    made = replacement(f"```\n{target.code.replace(old, new)}\n```", target)

    assert made == target.code.replace(old, new)

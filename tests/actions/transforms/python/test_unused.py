"""Imports that nothing uses go; whatever might be used stays."""

import pytest

from tests.support.transforming import transformed


def cleaned(text: str, path: str = "a.py") -> str | None:
    return transformed("removeUnusedImports", text, path)


def test_whole_statements_and_single_names_go() -> None:
    text = '''"""Doc."""

import os
import sys

import numpy as np
from a import b, c, d
from e import f as g, h


print(sys, c, h)
'''

    assert (
        cleaned(text)
        == '''"""Doc."""

import sys

from a import c
from e import h


print(sys, c, h)
'''
    )


def test_a_paragraph_that_goes_leaves_no_second_blank_line() -> None:
    text = "import sys\n\nimport os\nimport re\n\nimport a\n\nx = sys, a\n"

    assert cleaned(text) == "import sys\n\nimport a\n\nx = sys, a\n"


def test_a_file_does_not_begin_with_blank_lines() -> None:
    assert cleaned("import os\n\n\nx = 1\n") == "x = 1\n"


def test_lines_in_brackets_go_with_their_comments_only() -> None:
    text = "from a import (\n    b,  # bee\n    c,  # see\n    d\n)\nprint(b)\n"

    assert cleaned(text) == "from a import (\n    b,  # bee\n)\nprint(b)\n"


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("from a import (b,\n    c)", "from a import (b)"),
        ("from a import c, \\\n    b", "from a import b"),
        ("from a import b, \\\n    c", "from a import b"),
        ("import b, c", "import b"),
        ("import c, b, d", "import b"),
        ("from a import (c, b,)", "from a import (b,)"),
    ],
)
def test_commas_and_brackets_stay_right(statement: str, expected: str) -> None:
    assert cleaned(f"{statement}\nprint(b)\n") == f"{expected}\nprint(b)\n"


def test_a_block_is_never_empty() -> None:
    text = "def f():\n    import a\n    import b\n\n\ndef g():\n    import c\n    return 1\n"

    assert cleaned(text) == "def f():\n    pass\n\n\ndef g():\n    return 1\n"


def test_what_is_for_types_only_may_go() -> None:
    text = (
        "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from a import B, C\n\n\n"
        "def f(x: 'B') -> None: ...\n"
    )

    assert cleaned(text) == text.replace("B, C", "B")


@pytest.mark.parametrize(
    "use",
    [
        "def f(x: 'list[name]') -> None: ...",
        "def f(x) -> 'name.A': ...",
        "x: 'name' = 1",
        "x = 1  # type: name",
        "x = cast('name', y)",
        "X = Optional['name']",
        "__all__ = ['name']",
        "__all__ = []\n__all__ += ['name']",
        "__all__.extend(['name'])",
        "def f():\n    '''\n    >>> name()\n    '''",
        "def f():\n    global name",
        "print(globals())",
        "eval(x)",
        "print(vars())",
        "getattr(sys.modules[__name__], x)",
        "del name",
        "@name\ndef f(): ...",
        "f'{name!r}'",
        "class A:\n    x = name.y",
    ],
)
def test_what_may_be_a_use_is_one(use: str) -> None:
    assert cleaned(f"import name\n{use}\n") is None


@pytest.mark.parametrize(
    "text",
    [
        "from __future__ import annotations\n",
        "from a import *\n",
        "import a as a\n",
        "from a import b as b\n",
        "import a  # noqa\n",
        "import a  # noqa: F401\n",
        "from a import (  # noqa: E501, F401\n    b,\n)\n",
        "import a  # pylint: disable=unused-import\n",
        "# flake8: noqa\nimport a\n",
        "import readline\n",
        "try:\n    import a\nexcept ImportError:\n    pass\n",
        "class A:\n    from a import b\n",
        "if x:\n    import a\n",
        "import a; import b\n",
    ],
)
def test_what_is_there_for_something_else_stays(text: str) -> None:
    assert cleaned(text) is None


def test_another_noqa_is_no_matter() -> None:
    assert cleaned("import a  # noqa: E402\nx = 1\n") == "x = 1\n"


@pytest.mark.parametrize("path", ["p/__init__.py", "p/__init__.pyi", "conftest.py", "_compat.py"])
def test_files_that_import_for_others_are_left_alone(path: str) -> None:
    assert cleaned("import a\n", path) is None


def test_a_fixture_is_used_by_its_name() -> None:
    text = "from fixtures import client, other\n\n\ndef test_it(client): ...\n"

    assert cleaned(text, "tests/test_it.py") == text.replace(", other", "")
    assert cleaned(text, "app.py") == "def test_it(client): ...\n"


def test_line_ends_are_those_of_the_file() -> None:
    assert cleaned("import a\r\nimport b\r\n\r\nb.é()\r\n") == "import b\r\n\r\nb.é()\r\n"


def test_a_text_with_errors_is_left_alone() -> None:
    assert cleaned("import a\ndef f(:\n") is None

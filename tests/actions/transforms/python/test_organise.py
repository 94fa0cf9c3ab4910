"""Imports in order: nothing moved past other code, nothing lost, nothing changed twice."""

import pytest

from tests.support.transforming import transformed


def organised(text: str, path: str = "a.py") -> str | None:
    return transformed("organiseImports", text, path)


def test_groups_are_apart_and_each_is_sorted() -> None:
    """Future, standard library, packages, own, relative: as isort and ruff have them."""
    text = '''"""Doc."""
from zoo import b, Y, CONST
import sys, os
import numpy as np  # the numbers
from . import near
from .. import far
from app.core import x
import collections.abc
from item10 import a
from item9 import a as c
import json
'''

    assert (
        organised(text, "src/app/models.py")
        == '''"""Doc."""
import collections.abc
import json
import os
import sys

import numpy as np  # the numbers
from item9 import a as c
from item10 import a
from zoo import CONST, Y, b

from app.core import x

from .. import far
from . import near
'''
    )


def test_the_future_comes_first() -> None:
    text = "import os\nfrom __future__ import annotations\n"

    assert organised(text) == "from __future__ import annotations\n\nimport os\n"


def test_what_is_in_order_is_left_alone() -> None:
    text = "import os\nimport sys\nfrom abc import ABC\n\nimport numpy\n\nfrom . import x\n"

    assert organised(text) is None


def test_both_usual_orders_count_as_order() -> None:
    """Some projects have `from` imports between the others (`force_sort_within_sections`)."""
    assert organised("import a\nfrom b import c\nimport d\n") is None
    assert organised("import a\nimport d\nfrom b import c\n") is None


def test_names_in_brackets_keep_their_lines() -> None:
    text = "from a import (\n    d,\n    c,\n)\n"

    assert organised(text) == "from a import (\n    c,\n    d,\n)\n"


def test_names_with_comments_stay() -> None:
    assert organised("from a import (\n    d,  # dee\n    c,\n)\n") is None


def test_a_comment_goes_with_the_import_below_it() -> None:
    text = "import sys\n# for paths\nimport os\n"

    assert organised(text) == "# for paths\nimport os\nimport sys\n"


def test_a_comment_that_heads_a_paragraph_stays_above_it() -> None:
    text = "import sys\nimport os\n\n# Ours\nimport zeta\nimport eta\n"

    assert organised(text) == "import os\nimport sys\n\n# Ours\nimport eta\nimport zeta\n"


@pytest.mark.parametrize(
    "between",
    [
        "sys.path.insert(0, 'x')",
        "from x import *",
        "try:\n    import q\nexcept ImportError:\n    q = None",
        "if sys.version_info > (3, 11):\n    import q",
        "import q; q.start()",
        "import q  # isort: skip",
    ],
)
def test_nothing_is_moved_past_what_may_have_an_effect(between: str) -> None:
    text = f"import sys\nimport os\n{between}\nimport bb\nimport aa\n"

    assert organised(text) == f"import os\nimport sys\n{between}\nimport aa\nimport bb\n"


@pytest.mark.parametrize(
    "text",
    [
        "from b import x\nfrom a import x\n",
        "import b as x\nimport a as x\n",
        "import b\nimport a.c as b\n",
    ],
)
def test_the_order_of_imports_that_bind_one_name_has_a_meaning(text: str) -> None:
    assert organised(text) is None


@pytest.mark.parametrize(
    "mark", ["# isort: skip_file", "# isort: off", "# fmt: off", "# ruff: noqa: I001"]
)
def test_who_says_so_is_left_alone(mark: str) -> None:
    assert organised(f"{mark}\nimport b\nimport a\n") is None


def test_modules_that_stand_apart_at_the_end_are_own() -> None:
    """The name of the project is in no path here, but its author grouped the imports."""
    text = "import sys\nimport os\n\nimport zebra\n\nimport app\n"

    assert organised(text, "tests/test_a.py") == (
        "import os\nimport sys\n\nimport zebra\n\nimport app\n"
    )


def test_one_import_twice_is_one() -> None:
    assert organised("import os\nimport os\n") == "import os\n"


@pytest.mark.parametrize("line_end", ["\r\n", "\r", "\n"])
def test_line_ends_are_those_of_the_file(line_end: str) -> None:
    text = line_end.join(["import numpy", "import sys", "import os", "", "x = 'ä'", ""])

    expected = line_end.join(["import os", "import sys", "", "import numpy", "", "x = 'ä'", ""])
    assert organised(text) == expected


def test_a_byte_order_mark_and_no_last_line_end_are_kept() -> None:
    assert organised("\ufeff'''Doc.'''\nimport b\nimport a") == (
        "\ufeff'''Doc.'''\nimport a\nimport b"
    )


@pytest.mark.parametrize(
    "text", ["import b\nimport (\n", "import b\nimport a\nx = = 1\n", "", "\0"]
)
def test_a_text_with_errors_is_left_alone(text: str) -> None:
    assert organised(text) is None

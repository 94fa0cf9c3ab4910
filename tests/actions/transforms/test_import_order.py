"""Imports of languages with braces, sorted paragraph by paragraph."""

import pytest

from tests.support.transforming import transformed

TYPESCRIPT = """// head
import fs from 'fs';
import { b, a as c } from "./x";
import Def, * as ns from 'def'; // def
import 'effect';
import z, { Y } from '../z';
import type { T } from 'types';
import {
  two,
  type One,
} from 'list';

import React from 'react'
import q from "q";
// mine
import m from "m";
import l from "l";
"""


def organised(text: str, path: str = "a.ts") -> str | None:
    return transformed("organiseImports", text, path)


def test_paragraphs_effects_and_comments_stay_where_they_are() -> None:
    assert (
        organised(TYPESCRIPT)
        == """// head
import Def, * as ns from 'def'; // def
import fs from 'fs';
import { a as c, b } from "./x";
import 'effect';
import {
  type One,
  two,
} from 'list';
import type { T } from 'types';
import z, { Y } from '../z';

import q from "q";
import React from 'react'
// mine
import l from "l";
import m from "m";
"""
    )


def test_twice_is_as_once() -> None:
    once = organised(TYPESCRIPT)
    assert once is not None

    assert organised(once) is None


def test_java_is_sorted_with_static_imports_apart() -> None:
    text = (
        "package x;\r\n\r\nimport java.util.List;\r\nimport static a.B.c;\r\nimport java.io.*;\r\n"
    )

    assert organised(text, "A.java") == (
        "package x;\r\n\r\nimport java.io.*;\r\nimport java.util.List;\r\nimport static a.B.c;\r\n"
    )


@pytest.mark.parametrize(
    "text",
    [
        "import a from 'a';\nimport b from 'b';\n",
        "import a from './a';\nimport b from 'b';\n",
        "import {b, /* why */ a} from 'a';\n",
        "import 'b';\nimport 'a';\n",
        "import b = require('b');\nimport c = require('a');\n",
        "import b from 'b'; import a from 'a';\n",
        "import b from 'b';\nimport a from 'a';\nf(;\n",
        "",
    ],
)
def test_anything_else_is_left(text: str) -> None:
    assert organised(text) is None

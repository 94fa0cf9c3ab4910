"""Imports that nothing uses, in languages with braces."""

import pytest

from tests.support.transforming import transformed


def cleaned(text: str, path: str = "a.ts") -> str | None:
    return transformed("removeUnusedImports", text, path)


def test_statements_and_single_names_go() -> None:
    text = """import fs from 'fs';
import { b, a as c, d } from "./x";
import Def, * as ns from 'def';
import 'effect';
import z, { Y } from '../z';
import type { T, U } from 'types';
import {
  two,
  one,
} from 'list';

import q from "q";

fs.x(c, d, Y, two, ns);
let t: T;
"""

    assert (
        cleaned(text)
        == """import fs from 'fs';
import { a as c, d } from "./x";
import * as ns from 'def';
import 'effect';
import { Y } from '../z';
import type { T } from 'types';
import {
  two,
} from 'list';

fs.x(c, d, Y, two, ns);
let t: T;
"""
    )


@pytest.mark.parametrize(
    "text",
    [
        "import a from 'a';\n/** {@link a} */\n",
        "import React from 'react';\nexport default () => 1;\n",
        "// eslint-disable-next-line\nimport a from 'a';\n",
        "import a from 'a'; // @ts-ignore\n",
        "import 'a';\n",
        "import a = require('a');\n",
        "import a from 'a';\nexport { a };\n",
        "import a from 'a'; b();\n",
        "import a from 'a';\nf(;\n",
    ],
)
def test_what_may_be_used_stays(text: str) -> None:
    assert cleaned(text) is None


def test_a_file_does_not_begin_with_blank_lines() -> None:
    assert cleaned("import a from 'a';\r\nimport b from 'b';\r\n\r\nx();\r\n") == "x();\r\n"


def test_java_is_cleaned_too() -> None:
    rest = "\n/** {@link B} */\nclass A {}\n"
    text = "package x;\n\nimport a.B;\nimport a.C;\nimport a.*;\nimport static d.E.f;\n"

    assert cleaned(text + rest, "A.java") == ("package x;\n\nimport a.B;\nimport a.*;\n" + rest)

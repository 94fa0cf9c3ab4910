"""Only permissively licensed files are learned from."""

from __future__ import annotations

import pytest

from training.licences import allowed_by_rules, debian_rules, permissive, refused_by_header


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("MIT", True),
        ("BSD-3-Clause", True),
        ("Apache-2.0 WITH LLVM-exception", True),
        ("MIT OR Apache-2.0", True),
        ("GPL-2+ or Expat", True),
        ("MPL-2.0 AND MIT", False),
        ("GPL-3.0-only", False),
        ("LGPL-2.1+", False),
        ("CC-BY-SA-4.0", False),
        ("Some unheard-of licence", False),
        ("", False),
    ],
)
def test_an_expression_must_leave_a_permissive_choice(expression: str, expected: bool) -> None:
    assert permissive(expression) is expected


@pytest.mark.parametrize(
    ("header", "refused"),
    [
        ("// SPDX-License-Identifier: MIT\nint x;", False),
        ("// SPDX-License-Identifier: GPL-2.0\nint x;", True),
        ("/* SPDX-License-Identifier: (GPL-2.0 OR BSD-3-Clause) */", False),
        ("# Copyright (c) 2020 The Authors. All rights reserved.\n# BSD-style licence", False),
        ("/* under the terms of the GNU General Public License */", True),
        ("/* GNU Lesser General Public License */", True),
        ("// This Source Code Form is subject to the Mozilla Public License, v. 2.0.", True),
        ("import os\n", False),
    ],
)
def test_a_files_own_header_can_refuse_it(header: str, refused: bool) -> None:
    assert refused_by_header(header) is refused


def test_the_last_matching_debian_paragraph_decides() -> None:
    rules = debian_rules(
        "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\n"
        "Files: *\nCopyright: A\nLicense: Expat\n\n"
        "Files: src/gpl/*\n tools/*.c\nCopyright: B\nLicense: GPL-2+\n\n"
        "Files: src/gpl/free.c\nCopyright: C\nLicense: BSD-3-clause\n"
    )
    verdicts = {
        path: allowed_by_rules(rules, path)
        for path in ("a.c", "src/gpl/x.c", "tools/t.c", "src/gpl/free.c")
    }
    assert [path for path, allowed in verdicts.items() if allowed] == ["a.c", "src/gpl/free.c"]

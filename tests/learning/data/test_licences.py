"""Under which licence a file says that it stands."""

from __future__ import annotations

import pytest

from ownstack.learning.data import licences

GPL = "This program is distributed under the terms of the GNU General Public\n# License."


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# SPDX-License-Identifier: Apache-2.0 OR MIT\n", {"Apache", "MIT"}),
        ("#!/bin/sh\n# SPDX-License-Identifier: GPL-2.0-only\n", {"GPL"}),
        ("/*\n * SPDX-License-Identifier: LGPL-2.1-or-later\n */\nint x;\n", {"LGPL"}),
        (f"# {GPL}\nx = 1\n", {"GPL"}),
        ("<?php\n/* Licensed under the MIT License */\n", {"MIT"}),
        ('"""Sorts.\n\n:license: BSD-3-Clause license.\n"""\n', {"BSD"}),
        ("/*\nRedistribution and use in source and binary forms\n*/\n", {"BSD"}),
        ("// Proprietary and confidential.\n", {"proprietary"}),
        ('x = "SPDX-License-Identifier: MPL-2.0"\n', set()),
        ("import re\n\n# The GNU General Public License is told by this.\n", set()),
        ("# Permission is needed to open the door.\nx = 1\n", set()),
    ],
)
def test_the_comment_above_all_code_tells(text: str, expected: set[str]) -> None:
    assert licences.named_by_header(text) == expected


def test_without_a_licence_file_what_most_files_say_is_the_projects() -> None:
    mit, gpl = frozenset(("MIT",)), frozenset(("GPL",))
    assert licences.of_project((), [mit, mit, gpl, frozenset()]) == mit
    assert licences.of_project((), [mit, gpl]) == frozenset()
    assert licences.of_project(["GNU General Public License"], [mit, mit]) == gpl


def test_what_names_no_licence_is_the_projects_own() -> None:
    mit, gpl = frozenset(("MIT",)), frozenset(("GPL",))
    assert licences.is_foreign(gpl, mit)
    assert not licences.is_foreign(frozenset(), mit)
    assert not licences.is_foreign(gpl | mit, mit)
    assert not licences.is_foreign(gpl, frozenset())

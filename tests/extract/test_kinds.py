"""Filters that ask for what there is not."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from ownstack.extract.kinds import DefinitionKind
from ownstack.index.search.query import RESULT_KINDS, unknown_filter
from ownstack.languages import languages

GRAMMARS = Path(__file__).parents[2] / "grammars"


def test_every_kind_of_the_grammars_is_known() -> None:
    """A language that brings a new kind brings it to the one list of them."""
    queries = (path.read_text("utf-8") for path in GRAMMARS.rglob("*.scm"))
    captured = {kind for text in queries for kind in re.findall(r"@definition\.(\w+)", text)}

    assert captured == set(get_args(DefinitionKind))


def test_words_in_front_of_a_name_tell_kinds_that_are_known() -> None:
    """Before a file is parsed, too, it holds what a search can ask for."""
    told = {kind for language in languages() for kind in language.defines.values()}

    assert told < RESULT_KINDS


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("total kind:function", ""),
        ("total kind:FUNCTION", ""),
        ("kind:struct kind:class", ""),
        ("a question with no filter", ""),
        ("total kind:functions", "There is no kind “functions”. Did you mean kind:function?"),
        ("kind:klass", "There is no kind “klass”. Did you mean kind:class?"),
    ],
)
def test_an_unknown_kind(query: str, said: str) -> None:
    """It is named, with the one that was meant."""
    assert unknown_filter(query) == said


def test_a_kind_like_no_other() -> None:
    """All of them are told."""
    said = unknown_filter("kind:zzz")

    assert "There are: class, constant," in said

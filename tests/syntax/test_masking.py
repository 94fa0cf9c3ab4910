"""Texts as grammars can read them."""

from __future__ import annotations

import pytest

from ownstack.languages import language_of
from ownstack.syntax.masking import readable


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("class SHOP_EXPORT Parcel : public Base {", "class             Parcel : public Base {"),
        ("struct SHOP_API Parcel\n{", "struct          Parcel\n{"),
        ("class SHOP_API Parcel final : Base {", "class          Parcel final : Base {"),
    ],
)
def test_macros_before_the_name_of_a_class_are_blank(text: str, expected: str) -> None:
    """All bytes keep their places."""
    cpp = language_of("cpp", "a.cpp")
    assert cpp is not None

    assert readable(text, cpp) == expected


@pytest.mark.parametrize(
    "text",
    [
        "struct SHOP_ENTRY entry;",
        "struct SHOP_ENTRY *find(int x) {",
        "class SHOP_API {",
        "class A {",
    ],
)
def test_names_of_types_in_capitals_stay(text: str) -> None:
    """What is declared is of that type, or has that name."""
    cpp = language_of("cpp", "a.cpp")
    assert cpp is not None

    assert readable(text, cpp) == text

"""Which names are at a cursor: a text with a `$0`, and what is read of it."""

import pytest

from ownstack.completion.context.cursor_names import (
    CALLED,
    ON_LINE,
    RECEIVER,
    cursor_names_at,
    names_in,
    types_of,
)


def read(marked: str):  # type: ignore[no-untyped-def]
    before, _, after = marked.partition("$0")
    return cursor_names_at(before + after, len(before))


@pytest.mark.parametrize(
    ("text", "name", "weight"),
    [
        ("order = build_order($0)", "build_order", CALLED),
        ("send(build_order(1), $0)", "send", CALLED),
        ("send(build_order(1), $0)", "build_order", ON_LINE),
        ("shop.$0", "shop", RECEIVER),
        ("x = shop.client.se$0", "client", RECEIVER),
        ("shop = ShopClient()\nshop.se$0", "ShopClient", RECEIVER),
        ("shop = ShopClient()\nshop.se$0", "shop", RECEIVER),
        ("total = price$0\n", "price", ON_LINE),
    ],
)
def test_weights(text: str, name: str, weight: float) -> None:
    """What a bracket or a dot belongs to counts most."""
    assert read(text).weights[name] == weight


def test_nearer_is_more() -> None:
    """And strings and comments are no names."""
    found = read('far = 1\n\n\nnear = "quoted words"  # said here\nx = $0\n').weights

    assert found["near"] > found["far"]
    assert not {"quoted", "words", "said", "here"} & set(found)


def test_members_are_told_from_names() -> None:
    """A name that stands alone somewhere is no mere member."""
    found = read("shop.order\nshop.total\ntotal = 1\n$0")

    assert found.members == {"order"}
    assert read("build(shop)\n$0").called == {"build"}


def test_what_is_begun_is_known() -> None:
    """The receiver and the beginning of its member's name."""
    found = read("    shop().cli$0\n")

    assert (found.receiver, found.begun) == ("shop", "cli")


@pytest.mark.parametrize(
    ("text", "types"),
    [
        ("shop = ShopClient(1)\n", ["ShopClient"]),
        ("def f(shop: ShopClient) -> None:\n", ["ShopClient"]),
        ("def f(shop: api.ShopClient | None):\n", ["ShopClient"]),
        ("const shop = new ShopClient();\n", ["ShopClient"]),
        ("function f(shop?: ShopClient) {\n", ["ShopClient"]),
        ("shop := &api.ShopClient{}\n", ["ShopClient"]),
        ("shop := api.NewShopClient(1)\n", ["ShopClient"]),
        ("func f(shop *ShopClient) {\n", ["ShopClient"]),
        ("fn f(shop: &mut ShopClient) {\n", ["ShopClient"]),
        ("ShopClient shop = make();\n", ["ShopClient"]),
        ("List<Order> shop = make();\n", ["List"]),
        ("shop = Old()\nshop = New()\n", ["New", "Old"]),
        ("shop = other\n", []),
        ("workshop = ShopClient()\n", []),
    ],
)
def test_types(text: str, types: list[str]) -> None:
    """By annotation, by construction, and where the type stands before or behind the name."""
    assert types_of("shop", text, len(text)) == types


def test_names_of_lines() -> None:
    """What stands first counts most; words of strings and comments are none."""
    found = names_in("total = shop.price(door)\r\nprint('words', total)  # more words\n")

    assert sorted(found.weights) == ["door", "price", "print", "shop", "total"]
    assert found.weights["shop"] > found.weights["print"]
    assert (found.members, found.called) == ({"price"}, {"price", "print"})

"""The module."""

from __future__ import annotations

import os.path, sys as system
from typing import overload, TypeVar as TV
from . import sibling
from ..pkg.mod import *

LIMIT = 10
état: int = compute(LIMIT)
T = TV("T")
type Pairs[K] = list[tuple[K, K]]


@overload
def load(name: str) -> str: ...
@overload
def load(name: int) -> int: ...
# Loads.
# Twice.
@system.decorated(limit=LIMIT)
def load(name):
    local = system.argv
    for one in local:
        print(one.attribute, sibling.helper(name))


class Shop(Base, metaclass=Meta):
    """A shop.

    More about it.
    """

    size: int = 1
    name = "x"

    class Inner:
        def deep(self):
            def closure(x):
                return LIMIT + x

            return closure

    @property
    async def größe(self, n: int, *args: Tag, **kw) -> dict[str, Tag]:
        "In one line."
        self.total = n
        return {k: v for k, v in kw.items() if (y := k)}


if system:

    def conditional():
        pass

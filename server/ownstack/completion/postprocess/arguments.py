"""Whether a function must be given arguments, as its signature says."""

from __future__ import annotations

import re
from typing import Literal

Arguments = Literal["none", "some", "any"]

_SELF = re.compile(r"&?\s*(?:mut\s+)?(?:self|cls)\b")
_VARIADIC = re.compile(r"\*|\.\.\.|/$|params\b")
_PAIRS = {")": "(", "]": "[", "}": "{", ">": "<"}


def arguments(signature: str, name: str) -> Arguments:
    """Return whether a call takes no arguments, takes at least one, or may do either.

    Reads the list of parameters behind the name in any language that has them between brackets;
    "any" where it does not understand, or where the signature is cut off.
    """
    found = re.search(rf"\b{re.escape(name)}\s*(?:<[^<>()]*>)?\s*\(", signature)
    if found is None:
        return "any"
    given = _parameters(signature[found.end() :])
    if given is None:
        return "any"
    if given and _SELF.match(given[0]):
        given = given[1:]
    if not given:
        return "none"
    needed = [
        parameter
        for parameter in given
        if not (_VARIADIC.match(parameter) or "=" in parameter or _optional(parameter))
    ]
    return "some" if needed else "any"


def _optional(parameter: str) -> bool:
    """Say whether it is marked so, as in TypeScript (`x?: T`)."""
    return parameter.partition(":")[0].rstrip().endswith("?")


def _parameters(text: str) -> list[str] | None:
    """Return what stands between commas up to the closing bracket; None if that is missing."""
    found, waiting, start = [], [], 0
    for at, char in enumerate(text):
        if char in "([{<":
            waiting.append(char)
        elif char in _PAIRS and waiting and waiting[-1] == _PAIRS[char]:
            waiting.pop()
        elif char == ")" and not waiting:
            found.append(text[start:at].strip())
            return [parameter for parameter in found if parameter]
        elif char == "," and not waiting:
            found.append(text[start:at].strip())
            start = at + 1
    return None

"""Functions can still be called as they are called now.

Where types are part of how a function is called (Go, Rust, Java, …), the types of parameters and of
the result stay; their names need not. In Python, JavaScript and TypeScript the names of parameters
stay, in their order; annotations may be added where there were none, in Python also changed. There
a parameter may come new that a call need not name: with a default, at the end.
"""

from __future__ import annotations

import asyncio
import re
from collections import defaultdict
from dataclasses import dataclass

from ownstack.actions.checks.check import Check, Draft
from ownstack.actions.checks.definitions import of_draft, of_target
from ownstack.extract.kinds import FUNCTIONS
from ownstack.extract.rows import Symbol
from ownstack.files.secret.detection import without_secrets
from ownstack.languages import Language
from ownstack.text import truncate

_SHOWN = 200
_BRACKETS = {"(": ")", "[": "]", "{": "}", "<": ">"}
_MARKS = re.compile(r"@[\w.]{1,100}(?:\([^()]{0,200}\))?[ \t]*|\b(?:final|mut)[ \t]+")
_LAST_NAME = re.compile(r"(?<=[ >\]*&.])[\w$]{1,200}$")
_NAMED = frozenset(("python", "javascript"))
"""Families of languages whose callers may name parameters, or whose types may be left out."""


@dataclass(frozen=True, slots=True)
class _Parameter:
    name: str
    """With its stars or dots."""
    type: str
    is_optional: bool


@dataclass(frozen=True, slots=True)
class _Signature:
    before: str
    """What stands before the parameters: name, modifiers, type parameters."""
    parameters: tuple[str, ...]
    after: str
    """The type of the result, what is thrown."""


class Signatures:
    """Definitions of the target take what they took."""

    name = "signatures"
    is_required = False

    async def check(self, draft: Draft) -> Check:
        """See `Checker`."""
        if not draft.wish.keeps_signatures or draft.wish.target.language is None:
            return Check(self.name, "skipped")
        return await asyncio.to_thread(self._check, draft, draft.wish.target.language)

    def _check(self, draft: Draft, language: Language) -> Check:
        now = defaultdict[str, list[Symbol]](list)
        for symbol in of_draft(draft):
            now[symbol.qualified].append(symbol)
        compared = 0
        seen = defaultdict[str, int](int)
        for old in of_target(draft):
            if old.kind not in FUNCTIONS:
                continue
            place = seen[old.qualified]
            seen[old.qualified] += 1
            if place >= len(now[old.qualified]):
                continue
            new = now[old.qualified][place]
            compared += 1
            if not is_kept(old.signature, new.signature, language):
                was = without_secrets(draft.wish.target.path, truncate(old.signature, _SHOWN))
                return Check(
                    self.name,
                    "failed",
                    f"The signature of {truncate(old.qualified, 80)} has changed. It was: {was}",
                )
        return Check(self.name, "passed" if compared else "skipped")


def is_kept(old: str, new: str, language: Language) -> bool:
    """Say whether a function with one signature can be called as one with the other."""
    if old == new:
        return True
    a, b = _taken_apart(old), _taken_apart(new)
    if a is None or b is None or old.endswith("…") or new.endswith("…"):
        return False
    if language.family not in _NAMED:
        return (_plain(a.before), _types(a, language), _plain(a.after)) == (
            _plain(b.before), _types(b, language), _plain(b.after))  # fmt: skip
    if _plain(a.before) != _plain(b.before):
        return False
    is_python = language.family == "python"
    if not is_python and a.after.strip() and _plain(a.after) != _plain(b.after):
        return False
    return _is_callable_as(
        [_parameter(text) for text in a.parameters],
        [_parameter(text) for text in b.parameters],
        may_retype=is_python,
    )


def _is_callable_as(old: list[_Parameter], new: list[_Parameter], *, may_retype: bool) -> bool:
    """Say whether `new` has all of `old` in its order, and adds only what may be left out."""
    at = 0
    for parameter in new:
        if at < len(old) and parameter.name == old[at].name:
            known = old[at]
            if known.is_optional and not parameter.is_optional:
                return False
            if not may_retype and known.type and known.type != parameter.type:
                return False
            at += 1
            continue
        is_last = all(_is_rest(left.name) for left in old[at:])
        is_optional = parameter.is_optional or _is_rest(parameter.name)
        if parameter.name == "/" or not is_last or not is_optional:
            return False
    return at == len(old)


def _is_rest(name: str) -> bool:
    return name.startswith(("*", "..."))


def _parameter(text: str) -> _Parameter:
    head, default = _divided(text, "=")
    name, type_ = _divided(head, ":")
    bare = name.strip()
    is_optional = default is not None or bare.endswith("?")
    return _Parameter(bare.rstrip("?"), _plain(type_ or ""), is_optional)


def _types(signature: _Signature, language: Language) -> list[str]:
    """Return the types of parameters, without their names where it is clear which those are."""
    found: list[str] = []
    for text in map(_plain, signature.parameters):
        name, type_ = _divided(text, ":")
        words = text.split(" ")
        if type_ is not None:
            found.append(_plain(type_))
        elif language.id == "go":
            found.append(" ".join(words[1:]))
        elif language.typed:
            found.append(_LAST_NAME.sub("", text).strip())
        else:
            found.append(name)
    if language.id == "go" and any(found):  # `a, b int`
        for at in reversed(range(len(found) - 1)):
            found[at] = found[at] or found[at + 1]
    elif language.id == "go":
        found = [_plain(text) for text in signature.parameters]
    return found


def _taken_apart(signature: str) -> _Signature | None:
    """Divide a signature at its parameters; None if it has none."""
    text = _MARKS.sub("", signature)
    start = _opening(text)
    if start < 0:
        return None
    parts, at, depth, begin = list[str](), start, 0, start + 1
    closers: list[str] = []
    quote = ""
    while at < len(text):
        sign = text[at]
        if quote:
            if sign == "\\":
                at += 1
            elif sign == quote:
                quote = ""
        elif sign in "\"'`" and not _is_lifetime(text, at):
            quote = sign
        elif sign in _BRACKETS and (sign != "<" or depth):
            closers.append(_BRACKETS[sign])
            depth += 1
        elif closers and sign == closers[-1] and text[at - 1 : at + 1] not in ("->", "=>"):
            closers.pop()
            depth -= 1
            if not depth:
                parts.append(text[begin:at])
                named = tuple(part.strip() for part in parts if part.strip())
                return _Signature(text[:start], named, text[at + 1 :])
        elif sign == "," and depth == 1:
            parts.append(text[begin:at])
            begin = at + 1
        at += 1
    return None


def _opening(text: str) -> int:
    """Return where the parameters begin: the first bracket that closes nothing before a name.

    Of `func (s *Stack) Push(x int)` it is the second.
    """
    start = text.find("(")
    if text.startswith("func (") and start == 5:
        return text.find("(", text.find(")", start))
    return start


def _is_lifetime(text: str, at: int) -> bool:
    return text[at] == "'" and text[at + 1 : at + 2].isalpha() and text[at + 2 : at + 3] != "'"


def _divided(text: str, sign: str) -> tuple[str, str | None]:
    """Divide at the first sign that stands in no brackets and belongs to no longer one."""
    depth = 0
    for at, letter in enumerate(text):
        if letter in "([{":
            depth += 1
        elif letter in ")]}":
            depth -= 1
        elif letter == sign and not depth:
            around = text[max(0, at - 1) : at + 2]
            if not (sign == ":" and "::" in around) and "=>" not in around and "==" not in around:
                return text[:at], text[at + 1 :]
    return text, None


def _plain(text: str) -> str:
    """Return a text without white space that says nothing."""
    return re.sub(r"[ ]?([^\w$ ])[ ]?", r"\1", " ".join(text.split()))

"""What somebody asks: `where are retries handled lang:python`, read into its parts."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ownstack.index.tokens import STOP_WORDS, terms

MAX_QUERY_CHARS = 2_000
_FILTER = re.compile(r"""(?<!\S)(path|lang|kind):(?:"([^"]*)"|'([^']*)'|(\S+))""", re.I)
_WORD = re.compile(r"[\w$]+(?:[.:#]+[\w$]+)*(?=\(\))?")
_CODE_LIKE = re.compile(r"[a-z\d][A-Z]|\w_\w|^_|\w[.:#]\w|^[A-Z]{2,}[a-z]|[A-Za-z]\d")
_KINDS: dict[str, tuple[str, ...]] = {
    "function": ("function", "functions", "method", "methods", "procedure"),
    "class": ("class", "classes"),
    "type": ("type", "types", "interface", "interfaces", "typedef", "alias"),
    "enum": ("enum", "enums", "enumeration"),
    "constant": ("constant", "constants"),
    "struct": ("struct", "structs"),
    "trait": ("trait", "traits"),
    "macro": ("macro", "macros"),
}
ASKED_KINDS = {word: kind for kind, words in _KINDS.items() for word in words}
"""Words of a question that name a kind of symbol."""
KIN: dict[str, frozenset[str]] = {
    "function": frozenset(("function", "method", "constructor")),
    "class": frozenset(("class", "struct", "object")),
    "type": frozenset(("type", "interface", "typedef", "struct", "trait", "protocol")),
}
"""Kinds that somebody means who names one; others mean themselves."""
_TEST_WORDS = frozenset(("test", "tests", "testing", "tested", "fixture", "mock", "spec"))


@dataclass(frozen=True, slots=True)
class Name:
    """A word of the query that a symbol may have for its name."""

    text: str
    """Without what it stands in: `send` of `res.send`."""
    scope: str
    """`res` of `res.send`, or ""."""
    is_code: bool
    """Nobody writes it like this in prose."""


@dataclass(frozen=True, slots=True)
class Query:
    """See `parse`."""

    text: str
    """Without the filters."""
    terms: tuple[str, ...]
    names: tuple[Name, ...]
    is_name: bool
    """It is nothing but a name."""
    asked_kinds: frozenset[str]
    """Kinds of symbols that its words name."""
    about_tests: bool
    paths: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    """Filters, lower case but for paths; a result matches one of each."""

    @property
    def is_empty(self) -> bool:
        return not (self.terms or self.paths or self.languages or self.kinds)


def parse(text: str) -> Query:
    """Read a query; whatever it holds, it is never an error."""
    text = text[:MAX_QUERY_CHARS]
    given: dict[str, list[str]] = {"path": [], "lang": [], "kind": []}
    for found in _FILTER.finditer(text):
        value = found.group(2) or found.group(3) or found.group(4) or ""
        if value:
            given[found.group(1).lower()].append(value)
    asked = " ".join(_FILTER.sub(" ", text).split())
    words = _WORD.findall(asked)
    said = [word for word in words if word.lower() not in STOP_WORDS] or words
    small = {word.lower() for word in words}
    return Query(
        text=asked,
        terms=tuple(dict.fromkeys(term for word in said for term in terms(word))),
        names=tuple(_name(word, at == 0) for at, word in enumerate(said)),
        is_name=len(words) == 1,
        asked_kinds=frozenset(ASKED_KINDS[word] for word in small if word in ASKED_KINDS),
        about_tests=bool(small & _TEST_WORDS),
        paths=tuple(given["path"]),
        languages=tuple(value.lower() for value in given["lang"]),
        kinds=tuple(value.lower() for value in given["kind"]),
    )


def _name(word: str, is_first: bool) -> Name:
    *scope, last = re.split(r"[.:#]+", word)
    is_code = bool(_CODE_LIKE.search(word)) or (word[0].isupper() and not is_first)
    return Name(last, scope[-1] if scope else "", is_code)

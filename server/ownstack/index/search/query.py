"""What somebody asks: `where are retries handled lang:python`, read into its parts."""

from __future__ import annotations

import difflib
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from ownstack.extract.kinds import SYMBOL_KINDS, ChunkKind, SymbolKind
from ownstack.extract.letters import composed, scoped_names_in
from ownstack.extract.terms import STOP_WORDS, terms

MAX_QUERY_CHARS = 2_000
MAX_JOINED_WORDS = 32
"""Words of a query that are tried as parts of one name."""
_FILTER = re.compile(r"""(?<!\S)(path|lang|kind):(?:"([^"]*)"|'([^']*)'|(\S+))""", re.I)
_WORD = re.compile(r"[\w$]+(?:[.:#]+[\w$]+)*(?=\(\))?")
_CODE_LIKE = re.compile(r"[a-z\d][A-Z]|\w_\w|^_|\w[.:#]\w|^[A-Z]{2,}[a-z]|[A-Za-z]\d")
_KINDS: dict[SymbolKind, tuple[str, ...]] = {
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
RESULT_KINDS: frozenset[ChunkKind] = SYMBOL_KINDS | {"text"}
"""What `kind:` can ask for. (A group of small siblings, "group", is nothing that one looks for.)"""
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
    is_joined: bool = False
    """Made of words that stand beside each other: `CookieJar` of "cookie jar"."""


@dataclass(frozen=True, slots=True)
class Query:
    """What somebody asks, read into its parts by `parse`."""

    text: str
    """Without the filters."""
    terms: tuple[str, ...]
    names: tuple[Name, ...]
    is_name: bool
    """It is nothing but a name."""
    asked_kinds: frozenset[SymbolKind]
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
    text = composed(text[:MAX_QUERY_CHARS])[:MAX_QUERY_CHARS]
    given: dict[str, list[str]] = {"path": [], "lang": [], "kind": []}
    for found in _FILTER.finditer(text):
        value = found.group(2) or found.group(3) or found.group(4) or ""
        if value:
            given[found.group(1).lower()].append(value)
    asked = " ".join(_FILTER.sub(" ", text).split())
    words = _WORD.findall(asked) if asked.isascii() else scoped_names_in(asked)
    said = [word for word in words if word.lower() not in STOP_WORDS] or words
    small = {word.lower() for word in words}
    return Query(
        text=asked,
        terms=tuple(dict.fromkeys(term for word in said for term in terms(word))),
        names=(*(_name(word, at == 0) for at, word in enumerate(said)), *_joined(asked)),
        is_name=len(words) == 1,
        asked_kinds=frozenset(ASKED_KINDS[word] for word in small if word in ASKED_KINDS),
        about_tests=bool(small & _TEST_WORDS),
        paths=tuple(given["path"]),
        languages=tuple(value.lower() for value in given["lang"]),
        kinds=tuple(value.lower() for value in given["kind"]),
    )


def unknown_filter(text: str) -> str:
    """Return what no result can have that a query asks for, as a sentence; "" if all is known."""
    for kind in parse(text).kinds:
        if kind not in RESULT_KINDS:
            near = difflib.get_close_matches(kind, RESULT_KINDS, n=1)
            meant = f"Did you mean kind:{near[0]}?" if near else ""
            known = f"There are: {', '.join(sorted(RESULT_KINDS))}."
            return f"There is no kind “{kind[:40]}”. {meant or known}"
    return ""


def _name(word: str, is_first: bool) -> Name:
    *scope, last = re.split(r"[.:#]+", word)
    is_code = bool(_CODE_LIKE.search(word)) or (word[0].isupper() and not is_first)
    return Name(last, scope[-1] if scope else "", is_code)


def _joined(text: str) -> Iterator[Name]:
    """Yield names that people write as two or three words, the last of them in the plural, too."""
    found = list(itertools.islice(_WORD.finditer(text), MAX_JOINED_WORDS))
    for n_words in (2, 3):
        for run in zip(*(found[at:] for at in range(n_words)), strict=False):
            words = [word.group() for word in run]
            gaps = (text[word.end() : next_.start()] for word, next_ in itertools.pairwise(run))
            if set(gaps) <= {" ", "-"} and not STOP_WORDS.intersection(map(str.lower, words)):
                name = "".join(words)
                for form in (name, name[:-1]) if name.endswith("s") else (name,):
                    yield Name(form, "", is_code=False, is_joined=True)

"""A line from elsewhere with the names of this place.

Before both places stands the same, but for some names. Going back from the cursor, token by
token, every name there that stands where another one stands here is replaced by it in what
follows: after `self.left = left` and `self.right = `, the rest becomes `right`.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence

from ownstack.completion.echo.occurrence import Occurrence
from ownstack.completion.echo.query import EchoQuery
from ownstack.languages import keywords

MAX_RENAMED = 24
"""So many occurrences are aligned, those with the longest matches and those nearest."""
_CONTEXT_BYTES = 160
_MAX_TOKENS = 40
_MIN_PART_CHARS = 4
"""A shorter name is not looked for inside of others."""

_TOKEN = re.compile(r"[^\W\d]\w*|\d+|\s+|.", re.DOTALL)
_NAME = re.compile(r"[^\W\d]\w*")


def renamed(query: EchoQuery, occurrences: Sequence[Occurrence]) -> list[Occurrence]:
    """Return the occurrences whose line reads differently with the names from before the cursor."""
    here = _here(query)
    own = [occurrence for occurrence in occurrences if occurrence.scope == "own"]
    others = [occurrence for occurrence in occurrences if occurrence.scope != "own"]
    made = []
    for occurrence in (*own[: MAX_RENAMED // 2], *others[: MAX_RENAMED // 2]):
        if not _NAME.search(occurrence.text):
            continue
        names = align(here, _there(occurrence), _is_word(occurrence.text[:1]))
        text = rename(occurrence.text, names) if names else occurrence.text
        if text != occurrence.text:
            made.append(dataclasses.replace(occurrence, text=text, renamed=True))
    return made


def names_of(query: EchoQuery, occurrence: Occurrence) -> dict[str, str]:
    """Return names there → names here."""
    there = _there(occurrence)
    after = occurrence.source.read(occurrence.end, occurrence.end + 4).decode("utf-8", "ignore")
    return align(_here(query), there, _is_word(after[:1]))


def align(here: Sequence[str], there: Sequence[str], in_word: bool) -> dict[str, str]:
    """Return names there → names here; both token lists go back from the cursor.

    `in_word`: the last token goes on right of the cursor, so it is not yet a name.
    """
    names, fixed = dict[str, str](), keywords()
    for step, (ours, theirs) in enumerate(zip(here, there, strict=False)):
        name = _is_name(ours)
        if ours == theirs:
            if name and not (step == 0 and in_word) and names.setdefault(theirs, ours) != ours:
                break
        elif name and _is_name(theirs):
            if step == 0 and in_word:
                break
            if ours in fixed or theirs in fixed or names.setdefault(theirs, ours) != ours:
                break
        elif not (_both_digits(ours, theirs) or _same_break(ours, theirs)):
            break
    return {theirs: ours for theirs, ours in names.items() if theirs != ours}


def rename(text: str, names: Mapping[str, str]) -> str:
    """Return `text` with other names: whole ones, in other cases, or as parts of longer ones."""
    whole = dict(names)
    for theirs, ours in names.items():
        bare, new = theirs.strip("_"), ours.strip("_")
        if len(bare) >= 2 and new:
            for form in (_same, str.lower, str.upper, _capital, _small):
                whole.setdefault(form(bare), form(new))

    def put(found: re.Match[str]) -> str:
        word = found[0]
        if word in whole:
            return whole[word]
        bare = word.strip("_")
        if bare in whole:
            return word.replace(bare, whole[bare])
        for theirs, ours in whole.items():
            if len(theirs) >= _MIN_PART_CHARS and theirs in word:
                return word.replace(theirs, ours)
        return word

    return _NAME.sub(put, text)


def _here(query: EchoQuery) -> list[str]:
    return _back(query.backwards[:_CONTEXT_BYTES][::-1])


def _there(occurrence: Occurrence) -> list[str]:
    return _back(occurrence.source.read(occurrence.end - _CONTEXT_BYTES, occurrence.end))


def _back(context: bytes) -> list[str]:
    text = context.rpartition(b"\0")[2].decode("utf-8", "ignore")
    return _TOKEN.findall(text)[: -_MAX_TOKENS - 1 : -1]


def _is_name(token: str) -> bool:
    return token[0].isalpha() or token[0] == "_"


def _is_word(char: str) -> bool:
    return char.isalnum() or char == "_"


def _both_digits(a: str, b: str) -> bool:
    return a.isdigit() and b.isdigit()


def _same_break(a: str, b: str) -> bool:
    """Blanks, and the same line breaks: the indentation may differ."""
    return a.isspace() and b.isspace() and a.count("\n") == b.count("\n")


def _same(name: str) -> str:
    return name


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]


def _small(name: str) -> str:
    return name[:1].lower() + name[1:]

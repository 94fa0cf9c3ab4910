"""Under which licences a text says that it stands, to tell what comes from elsewhere."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

HEAD_CHARACTERS = 4_000
SPDX = re.compile(r"SPDX-License-Identifier:[ \t]*([^\n*]{1,200})")
MAX_LINES = 120
_COMMENT = re.compile(r"(?://+|/\*+|\*+/?|#+|--|;+|%+|<!--|\(\*|\{-|\.\.[ ])")
_OPENS = re.compile(r"(/\*|\(\*|\{-|<!--|\"\"\"|''')")
_CLOSES = {"/*": "*/", "(*": "*)", "{-": "-}", "<!--": "-->"}
_BEFORE_ALL = re.compile(r"(?:<\?|<!|#!|@charset|[\"']use \w+[\"']|$)")
_PHRASES: Mapping[str, re.Pattern[str]] = {
    name: re.compile(pattern, re.IGNORECASE)
    for name, pattern in {
        "AGPL": r"\bGNU Affero General Public Licen[sc]e|\bAGPL-?(?:v?\d|\b)",
        "LGPL": r"\bGNU (?:Lesser|Library) General Public Licen[sc]e|\bLGPL-?(?:v?\d|\b)",
        "GPL": r"\bGNU General Public Licen[sc]e|(?<![AL])\bGPL-?(?:v?\d|\b)",
        "MPL": r"\bMozilla Public Licen[sc]e|\bMPL-?\d",
        "EPL": r"\bEclipse Public Licen[sc]e|\bEPL-?\d",
        "CDDL": r"\bCommon Development and Distribution Licen[sc]e|\bCDDL\b",
        "Apache": r"\bApache (?:Software )?Licen[sc]e|\bApache-\d|apache\.org/licenses",
        "MIT": r"\bMIT(?:-style)? licen[sc]e|\bthe MIT Licen[sc]e\b|"
        r"Permission is hereby granted, free of charge|\blicensed under (?:the )?MIT\b",
        "BSD": r"\bBSD(?:[- ]style|[- ]\d[- ]clause)? licen[sc]e|\bBSD-\d-Clause|"
        r"Redistribution and use in source and binary forms|\bnew BSD\b",
        "ISC": r"\bISC Licen[sc]e|Permission to use, copy, modify, and/?(?:or)? distribute",
        "BSL": r"\bBoost Software Licen[sc]e",
        "BUSL": r"\bBusiness Source Licen[sc]e|\bBUSL-\d",
        "SSPL": r"\bServer Side Public Licen[sc]e",
        "CC-BY": r"\bCreative Commons Attribution|\bCC[- ]BY(?:-\w\w){0,3}\b",
        "proprietary": r"\bproprietary and confidential\b|\bconfidential and proprietary\b"
        r"|unauthori[sz]ed (?:copying|use|distribution)",
    }.items()
}
_IDS = {
    **{name: name for name in _PHRASES},
    "0BSD": "BSD",
    "Expat": "MIT",
    "X11": "MIT",
}
_FILES = re.compile(r"(?:licen[sc]e|copying|unlicense|copyright)(?:[.-][\w.-]+)?", re.IGNORECASE)
_NOTICE = re.compile(r"licen[sc]|GPL|permission|redistribut|proprietary|creative commons", re.I)


def is_licence_file(path: str) -> bool:
    """Say whether a file at the top of a project says what its licence is."""
    return "/" not in path and bool(_FILES.fullmatch(path))


def named(text: str) -> frozenset[str]:
    """Return the licences that a text, such as a licence file, names at its head, by families."""
    head = text[:HEAD_CHARACTERS]
    found = SPDX.search(head)
    if found:
        return _of_expression(found[1])
    if not _NOTICE.search(head):
        return frozenset()
    head = " ".join(head.split())
    return frozenset(name for name, phrase in _PHRASES.items() if phrase.search(head))


def named_by_header(text: str) -> frozenset[str]:
    """Return the licences that the comment above all code names."""
    if not _NOTICE.search(text[:HEAD_CHARACTERS]):
        return frozenset()
    return named("\n".join(_header(text)))


def below_header(text: str) -> str:
    """Return a text without the comment above all code."""
    return "\n".join(text.split("\n")[sum(1 for _ in _header(text)) :])


def _header(text: str) -> Iterator[str]:
    closing = ""
    for line in map(str.strip, text[:HEAD_CHARACTERS].split("\n")[:MAX_LINES]):
        comment = _COMMENT.match(line)
        opening = None if closing else _OPENS.match(line)
        if opening:
            closing = _CLOSES.get(opening[1], opening[1])
            rest = line[opening.end() :]
        elif closing or comment:
            rest = line[comment.end() :] if comment else line
        elif _BEFORE_ALL.match(line):
            rest = ""
        else:
            return
        yield rest
        # A comment that ends with its line closes nothing.
        if closing and closing in (line if not opening else rest):
            closing = ""


def of_project(texts: Iterable[str], headers: Iterable[frozenset[str]]) -> frozenset[str]:
    """Return under which licences a project stands; () if nothing tells.

    `texts` are those of its licence files. Where there are none, what most of its files that name
    any say counts (`headers`).
    """
    found = frozenset(name for text in texts for name in named(text))
    if found:
        return found
    counted = Counter(header for header in headers if header)
    if not counted:
        return frozenset()
    most, number = counted.most_common(1)[0]
    return most if number * 2 > sum(counted.values()) else frozenset()


def is_foreign(header: frozenset[str], project: frozenset[str]) -> bool:
    """Say whether a file names licences, none of which is its project's."""
    return bool(header and project) and not header & project


def _of_expression(expression: str) -> frozenset[str]:
    words = re.findall(r"[A-Za-z0-9.+-]+", expression)
    families = {_family(word) for word in words if word.lower() not in ("or", "and", "with")}
    return frozenset(families)


def _family(id: str) -> str:
    """Return what an SPDX identifier is a version of; what is not known is its own family."""
    for name, family in _IDS.items():
        if id.lower() == name.lower() or id.lower().startswith(f"{name.lower()}-"):
            return family
    return id

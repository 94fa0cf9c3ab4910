"""Under which licence something is, and whether that may be shipped: `licences.toml`, read.

Licences are named as SPDX names them, expressions of several as SPDX writes them.
"""

from __future__ import annotations

import fnmatch
import functools
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model.license import DisjunctiveLicense
from license_expression import AND, OR, ExpressionError, get_spdx_licensing
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from ownstack_release.errors import ReleaseError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FILE = Path(__file__).with_name("licences.toml")
TEXTS = Path(__file__).with_name("licence_texts")
EXPRESSION_AT_MOST = 1000
"""Characters of an expression that is parsed; the longest seen has 140."""
UNKNOWN = "NOASSERTION"
"""SPDX's word for a licence that nobody states."""


@dataclass(frozen=True, slots=True)
class Declared:
    """What metadata say of a licence; any of it may be empty, vague, or contradict the rest."""

    expression: str = ""
    field: str = ""
    classifiers: tuple[str, ...] = ()
    """The last part of each: "MIT License"."""


@dataclass(frozen=True, slots=True)
class Terms:
    """The licence of one thing that is shipped."""

    expression: str
    """SPDX's, or `NOASSERTION`."""
    concluded: bool = False
    """Whether it is said by `licences.toml`, not by the thing's own metadata."""
    problem: str = ""
    """Why there is no expression: what the metadata say instead."""


@dataclass(frozen=True, slots=True)
class Contained:
    """A library inside wheels, told by the names of members."""

    name: str
    licence: str
    home_page: str
    copyright: str
    members: tuple[str, ...]
    within: str
    versions: str
    commits: Mapping[str, str]
    """The commit of its repository by the version of the distribution, where that is known."""

    def of(self, distribution: str, version: str, member: str) -> bool:
        """Whether `member` of that wheel is (part of) this library."""
        if self.within and canonicalize_name(self.within) != canonicalize_name(distribution):
            return False
        if not SpecifierSet(self.versions).contains(version, prereleases=True):
            return False
        return any(fnmatch.fnmatchcase(member, pattern) for pattern in self.members)


class Policy:
    """What `licences.toml` says."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        self._allowed = frozenset(table["allowed"])
        self._exceptions = {
            (_key(name), entry["licence"]): str(entry["reason"])
            for entry in table.get("exceptions", ())
            for name in entry["names"]
        }
        self._stated = tuple(table.get("stated", ()))
        self._aliases = dict(table.get("aliases", {}))
        self.contained = tuple(
            Contained(
                name=entry["name"],
                licence=entry["licence"],
                home_page=entry["home_page"],
                copyright=entry["copyright"].strip(),
                members=tuple(entry["members"]),
                within=entry.get("within", ""),
                versions=entry.get("versions", ""),
                commits=entry.get("commits", {}),
            )
            for entry in table.get("contained", ())
        )

    @classmethod
    def read(cls, file: Path = FILE) -> Policy:
        """Read the table.

        Raises:
            ReleaseError: It cannot be read, or an entry lacks something.
        """
        try:
            return cls(tomllib.loads(file.read_text("utf-8")))
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise ReleaseError(f"{file.name} cannot be read: {error!r}") from error

    def terms(self, name: str, version: str, declared: Declared) -> Terms:
        """The licence of a thing of that name and version.

        What is stated by the table counts first, then the expression of the metadata, then their
        field if it names a licence of SPDX, then their one classifier. A field and a classifier
        that name different licences are a problem, since one of them is wrong.
        """
        for entry in self._stated:
            versions = SpecifierSet(entry.get("versions", ""))
            if _key(entry["name"]) == _key(name) and versions.contains(version, prereleases=True):
                return Terms(entry["licence"], concluded=True)
        expression = spdx(declared.expression)
        if expression:
            return Terms(expression)
        field = spdx(declared.field) or self._alias(declared.field)
        classified = [self._alias(each) or spdx(each) for each in declared.classifiers]
        if field:
            wrong = [
                words
                for words, known in zip(declared.classifiers, classified, strict=True)
                if not _agree(field, words, known)
            ]
            if wrong:
                return Terms(
                    UNKNOWN, problem=f"its field says {field}, its classifier {wrong[0]!r}"
                )
            return Terms(field)
        if len(classified) == 1 and classified[0]:
            return Terms(classified[0])
        said = [*declared.classifiers, _shortened(declared.field), _shortened(declared.expression)]
        words = ", ".join(repr(each) for each in said if each)
        return Terms(UNKNOWN, problem=f"it says {words}" if words else "it says none")

    def refused(self, name: str, expression: str) -> tuple[str, ...]:
        """The licences that forbid to ship `name`; empty if it may be."""
        return tuple(refused(expression, lambda one: self._may(name, one)))

    def reason(self, name: str, licence: str) -> str:
        """Why `name` may be shipped under a licence that is not on the list; "" if it is not."""
        return self._exceptions.get((_key(name), licence), "")

    def taken(self, name: str, expression: str) -> tuple[str, ...]:
        """The licences of an expression that are made use of: one side of each OR."""
        return tuple(dict.fromkeys(taken(expression, lambda one: self._may(name, one))))

    def _may(self, name: str, licence: str) -> bool:
        return licence in self._allowed or bool(self.reason(name, licence))

    def _alias(self, words: str) -> str:
        return str(self._aliases.get(" ".join(words[:EXPRESSION_AT_MOST].lower().split()), ""))


def spdx(words: str) -> str:
    """The SPDX expression that `words` are, with its letters as SPDX has them, or ""."""
    words = " ".join(words[: EXPRESSION_AT_MOST + 1].split())
    if not words or len(words) > EXPRESSION_AT_MOST:
        return ""
    made = LicenseFactory().make_from_string(words)
    if isinstance(made, DisjunctiveLicense):
        return made.id or ""
    tree = _parsed(words)
    return "" if tree is None else str(tree)


def refused(expression: str, may: Any) -> Iterable[str]:
    """What an expression needs and `may(licence)` does not allow."""
    tree = _parsed(expression)
    if tree is None:
        return (expression,)
    return _refused(tree, may)


def taken(expression: str, may: Any) -> Iterable[str]:
    """What is made use of: all of each AND, the first allowed side of each OR."""
    tree = _parsed(expression)
    return (expression,) if tree is None else _taken(tree, may)


def text(licence: str) -> str:
    """The standard text of a licence, its exception's after it; "" if none is kept here."""
    if "/" in licence or "\\" in licence:
        return ""
    parts = [TEXTS / f"{part}.txt" for part in licence.split(" WITH ")]
    if not all(part.is_file() for part in parts):
        return ""
    return "\n\n".join(part.read_text("utf-8").strip() for part in reversed(parts))


def _refused(tree: Any, may: Any) -> list[str]:
    if isinstance(tree, OR):
        sides = [_refused(side, may) for side in tree.args]
        return [] if any(not side for side in sides) else [one for side in sides for one in side]
    if isinstance(tree, AND):
        return [one for side in tree.args for one in _refused(side, may)]
    licence = str(tree)
    return [] if may(licence) else [licence]


def _taken(tree: Any, may: Any) -> list[str]:
    if isinstance(tree, OR):
        fine = [side for side in tree.args if not _refused(side, may)]
        # MIT asks for the least, and Apache's text is one for all.
        fine.sort(key=lambda side: _PREFERRED.get(str(side), 2))
        return _taken((fine or tree.args)[0], may)
    if isinstance(tree, AND):
        return [one for side in tree.args for one in _taken(side, may)]
    return [str(tree)]


_PREFERRED = {"MIT": 1, "Apache-2.0": 0}


@functools.lru_cache(maxsize=1)
def _licensing() -> Any:
    return get_spdx_licensing()


@functools.lru_cache(maxsize=4096)
def _parsed(expression: str) -> Any:
    """The tree of an expression, or None if it is none."""
    if len(expression) > EXPRESSION_AT_MOST:
        return None
    try:
        return _licensing().parse(expression, validate=not expression.startswith("LicenseRef-"))
    except (ExpressionError, RecursionError, ValueError, TypeError, AttributeError):
        return None


def _agree(licence: str, words: str, known: str) -> bool:
    """Whether a classifier may mean the licence of the field."""
    if known:
        return bool(set(taken(licence, lambda _: True)) & {known}) or known in licence
    if words == "BSD License":
        return "BSD" in licence
    return True


def _key(name: str) -> str:
    return str(canonicalize_name(name))


def _shortened(words: str) -> str:
    line = " ".join(words[:200].split())
    return line if len(line) <= 60 else f"{line[:57]}..."


def families(expressions: Sequence[str]) -> dict[str, int]:
    """How often each expression occurs, in whichever order it is written; most frequent first."""
    counts: dict[str, int] = {}
    for written in expressions:
        tree = _parsed(written)
        expression = written if tree is None else str(tree.simplify())
        counts[expression] = counts.get(expression, 0) + 1
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

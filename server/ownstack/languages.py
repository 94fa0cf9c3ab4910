"""The table of languages (`grammars/languages.toml`): how each is recognised and written."""

from __future__ import annotations

import functools
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Literal

from ownstack.paths import grammars_folder

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@dataclass(frozen=True, slots=True)
class Language:
    """One language; the fields are those of `languages.toml`."""

    id: str
    editor_ids: tuple[str, ...] = ()
    extensions: tuple[str, ...] = ()
    file_names: tuple[str, ...] = ()
    shebangs: tuple[str, ...] = ()
    line: tuple[str, ...] = ()
    """Marks of comments that end with their line."""
    block: tuple[tuple[str, str], ...] = ()
    strings: tuple[str, ...] = ()
    """Order: longest first."""
    package: str = ""
    """The Python package of the grammar, "" if there is none."""
    function: str = ""
    queries: str = ""
    """The folder of the query files, below `grammars/`."""
    indent: bool = False
    opens: tuple[str, ...] = ()
    opens_last: tuple[str, ...] = ()
    filler: str = ""
    defines: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Words in front of a name that is defined → the kind of it, as the queries name it."""
    typed: bool = False


def language_of(language_id: str, path: str, first_line: str = "") -> Language | None:
    """Return the language of a document: by what the editor says, else by its name.

    `first_line` is only looked at for a `#!` when neither tells. "plaintext" is what editors
    say when they do not know, so the name is asked first then.
    """
    table = _table()
    known = table.by_editor_id.get(language_id.lower())
    if known is not None and known.id != "plaintext":
        return known
    name = PurePosixPath(path.replace("\\", "/")).name
    by_name = table.by_file_name.get(name) or table.by_extension.get(
        name.rpartition(".")[2].lower() if "." in name else ""
    )
    return by_name or _by_shebang(first_line) or known


def languages() -> tuple[Language, ...]:
    """Return every language of the table, in its order."""
    return _table().all


def kind_in_line(head: str, language: Language) -> Literal["code", "comment", "string"]:
    """Say what the end of `head`, a line up to the cursor, lies in; looks at this line only."""
    at, mark = 0, ""
    while at < len(head):
        if mark:
            if head[at] == "\\":
                at += 2
            elif head.startswith(mark, at):
                at, mark = at + len(mark), ""
            else:
                at += 1
            continue
        if any(head.startswith(comment, at) for comment in language.line):
            return "comment"
        opened = next((pair for pair in language.block if head.startswith(pair[0], at)), None)
        if opened is not None:
            end = head.find(opened[1], at + len(opened[0]))
            if end < 0:
                return "comment"
            at = end + len(opened[1])
            continue
        mark = next((string for string in language.strings if head.startswith(string, at)), "")
        at += max(1, len(mark))
    return "string" if mark else "code"


@dataclass(frozen=True, slots=True)
class _Table:
    all: tuple[Language, ...]
    by_editor_id: dict[str, Language]
    by_extension: dict[str, Language]
    by_file_name: dict[str, Language]
    by_shebang: dict[str, Language]


@functools.cache
def _table() -> _Table:
    raw = tomllib.loads((grammars_folder() / "languages.toml").read_text("utf-8"))
    known = tuple(_language(name, fields) for name, fields in raw.items())
    return _Table(
        known,
        {key: language for language in known for key in language.editor_ids},
        {key: language for language in known for key in language.extensions},
        {key: language for language in known for key in language.file_names},
        {key: language for language in known for key in language.shebangs},
    )


def _language(name: str, fields: dict[str, Any]) -> Language:
    grammar = fields.pop("grammar", {})
    fields.setdefault("queries", name)
    fields["block"] = tuple((start, end) for start, end in fields.get("block", ()))
    fields["strings"] = tuple(sorted(fields.get("strings", ()), key=len, reverse=True))
    plain: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in fields.items()
    }
    return Language(id=name, **grammar, **plain)


def _by_shebang(first_line: str) -> Language | None:
    if not first_line.startswith("#!"):
        return None
    words = first_line[2:].replace("/", " ").split()
    programs = (word.rstrip("0123456789.") or word for word in words)
    return next(
        (found for word in programs if (found := _table().by_shebang.get(word)) is not None), None
    )

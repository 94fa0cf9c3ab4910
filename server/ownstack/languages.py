"""The table of languages (`grammars/languages.toml`): how each is recognised and written."""

from __future__ import annotations

import functools
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Literal

from ownstack.language_signs import Neighbours, language_by_signs, mode_of
from ownstack.paths import grammars_folder

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@dataclass(frozen=True, slots=True)
class Code:
    """How code begins inside of a literal."""

    opener: str
    """It holds the bracket that the code ends with."""
    prefix: str = ""
    """One of these letters or signs stands before the mark; "" if none is needed."""
    marks: tuple[str, ...] = ()
    """The literals that it is for; () for all."""
    doubled: bool = False
    """Two openers in a row are plain text."""

    @property
    def closer(self) -> str:
        return ")" if "(" in self.opener else "}"


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
    injected_as: tuple[str, ...] = ()
    """What others call it in whose texts it stands: fences of Markdown, attributes of HTML."""
    prose: bool = False
    """Whether it is for people: what stands in it in other languages are examples."""
    script: str = ""
    """The language of scripts that do not name theirs, if not JavaScript."""
    front: str = ""
    """The language of what stands between two lines of `---` at the top."""
    comment: str = ""
    """What begins a line of comment, if not the first of `line`."""
    code: tuple[Code, ...] = field(default=(), hash=False)
    triple: bool = False
    """Whether literals stand between three quotes, though `strings` does not say so."""
    characters: bool = False
    """Whether apostrophes stand around one character."""
    keywords: tuple[str, ...] = field(default=(), hash=False)
    imports: tuple[str, ...] = ()
    """Where imports may stand beside the top of a file: in the middle of a "file", a "function"."""
    known: tuple[str, ...] = field(default=(), hash=False)
    """Names that programs use and nothing in them defines."""
    calls: bool = False
    """Whether functions are called with brackets."""
    kin: str = ""
    by_package: bool = False
    """Whether files of one package see each other without imports."""
    bare: bool = False
    """Whether values need no quotes."""
    settings: bool = False
    """Whether settings are written in it rather than programs."""
    annotates: bool = False
    """Whether types may be left out, and added later."""
    transforms: str = ""
    """By which rules it is edited without a model."""
    documents: str = ""
    """How definitions are documented where nothing in a project tells."""

    @property
    def family(self) -> str:
        """The language whose symbols it shares."""
        return self.kin or self.id


def language_of(
    language_id: str, path: str, head: str = "", neighbours: Neighbours = tuple
) -> Language | None:
    """Return the language of a document: by what the editor says, else by its name.

    "plaintext" is what editors say when they do not know, so the name is asked first then.
    `head` is the text, or at least `signs.HEAD_CHARS` of it: where the name leaves a choice
    (`queue.h`) it decides, then what lies beside the file; where the name says nothing, its
    first line does. Without it a name has the language that is most often meant.
    """
    table = _table()
    known = table.by_editor_id.get(language_id.lower())
    if known is not None and known.id != "plaintext":
        return known
    name = PurePosixPath(path.replace("\\", "/")).name
    name = name.removesuffix(".in") or name
    by_name = table.by_file_name.get(name)
    if by_name is None and "." in name:
        chosen = language_by_signs(name, head, neighbours)
        if chosen is not None:
            return table.by_id.get(chosen, known)
        by_name = table.by_extension.get(name.rpartition(".")[2].lower())
    return by_name or _by_first_line(head[:300].partition("\n")[0]) or known


def may_be(path: str, language: Language) -> bool:
    """Say whether a file of this name may be in a language; its text is to be asked then."""
    is_header = path.lower().endswith((".h", ".h.in"))
    return language_of("", path) is language or (is_header and language.family == "cpp")


def injected_language(name: str) -> Language | None:
    """Return the language that a text in another one is said to be in: `ts`, `text/css`, `C++`."""
    table, name = _table(), name.strip().lower().removeprefix(".")
    return (
        table.by_injection.get(name) or table.by_editor_id.get(name) or table.by_extension.get(name)
    )


def family_of(id: str) -> str:
    """Return which language's symbols one shares, by their ids; itself where the table has none."""
    known = _table().by_id.get(id)
    return known.family if known else id


def comment_mark(path: str) -> str:
    """Return what begins a line of comment in files such as `path`; `#` if that is not known."""
    language = language_of("", path)
    if language is not None and (language.comment or language.line):
        return language.comment or language.line[0]
    return _table().comments.get(path.rpartition(".")[2].lower(), "#")


@functools.cache
def keywords() -> frozenset[str]:
    """Return words that stand for the same everywhere, in any of the languages."""
    return frozenset(word for language in languages() for word in language.keywords)


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
    by_id: dict[str, Language]
    by_injection: dict[str, Language]
    comments: dict[str, str]
    """By the extensions of other languages."""


@functools.cache
def _table() -> _Table:
    raw = tomllib.loads((grammars_folder() / "languages.toml").read_text("utf-8"))
    comments = raw.pop("comments")
    known = tuple(_language(name, fields) for name, fields in raw.items())
    return _Table(
        known,
        {key: language for language in known for key in language.editor_ids},
        {key: language for language in known for key in language.extensions},
        {key: language for language in known for key in language.file_names},
        {key: language for language in known for key in language.shebangs},
        {language.id: language for language in known},
        {key: language for language in known for key in language.injected_as},
        {extension: mark for mark, extensions in comments.items() for extension in extensions},
    )


def _language(name: str, fields: dict[str, Any]) -> Language:
    grammar = fields.pop("grammar", {})
    fields.setdefault("queries", name)
    fields["block"] = tuple((start, end) for start, end in fields.get("block", ()))
    fields["keywords"] = tuple(fields.get("keywords", "").split())
    fields["known"] = tuple(fields.get("known", "").split())
    fields["code"] = tuple(Code(**_plain(code)) for code in fields.get("code", ()))
    fields["strings"] = tuple(sorted(fields.get("strings", ()), key=len, reverse=True))
    return Language(id=name, **grammar, **_plain(fields))


def _plain(fields: dict[str, Any]) -> dict[str, Any]:
    return {
        key: tuple(value) if isinstance(value, list) else value for key, value in fields.items()
    }


def _by_first_line(first_line: str) -> Language | None:
    if not first_line.startswith("#!"):
        return injected_language(mode_of(first_line))
    words = first_line[2:].replace("/", " ").split()
    programs = (word.rstrip("0123456789.") or word for word in words)
    return next(
        (found for word in programs if (found := _table().by_shebang.get(word)) is not None), None
    )

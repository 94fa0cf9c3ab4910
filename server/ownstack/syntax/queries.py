"""Query files as `grammars/` holds them, each with what it inherits from another language."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import tree_sitter

Captures = dict[str, list[tree_sitter.Node]]
Match = tuple[int, dict[str, "str | None"], Captures]
"""Place of the pattern, what `#set!` says in it, and what it captured."""

_MARK = "; inherits:"
_COMMENT_OR_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"|;[^\n]*')
_CAPTURE = re.compile(r"@[\w.-]+")
_MATCH_LIMIT = 256
"""Matches that are begun at once. Each node is compared with all of them, pair by pair: the 1,500
names of one import, each of which waits for where they come from, took 23 s with 4,096.
"""


@dataclass(frozen=True, slots=True)
class WholeTree:
    """Queries for all that a tree holds, run in half the time that `matches` takes for it.

    Patterns with one capture and no settings are asked for their captures alone.
    """

    lone: tree_sitter.Query
    grouped: tree_sitter.Query
    settings: tuple[dict[str, str | None], ...]

    @classmethod
    def of(cls, grammar: tree_sitter.Language, source: str) -> WholeTree:
        """Compile a query twice, with other patterns of it in use.

        Raises:
            tree_sitter.QueryError: it is none.
        """
        lone, grouped = (tree_sitter.Query(grammar, source) for _ in range(2))
        data = source.encode()
        settings = tuple(grouped.pattern_settings(at) for at in range(grouped.pattern_count))
        for at, told in enumerate(settings):
            written = data[grouped.start_byte_for_pattern(at) : grouped.end_byte_for_pattern(at)]
            names = _CAPTURE.findall(_COMMENT_OR_TEXT.sub("", written.decode()))
            unused = grouped if len(set(names)) == 1 and not told else lone
            unused.disable_pattern(at)
        return cls(lone, grouped, settings)

    def run(self, root: tree_sitter.Node, max_depth: int) -> tuple[Captures, list[Match]]:
        """Return what lone captures hold, in the order of the tree, and all other matches."""
        lone, grouped = (
            tree_sitter.QueryCursor(query, match_limit=_MATCH_LIMIT)
            for query in (self.lone, self.grouped)
        )
        for cursor in (lone, grouped):
            cursor.set_max_start_depth(max_depth)
        found = grouped.matches(root)
        return lone.captures(root), [(at, self.settings[at], held) for at, held in found]


def query_text(file: Path, heirs: tuple[Path, ...] = ()) -> str:
    """Return a query file's text, then that of the files that its first line inherits.

    `; inherits: c` adds the file of the same name in the folder `c`, as nvim-treesitter does;
    commas part several. `heirs`: the files that inherit this one. Its own patterns come first:
    where two give one name, the first counts.

    Raises:
        ValueError: it inherits a file that is not there, or itself; says what to write instead.
        OSError: a file cannot be read.
    """
    own = file.read_text("utf-8")
    head = own.partition("\n")[0]
    if not head.startswith(_MARK):
        return own
    texts = [own]
    for name in head.removeprefix(_MARK).split(","):
        base = file.parent.parent / name.strip() / file.name
        if base in (*heirs, file):
            chain = " → ".join(path.parent.name for path in (*heirs, file, base))
            raise ValueError(
                f"{file.name} inherits itself ({chain}); take `{name.strip()}` out of the first "
                f"line of {file}"
            )
        if not base.is_file():
            raise ValueError(
                f"{file} inherits `{name.strip()}`, and there is no {base}; write a folder that "
                "has this file, or take the name out of the first line"
            )
        texts.append(query_text(base, (*heirs, file)))
    return "\n".join(texts)

"""What the queries capture in a whole tree, as spans of bytes; grammars/README.md has the names.

The index reads every file of a project through here: one parse and one run of the queries.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass

from ownstack.syntax.masking import readable
from ownstack.syntax.queries import Captures
from ownstack.syntax.trees import Language, Tree, parse_whole

Bytes = tuple[int, int]
"""First byte, and the one after the last."""

_GROUPS = ("definition.", "import")
"""Names whose captures mean something together."""
_TOO_DEEP = {
    "python": (400, re.compile(r"(?:\A|[\r\n])[ \t\f]{400}")),
    "yaml": (120, re.compile(r"(?:\A|[\r\n])[ \t?:-]{120}")),
    "markdown": (
        60,
        re.compile(r"(?:\A|[\r\n])(?:[ \t]{150}|(?:[ \t]*(?:>|[-+*][ \t]|\d{1,9}[.)][ \t])){60})"),
    ),
}
"""How a line begins that lies too deep, and the number of characters that it has at least."""
_MAX_LINE_CHARS = 50_000
"""A longer line is data, or written to be slow: 75,000 backticks take the lexer of Scala 20 s."""
_MAX_NODES = 400_000
_MAX_ERROR_WORK = 50_000_000
"""Looking at the n children of one ERROR node takes n² steps; 0.1 s."""


@dataclass(frozen=True, slots=True)
class Captured:
    """What was found, in the order of the tree."""

    lone: dict[str, list[Bytes]]
    """By name: what patterns with one capture found."""
    grouped: list[tuple[int, dict[str, Bytes]]]
    """Place of the pattern, and what it captured; of a name that occurs twice, the first."""


@dataclass(frozen=True, slots=True)
class Outline:
    """The tree of a text that can be used, and what was captured in it."""

    tree: Tree
    captured: Captured


def outline(text: str, language: Language) -> Outline | None:
    """Parse a text and run its language's queries; None if there is no tree worth having."""
    tree = whole_tree(text, language)
    return None if tree is None or _is_too_broken(tree) else Outline(tree, _captured(tree))


def whole_tree(text: str, language: Language) -> Tree | None:
    """Parse a text as its grammar can read it; None if native code must not see it, or gives up."""
    if is_dangerous(text, language):
        return None
    return parse_whole(readable(text, language), language)


def is_dangerous(text: str, language: Language) -> bool:
    """Say whether native code of a grammar must not see a text.

    The scanner for Bash takes the square of a run of NUL bytes, and tells nobody. Those of
    `_TOO_DEEP` write beyond their 1,024 bytes where blocks nest more than 250 deep (YAML,
    Markdown) or 500 (Python); each level takes a column, so the beginnings of lines tell.
    """
    longest = max(map(len, text.split("\n")))
    if "\0" in text or longest > _MAX_LINE_CHARS:
        return True
    least, begins = _TOO_DEEP.get(language.id, (0, None))
    return begins is not None and longest >= least and begins.search(text) is not None


def _captured(tree: Tree) -> Captured:
    lone: dict[str, list[Bytes]] = defaultdict(list)
    grouped, late = [], set[str]()
    files = ("symbols.scm", "scopes.scm", f"{tree.language.id}.scm")
    alone, matches = tree.matches(*files)
    for name, nodes in alone.items():
        lone[name] = [(node.start_byte, node.end_byte) for node in nodes]
    for pattern, settings, captures in matches:
        if settings and not wanted(settings, captures, tree.data):
            continue
        if len(captures) == 1:
            for name, nodes in captures.items():
                lone[name] += [(node.start_byte, node.end_byte) for node in nodes]
                late.add(name)
            continue
        spans = {name: (nodes[0].start_byte, nodes[0].end_byte) for name, nodes in captures.items()}
        if any(name.startswith(_GROUPS) for name in spans):
            grouped.append((pattern, spans))
        else:
            for name, span in spans.items():
                lone[name].append(span)
            late.update(spans)
    for name in late:
        lone[name].sort(key=lambda span: (span[0], -span[1]))
    return Captured(dict(lone), grouped)


def wanted(settings: dict[str, str | None], captures: Captures, data: bytes) -> bool:
    """Say whether captures have the texts that `#set!` asks for."""
    for key, words in settings.items():
        how, _, name = key.rpartition(".") if key.startswith(("not.", "prefix.")) else ("", "", key)
        for node in captures.get(name, ()):
            text = data[node.start_byte : node.end_byte].decode("utf-8", "replace")
            if how == "prefix":
                held = text.startswith(words or "")
            else:
                held = (text in (words or "").split()) != (how == "not")
            if not held:
                return False
    return True


def borders(tree: Tree, max_bytes: int) -> list[tuple[int, int]]:
    """Return where nodes begin, and how deep they lie, in the order of the text.

    Nodes of up to `max_bytes` are taken whole: what is in them is not looked at.
    """
    cursor = tree.walk()
    found, depth = [], 0
    for _ in range(_MAX_NODES):
        node = cursor.node
        if node is None:
            break
        found.append((node.start_byte, depth))
        if node.end_byte - node.start_byte > max_bytes and cursor.goto_first_child():
            depth += 1
            continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return found
            depth -= 1
    return found


def _is_too_broken(tree: Tree) -> bool:
    """Say whether recovery left so much side by side that a query would take for ever."""
    cursor, work = tree.walk(), 0
    for _ in range(_MAX_NODES):
        node = cursor.node
        if node is not None and node.has_error:
            if node.is_error:
                work += node.child_count**2
                if work > _MAX_ERROR_WORK:
                    return True
            if cursor.goto_first_child():
                continue
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return False
    return True

"""Syntax trees: says what is there, decides nothing.

Everything speaks character offsets; bytes and points stay in here. Nothing raises on odd text:
a language without a grammar, a grammar whose package is not installed, a text over the limit and
a parse that takes too long all give None, and callers then go by indentation.
"""

from __future__ import annotations

import functools
import importlib
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

import tree_sitter
from cachetools import LRUCache

from ownstack.document import Document
from ownstack.languages import Language, kind_in_line, language_of
from ownstack.paths import grammars_folder
from ownstack.syntax import parsing
from ownstack.syntax.parsing import EFFORT_BACKGROUND, EFFORT_CHECK, EFFORT_REQUEST, EFFORT_WARM
from ownstack.syntax.queries import Captures, Match, WholeTree, query_text
from ownstack.text import Edit, LineIndex, Span, apply_edit, difference

__all__ = ["Language", "Tree", "forget", "language_of", "parse", "parse_whole", "tree_of", "warm"]

log = logging.getLogger(__name__)

Kind = Literal["code", "comment", "string"]
Q = TypeVar("Q")

MAX_CHARS = 1_000_000
"""Longer texts get no tree."""

# A query over `f(f(f(…` is quadratic in the depth: 250 s for 100,000 calls without this limit.
_MAX_QUERY_DEPTH = 400
_MAX_NODES = 2_000
"""Nodes visited when errors are counted; about 1 ms."""
_MAX_CACHED = 16


@dataclass(frozen=True)
class Tree:
    """The syntax tree of one text. Safe to read from any thread."""

    text: str
    language: Language
    _data: bytes
    _tree: tree_sitter.Tree
    _index: LineIndex | None = None

    @functools.cached_property
    def index(self) -> LineIndex:
        return self._index or LineIndex(self.text)

    def edited(self, edit: Edit, effort: int = EFFORT_CHECK) -> Tree | None:
        """Return the tree of the text with one edit made; most of this tree is reused."""
        return _parse(apply_edit(self.text, edit), self.language, self, edit, effort)

    def errors(self) -> int | None:
        """Return the number of ERROR and MISSING nodes, None if there are too many to count."""
        nodes = self._error_nodes()
        return None if nodes is None else len(nodes)

    def error_spans(self) -> list[Span]:
        """Return where the ERROR and MISSING nodes are, in the order of the text."""
        return [self._span(node) for node in self._error_nodes() or ()]

    def kind(self, offset: int) -> Kind:
        """Say what the cursor at `offset` is in.

        The end of a line comment is inside it; the end of a string is outside. Where the tree
        is broken (a string not yet closed), the line up to the cursor is read instead.
        """
        found = self._captured(Span(max(0, offset - 1), offset), ("comment", "string"))
        for name, span in found:
            if span.start < offset < span.end:
                return "comment" if name == "comment" else "string"
            if name == "comment" and span.end == offset and not self._closed(span):
                return "comment"
        line = self.index.line_span(self.index.line_of(offset))
        if not self._tree.root_node.has_error or not self._has_error_in(line):
            return "code"
        return kind_in_line(self.text[line.start : offset][-2_000:], self.language)

    def prose_before(self, offset: int) -> Span | None:
        """Return the comment, or the string on lines of its own, that ends at `offset`."""
        for name, span in self._captured(Span(max(0, offset - 1), offset), ("comment", "string")):
            line = self.index.line_span(self.index.line_of(span.start))
            alone = not self.text[line.start : span.start].strip()
            end = span.start + len(self.text[span.start : span.end].rstrip())
            if end == offset and (name == "comment" or alone):
                return span
        return None

    def opens_block(self, offset: int) -> bool:
        """Say whether the token that starts at `offset` begins a block."""
        found = self._captured(Span(offset, offset + 1), ("opens",))
        return any(span.start == offset for _, span in found)

    def statement_ends(self, span: Span) -> list[int]:
        """Return the ends, in `span`, of sound statements that begin in it; sorted, each once.

        Line breaks and spaces at the end of a statement do not belong to it.
        """
        ends = set()
        for _, found in self._captured(span, ("statement",), sound=True):
            end = found.start + len(self.text[found.start : found.end].rstrip())
            if found.start >= span.start and found.start < end <= span.end:
                ends.add(end)
        return sorted(ends)

    def statement_end(self, offset: int) -> int | None:
        """Return where the innermost statement around `offset` ends, None outside of any."""
        around = [
            found
            for _, found in self._captured(Span(offset, offset + 1), ("statement",))
            if found.start <= offset < found.end
        ]
        return min(around, key=len).end if around else None

    def matches(self, *files: str) -> tuple[Captures, list[Match]]:
        """Run query files over the whole tree; return lone captures, and the other matches.

        What stands too deep is left out. Look at the errors first: a query over thousands of
        tokens that recovery left side by side is quadratic, too.
        """
        queries = _whole_tree(self.language, files)
        return ({}, []) if queries is None else queries.run(self._tree.root_node, _MAX_QUERY_DEPTH)

    def walk(self) -> tree_sitter.TreeCursor:
        """Return a cursor at the root, for walks that must not recurse."""
        return self._tree.walk()

    @property
    def data(self) -> bytes:
        """The text as the nodes count it."""
        return self._data

    def _captured(
        self, span: Span, names: tuple[str, ...], sound: bool = False
    ) -> list[tuple[str, Span]]:
        query = _query(self.language, ("statements.scm",))
        # A query over thousands of tokens that recovery left side by side takes 50 ms, and the
        # binding (0.26) can die in its own progress callback: such a tree answers nothing.
        if query is None or self._error_nodes() is None:
            return []
        cursor = tree_sitter.QueryCursor(query, match_limit=4_096)
        start, end = self.index.byte(span.start), self.index.byte(span.end)
        cursor.set_byte_range(start, max(end, start + 1))
        captures = cursor.captures(self._tree.root_node)
        return [
            (name, self._span(node))
            for name in names
            for node in captures.get(name, [])
            if not (sound and node.has_error)
        ]

    def _span(self, node: tree_sitter.Node) -> Span:
        return Span(
            self.index.offset_of_byte(node.start_byte), self.index.offset_of_byte(node.end_byte)
        )

    def _closed(self, comment: Span) -> bool:
        text = self.text[comment.start : comment.end]
        return any(text.startswith(a) and text.endswith(b) for a, b in self.language.block)

    def _has_error_in(self, span: Span) -> bool:
        nodes = self._error_nodes()
        start, end = self.index.byte(span.start), self.index.byte(span.end)
        return nodes is None or any(n.start_byte <= end and n.end_byte >= start for n in nodes)

    def _error_nodes(self) -> list[tree_sitter.Node] | None:
        # Only subtrees that hold an error are entered, and no call goes into another: a tree
        # can be as deep as its text is long.
        cursor, found = self._tree.walk(), []
        for _ in range(_MAX_NODES):
            node = cursor.node
            if node is not None and (node.is_error or node.is_missing):
                found.append(node)
            if node is not None and node.has_error and cursor.goto_first_child():
                continue
            while not cursor.goto_next_sibling():
                if not cursor.goto_parent():
                    return found
        return None

    def is_broken_at(self, offset: int) -> bool:
        """Say whether the token before `offset` is a direct part of an error."""
        byte = self.index.byte(max(0, offset - 1))
        cursor, broken = self._tree.walk(), False
        for _ in range(_MAX_NODES):
            node = cursor.node
            if node is None or not node.has_error:
                return broken
            broken = node.is_error or node.is_missing
            if cursor.goto_first_child_for_byte(byte) is None:
                return broken
        return True


def parse(
    text: str, language: Language, old: Tree | None = None, effort: int = EFFORT_REQUEST
) -> Tree | None:
    """Parse `text`, reusing what it shares with the text of `old`.

    None if there is no grammar, nothing is known of its statements, the text is over
    `MAX_CHARS`, or the work is over `effort`.
    """
    if _query(language, ("statements.scm",)) is None:
        return None
    if old is None or old.language is not language:
        return _parse(text, language, None, None, effort)
    return _parse(text, language, old, difference(old.text, text), effort)


def parse_whole(text: str, language: Language) -> Tree | None:
    """Parse a text from nothing, in up to two seconds; no statements need be known."""
    return _parse(text, language, None, None, EFFORT_BACKGROUND)


def tree_of(document: Document, effort: int = EFFORT_REQUEST) -> Tree | None:
    """Return the tree of a document, made from the tree of its last version where there is one.

    Less than 20 ms; a document that takes longer has no tree until `warm` has made one, and
    none at all if that gives up: then its text is plain text.
    """
    language = language_of(document.language, document.path, document.text)
    if language is None or not language.package or len(document.text) > MAX_CHARS:
        return None
    with _lock:
        old = _cache.get(document.uri)
        vain, in_vain = _in_vain.get(document.uri, (0, ""))
    if old is not None and old.language is language and old.text == document.text:
        return old
    if effort <= vain and in_vain == document.text:
        return None
    tree = parse(document.text, language, old, effort)
    tree = tree and replace(tree, _index=document.index)
    with _lock:
        _in_vain.pop(document.uri, None)
        if tree is None:
            _in_vain[document.uri] = effort, document.text
        else:
            _cache[document.uri] = tree
    return tree


def warm(document: Document) -> None:
    """Make the tree of a long document in advance; meant for another thread."""
    tree_of(document, EFFORT_WARM)


def forget(uri: str) -> None:
    """Drop what is kept of a closed document, and of texts inside it."""
    with _lock:
        for kept in (_cache, _in_vain):
            for known in [known for known in kept if known == uri or known.startswith(f"{uri}#")]:
                del kept[known]


_lock = threading.Lock()
_cache: LRUCache[str, Tree] = LRUCache(_MAX_CACHED)
_in_vain: LRUCache[str, tuple[int, str]] = LRUCache(_MAX_CACHED)
"""The text of a document for which an effort did not do."""


def _parse(
    text: str, language: Language, old: Tree | None, edit: Edit | None, effort: int
) -> Tree | None:
    grammar = _grammar(language)
    if grammar is None or len(text) > MAX_CHARS:
        return None
    # A buffer can hold half a surrogate pair; the parser takes it for an unknown character.
    data = text.encode("utf-8", "surrogatepass")
    base = None
    if old is not None and edit is not None:
        base = old._tree.copy()
        _apply(base, old, edit, data)
    made = parsing.parse(grammar, data, base, effort)
    if made is None:
        log.debug("parsing %d characters of %s takes too long", len(text), language.id)
        return None
    return Tree(text, language, data, made)


def _apply(tree: tree_sitter.Tree, old: Tree, edit: Edit, new_data: bytes) -> None:
    start = old.index.byte(edit.span.start)
    old_end = old.index.byte(edit.span.end)
    new_end = start + len(edit.text.encode("utf-8", "surrogatepass"))
    tree.edit(
        start,
        old_end,
        new_end,
        _point(old._data, start),
        _point(old._data, old_end),
        _point(new_data, new_end),
    )


def _point(data: bytes, byte: int) -> tuple[int, int]:
    # Rows end at LF only, whatever LineIndex thinks of a lone CR: this is the parser's view.
    return data.count(b"\n", 0, byte), byte - (data.rfind(b"\n", 0, byte) + 1)


@functools.cache
def _grammar(language: Language) -> tree_sitter.Language | None:
    if not language.package:
        return None
    try:
        module = importlib.import_module(language.package)
        return tree_sitter.Language(getattr(module, language.function)())
    except (ImportError, AttributeError, ValueError) as error:
        log.warning("no grammar for %s: %s", language.id, error)
        return None


@functools.cache
def _query(language: Language, files: tuple[str, ...]) -> tree_sitter.Query | None:
    return _compiled(language, files, tree_sitter.Query)


@functools.cache
def _whole_tree(language: Language, files: tuple[str, ...]) -> WholeTree | None:
    return _compiled(language, files, WholeTree.of)


def _compiled(
    language: Language, files: tuple[str, ...], make: Callable[[tree_sitter.Language, str], Q]
) -> Q | None:
    """Return one query made of those of a language's `files` that there are."""
    grammar = _grammar(language)
    folder = grammars_folder() / language.queries
    there = [folder / name for name in files if (folder / name).is_file()]
    if grammar is None or not there:
        return None
    try:
        return make(grammar, "\n".join(query_text(file) for file in there))
    except (OSError, ValueError) as error:  # a `QueryError` is a `ValueError`
        log.warning("no queries for %s: %s", language.id, error)
        return None

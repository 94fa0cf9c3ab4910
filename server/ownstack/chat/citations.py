"""The places that an answer names, checked against the files: a wrong one is mended or dropped."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from ownstack.chat.retrieval import Project, Source
from ownstack.extract.terms import terms
from ownstack.files.reading import Refusal, read
from ownstack.index.search.places import Located, located
from ownstack.index.search.symbol_lookup import symbols_named
from ownstack.index.snapshot.snapshot import Snapshot

Kind = Literal["cited", "mended", "named", "shown"]
"""cited: as the answer has it. mended: it named a file that it was shown, with lines that do not
exist. named: it speaks of what stands there, by name or in its words. shown: it was read for the
answer, which says nothing of it."""
MAX_CITATIONS = 8
SHOWN = 3
_MAX_ANSWER = 100_000
MAX_NAMES, MAX_DEFINITIONS = 20, 3
LEAST_TERMS, LEAST_RETOLD, NEARLY = 5, 1 / 3, 0.8
"""Of an answer without names: the different words that it needs to retell anything, their share
that a source has to hold, by weight, and that of a further one beside the best."""
_CODE = re.compile(r"`(?:\w{1,80}\.){0,4}(\w{3,80})(?:\(\))?`")
_PLACE = re.compile(
    r"([\w./\\+-]{1,240}\.\w{1,12})(?:[:#]L?(\d{1,7})(?:\s?[-\u2013]\s?L?(\d{1,7}))?)?"
)


@dataclass(frozen=True, slots=True)
class Citation:
    """Lines of a file of the project that exist."""

    path: str
    start: int
    end: int
    kind: Kind
    name: str = ""
    cell: int | None = None

    @property
    def place(self) -> str:
        cell = "" if self.cell is None else f"cell {self.cell}:"
        lines = f"{self.start}-{self.end}" if self.end > self.start else f"{self.start}"
        return f"{self.path}:{cell}{lines}"


def citations(answer: str, sources: Sequence[Source], project: Project) -> tuple[Citation, ...]:
    """Return what stands behind an answer, in its order. Reads files, never raises."""
    lengths = _Lengths(project)
    found: dict[tuple[str, int, int], Citation] = {}
    for citation in _cited(answer[:_MAX_ANSWER], sources, project, lengths):
        found.setdefault((citation.path, citation.start, citation.end), citation)
    paths = {citation.path for citation in found.values()}
    for source in sources:
        if source.path not in paths and _speaks_of(answer, source) and lengths.hold(source):
            citation = _of_source(source, "named")
            found.setdefault((source.path, source.start, source.end), citation)
    paths = {citation.path for citation in found.values()}
    for citation in _defined(answer[:_MAX_ANSWER], sources, project, lengths):
        if citation.path not in paths:
            found[citation.path, citation.start, citation.end] = citation
    if not found:
        for source in _retold(answer[:_MAX_ANSWER], sources, project):
            if lengths.hold(source):
                found[source.path, source.start, source.end] = _of_source(source, "named")
    if not found:
        found = {
            (source.path, source.start, source.end): _of_source(source, "shown")
            for source in sources[:SHOWN]
            if lengths.hold(source)
        }
    return tuple(found.values())[:MAX_CITATIONS]


def standing(found: Iterable[Citation], project: Project) -> tuple[Citation, ...]:
    """Return those of which the lines exist now. Reads files, never raises."""
    lengths = _Lengths(project)
    return tuple(
        citation
        for citation in found
        if 1 <= citation.start <= citation.end
        and lengths.of(citation.path) >= (citation.end if citation.cell is None else 1)
    )


class _Lengths:
    """How many lines files have, each read once; 0 for what is no file of the project."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._known: dict[str, int] = {}

    def of(self, path: str) -> int:
        if path not in self._known:
            text = read(self._project.root, path)
            self._known[path] = 0 if isinstance(text, Refusal) else len(text.text.splitlines())
        return self._known[path]

    def hold(self, source: Source) -> bool:
        """Say whether what was read is still there; of a notebook, whether its file is."""
        return self.of(source.path) >= (source.end if source.cell is None else 1)


def _cited(
    answer: str, sources: Sequence[Source], project: Project, lengths: _Lengths
) -> Iterator[Citation]:
    resolve = _resolver(sources, project.snapshot())
    for match in _PLACE.finditer(answer):
        path = resolve(match[1])
        if not path:
            continue
        of_file = [source for source in sources if source.path == path and lengths.hold(source)]
        start = int(match[2] or 0)
        end = int(match[3] or start)
        if not match[2] or (of_file and of_file[0].cell is not None):
            yield from (_of_source(source, "named") for source in of_file[:1])
        elif 1 <= start <= end <= lengths.of(path):
            yield Citation(path, start, end, "cited", _name_at(of_file, start))
        else:
            yield from (_of_source(source, "mended") for source in of_file[:1])


def _defined(
    answer: str, sources: Sequence[Source], project: Project, lengths: _Lengths
) -> Iterator[Citation]:
    """Yield where names that are set as code are defined, in files that were read for the answer.

    A name that many define says nothing. Overloads define one thing: the longest is its code.
    """
    snapshot = project.snapshot()
    paths = {source.path for source in sources}
    names = dict.fromkeys(match[1] for match in _CODE.finditer(answer))
    if snapshot is None:
        return
    for name in list(names)[:MAX_NAMES]:
        symbols = located(snapshot, symbols_named(snapshot, name))
        within = _longest(symbol for symbol in symbols if symbol.symbol.path in paths)
        for symbol in within if len(within) <= MAX_DEFINITIONS else ():
            path, qualified = symbol.symbol.path, symbol.symbol.qualified
            first, last = symbol.start_line, symbol.end_line
            exists = symbol.cell is not None or lengths.of(path) >= last
            if exists and snapshot.check(path):
                yield Citation(path, first, last, "named", qualified, symbol.cell)


def _longest(symbols: Iterable[Located]) -> list[Located]:
    """Return one symbol for each file and qualified name."""
    found: dict[tuple[str, str], Located] = {}
    for symbol in symbols:
        key = symbol.symbol.path, symbol.symbol.qualified
        known = found.get(key)
        size = symbol.end_line - symbol.start_line
        if known is None or size > known.end_line - known.start_line:
            found[key] = symbol
    return list(found.values())


def _retold(answer: str, sources: Sequence[Source], project: Project) -> list[Source]:
    """Return what an answer without names retells, best first; nothing without an index.

    That is what holds most of its words, which weigh by how rare they are in the project; words
    that the project does not have say nothing.
    """
    snapshot = project.snapshot()
    weights = {
        term: math.log(1 + snapshot.chunk_count / n_rows)
        for term in (dict.fromkeys(terms(answer)) if snapshot else ())
        if snapshot and (n_rows := len(snapshot.postings(term)[0]))
    }
    if len(weights) < LEAST_TERMS:
        return []
    total = sum(weights.values())
    shares = [
        sum(weights.get(term, 0.0) for term in set(terms(f"{source.path} {source.text}"))) / total
        for source in sources
    ]
    least = max(LEAST_RETOLD, NEARLY * max(shares, default=0.0))
    ranked = sorted(range(len(sources)), key=lambda at: -shares[at])
    return [sources[at] for at in ranked[:SHOWN] if shares[at] >= least]


def _resolver(sources: Sequence[Source], snapshot: Snapshot | None) -> Callable[[str], str]:
    """Return what finds the file that is meant by a path as it is written, "" for none."""
    shown = list(dict.fromkeys(source.path for source in sources))

    def resolve(written: str) -> str:
        path = written.replace("\\", "/").removeprefix("./").lstrip("/")
        if path in shown or (snapshot is not None and snapshot.file(path) is not None):
            return path
        ending = [known for known in shown if known.endswith(f"/{path}")]
        return ending[0] if len(ending) == 1 else ""

    return resolve


def _speaks_of(answer: str, source: Source) -> bool:
    """Say whether an answer has the name of a source; one that is a word as well, as code."""
    name = re.escape(source.name.rpartition(".")[2])
    is_word = name.isalpha() and (name.islower() or name.istitle())
    spoken = rf"[`.]{name}(?!\w)|(?<!\w){name}\(" if is_word else rf"(?<!\w){name}(?!\w)"
    return len(name) >= 3 and re.search(spoken, answer) is not None


def _name_at(sources: Sequence[Source], line: int) -> str:
    return next((source.name for source in sources if source.start <= line <= source.end), "")


def _of_source(source: Source, kind: Kind) -> Citation:
    return Citation(source.path, source.start, source.end, kind, source.name, source.cell)

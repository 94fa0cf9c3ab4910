"""A project's files as texts that may be learned from, what is central and new first."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ownstack.files.listing import look
from ownstack.files.notebook.magics import as_code
from ownstack.files.notebook.text import MARKDOWN, RAW, cells_in, is_notebook
from ownstack.files.reading import Refusal, Text, read
from ownstack.files.scan import Entry
from ownstack.languages import Language, language_of
from ownstack.learning.data import filters, licences, repository
from ownstack.learning.data.filters import Counts

TOO_MUCH = "There is more than is learned from at once; what is newest and most central stays."
COPY = "It says the same as another file."
NOT_ASKED = "It is in a language that was not asked for."
FOREIGN = "Its head names a licence that is not the project's."
MAX_LICENCE_BYTES = 200_000
_ASIDE = re.compile(
    r"(?:^|/)(?:tests?|testing|specs?|__tests__|benches|benchmarks?|examples?|demos?|docs?"
    r"|scripts)/|(?:^|/)(?:test_[^/]*|[^/]*[._-](?:test|spec))\.\w+$",
    re.IGNORECASE,
)
_PARENTHESES = re.compile(r" \([^)]{0,200}\)")


@dataclass(frozen=True, slots=True)
class Source:
    """A file that may be learned from."""

    path: str
    language: str
    text: str
    """Without lines that hold secrets."""
    modified: float
    """Seconds since 1970, as the disk has it."""
    n_bytes: int
    """Of the file."""
    is_aside: bool
    """It is prose, or settings: it counts for less than programs do."""


def sources(
    project: Path,
    counts: Counts,
    *,
    max_characters: int,
    languages: frozenset[str] = frozenset(),
    pause: Callable[[], None] = lambda: None,
) -> list[Source]:
    """Read what may be learned from; `counts` gets what may not. `pause`: before each file.

    Raises:
        IndexingError: the folder is away.
    """
    entries = look(project).checked(holds_files=False).values()
    wanted = list(_wanted(entries, counts))
    is_cut = sum(entry.stamp[1] for entry in wanted) > max_characters
    # Of a clone all files are as old as the clone.
    files = _ordered(wanted, repository.by_change(project) if is_cut else {})
    found = list(_read(project, files, max_characters, languages, counts, pause))
    return list(_of_project(project, entries, found, counts))


def cleaned(path: str, text: str, counts: Counts | None = None) -> str:
    """Return a text without the lines of which nothing may be learned; they are counted."""
    for reason, gone in filters.lines_out(path, text):
        if counts is not None:
            lines = text.split("\n")
            size = sum(len(lines[at]) + 1 for at in gone)
            counts.add(reason, lines=len(gone), characters=size)
        text = filters.without(text, gone)
    return text


def _wanted(entries: Iterable[Entry], counts: Counts) -> Iterator[Entry]:
    for entry in entries:
        reason = _PARENTHESES.sub("", entry.reason)
        reason = reason or filters.unwanted_path(entry.path, language_of("", entry.path))
        if reason:
            counts.add(reason, files=1, characters=max(0, entry.stamp[1]))
        else:
            yield entry


def _ordered(entries: Iterable[Entry], changed: Mapping[str, int]) -> list[Entry]:
    """Put programs before what is about them, and what was changed last before what is older."""

    def place(entry: Entry) -> tuple[bool, int, int, str]:
        is_aside, path = bool(_ASIDE.search(entry.path)), entry.path
        return is_aside, changed.get(path, len(changed)), -entry.stamp[0], path

    return sorted(entries, key=place)


def _read(
    project: Path,
    files: Iterable[Entry],
    left: int,
    languages: frozenset[str],
    counts: Counts,
    pause: Callable[[], None],
) -> Iterator[Source]:
    seen = set[int]()
    for entry in files:
        if entry.stamp[1] > left:
            counts.add(TOO_MUCH, files=1, characters=entry.stamp[1])
            continue
        pause()
        found = read(project, entry.path)
        if isinstance(found, Refusal):
            reason = _PARENTHESES.sub("", found.reason)
            counts.add(reason, files=1, characters=max(0, entry.stamp[1]))
            continue
        whole, language = _code(entry.path, found.text)
        text = cleaned(entry.path, whole)
        name = hash("".join(text.split()))
        reason = _unwanted(found, text, language, languages)
        reason = reason or (COPY if name in seen else "")
        if reason or language is None:
            counts.add_file(reason, whole)
            continue
        if text is not whole:
            cleaned(entry.path, whole, counts)
        seen.add(name)
        left -= len(text)
        is_aside = language.prose or language.settings
        modified = entry.stamp[0] / 1e9
        yield Source(entry.path, language.id, text, modified, entry.stamp[1], is_aside)


def _code(path: str, text: str) -> tuple[str, Language | None]:
    """Return the text of a file and its language; of a notebook, what most of its cells are in."""
    if not is_notebook(path):
        return text, language_of("", path, text)
    cells = [
        (language_of(cell.language, ""), as_code(cell.source, cell.language))
        for cell in cells_in(text)
        if cell.language not in (MARKDOWN, RAW)
    ]
    known = {language.id: language for language, _ in cells if language is not None}
    counted = Counter(language.id for language, _ in cells if language is not None)
    usual = known[counted.most_common(1)[0][0]] if counted else None
    code = [code for language, code in cells if language is usual]
    return "\n\n".join(code), usual


def _unwanted(found: Text, text: str, language: Language | None, languages: frozenset[str]) -> str:
    if language is None:
        return filters.NO_LANGUAGE
    if languages and language.id not in languages:
        return NOT_ASKED
    if found.generated:
        return filters.GENERATED
    return filters.unwanted_text(text, language)


def _of_project(
    project: Path, entries: Iterable[Entry], found: Iterable[Source], counts: Counts
) -> Iterator[Source]:
    """Leave out what says that it stands under another licence than the project."""
    texts = (
        read(project, entry.path, MAX_LICENCE_BYTES)
        for entry in entries
        if not entry.reason and licences.is_licence_file(entry.path)
    )
    said = [text.text for text in texts if isinstance(text, Text)]
    headers = {
        source.path: licences.named_by_header(source.text)
        for source in found
        if not source.is_aside
    }
    own = licences.of_project(said, headers.values())
    for source in found:
        if licences.is_foreign(headers.get(source.path, frozenset()), own):
            counts.add_file(FOREIGN, source.text)
        else:
            yield source

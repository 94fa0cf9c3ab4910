"""A project's files as texts that may be learned from, what is central and new first."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ownstack.files.listing import look
from ownstack.files.reading import Refusal, Text, read
from ownstack.files.scan import Entry
from ownstack.languages import Language, language_of
from ownstack.learning.data import filters, licences
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
_PARENTHESES = re.compile(r" \([^)]*\)")


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
    files = _ordered(_wanted(entries, counts))
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


def _ordered(entries: Iterable[Entry]) -> list[Entry]:
    return sorted(
        entries,
        key=lambda entry: (bool(_ASIDE.search(entry.path)), -entry.stamp[0], entry.path),
    )


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
        language = language_of("", entry.path, found.text)
        text = cleaned(entry.path, found.text)
        name = hash("".join(text.split()))
        reason = _unwanted(found, text, language, languages)
        reason = reason or (COPY if name in seen else "")
        if reason or language is None:
            counts.add_file(reason, found.text)
            continue
        if text is not found.text:
            cleaned(entry.path, found.text, counts)
        seen.add(name)
        left -= len(text)
        is_aside = language.prose or language.settings
        modified = entry.stamp[0] / 1e9
        yield Source(entry.path, language.id, text, modified, entry.stamp[1], is_aside)


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

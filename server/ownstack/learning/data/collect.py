"""A project's files as a dataset: what would be learned from, and what is judged by."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ownstack.files.listing import look
from ownstack.files.reading import Refusal, read
from ownstack.files.scan import Entry
from ownstack.languages import Language, language_of
from ownstack.learning.data import filters, held_out
from ownstack.learning.data.passages import Dataset, HeldOut, Passage

TOO_MUCH = "There is more than is learned from at once; what is newest and most central stays."
COPY = "It says the same as another file."
MAX_CHARACTERS = 16_000_000
"""Ten hours of training on two cores."""
MAX_HELD_OUT_CHARACTERS = 4_000_000
_ASIDE = re.compile(
    r"(?:^|/)(?:tests?|testing|spec|__tests__|benches|benchmarks?|examples?|demos?|docs?|scripts)/"
    r"|(?:^|/)(?:test_[^/]*|[^/]*[._-](?:test|spec))\.\w+$",
    re.IGNORECASE,
)
_PARENTHESES = re.compile(r" \([^)]*\)")


@dataclass(frozen=True, slots=True)
class Options:
    """What is asked for."""

    max_characters: int = MAX_CHARACTERS
    languages: frozenset[str] = frozenset()
    """Only these; none named: all."""


def collect(
    project: Path,
    options: Options = Options(),
    *,
    pause: Callable[[], None] = lambda: None,
) -> Dataset:
    """Read what there is to learn from a folder. `pause` is called before each file.

    Cost: about a millisecond a file.

    Raises:
        IndexingError: the folder is away.
    """
    counts = filters.Counts()
    began = time.time()
    entries = look(project).checked(holds_files=False).values()
    files = _ordered(_wanted(entries, options, counts))
    texts = list(_texts(project, files, options, counts, pause))
    held = held_out.by_file({text.path: text.language for text in texts})
    passages, judged = [], []
    left = MAX_HELD_OUT_CHARACTERS
    for text in texts:
        if text.path not in held:
            passages.append(Passage(text.path, text.language, text.text, text.weights))
        elif len(text.text) <= left:
            left -= len(text.text)
            lines = tuple(at for at, weight in enumerate(text.weights) if weight > 0)
            judged.append(HeldOut(text.path, text.language, text.text, lines, "file"))
    return Dataset(str(project), tuple(passages), (), tuple(judged), counts.by_reason(), began)


@dataclass(frozen=True, slots=True)
class _Text:
    path: str
    language: str
    text: str
    weights: tuple[float, ...]
    modified: float


def _wanted(entries: Iterable[Entry], options: Options, counts: filters.Counts) -> Iterator[Entry]:
    for entry in entries:
        size = max(0, entry.stamp[1])
        if entry.reason:
            reason = _PARENTHESES.sub("", entry.reason)
            counts.add(reason, files=1, characters=size)
        elif reason := filters.unwanted_path(entry.path, language_of("", entry.path)):
            counts.add(reason, files=1, characters=size)
        else:
            yield entry


def _ordered(entries: Iterable[Entry]) -> list[Entry]:
    """Put what is central first: code before its tests, then what was changed last."""
    return sorted(
        entries,
        key=lambda entry: (bool(_ASIDE.search(entry.path)), -entry.stamp[0], entry.path),
    )


def _texts(
    project: Path,
    files: Iterable[Entry],
    options: Options,
    counts: filters.Counts,
    pause: Callable[[], None],
) -> Iterator[_Text]:
    left, seen = options.max_characters, set[int]()
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
        if language is None:
            counts.add_file(filters.NO_LANGUAGE, found.text)
            continue
        name = hash(re.sub(r"\s+", " ", found.text))
        reason = filters.GENERATED if found.generated else _unwanted(found.text, language, options)
        reason = reason or (COPY if name in seen else "")
        if reason:
            counts.add_file(reason, found.text)
            continue
        seen.add(name)
        text = _without_secrets(entry.path, found.text, counts)
        weights = tuple(0.0 if len(line) > filters.MAX_LINE else 1.0 for line in text.split("\n"))
        left -= len(text)
        yield _Text(entry.path, language.id, text, weights, entry.stamp[0] / 1e9)


def _unwanted(text: str, language: Language, options: Options) -> str:
    if options.languages and language.id not in options.languages:
        return "It is in a language that was not asked for."
    return filters.unwanted_text(text, language)


def _without_secrets(path: str, text: str, counts: filters.Counts) -> str:
    found = filters.secret_lines(path, text)
    if not found:
        return text
    lines = text.split("\n")
    gone = sum(len(lines[at]) + 1 for at in found)
    counts.add(filters.SECRET_LINES, lines=len(found), characters=gone)
    return "\n".join(line for at, line in enumerate(lines) if at not in found)

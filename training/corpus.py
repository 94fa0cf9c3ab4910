"""Build the training and held-out texts: `python -m training.corpus` (after `training.fetch`).

Writes to the work folder `corpus/train.jsonl` and `corpus/heldout.jsonl`, one JSON object a line
(`source`, `language`, `path`, `text`), and `corpus/manifest.json` with counts and licences.
Held-out packages are read first: their copies elsewhere, whole or in part, are left out of
training.
"""

from __future__ import annotations

import argparse
import json
import logging
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.packages.archives import debian_copyright, declared_licence, members
from benchmarks.packages.copies import digest, normalised, shingles
from benchmarks.packages.documents import Document
from benchmarks.packages.sources import Source, load_sources
from training.fetch import download_folder
from training.filters import TEST_PATH, UNWANTED_PATH, language_of, unfit
from training.licences import allowed_by_rules, debian_rules, permissive, refused_by_header
from training.work import add_work_option, save_documents, work_folder

log = logging.getLogger("training.corpus")

# Characters kept per language: Python near a third of the whole.
LANGUAGE_CHARS = {
    "python": 90_000_000,
    "javascript": 22_000_000,
    "typescript": 25_000_000,
    "go": 40_000_000,
    "rust": 36_000_000,
    "java": 30_000_000,
    "c": 32_000_000,
    "cpp": 26_000_000,
}
HELD_OUT_OVERLAP = 0.10
TRAIN_OVERLAP = 0.60
TEST_SHARE = 0.5


@dataclass(slots=True)
class Seen:
    """What has been taken so far: whole texts, and 5-line shingles of held-out and of training."""

    texts: set[bytes] = field(default_factory=set)
    held_out: set[int] = field(default_factory=set)
    training: set[int] = field(default_factory=set)


def fraction(text: str) -> float:
    """A number in [0, 1) that depends on the text alone: reproducible sampling."""
    return int.from_bytes(digest(text), "big") / 2**64


def candidates(source: Source, folder: Path, why: Counter[str]) -> Iterator[Document]:
    """The files of a package that pass every check that needs no other file."""
    rules = debian_rules(debian_copyright(folder)) if source.registry == "debian" else []
    for path, content in members(source, folder):
        language = language_of(path, source.headers)
        if language is None or not inside(source, path):
            continue
        if UNWANTED_PATH.search(path):
            why["path"] += 1
            continue
        try:
            raw = content.decode("utf-8")
        except UnicodeDecodeError:
            why["encoding"] += 1
            continue
        if not source.held_out:
            if not allowed_by_rules(rules, path) or refused_by_header(raw):
                why["licence"] += 1
                continue
            if TEST_PATH.search(path) and fraction(path) > TEST_SHARE:
                why["test files halved"] += 1
                continue
        text = normalised(raw)
        if reason := unfit(text):
            why[reason] += 1
            continue
        yield Document(f"{source.registry}:{source.name}", language, path, text)


def inside(source: Source, path: str) -> bool:
    if any(path.startswith(prefix) for prefix in source.exclude):
        return False
    return not source.include or any(path.startswith(prefix + "/") for prefix in source.include)


def fresh(
    source: Source, documents: Iterable[Document], seen: Seen, why: Counter[str]
) -> Iterator[Document]:
    """Leave out what was seen: the same text, near copies, and anything close to held-out code."""
    for document in documents:
        key = digest(re.sub(r"\s+", " ", document.text))
        if key in seen.texts:
            why["duplicate"] += 1
            continue
        seen.texts.add(key)
        runs = shingles(document.text)
        if source.held_out:
            seen.held_out |= runs
        elif len(runs & seen.held_out) / len(runs) > HELD_OUT_OVERLAP:
            why["overlaps held-out"] += 1
            continue
        elif len(runs & seen.training) / len(runs) > TRAIN_OVERLAP:
            why["near duplicate"] += 1
            continue
        else:
            seen.training |= runs
        yield document


def capped(documents: list[Document], cap_chars: int, salt: str) -> list[Document]:
    """A sample of the files of about `cap_chars`, chosen by hashes of salt and path."""
    total = sum(len(document.text) for document in documents)
    if total <= cap_chars:
        return documents
    share = cap_chars / total
    return [d for d in documents if fraction(f"{salt}/{d.source}/{d.path}") < share]


def read_source(work: Path, source: Source, seen: Seen) -> tuple[list[Document], dict[str, object]]:
    folder = download_folder(work, source)
    declared = declared_licence(source, folder)
    if not source.held_out and not (permissive(source.licence) and permissive(declared or "MIT")):
        raise SystemExit(f"{source.name}: licence {source.licence!r} / {declared!r} is refused")
    why: Counter[str] = Counter()
    documents = list(fresh(source, candidates(source, folder, why), seen, why))
    documents = capped(documents, source.cap_chars, "source")
    entry: dict[str, object] = {
        "version": source.version,
        "licence": source.licence,
        "declared": declared,
        "held_out": source.held_out,
        "left_out": dict(why),
    }
    return documents, entry


def balanced(documents: list[Document]) -> list[Document]:
    by_language: defaultdict[str, list[Document]] = defaultdict(list)
    for document in documents:
        by_language[document.language].append(document)
    kept = [
        capped(group, LANGUAGE_CHARS[name], "language")
        for name, group in sorted(by_language.items())
    ]
    return [document for group in kept for document in group]


def tally(documents: list[Document], key: str) -> dict[str, dict[str, int]]:
    table: defaultdict[str, dict[str, int]] = defaultdict(lambda: {"files": 0, "chars": 0})
    for document in documents:
        row = table[getattr(document, key)]
        row["files"] += 1
        row["chars"] += len(document.text)
    return dict(sorted(table.items()))


def build(work: Path, sources: list[Source]) -> dict[str, object]:
    seen = Seen()
    training: list[Document] = []
    held_out: list[Document] = []
    entries: dict[str, dict[str, object]] = {}
    for source in sources:
        documents, entry = read_source(work, source, seen)
        (held_out if source.held_out else training).extend(documents)
        entries[f"{source.registry}:{source.name}"] = entry
        chars = sum(len(document.text) for document in documents)
        log.info("%-40s %5d files %9d chars", source.name, len(documents), chars)
    training = balanced(training)
    for name, row in {**tally(training, "source"), **tally(held_out, "source")}.items():
        entries[name] |= row
    save_documents(work / "corpus" / "train.jsonl", training)
    # A package's files of one language stand together, as in the training data (`rows.py`).
    order = {name: place for place, name in enumerate(dict.fromkeys(d.source for d in held_out))}
    held_out.sort(key=lambda document: (order[document.source], document.language))
    save_documents(work / "corpus" / "heldout.jsonl", held_out)
    return {
        "training": tally(training, "language"),
        "held_out": tally(held_out, "language"),
        "sources": entries,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    add_work_option(parser)
    work = work_folder(parser.parse_args().work)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    manifest = build(work, load_sources())
    text = json.dumps(manifest, indent=1)
    (work / "corpus" / "manifest.json").write_text(text, encoding="utf-8")
    log.info("training %s", json.dumps(manifest["training"]))
    log.info("held out %s", json.dumps(manifest["held_out"]))
    return 0


if __name__ == "__main__":
    sys.exit(main())

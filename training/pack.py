"""The corpus small enough to carry to a GPU machine without network, and back into text there.

    python -m training.pack FOLDER                  compress the corpus into FOLDER (≤ 60 MiB)
    python -m training.pack FOLDER --unpack         write FOLDER's text back as the corpus

One xz stream per language: a JSON line (source, path, length), then the text itself, and so on.
If everything together is over the limit, files are left out at random, the same share everywhere.
"""

from __future__ import annotations

import argparse
import io
import json
import logging
import lzma
import shutil
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from benchmarks.packages.documents import Document, load
from training.corpus import fraction
from training.work import add_work_option, save_documents, work_folder, write_atomically

log = logging.getLogger("training.pack")

LIMIT_BYTES = 60 * 2**20
HELD_OUT_CHARS = 400_000
# Text compresses a little better with four literal context bits and no position bits.
FILTERS = [
    {
        "id": lzma.FILTER_LZMA2,
        "preset": 9 | lzma.PRESET_EXTREME,
        "dict_size": 96 * 2**20,
        "lc": 4,
        "lp": 0,
        "pb": 0,
    }
]


def compress(documents: Iterable[Document], path: Path) -> int:
    """One stream of documents; its size in bytes."""

    def fill(scratch: Path) -> None:
        with lzma.open(scratch, "wb", format=lzma.FORMAT_XZ, filters=FILTERS) as out:
            for document in documents:
                text = document.text.encode("utf-8")
                head = {"source": document.source, "path": document.path, "bytes": len(text)}
                out.write(json.dumps(head, ensure_ascii=False).encode("utf-8") + b"\n" + text)

    write_atomically(path, fill)
    return path.stat().st_size


def decompress(path: Path, language: str) -> Iterator[Document]:
    with lzma.open(path, "rb") as raw:
        stream = io.BufferedReader(raw, 2**20)
        while line := stream.readline():
            head = json.loads(line)
            text = stream.read(head["bytes"]).decode("utf-8")
            yield Document(head["source"], language, head["path"], text)


def by_language(corpus: Path) -> dict[str, list[Document]]:
    """Every document of a corpus file, by language, in order."""
    found: defaultdict[str, list[Document]] = defaultdict(list)
    for document in load(corpus):
        found[document.language].append(document)
    return dict(found)


def few(group: list[Document], limit_chars: int) -> list[Document]:
    """A sample of about `limit_chars`."""
    share = limit_chars / max(1, sum(len(document.text) for document in group))
    return [d for d in group if fraction(f"pack/{d.source}/{d.path}") < share]


def pack(work: Path, folder: Path, limit_bytes: int = LIMIT_BYTES) -> dict[str, int]:
    """Write the pack; bytes per stream. The share of files kept is lowered until it fits."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(work / "tokenizer.json", folder)
    shutil.copy(work / "corpus" / "manifest.json", folder)
    fixed = {
        f"heldout-{name}": compress(few(group, HELD_OUT_CHARS), folder / f"heldout-{name}.xz")
        for name, group in by_language(work / "corpus" / "heldout.jsonl").items()
    }
    fixed["other"] = sum(path.stat().st_size for path in folder.glob("*.json"))
    training, share = by_language(work / "corpus" / "train.jsonl"), 1.0
    while True:
        sizes = dict(fixed)
        for name, group in training.items():
            kept = [d for d in group if fraction(f"pack/{d.source}/{d.path}") < share]
            sizes[name] = compress(kept, folder / f"train-{name}.xz")
            log.info("%s: %d files, %.1f MiB", name, len(kept), sizes[name] / 2**20)
        total = sum(sizes.values())
        log.info("share %.3f: %.1f MiB", share, total / 2**20)
        if total <= limit_bytes:
            return sizes
        share *= 0.98 * limit_bytes / total


def unpack(folder: Path, work: Path) -> None:
    """Write `corpus/*.jsonl`, the manifest and the tokenizer into the work folder."""
    (work / "corpus").mkdir(parents=True, exist_ok=True)
    shutil.copy(folder / "tokenizer.json", work)
    shutil.copy(folder / "manifest.json", work / "corpus")
    for name in ("train", "heldout"):
        streams = sorted(folder.glob(f"{name}-*.xz"))
        found = [d for path in streams for d in decompress(path, path.stem.partition("-")[2])]
        save_documents(work / "corpus" / f"{name}.jsonl", found)
        log.info("%s: %d files", name, len(found))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--unpack", action="store_true")
    add_work_option(parser)
    arguments = parser.parse_args()
    work = work_folder(arguments.work)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    if arguments.unpack:
        unpack(arguments.folder, work)
    else:
        pack(work, arguments.folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())

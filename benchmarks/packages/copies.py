"""Whether texts are copies: what is stripped from them, and runs of lines that they share."""

from __future__ import annotations

import hashlib
import re

HEADER_COMMENT = re.compile(
    r"\A\s*(?:/\*[\s\S]*?\*/[ \t]*\n?|(?://[^\n]*\n)+|(?:#(?![!\[]|\s*(?:include|if|define|pragma))"
    r"[^\n]*\n)+)\s*"
)
LICENCE_TALK = re.compile(r"copyright|licen[sc]e|\(c\)|SPDX", re.IGNORECASE)
SHINGLE_LINES = 5


def normalised(text: str) -> str:
    """Return a text with Unix line ends, without form feeds and a header about licences."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "").lstrip("\ufeff")
    for _ in range(3):
        match = HEADER_COMMENT.match(text)
        if not match or not LICENCE_TALK.search(match.group()):
            break
        text = text[match.end() :]
    return text.strip("\n") + "\n"


def digest(text: str, size_bytes: int = 8) -> bytes:
    return hashlib.blake2b(text.encode("utf-8"), digest_size=size_bytes).digest()


def shingles(text: str) -> set[int]:
    """Return hashes of every run of 5 lines, indentation and very short lines set aside."""
    lines = [line.strip() for line in text.split("\n") if len(line.strip()) > 3]
    count = max(1, len(lines) - SHINGLE_LINES + 1)
    runs = ("\n".join(lines[i : i + SHINGLE_LINES]) for i in range(count))
    return {int.from_bytes(digest(run), "little") for run in runs}

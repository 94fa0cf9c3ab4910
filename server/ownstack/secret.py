"""What must not be carried from one file into another: keys, tokens, passwords."""

from __future__ import annotations

import functools
import math
import re
from collections import Counter

import pathspec

_FILES = pathspec.GitIgnoreSpec.from_lines(
    [
        ".env",
        ".env.*",
        "*.env",
        "*.pem",
        "*.key",
        "*.p12",
        "*.pfx",
        "*.jks",
        "*.keystore",
        "*.kdbx",
        "id_rsa*",
        "id_dsa*",
        "id_ecdsa*",
        "id_ed25519*",
        ".netrc",
        ".npmrc",
        ".pypirc",
        ".htpasswd",
        "credentials.json",
        "secrets.*",
        ".aws/",
        ".ssh/",
        ".gnupg/",
    ]
)
_NAMED = re.compile(
    r"""(?ix) (?: secret | token | passw(?:or)?d | passphrase | api[_-]?key | access[_-]?key
    | private[_-]?key | client[_-]?key | auth[_-]?key | credential ) \w* ["']? \s* [:=]+ \s*
    (?: ["'][^"']{6,} | (?=\S*\d) [^\s"'(){}\[\],;]{8,} \s* $ )"""
)
_KNOWN = re.compile(
    r"-----BEGIN|\b(?:AKIA|ASIA)[0-9A-Z]{12,}|\bgh[pousr]_\w{20,}|\bgithub_pat_\w{20,}"
    r"|\bglpat-[\w-]{16,}|\bxox[abprs]-[\w-]{10,}|\bsk-[\w-]{16,}|\b[rs]k_(?:live|test)_\w{10,}"
    r"|\bAIza[\w-]{30,}|\beyJ[\w-]{10,}\.[\w-]{10,}|://[^/\s:@]+:[^/\s:@]+@"
)
_LITERAL = re.compile(r"[A-Za-z0-9+/_=-]{20,}")
_MIN_BITS = 3.0
"""Shannon entropy a character; random hexadecimal of this length lies above."""


@functools.lru_cache(4_096)
def secret_path(path: str) -> bool:
    """Say whether a file of this name holds secrets by custom."""
    path = path.replace("\\", "/").lstrip("/")
    # A folder of that name may well hold code.
    return path.rpartition("/")[2] == "credentials" or bool(_FILES.match_file(path))


def secret_text(line: str) -> bool:
    """Say whether a line looks as if it held a key, a token or a password."""
    line = line[-1_000:]
    if _NAMED.search(line) or _KNOWN.search(line):
        return True
    return any(_random(literal) for literal in _LITERAL.findall(line))


def _random(literal: str) -> bool:
    digits = sum(char.isdigit() for char in literal)
    if digits < 3 or digits == len(literal):
        return False
    if all(part.isalpha() or part.isdigit() or not part for part in re.split(r"[-_/+=]", literal)):
        return False  # words and numbers
    counts = Counter(literal).values()
    bits = -sum(n / len(literal) * math.log2(n / len(literal)) for n in counts)
    return bits >= _MIN_BITS

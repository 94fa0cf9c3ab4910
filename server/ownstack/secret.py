"""What must not be carried from one file into another: keys, tokens, passwords."""

from __future__ import annotations

import functools
import math
import re
from collections import Counter

import pathspec

from ownstack.languages import language_of

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
        ".netrc",
        ".npmrc",
        ".pypirc",
        ".htpasswd",
        "credentials.json",
        ".aws/",
        ".ssh/",
        ".gnupg/",
    ]
)
_FILES_BUT_CODE = pathspec.GitIgnoreSpec.from_lines(
    ["id_rsa*", "id_dsa*", "id_ecdsa*", "id_ed25519*", "secrets.*"]
)
"""Names that programs about secrets have, too: of those, what they say decides."""
_NO_CODE = frozenset({"bash", "css", "html", "json", "markdown", "sql", "toml", "yaml"})
"""Languages in which settings are written, or text."""
_NAMED = re.compile(
    r"""(?ix) (?: secret | token | passw(?:or)?d | passphrase | api[_-]?key | access[_-]?key
    | private[_-]?key | client[_-]?key | auth[_-]?key | credential ) \w* ["']? \s*
    (?: => \s* ["'][^"']{6,}
      | [:=]+ \s* (?: ["'][^"']{6,} | (?=\S*\d) [^\s"'(){}\[\],;]{8,} \s* $ ) )"""
)
_KNOWN = re.compile(
    r"-----BEGIN|\b(?:AKIA|ASIA)[0-9A-Z]{12,}|\bgh[pousr]_\w{20,}|\bgithub_pat_\w{20,}"
    r"|\bglpat-[\w-]{16,}|\bxox[abprs]-[\w-]{10,}|\bsk-[\w-]{16,}|\b[rs]k_(?:live|test)_\w{10,}"
    r"|\bAIza[\w-]{30,}|\beyJ[\w-]{10,}\.[\w-]{10,}|://[^/\s:@]+:[^/\s:@]+@"
)
_LITERAL = re.compile(r"[A-Za-z0-9+/_=-]{20,}")
_MIN_BITS = 3.0
"""Shannon entropy a character; random hexadecimal of this length lies above."""


def _plain(path: str) -> str:
    """Return a path as the patterns have it: where case is ignored, `.ENV` is read as `.env`."""
    return path.replace("\\", "/").lstrip("/").lower()


@functools.lru_cache(4_096)
def secret_path(path: str) -> bool:
    """Say whether a file of this name holds secrets by custom.

    Source code whose name is no proof is asked with its text: `secret_file`.
    """
    path = _plain(path)
    # A folder of that name may well hold code.
    if path.rpartition("/")[2] == "credentials" or _FILES.match_file(path):
        return True
    return _is_doubtful(path) and not _is_code(path)


def secret_file(path: str, text: str) -> bool:
    """Say whether a file holds secrets: by its name, or, if that is no proof, by what it says."""
    if secret_path(path):
        return True
    path = _plain(path)
    # Chance-like characters are no proof here: examples in comments have them.
    return _is_doubtful(path) and any(
        _NAMED.search(line) or _KNOWN.search(line) for line in text.splitlines()
    )


def secret_text(line: str) -> bool:
    """Say whether a line looks as if it held a key, a token or a password."""
    line = line[-1_000:]
    if _NAMED.search(line) or _KNOWN.search(line):
        return True
    return any(_random(literal) for literal in _LITERAL.findall(line))


@functools.lru_cache(4_096)
def _is_doubtful(path: str) -> bool:
    return bool(_FILES_BUT_CODE.match_file(path))


def _is_code(path: str) -> bool:
    language = language_of("", path)
    return language is not None and bool(language.package) and language.id not in _NO_CODE


def _random(literal: str) -> bool:
    digits = sum(char.isdigit() for char in literal)
    if digits < 3 or digits == len(literal):
        return False
    if all(part.isalpha() or part.isdigit() or not part for part in re.split(r"[-_/+=]", literal)):
        return False  # words and numbers
    counts = Counter(literal).values()
    bits = -sum(n / len(literal) * math.log2(n / len(literal)) for n in counts)
    return bits >= _MIN_BITS

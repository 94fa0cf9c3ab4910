"""What must not be carried from one file into another: keys, tokens, passwords."""

from __future__ import annotations

import functools
import math
import re
import string
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from ownstack.files.secret import credentials
from ownstack.files.secret.private_keys import is_line_of_key, is_open_key, is_private_key
from ownstack.languages import language_of

_NAMES = frozenset(
    (
        *(".env", ".envrc", ".renviron", ".netrc", "_netrc", ".authinfo", ".npmrc", ".pypirc"),
        *(".dockercfg", ".dockerconfigjson", ".htpasswd", ".htdigest", ".pgpass"),
        *("pgpass.conf", ".my.cnf", ".mylogin.cnf", ".s3cfg", ".boto", ".passwd-s3fs"),
        *("rclone.conf", ".git-credentials", ".vault-token", ".vault_pass", ".vault_password"),
        *("vault.yml", "vault.yaml", ".terraformrc", "terraform.rc", "credentials.tfrc.json"),
        *("credentials", "kubeconfig", "auth.json", "local.settings.json", ".dev.vars"),
        *(".secret", ".secrets", ".token", ".password", ".smbcredentials", ".msmtprc"),
        *(".fetchmailrc", "wpa_supplicant.conf", "sftp.json", ".ftpconfig", ".ftpquota"),
        *("sitemanager.xml", "recentservers.xml", "filezilla.xml", ".sentryclirc"),
        *(".clasprc.json", ".databrickscfg", "kaggle.json", ".erlang.cookie", ".pass"),
        *(".passwd", ".credentials", ".esmtprc", ".mutt_secrets", ".ansible_vault"),
        *("application_default_credentials.json", "access_tokens.db"),
    )
)
_FOLDERS = re.compile(
    r"(?:^|/)\.(?:aws|azure|ssh|gnupg|kube|oci|password-store|config/gcloud|gcloud|huggingface)/"
    r"|(?:^|/)\.(?:docker|mc)/config\.json$|(?:^|/)\.(?:cargo|gem)/credentials"
    r"|(?:^|/)\.snowsql/config$|(?:^|/)gcloud/(?:credentials|access_tokens|legacy_credentials)"
)
_PATTERN = re.compile(
    r"""(?x)
    \.env\..* | .*\.env | \.dev\.vars\..* | .*\.(?:tfvars|tfvars\.json|tfstate|tfstate\..*|tfplan)
    | .*\.(?:pem|key|p12|pfx|p8|jks|jceks|keystore|bks|kdbx?|ppk|keytab|ovpn|agekey|kubeconfig)
    | .*\.(?:secrets?|credentials|netrc|htpasswd|pgpass|publishsettings|nmconnection)
    | (?:.*[-_.])?service[-_]?accounts?(?:key)?(?:[-_.].*)?\.json | .*firebase-adminsdk.*\.json
    | (?:.*[-_.])?client[-_]secrets?(?:[-_.].*)?\.json | (?:.*[-_.])?credentials?(?:[-_.].*)?\.json
    | (?:.*[-_.])?secrets?\.(?:ya?ml|json|toml|ini|conf|properties|env|txt|xml)
    | (?:gcp|gcloud|google|aws|azure)?[-_]?key(?:file)?\.json
    | \.?(?:vault|ansible)[-_]?pass(?:word)?(?:[-_.].*)?(?:\.txt)? | \.?tokens?\.txt
    | \.(?:\w+_)?history"""
)
"""Of file names, in small letters; one pattern is asked in a microsecond, a hundred in fifty."""
_DOUBTFUL = re.compile(
    r"id_(?:rsa|dsa|ecdsa|ed25519)(?:[^a-z].*)?|(?:secrets?|credentials?|passwords?)(?:\..*)?"
)
"""Names that programs and documents about secrets have, too: of those, what they say decides."""
_EXAMPLE = re.compile(
    r"(?:.*[-_.])?(?:examples?|samples?|templates?|tmpl|tpl|dist|defaults?|skel|skeleton|schema)(?:[-_.].*)?"
)
"""What is written down so that others see which secrets there are, and holds none."""
_DOCUMENTS = (".md", ".markdown", ".mdx", ".rst", ".adoc", ".html", ".css", ".tex", ".d.ts")
_LITERAL = re.compile(r"[A-Za-z0-9+/_=-]{20,}")
_MIN_BARE_CHARS = 8
_MIN_BITS = 3.0
"""Shannon entropy a character; random hexadecimal of this length lies above."""


MARK = "•••"
"""Stands where a secret stood."""
_WORDS = (
    *("pass", "pw", "secret", "token", "credential", "bearer", "auth", "key", "connect", "login"),
    *("user(", "identified by", "mysql", "://", "-----begin"),
)
"""In small letters; a line without any of them is only asked for keys of known shapes."""
_WORDS_OF_SHELLS = ("curl", " -p", "kennwort", "putty-user", "sig=")
_NOT_IN_KEYS = bytes(
    chr(byte) not in string.ascii_letters + string.digits + "_-" for byte in range(256)
)
_KEY_CHARS = 16
"""Known keys are longer; what is shorter is none of them."""
_HAS_DIGIT = re.compile(r"\d")
_MAX_LOOKED_AT = 100_000
"""Characters of lines that may hold a secret; more of them in one text are not told apart."""
_MAX_PROOF = 6_000
"""The same, where it is only asked whether there is one: at each key, so in milliseconds."""
_MAX_PROOF_TEXT = 20_000
"""So much of its beginning; it is at its beginning that a file of secrets says so."""
_MAX_KEY_LINES = 200


@functools.lru_cache(4_096)
def secret_path(path: str) -> bool:
    """Say whether a file of this name holds secrets by custom.

    Source code whose name is no proof is asked with its text: `secret_file`.
    """
    path = _plain(path)
    name = path.rpartition("/")[2]
    if _FOLDERS.search(path):
        return True
    if _EXAMPLE.fullmatch(name) or name.endswith(".pub"):
        return False
    # A folder of that name may well hold code.
    if name in _NAMES or _PATTERN.fullmatch(name):
        return not name.endswith(_DOCUMENTS)
    return _is_doubtful(path) and not _is_code(path)


def secret_file(path: str, text: str) -> bool:
    """Say whether a file holds secrets: by its name, or, if that is no proof, by what it says."""
    if secret_path(path):
        return True
    # Chance-like characters are no proof here: examples in comments have them.
    return _is_doubtful(_plain(path)) and _says_secrets(path, text)


@functools.lru_cache(8)
def _says_secrets(path: str, text: str) -> bool:
    left = _MAX_PROOF
    for start, end in _suspicious(text[:_MAX_PROOF_TEXT]):
        line = text[start:end]
        left -= len(line) if credentials.may_hold_some(line) else 0
        # There is no end to what it says of secrets: then it holds some.
        if left < 0 or is_private_key(line) or credentials.secrets_in(line):
            return True
    return False


def secret_text(line: str, path: str | None = None) -> bool:
    """Say whether a line, of the file at `path`, looks as if it held a key or a password."""
    bare = path is not None and _is_bare(path)
    if MARK in line or is_private_key(line) or credentials.secrets_in(line, bare=bare):
        return True
    # Without quotes it is a name, in code, unless it has digits; not to offer it costs little.
    for start, end in credentials.secrets_in(line, bare=True):
        if end - start >= _MIN_BARE_CHARS and _HAS_DIGIT.search(line, start, end):
            return True
    return any(_random(literal) for literal in _LITERAL.findall(line[-1_000:]))


def without_secrets(path: str, text: str) -> str:
    """Return a text as others may see it: `MARK` for each secret in it, all lines in their places.

    Costs about a twentieth of a millisecond for a usual file.
    """
    bare = _is_bare(path)
    words = _WORDS + _WORDS_OF_SHELLS if bare else _WORDS
    pieces, done, left = list[str](), 0, _MAX_LOOKED_AT
    key_end = -1
    for start, end in _suspicious(text, words):
        if start < key_end:
            continue
        line = text[start:end]
        left -= len(line) if credentials.may_hold_some(line, bare=bare) else 0
        if left < 0:
            spans = credentials.roughly_in(line)
        else:
            spans = credentials.secrets_in(line, bare=bare)
        for first, last in spans:
            pieces += [text[done : start + first], MARK]
            done = start + last
        if is_open_key(line):
            key_end = _key_end(text, end)
            n_lines = text.count("\n", end, key_end)
            pieces += [text[done:end], f"\n{MARK}" * n_lines]
            done = key_end
    return "".join((*pieces, text[done:])) if pieces else text


def _key_end(text: str, at: int) -> int:
    """Return where the last line of a key ends; its first one ends at `at`."""
    end = at
    for _ in range(_MAX_KEY_LINES):
        line_end = text.find("\n", at + 1)
        line = text[at + 1 : line_end if line_end >= 0 else len(text)]
        if not is_line_of_key(line):
            break
        at = line_end if line_end >= 0 else len(text)
        # Headers have an empty line below them; one below the key is not its own.
        end = at if line.strip() else end
        if line_end < 0:
            break
    return end


def _suspicious(text: str, words: Sequence[str] = _WORDS) -> Iterator[tuple[int, int]]:
    """Yield the first and last character of lines that may hold a secret, in order."""
    small = credentials.in_small_letters(text)
    starts = set[int]()
    for word in words:
        at = small.find(word)
        while at >= 0:
            # A key of a dictionary is no key to anything.
            if word == "key" and not (small[at - 1].isalnum() or small[at - 1] in "_-"):
                at = small.find(word, at + 3)
                continue
            starts.add(small.rfind("\n", 0, at) + 1)
            line_end = small.find("\n", at)
            at = small.find(word, line_end) if line_end >= 0 else -1
    for start in sorted(starts | _with_long_runs(text)):
        end = text.find("\n", start)
        yield start, end if end >= 0 else len(text)


def _with_long_runs(text: str) -> set[int]:
    """Return where lines begin in which something is as long as a key, with a digit in it."""
    marks = text.encode("ascii", "replace").translate(_NOT_IN_KEYS)
    borders = np.concatenate(([-1], np.flatnonzero(np.frombuffer(marks, np.bool_)), [len(text)]))
    long = np.flatnonzero(np.diff(borders) > _KEY_CHARS)
    starts = set[int]()
    for before, after in zip(borders[long].tolist(), borders[long + 1].tolist(), strict=True):
        if _HAS_DIGIT.search(text, before + 1, after):
            starts.add(text.rfind("\n", 0, before + 1) + 1)
    return starts


def _plain(path: str) -> str:
    """Return a path as the patterns have it: where case is ignored, `.ENV` is read as `.env`."""
    return path.replace("\\", "/").lstrip("/").lower()


@functools.lru_cache(4_096)
def _is_doubtful(path: str) -> bool:
    name = path.rpartition("/")[2]
    return bool(_DOUBTFUL.fullmatch(name)) and not _EXAMPLE.fullmatch(name)


@functools.lru_cache(4_096)
def _is_bare(path: str) -> bool:
    """Say whether values need no quotes in a file of this name."""
    language = language_of("", path)
    # A notebook is read as the code of its cells.
    return not path.endswith(".ipynb") and (language is None or language.bare)


def _is_code(path: str) -> bool:
    if path.endswith(_DOCUMENTS):
        return True
    language = language_of("", path)
    return language is not None and bool(language.package) and not language.settings


def _random(literal: str) -> bool:
    digits = sum(char.isdigit() for char in literal)
    if digits < 3 or digits == len(literal):
        return False
    if all(part.isalpha() or part.isdigit() or not part for part in re.split(r"[-_/+=]", literal)):
        return False  # words and numbers
    counts = Counter(literal).values()
    bits = -sum(n / len(literal) * math.log2(n / len(literal)) for n in counts)
    return bits >= _MIN_BITS

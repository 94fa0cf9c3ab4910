"""What of a project is not learned from, and why, in sentences that are the same for each file."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

from ownstack.files.notebook.text import is_notebook
from ownstack.files.secret.detection import secret_text, without_secrets
from ownstack.languages import Language
from ownstack.learning.data.passages import Left

NO_LANGUAGE = "It is in no language that is completed."
IS_DATA = "It is data rather than code."
OTHERS = "Others wrote it: its folder holds copies of other projects."
MADE_FROM_OTHERS = "Its folder or name says that a program wrote it, or that tests compare with it."
GENERATED = "It says that a program wrote it."
TOO_SHORT = "It is too short to learn from."
LONG_LINES = "Its lines are too long to have been written by hand."
CONTROL_LINES = "Lines hold marks by which models are told where texts begin and end."
SECRET_LINES = "Lines hold a secret, or look as if they did."
MIN_CHARACTERS = 80
MAX_MEAN_LINE = 100
MAX_LINE = 500
"""A longer line stays where it is, but is not learned."""
_MAX_DIGITS = 0.2
_MIN_LETTERS = 0.3
_SAMPLE = 60_000
_NOT_CODE = frozenset(("json", "plaintext"))
COPIED_FOLDERS = (
    r"_?vendor(?:ed)?|_vendored?|third[-_]?party|extern(?:al)?s?|deps|node_modules|_distutils_hack"
)
"""Names of folders that hold copies of other projects. The corpus of the built-in completer leaves
out what these three name, too (`training/filters.py`)."""
MADE_FOLDERS = (
    r"testdata|test[-_]data|fixtures?|snapshots?|__snapshots__|locales?|dist|umd|esm5?|fesm\d+"
    r"|generated"
)
MADE_FILES = (
    r"_pb2(?:_grpc)?\.py$|\.pb\.(?:go|cc|h)$|\.min\.[cm]?js$|\.bundle\.js$|parsetab|lextab"
    r"|zz_generated|bindata\.go$|_string\.go$"
)
_OTHERS = re.compile(
    rf"(?:^|/)(?:{COPIED_FOLDERS}|bower_components|site-packages|subprojects|Pods|Carthage)/",
    re.IGNORECASE,
)
_MADE = re.compile(
    rf"(?:^|/)(?:{MADE_FOLDERS}|__generated__|__fixtures__|cassettes)/|{MADE_FILES}"
    r"|(?:_pb2(?:_grpc)?\.pyi|\.g\.dart|\.g\.cs|\.designer\.cs)$",
    re.IGNORECASE,
)
_CONTROL = re.compile(
    r"<\|?(?:endoftext|fim_|file_sep|repo_name|im_start|im_end|PRE|SUF|MID|begin_of_text|eot_id)"
    r"|\[(?:PREFIX|SUFFIX|MIDDLE)\]|<\uff5c"
)
_LONG_RUN = re.compile(r"[A-Za-z0-9+/_=-]{20,}")
_NAME = re.compile(r"[A-Za-z_]\w*")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


@dataclass(slots=True)
class Counts:
    """How much was left out, by reason."""

    _found: dict[str, Left] = field(default_factory=dict)

    def add(self, reason: str, *, files: int = 0, lines: int = 0, characters: int = 0) -> None:
        old = self._found.get(reason, Left())
        self._found[reason] = Left(
            old.files + files, old.lines + lines, old.characters + characters
        )

    def add_file(self, reason: str, text: str) -> None:
        self.add(reason, files=1, lines=text.count("\n") + 1, characters=len(text))

    def by_reason(self) -> dict[str, Left]:
        """Return them, the most characters first."""
        return dict(sorted(self._found.items(), key=lambda item: -item[1].characters))


def unwanted_path(path: str, language: Language | None) -> str:
    """Say by its name why a file is not learned from, or return ""."""
    if language is None and not is_notebook(path):
        return NO_LANGUAGE
    if _OTHERS.search(path):
        return OTHERS
    if _MADE.search(path):
        return MADE_FROM_OTHERS
    return IS_DATA if language is not None and language.id in _NOT_CODE else ""


def unwanted_text(text: str, language: Language) -> str:
    """Say by what it holds why a file is not learned from, or return ""."""
    if len(text.strip()) < MIN_CHARACTERS:
        return TOO_SHORT
    sample = text[:_SAMPLE]
    if not language.prose and len(sample) / (sample.count("\n") + 1) > MAX_MEAN_LINE:
        return LONG_LINES
    # Of indentation there may be much.
    dense = sum(map(len, sample.split()))
    if sum(map(str.isdigit, sample)) > _MAX_DIGITS * dense:
        return IS_DATA
    if sum(map(str.isalpha, sample)) < _MIN_LETTERS * dense:
        return IS_DATA
    return ""


def lines_out(path: str, text: str) -> Iterator[tuple[str, frozenset[int]]]:
    """Yield reasons to leave lines out, and the lines: 0-based, of what the one before left."""
    if secret := secret_lines(path, text):
        yield SECRET_LINES, secret
        text = without(text, secret)
    if _CONTROL.search(text):
        lines = enumerate(text.split("\n"))
        yield CONTROL_LINES, frozenset(at for at, line in lines if _CONTROL.search(line))


def without(text: str, gone: Collection[int]) -> str:
    """Return a text without some of its lines."""
    return "\n".join(line for at, line in enumerate(text.split("\n")) if at not in gone)


def secret_lines(path: str, text: str) -> frozenset[int]:
    """Return the lines that hold a secret, or look as if they did."""
    clean = without_secrets(path, text)
    found = set[int]()
    if clean is not text:
        pairs = zip(text.split("\n"), clean.split("\n"), strict=True)
        found |= {at for at, (line, shown) in enumerate(pairs) if line != shown}
    found |= {at for at, line in _with_long_runs(text) if secret_text(line, path)}
    return frozenset(found)


def _with_long_runs(text: str) -> Iterator[tuple[int, str]]:
    """Yield the lines in which something is as long as a key, and no name; there are few."""
    at, seen_to = 0, 0
    for found in _LONG_RUN.finditer(text):
        start = found.start()
        if start < seen_to or _UUID.fullmatch(found[0]):
            continue
        if text[start - 1 : start] not in ("'", '"', "`") and _NAME.fullmatch(found[0]):
            continue
        at += text.count("\n", seen_to, start)
        end = text.find("\n", start)
        seen_to = end if end >= 0 else len(text)
        yield at, text[text.rfind("\n", 0, start) + 1 : seen_to]

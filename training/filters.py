"""Which files are worth learning from."""

from __future__ import annotations

import re

from ownstack.learning.data.filters import COPIED_FOLDERS, MADE_FILES, MADE_FOLDERS

LANGUAGES = {
    ".py": "python",
    ".js": "javascript",
    ".mjs": "javascript",
    ".cjs": "javascript",
    ".jsx": "javascript",
    ".ts": "typescript",
    ".tsx": "typescript",
    ".mts": "typescript",
    ".go": "go",
    ".rs": "rust",
    ".c": "c",
    ".cc": "cpp",
    ".cpp": "cpp",
    ".cxx": "cpp",
    ".hpp": "cpp",
    ".hh": "cpp",
    ".java": "java",
}

MIN_CHARS, MAX_CHARS = 200, 200_000
MAX_LINE, MAX_MEAN_LINE = 800, 70

UNWANTED_PATH = re.compile(
    rf"(^|/)({COPIED_FOLDERS}|{MADE_FOLDERS}|tests?/data|encodings|pydoc_data|idle_test|"
    r"lib2to3/tests|__pycache__|min|bundles?)(/|$)|"
    rf"{MADE_FILES}|\.d\.[cm]?ts$|unicode_tables|/tables\.(go|rs)$|"
    r"/antlr4?/.*(Lexer|Parser)\.py$|-test-result|tests/ui/|tests/mir-opt/|tests/assembly/",
    re.IGNORECASE,
)
TEST_PATH = re.compile(
    r"(^|/)(tests?|testing|testsuite|spec|specs|__tests__|benches|examples?)(/|$)|"
    r"(^|/)(test_[^/]*|[^/]*_test|[^/]*[.-](test|spec)|[A-Z]\w*Tests?|conftest)\.\w+$"
)
GENERATED = re.compile(
    r"auto-?generated|generated (by|from|code)|do not (edit|modify)|@generated|machine generated",
    re.IGNORECASE,
)
BENCHMARK_MARKS = ("humaneval", "has_close_elements", "separate_paren_groups")
SPECIAL = re.compile(r"<\|(endoftext|fim_|repo_name|file_sep)")


def language_of(path: str, headers: str) -> str | None:
    suffix = "." + path.rsplit(".", 1)[-1] if "." in path else ""
    return headers if suffix == ".h" else LANGUAGES.get(suffix)


def unfit(text: str) -> str | None:
    """The reason not to learn from this (normalised) text, or None."""
    if not MIN_CHARS <= len(text) <= MAX_CHARS:
        return "size"
    lines = text.split("\n")
    if max(map(len, lines)) > MAX_LINE or len(text) / len(lines) > MAX_MEAN_LINE:
        return "long lines"
    if GENERATED.search(text[:1_500]):
        return "generated"
    if SPECIAL.search(text) or any(mark in text.lower() for mark in BENCHMARK_MARKS):
        return "special or benchmark text"
    sample = text[:60_000]
    if sum(map(str.isalpha, sample)) / len(sample) < 0.35:
        return "few letters"
    if sum(map(str.isdigit, sample)) / len(sample) > 0.12:
        return "many digits"
    if sum(character > "\x7f" for character in sample) / len(sample) > 0.03:
        return "not ASCII"
    return None

"""Whether to complete at a place at all. Every "no" is a sentence for a person."""

from __future__ import annotations

import functools

from ownstack.completion.place import Place
from ownstack.completion.suggestion import Trigger
from ownstack.files.handwriting import MAX_LINE_CHARS, is_minified
from ownstack.files.ignore.patterns import Patterns, patterns_of
from ownstack.files.secret.detection import secret_file
from ownstack.settings import CompletionSettings


def refusal(place: Place, trigger: Trigger, settings: CompletionSettings) -> str:
    """Return why nothing is suggested here, or "". Cost: some microseconds."""
    document = place.document
    if not settings.enabled:
        return "Completion is switched off in the settings (ownstack.completion.enabled)."
    if not _language_on(document.language, settings):
        return f"Completion is switched off for {document.language} files."
    if not 0 <= place.offset <= len(document.text):
        return "The cursor lies outside the text."
    if secret_file(document.path, document.text):
        return "This file may hold secrets, so nothing is completed in it."
    if is_excluded(document.path, settings):
        return "This file is excluded by the settings (ownstack.completion.exclude)."
    return _odd_text(place) or ("" if trigger is Trigger.INVOKED else _bad_moment(place))


def is_excluded(path: str, settings: CompletionSettings) -> bool:
    """Say whether the user's patterns exclude this file."""
    return _matches(path, settings.exclude)


def _language_on(language: str, settings: CompletionSettings) -> bool:
    return settings.languages.get(language, settings.languages.get("*", True))


def _odd_text(place: Place) -> str:
    start, end = place.line()
    if end - start > MAX_LINE_CHARS:
        return f"The line is longer than {MAX_LINE_CHARS:,} characters."
    if is_minified(place.document.path, place.document.text):
        return "The file looks minified, generated or binary."
    return ""


def _bad_moment(place: Place) -> str:
    text, at = place.document.text, place.offset
    if 0 < at < len(text) and _is_word(text[at - 1]) and _is_word(text[at]):
        return "The cursor is inside a word."
    return ""


def _is_word(char: str) -> bool:
    return char.isalnum() or char == "_"


@functools.lru_cache(maxsize=4_096)
def _matches(path: str, patterns: tuple[str, ...]) -> bool:
    relative = path.replace("\\", "/").lstrip("/")
    return bool(relative) and _list(patterns).covers(relative)


@functools.lru_cache(maxsize=32)
def _list(patterns: tuple[str, ...]) -> Patterns:
    return patterns_of(patterns)

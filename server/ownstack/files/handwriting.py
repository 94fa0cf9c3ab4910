"""Whether people wrote a text, and which of its lines no one did."""

from __future__ import annotations

import re

MAX_LINE_CHARS = 2_000
"""A longer line was not written by hand, unless it is prose: a paragraph may stand in one."""
MAX_PROSE_CHARS = 20_000
_SAMPLE_CHARS = 64_000
_MINIFIED_CHARS = 8_000
"""A shorter text is not asked what its lines are like."""
_PACKED_CHARS = 300
"""From here on a line is asked whether it is packed: minifiers break them at 500, or never."""
_MINIFIED_MEAN_CHARS = 75
"""Where lines are shorter on average, there are not enough packed ones to make up a text."""
_FEW_LINES = 6
_MANY_TO_ONE = 3
"""So many lines that somebody wrote outweigh a packed one, however long it is."""
_MINIFIED_NAME = re.compile(r"[.-]min\.(?:js|mjs|cjs|css)$")
_COMMENT_ONLY = re.compile(r"\s*(?:/[/*]|\*|#(?!\s*(?:define|include|if|el|end))|--|<!--|;|%|$)")
_MAX_NUL_PART = 100

_SPACES = 16
"""People put one space into so many characters; a minifier puts less."""
_STATEMENT_CHARS = 60
"""One statement in so many characters, and all in one line: that is not how people write."""
_MAX_SIGNS = 0.18
"""Share of what is no letter, digit or space; of prose with mark-up or SQL, less than this."""
_MAX_DIGITS = 0.25
_SIGN = re.compile(r"[^\w\s]")
_DIGIT = re.compile(r"\d")
_JUDGED_CHARS = 4_000

_QUOTES = re.compile(r"[\"'`]+")
_LAST_QUOTES = re.compile(r"[\"'`]+[^\"'`]*$")
_NEAR_END_CHARS = 120

_HEAD_CHARS = 1_000
_MARK_WORDS = ("generated", "not edit", "not modify")
"""In small letters, one of them is in all that says so."""
_COMMENT = re.compile(
    r"[ \t]*(?://|\|\*|/\*|\*|\#|--|;+|%+|<!--|<\#|\(\*|\{-|@?rem\b|dnl\b|\.\.[ ])"
    r"[ \t\#*/!=~-]*",
    re.I,
)
_OPENING = re.compile(r"\s*(?:\"\"\"|'''|<\?|<!|\#!|package\b|[\"']use \w+[\"']|$)", re.I)
"""What stands above everything else and is no code yet."""
_FILE = r"(?:file|code|module|class|script|header|program|document|stub|contents?)"
_NAME = r"[\w/.-]{1,60}\.\w{1,8}"
_AUTO = r"(?:auto(?:matically)?|machine)[ -]?"
_OF_THE_FILE = re.compile(
    rf"""(?ix)
    @generated\b | <auto-?generated\b | @(?:[\w.]{{1,40}}\.)?Generated\(
    | (?:(?:warning|note|attention|caution|important)[\s:!,.-]{{1,4}})?
      (?: (?: (?:this|the)\s(?:\w{{1,20}}\s)?{_FILE} | the\sfollowing )
          \s(?:is|was|has\sbeen)\s(?:an?\s)?(?:\w{{1,20}}\s)?(?:{_AUTO})?generated\b
          (?!\s(?:manually|by\shand))
        | this\sis\san?\s(?:\w{{1,20}}\s)?(?:{_AUTO})?generated\s(?:\w{{1,20}}\s)?{_FILE}\b
        | {_AUTO}generated\s{_FILE}\b )
    | (?:this\s)?{_FILE}\s(?:{_AUTO})?generated\s(?:by|from|with|using|automatically)\b
    | generated\sby:\s
    | (?:please\s)?do\snot\s(?:edit|modify)
      \s(?:this\s(?:generated\s)?{_FILE}|by\shand|manually|directly)"""
)
"""Said of the file itself, at the beginning of a line."""
_OF_WHAT_FOLLOWS = re.compile(
    rf"""(?ix)
    {_AUTO}generated (?: \s(?:by|from|with|using|on)\b | \W*$ )
    | (?:{_NAME}\.\s{{1,2}})? generated\s(?:by|from|with|using|on)\b
    | (?:[\w-]{{1,20}}\s){{1,8}}generated\sfrom\s\S{{1,99}}\s(?:by|with|using)\b
    | form\simplementation\sgenerated\sfrom\b"""
)
"""Said at the beginning of a comment above all code: it has no other subject than the file."""
_IN_CAPITALS = re.compile(r"\bDO NOT (?:EDIT|MODIFY)\b|\b[Dd]o not (?:edit|modify) this file\b")


def says_generated(text: str) -> bool:
    """Say whether the head of a file (1,000 characters) says that a program wrote it.

    It must be said of the file: what else is generated is somebody's subject.
    """
    head = text[:_HEAD_CHARS]
    small = head.lower()
    if not any(word in small for word in _MARK_WORDS):
        return False
    above = True
    for line in head.split("\n"):
        comment = _COMMENT.match(line)
        said = line[comment.end() :] if comment else line.lstrip(" \t\"'")
        if _OF_THE_FILE.match(said) or (comment and _IN_CAPITALS.search(said)):
            return True
        if above and _OF_WHAT_FOLLOWS.match(said) and (comment or '"""' in line):
            return True
        above = above and bool(comment or _OPENING.match(line))
    return False


def is_minified(path: str, text: str) -> bool:
    """Say whether a text is minified, data, or not a text at all: nothing to learn from.

    One packed line does not make it so: that is left out by itself (`without_long_lines`).
    """
    sample = text[:_SAMPLE_CHARS]
    if _MINIFIED_NAME.search(path) or sample.count("\0") * _MAX_NUL_PART > len(sample):
        return True
    if len(sample) < _MINIFIED_CHARS:
        return False
    n_lines = sample.count("\n") + 1
    if "\r" in sample:
        n_lines = max(n_lines, sample.count("\r") + 1)
    if len(sample) < n_lines * _MINIFIED_MEAN_CHARS:
        return False
    lines = re.split(r"[\r\n]+", sample)
    packed = [len(line) for line in lines if len(line) > _PACKED_CHARS and _is_packed(line)]
    if sum(packed) * 2 <= len(sample):
        return False
    written = sum(len(line) <= _PACKED_CHARS and not _COMMENT_ONLY.match(line) for line in lines)
    return written < max(_FEW_LINES, _MANY_TO_ONE * len(packed))


def without_long_lines(text: str, *, keeps_prose: bool = True) -> str:
    """Return a text, its lines ended by line feeds, in which too long ones are all but empty.

    What is left of such a line is where a literal begins and ends, so that the text parses.
    """
    if not _has_longer_line(text, MAX_LINE_CHARS):
        return text
    return "\n".join(
        _ends(line)
        if len(line) > MAX_LINE_CHARS and not (keeps_prose and _is_paragraph(line))
        else line
        for line in text.split("\n")
    )


def _has_longer_line(text: str, limit: int) -> bool:
    """Cost: it looks at one place in `limit` characters, mostly."""
    at, size = 0, len(text)
    while size - at > limit:
        line_end = text.rfind("\n", at, at + limit + 1)
        if line_end < 0:
            return True
        at = line_end + 1
    return False


def _is_paragraph(line: str) -> bool:
    return len(line) <= MAX_PROSE_CHARS and _is_prose(line)


def _ends(line: str) -> str:
    """Return a line up to its first quote and from its last one on, "" without quotes near."""
    first = _QUOTES.search(line, 0, _NEAR_END_CHARS)
    if first is None:
        return ""
    tail = line[max(first.end(), len(line) - _NEAR_END_CHARS) :]
    last = _LAST_QUOTES.search(tail)
    return line[: first.end()] + (last[0] if last else "")


def _is_packed(line: str) -> bool:
    if len(line) > MAX_LINE_CHARS:
        return not _is_prose(line)
    if line.count(" ") * _SPACES < len(line):
        return not _is_wide(line)
    if line.count(";") * _STATEMENT_CHARS > len(line):
        return True
    # Records of data, one a line.
    return line.lstrip()[0] in "{[" and _share(_SIGN, line) > _MAX_SIGNS / 2


def _is_prose(line: str) -> bool:
    line = line[:_JUDGED_CHARS]
    if line.count(" ") * _SPACES < len(line) and not _is_wide(line):
        return False
    return _share(_SIGN, line) <= _MAX_SIGNS and _share(_DIGIT, line) <= _MAX_DIGITS


def _is_wide(line: str) -> bool:
    """Say whether it is written in a script of which words are not divided by spaces."""
    return len(line.encode("utf-8", "replace")) > 2 * len(line)


def _share(pattern: re.Pattern[str], line: str) -> float:
    return len(pattern.findall(line)) / len(line)

r"""From what a model wrote to what is worth showing: pure rules, in order.

clean → fit the indentation → cut to the extent → cut at a statement's end → drop repetitions →
drop closing marks without partner → check the syntax → is anything left?

Suggestions use `\n` only, also in CRLF files: editors insert with the document's own line ends.
What was cut off and still follows the shown text is handed back for the cache; what was cut
because it is bad (repetition, wrong syntax) is not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import cached_property

from ownstack.completion.extent import CLOSERS, Extent, kind_at, line_around
from ownstack.completion.lexing.blanks import indent_of, leading_fit
from ownstack.completion.lexing.brackets import Brackets, Frame, brackets, covered
from ownstack.completion.lexing.literals import Literals
from ownstack.completion.postprocess.indentation import fitted
from ownstack.completion.postprocess.levels import anchor
from ownstack.completion.postprocess.repeats import (
    repeat_of_below,
    repeat_of_itself,
    stutters,
    without_rest,
)
from ownstack.completion.postprocess.verify import Verdict, unfinished, verdict
from ownstack.document import Document
from ownstack.languages import Language
from ownstack.syntax.inner_document import document_at
from ownstack.syntax.trees import language_of, tree_of
from ownstack.text import Edit, Span, blanks_of

UNFINISHED = "the statement does not end there"
"""Why a line is not shown that needs others to stand."""
FINISHED = "the line is complete"
CUT = "it was not finished in time"
BROKEN = "it would break the syntax"
EMPTY = "nothing but white space"
MAX_CHARS = 10_000
"""More than this is never looked at."""

# Words that are markers in one of the models' formats and nothing in any language. `<PRE>`,
# `<file>` or `[PREFIX]` are not among them: people write those.
_MARKERS = re.compile(
    r"<\|[\w▁ -]{1,40}\|>|<\uff5c[\w▁ -]{1,40}\uff5c>|▁<(?:PRE|SUF|MID|EOT)>|<(?:SUF|MID|EOT)>"
    r"|<(?:fim_(?:prefix|middle|suffix|pad)|file_sep|repo_name|jupyter_(?:start|code|text))>"
)
# Everything that a source line cannot hold: C0 but tab, line feed and form feed; DEL; C1; halves
# of surrogate pairs; the replacement character, which stands for bytes that made no character.
_CONTROL = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffd]")
# How a chat model begins an answer.
_FENCE = re.compile(r"\s*```\w*\n")
_BELOW_LINES = 24
_BELOW_CHARS = 4_000
_BEFORE_CHARS = 4_000


@dataclass(frozen=True, slots=True)
class Trimmed:
    """What is shown, and what became of the rest."""

    text: str
    remainder: str
    """What was cut off and follows `text`; for the cache."""
    dropped: str
    """Why nothing is shown, in words; "" if something is."""


@dataclass(frozen=True)
class _Cursor:
    """The cursor, and what the rules ask about it."""

    document: Document
    offset: int
    verdicts: dict[str, Verdict] = field(default_factory=dict, compare=False)

    @cached_property
    def language(self) -> Language | None:
        return language_of(self.document.language, self.document.path, self.document.text)

    @cached_property
    def around(self) -> tuple[str, str]:
        return line_around(self.document, self.offset)

    @property
    def head(self) -> str:
        return self.around[0]

    @property
    def rest(self) -> str:
        return self.around[1]

    @cached_property
    def below(self) -> list[str]:
        """The next non-blank lines."""
        start = self.offset + len(self.rest)
        after = self.document.text[start : start + _BELOW_CHARS]
        lines = after.replace("\r\n", "\n").replace("\r", "\n").split("\n")[1:]
        return [line for line in lines if line.strip()][:_BELOW_LINES]

    @cached_property
    def frames(self) -> tuple[Frame, ...]:
        """What is open at the cursor, as far as its line tells."""
        return brackets(self.head[-2_000:], self.language).frames

    @cached_property
    def open(self) -> Brackets:
        """What is open before the cursor, within some thousand characters."""
        text, line_start = self.document.text, self.offset - len(self.head)
        start = anchor(self.document, line_start)
        if start is None:
            start = max(0, self.offset - _BEFORE_CHARS)
            start = start and text.find("\n", start, self.offset) + 1
        return brackets(text[start : self.offset], self.language)

    @cached_property
    def prose(self) -> bool:
        """The cursor is in a string or a comment, and not in code inside of one."""
        return kind_at(self.document, self.offset) != "code"

    def wrong(self, text: str) -> bool:
        """Say whether `text` would break the syntax; in prose only what ends it can."""
        if not self.prose:
            return self.verdict(text) == "wrong"
        closer = self._closer_of_prose(text)
        if not closer or self.verdict(text) == "right":
            return False
        # Where the parser is at a loss: what is closed below already is not closed here.
        below = self.document.text[self.offset : self.offset + _BELOW_CHARS]
        return self.verdict(text) != "unknown" or closer in below

    def _closer_of_prose(self, text: str) -> str:
        """Return the mark in `text` that may end the string or comment around it, ""."""
        language = self.language
        if language is None:
            return ""
        closers = (*Literals.of(language).marks, *(closer for _, closer in language.block))
        ends = self.head[-2:] + text  # The mark may be half typed.
        return next((closer for closer in closers if closer in ends), "")

    def verdict(self, text: str) -> Verdict:
        if text not in self.verdicts:
            self.verdicts[text] = verdict(text, self.document, self.offset, self.language)
        return self.verdicts[text]

    def unfinished(self, text: str) -> bool:
        """Say whether `text` needs lines that are not there."""
        if self.prose:
            return False
        said = self.verdict(text)
        return unfinished(text, said, self.document, self.offset, self.language)


def trim(
    raw: str, *, complete: bool, document: Document, offset: int, extent: Extent, cut: bool = False
) -> Trimmed:
    """Return what of `raw` is worth showing at `offset`.

    `complete` says that the model ended by itself, `cut` that its last line was broken off; with
    neither, that line is whole but may not be the last. Never raises; a few milliseconds at most
    (see `verify`).
    """
    document = document_at(document, offset)
    cursor = _Cursor(document, offset)
    text, complete = _clean(raw, complete, document)
    if cut:
        # Half a line is not judged as if it were whole, nor shown.
        text = "".join(text.rpartition("\n")[:2])
        if not text.strip():
            return Trimmed("", "", CUT)
    if not text.strip():
        return Trimmed("", "", EMPTY)
    found = fitted(
        leading_fit(text, cursor.head, cursor.language), document, offset, cursor.language
    )
    if found is None:
        return Trimmed("", "", "it does not stand at the cursor's indentation")
    text = found
    if extent.max_lines == 1:
        return _single_line(text, cursor)
    return _multi_line(text, complete, cursor, extent)


def replaced(text: str, document: Document, offset: int) -> Span:
    """Return the span, on the cursor's line, that accepting `text` replaces.

    Closing marks and punctuation right of the cursor that `text` writes itself; else nothing.
    """
    cursor = _Cursor(document_at(document, offset), offset)
    length = covered(text, cursor.rest, cursor.language, cursor.frames)
    return Span(offset, offset + length)


def _clean(raw: str, complete: bool, document: Document) -> tuple[str, bool]:
    text = raw[:MAX_CHARS].replace("\r\n", "\n").replace("\r", "\n")
    complete = complete and len(raw) <= MAX_CHARS
    found = _CONTROL.search(text)
    if found is not None:
        text, complete = text[: found.start()], False
    for marker in _MARKERS.finditer(text):
        # Somebody who edits a tokenizer's source wants these very words.
        if marker[0] not in document.text:
            return text[: marker.start()], complete
    if _FENCE.match(text) and document.language != "markdown":
        return "", complete
    return text, complete


def _single_line(text: str, cursor: _Cursor) -> Trimmed:
    line, newline, after = text.partition("\n")
    remainder = newline + after
    line = line.rstrip()
    if not line.strip():
        return Trimmed("", "", "nothing on this line")
    shortened = _line_without_repeats(line, cursor)
    if isinstance(shortened, Trimmed):
        return shortened
    if shortened != line:
        line, remainder = shortened, ""
    if cursor.wrong(line):
        return Trimmed("", "", BROKEN)
    if cursor.unfinished(line):
        return Trimmed("", "", UNFINISHED)
    return Trimmed(line, remainder, "")


def _line_without_repeats(line: str, cursor: _Cursor) -> str | Trimmed:
    if stutters(line):
        return Trimmed("", "", "it repeats itself")
    line = without_rest(line, cursor.rest)
    line = _matched(line, cursor)
    if not line.strip():
        return Trimmed("", "", "it repeats what follows")
    length = covered(line, cursor.rest, cursor.language, cursor.frames)
    if cursor.rest[:length].strip() == line.strip():
        return Trimmed("", "", "it repeats what follows")
    whole = cursor.head + line
    if not cursor.rest[length:].strip() and repeat_of_below([whole], cursor.below, True) == 0:
        return Trimmed("", "", "it repeats the next line")
    return line


def _multi_line(text: str, complete: bool, cursor: _Cursor, extent: Extent) -> Trimmed:
    lines = text.split("\n")
    if not lines[0].strip() and cursor.rest.strip(CLOSERS + ";, \t"):
        return Trimmed("", "", "nothing on this line")
    if extent.why == "after-accept" and cursor.head.strip() and not cursor.rest.strip():
        # What was accepted has completed its line: more of it would be nonsense.
        if lines[0].strip():
            return Trimmed("", "", FINISHED)
        lines[0] = ""
        text = "\n".join(lines)
    count, ended = _within_extent(lines, cursor, extent)
    ended = ended or (complete and count == len(lines))
    kept = "\n".join(lines[:count])
    if not ended:
        kept = _whole_statements(kept, cursor)
    kept = kept.rstrip()
    remainder = text[len(kept) :]
    if ended and "\n" in kept and extent.why == "block" and cursor.rest.startswith("}"):
        kept, remainder = _closed(kept, cursor), ""
    cut = _without_repeats(kept, ended, cursor)
    if isinstance(cut, Trimmed):
        return cut
    if cut != kept:
        kept, remainder = cut, ""
    if "\n" not in kept:
        line = _single_line(kept, cursor)
        return replace(line, remainder=remainder if line.text == kept else line.remainder)
    return _correct(kept, remainder, cursor)


def _within_extent(lines: list[str], cursor: _Cursor, extent: Extent) -> tuple[int, bool]:
    """Return how many lines belong to the extent, and whether they end it by themselves."""
    for number in range(1, len(lines)):
        line = lines[number]
        begun = any(line.strip() for line in lines[:number])
        last = number == len(lines) - 1  # then it may go on
        if extent.why == "after-accept" and not line.strip() and begun and not last:
            return number, True
        if not line.strip():
            continue
        if extent.min_indent is not None and indent_of(line) < extent.min_indent:
            return number, True
        if _closes_block(line, lines[:number], cursor):
            return number + 1, True
        if extent.why == "statement" and not cursor.unfinished("\n".join(lines[:number])):
            return number, True
        if number >= extent.max_lines:
            return number, False
    return len(lines), False


def _closed(text: str, cursor: _Cursor) -> str:
    """Return a block that ends on a line of its own, though the `}` was beside the `{`."""
    if covered(text, cursor.rest, cursor.language, cursor.frames):
        return text
    blanks = blanks_of(cursor.head)
    return f"{text}\n{blanks}}}"


def _closes_block(line: str, before: list[str], cursor: _Cursor) -> bool:
    """Say whether `line` ends with the mark that closes the block in which the cursor is."""
    if not line.lstrip().startswith("}"):
        return False
    read = brackets("\n".join([*before, line]), cursor.language, cursor.frames)
    return bool(read.unmatched) and not read.open


def _whole_statements(text: str, cursor: _Cursor) -> str:
    """Return `text` up to its last whole statement; at least its first line."""
    tree = tree_of(cursor.document)
    made = tree.edited(Edit(Span(cursor.offset, cursor.offset), text)) if tree else None
    lines = text.rstrip().split("\n")
    first = next((n for n, line in enumerate(lines) if line.strip()), 0)
    least = len("\n".join(lines[: first + 1]))
    best = 0
    if made is not None:
        for end in made.statement_ends(Span(cursor.offset, cursor.offset + len(text))):
            at = end - cursor.offset
            line_end = text.find("\n", at)
            # The end of a text that was broken off is no proof that a statement ends there.
            if line_end < 0 or text[at:line_end].strip(";, \t"):
                continue
            # Recovery makes statements of the arguments of a call that was not closed.
            if not {")", "]"} & set(brackets(text[:line_end], cursor.language, cursor.frames).open):
                best = max(best, line_end)
    elif len(lines) > first + 1:
        best = len("\n".join(lines[:-1]))
    return text[: max(best, least)]


def _without_repeats(text: str, complete: bool, cursor: _Cursor) -> str | Trimmed:
    lines = text.split("\n")
    if any(stutters(line) for line in lines):
        first = next(number for number, line in enumerate(lines) if stutters(line))
        lines = lines[:first]
    again = repeat_of_itself(lines)
    if again is not None:
        lines = lines[:again]
    if lines:
        whole = [cursor.head + lines[0], *lines[1:]]
        repeated = repeat_of_below(whole, cursor.below, complete)
        if repeated == 0 or (repeated is not None and not "".join(lines[:repeated]).strip()):
            return Trimmed("", "", "it repeats the next lines")
        lines = lines if repeated is None else lines[:repeated]
    kept = _matched("\n".join(lines).rstrip(), cursor)
    return kept if kept.strip() else Trimmed("", "", "it repeats itself")


def _matched(text: str, cursor: _Cursor) -> str:
    """Return `text` up to the first closing bracket that closes nothing.

    Before the cursor only some thousand characters are read, and with strings in the way not
    perfectly: so a bracket is given up only if none of its kind is open there.
    """
    if cursor.prose:
        return text
    unmatched = brackets(text, cursor.language, cursor.frames).unmatched
    left = list(cursor.open.open) if unmatched else []
    for at, closer in unmatched:
        if closer in left:
            left.remove(closer)
        elif closer in ")]" or (closer == "}" and cursor.offset <= _BEFORE_CHARS):
            # The parser reads strings better; where it understands the text, it has the last word.
            return text if cursor.verdict(text) == "right" else text[:at].rstrip()
    return text


def _correct(text: str, remainder: str, cursor: _Cursor) -> Trimmed:
    """Return as much of a multi-line `text` as adds no error: all, whole statements, a line."""
    shorter = _whole_statements(text, cursor).rstrip()
    n_breaks = len(text) - len(text.lstrip("\n"))
    first = text[:n_breaks] + text[n_breaks:].partition("\n")[0]
    why = BROKEN
    for attempt in dict.fromkeys((text, shorter, first)):
        if not attempt.strip() or cursor.wrong(attempt):
            continue
        if not cursor.unfinished(attempt):
            return Trimmed(attempt, remainder if attempt == text else "", "")
        why = UNFINISHED
    return Trimmed("", "", why)

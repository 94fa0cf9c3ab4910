r"""From what a model wrote to what is worth showing: pure rules, in order.

clean → fit the indentation → cut to the shape → cut at a statement's end → drop repetitions →
drop closing marks without partner → check the syntax → is anything left?

Suggestions use `\n` only, also in CRLF files: editors insert with the document's own line ends.
What was cut off and still follows the shown text is handed back for the cache; what was cut
because it is bad (repetition, wrong syntax) is not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cached_property

from ownstack.completion.brackets import Brackets, brackets, covered
from ownstack.completion.layout import fit_indent, leading_fit
from ownstack.completion.repeats import repeat_of_below, repeat_of_itself, stutters, without_rest
from ownstack.completion.shape import CLOSERS, Shape, indent_of, line_around
from ownstack.completion.verify import adds_error
from ownstack.document import Document
from ownstack.languages import Language
from ownstack.syntax import language_of, tree_of
from ownstack.text import Edit, Span

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
class _Place:
    """The cursor, and what the rules ask about it."""

    document: Document
    offset: int

    @cached_property
    def language(self) -> Language | None:
        return language_of(self.document.language, self.document.path)

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
    def mark(self) -> str:
        """The string mark that is open at the cursor, as far as its line tells."""
        return brackets(self.head[-2_000:], self.language).mark

    @cached_property
    def open(self) -> Brackets:
        """What is open before the cursor, within some thousand characters."""
        text = self.document.text
        start = max(0, self.offset - _BEFORE_CHARS)
        start = start and text.find("\n", start, self.offset) + 1
        return brackets(text[start : self.offset], self.language)

    @property
    def prose(self) -> bool:
        tree = tree_of(self.document)
        return bool(self.mark) or (tree is not None and tree.kind(self.offset) != "code")


def trim(raw: str, *, complete: bool, document: Document, offset: int, shape: Shape) -> Trimmed:
    """Return what of `raw` is worth showing at `offset`.

    `complete` says that the model ended by itself: then the last line is whole. Never raises;
    a few milliseconds at most (see `verify`).
    """
    place = _Place(document, offset)
    text, complete = _clean(raw, complete, document)
    text = fit_indent(leading_fit(text, place.head, place.language), document)
    if not text.strip():
        return Trimmed("", "", "nothing but white space")
    if shape.max_lines == 1:
        return _single_line(text, place)
    return _multi_line(text, complete, place, shape)


def replaced(text: str, document: Document, offset: int) -> Span:
    """Return the span, on the cursor's line, that accepting `text` replaces.

    Closing marks and punctuation right of the cursor that `text` writes itself; else nothing.
    """
    place = _Place(document, offset)
    length = covered(text, place.rest, place.language, place.mark)
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


def _single_line(text: str, place: _Place) -> Trimmed:
    line, newline, after = text.partition("\n")
    remainder = newline + after
    line = line.rstrip()
    if not line.strip():
        return Trimmed("", "", "nothing on this line")
    shortened = _line_without_repeats(line, place)
    if isinstance(shortened, Trimmed):
        return shortened
    if shortened != line:
        line, remainder = shortened, ""
    if not place.prose and adds_error(line, place.document, place.offset, place.language):
        return Trimmed("", "", "it would break the syntax")
    return Trimmed(line, remainder, "")


def _line_without_repeats(line: str, place: _Place) -> str | Trimmed:
    if stutters(line):
        return Trimmed("", "", "it repeats itself")
    line = without_rest(line, place.rest)
    line = _matched(line, place)
    if not line.strip():
        return Trimmed("", "", "it repeats what follows")
    length = covered(line, place.rest, place.language, place.mark)
    if place.rest[:length].strip() == line.strip():
        return Trimmed("", "", "it repeats what follows")
    whole = place.head + line
    if not place.rest[length:].strip() and repeat_of_below([whole], place.below, True) == 0:
        return Trimmed("", "", "it repeats the next line")
    return line


def _multi_line(text: str, complete: bool, place: _Place, shape: Shape) -> Trimmed:
    lines = text.split("\n")
    if not lines[0].strip() and place.rest.strip(CLOSERS + ";, \t"):
        return Trimmed("", "", "nothing on this line")
    count, ended = _within_shape(lines, place, shape)
    ended = ended or (complete and count == len(lines))
    kept = "\n".join(lines[:count])
    if not ended:
        kept = _whole_statements(kept, place)
    kept = kept.rstrip()
    remainder = text[len(kept) :]
    if ended and "\n" in kept and shape.why == "block" and place.rest.startswith("}"):
        kept, remainder = _closed(kept, place), ""
    cut = _without_repeats(kept, ended, place)
    if isinstance(cut, Trimmed):
        return cut
    if cut != kept:
        kept, remainder = cut, ""
    if "\n" not in kept:
        one = _single_line(kept, place)
        return replace(one, remainder=remainder if one.text == kept else one.remainder)
    return _correct(kept, remainder, place)


def _within_shape(lines: list[str], place: _Place, shape: Shape) -> tuple[int, bool]:
    """Return how many lines belong to the shape, and whether they end it by themselves."""
    for number in range(1, len(lines)):
        line = lines[number]
        begun = any(line.strip() for line in lines[:number])
        last = number == len(lines) - 1  # then it may go on
        if shape.why == "after-accept" and not line.strip() and begun and not last:
            return number, True
        if not line.strip():
            continue
        if shape.min_indent is not None and indent_of(line) < shape.min_indent:
            return number, True
        if _closes_block(line, lines[:number], place):
            return number + 1, True
        if number >= shape.max_lines:
            return number, False
    return len(lines), False


def _closed(text: str, place: _Place) -> str:
    """Return a block that ends on a line of its own, though the `}` was beside the `{`."""
    if covered(text, place.rest, place.language, place.mark):
        return text
    blanks = place.head[: len(place.head) - len(place.head.lstrip(" \t"))]
    return f"{text}\n{blanks}}}"


def _closes_block(line: str, before: list[str], place: _Place) -> bool:
    """Say whether `line` ends with the mark that closes the block in which the cursor is."""
    if not line.lstrip().startswith("}"):
        return False
    read = brackets("\n".join([*before, line]), place.language, place.mark)
    return bool(read.unmatched) and not read.open


def _whole_statements(text: str, place: _Place) -> str:
    """Return `text` up to its last whole statement; at least its first line."""
    tree = tree_of(place.document)
    made = tree.edited(Edit(Span(place.offset, place.offset), text)) if tree else None
    lines = text.rstrip().split("\n")
    first = next((n for n, line in enumerate(lines) if line.strip()), 0)
    least = len("\n".join(lines[: first + 1]))
    best = 0
    if made is not None:
        for end in made.statement_ends(Span(place.offset, place.offset + len(text))):
            at = end - place.offset
            line_end = text.find("\n", at)
            # The end of a text that was broken off is no proof that a statement ends there.
            if line_end < 0 or text[at:line_end].strip(";, \t"):
                continue
            # Recovery makes statements of the arguments of a call that was not closed.
            if not {")", "]"} & set(brackets(text[:line_end], place.language, place.mark).open):
                best = max(best, line_end)
    elif len(lines) > first + 1:
        best = len("\n".join(lines[:-1]))
    return text[: max(best, least)]


def _without_repeats(text: str, complete: bool, place: _Place) -> str | Trimmed:
    lines = text.split("\n")
    if any(stutters(line) for line in lines):
        first = next(number for number, line in enumerate(lines) if stutters(line))
        lines = lines[:first]
    again = repeat_of_itself(lines)
    if again is not None:
        lines = lines[:again]
    if lines:
        whole = [place.head + lines[0], *lines[1:]]
        repeated = repeat_of_below(whole, place.below, complete)
        if repeated == 0 or (repeated is not None and not "".join(lines[:repeated]).strip()):
            return Trimmed("", "", "it repeats the next lines")
        lines = lines if repeated is None else lines[:repeated]
    kept = _matched("\n".join(lines).rstrip(), place)
    return kept if kept.strip() else Trimmed("", "", "it repeats itself")


def _matched(text: str, place: _Place) -> str:
    """Return `text` up to the first closing bracket that closes nothing.

    Before the cursor only some thousand characters are read, and with strings in the way not
    perfectly: so a bracket is given up only if none of its kind is open there.
    """
    if place.prose:
        return text
    unmatched = brackets(text, place.language, place.mark).unmatched
    left = list(place.open.open) if unmatched else []
    for at, closer in unmatched:
        if closer in left:
            left.remove(closer)
        elif closer in ")]" or (closer == "}" and place.offset <= _BEFORE_CHARS):
            # The parser reads strings better; where there is a tree, it has the last word.
            known = tree_of(place.document) is not None
            if known and not adds_error(text, place.document, place.offset, place.language):
                return text
            return text[:at].rstrip()
    return text


def _correct(text: str, remainder: str, place: _Place) -> Trimmed:
    """Return as much of a multi-line `text` as adds no error: all, whole statements, a line."""
    shorter = _whole_statements(text, place).rstrip()
    first = text[: text.find("\n", len(text) - len(text.lstrip("\n")))]
    for attempt in dict.fromkeys((text, shorter, first)):
        if not attempt.strip():
            continue
        if not adds_error(attempt, place.document, place.offset, place.language):
            return Trimmed(attempt, remainder if attempt == text else "", "")
    return Trimmed("", "", "it would break the syntax")

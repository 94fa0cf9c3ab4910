"""A model's code, cut down to what belongs in the place of a target.

Of a whole file, or of a class around a method, it is the definition that was asked for, with what
is new beside it; the rest stands in the file already. What a definition has above it, decorators
and comments, comes back if the model left it out.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from ownstack.actions.carried_imports import statements, with_imports
from ownstack.actions.checks.syntax import errors
from ownstack.actions.indentation import indented
from ownstack.actions.target import Target
from ownstack.errors import EditError
from ownstack.extract.file import extract
from ownstack.extract.kinds import FUNCTIONS, TYPES
from ownstack.extract.rows import Extracted, Symbol
from ownstack.files.reading import plain_lines
from ownstack.languages import Language
from ownstack.text import blanks_of

_WHOLE = FUNCTIONS | TYPES
_UNKNOWN = 1_000_000
_LEAST_SIGNS = 8
"""Letters of a line that says enough to be known again."""
_WHOLE_HINT = "Write all of the lines, from the first to the last."


@dataclass(frozen=True, slots=True)
class _Reading:
    """Code of a model, and the definitions in it; lines are those of `lines`, 0-based."""

    lines: list[str]
    symbols: tuple[Symbol, ...]
    imports: frozenset[int]
    """Lines of imports."""
    is_sound: bool
    """Whether it parses."""


def cut_down(code: str, target: Target) -> str:
    """Return what belongs in the place of the target's lines.

    Raises:
        EditError: the code is not all of what the target defines.
    """
    code = _without_surroundings(code, target)
    symbol = target.symbol
    if symbol is None or target.language is None or symbol.kind not in _WHOLE:
        return code
    readings = [_alone(code, target), _placed(code, target)]
    sound = [reading for reading in readings if reading.is_sound]
    for by in ("qualified", "name"):
        for reading in sound:
            core = _named(reading, symbol, by=by)
            if core:
                core = _one_of(core, symbol, target)
                return "\n".join(_kept(reading, core, target))
    if any(_named(reading, symbol, by="name") for reading in readings):
        return code  # It does not parse: what stands outside of a definition may belong to it.
    return _renamed(code, readings[1], readings[0], symbol)


def _one_of(core: list[Symbol], symbol: Symbol, target: Target) -> list[Symbol]:
    """Return one of several definitions of a name, if the file has as many: a setter, say."""
    same = [known for known in target.extracted.symbols if known.qualified == symbol.qualified]
    return [core[same.index(symbol)]] if len(same) == len(core) else core


def is_whole(code: str, target: Target) -> bool:
    """Say whether code parses, alone or in its place, and defines a target's symbol."""
    return any(
        reading.is_sound and target.symbol and _named(reading, target.symbol, by="name")
        for reading in (_alone(code, target), _placed(code, target))
    )


def _alone(code: str, target: Target) -> _Reading:
    lines = code.strip("\n").split("\n")
    has = blanks_of(next((line for line in lines if line.strip()), ""))
    lines = [line.removeprefix(has) for line in lines]
    text = "\n".join(lines)
    known = extract(text, target.path, target.language)
    return _Reading(lines, *_shifted(known, 0, len(lines)), _n_errors(text, target) == 0)


def _placed(code: str, target: Target) -> _Reading:
    """Read code where it is to stand: a method is one in its class only."""
    text = indented(code, target)
    before = plain_lines(target.text[: target.span.start])
    after = plain_lines(target.text[target.span.end :])
    whole = before + text + after
    known = extract(whole, target.path, target.language)
    lines = text.split("\n")
    is_sound = _n_errors(whole, target) <= _n_errors(plain_lines(target.text), target)
    return _Reading(lines, *_shifted(known, before.count("\n"), len(lines)), is_sound)


def _n_errors(text: str, target: Target) -> int:
    assert target.language is not None
    found = errors(text, target.language)
    return _UNKNOWN if found is None else len(found)


def _shifted(
    known: Extracted, first: int, n_lines: int
) -> tuple[tuple[Symbol, ...], frozenset[int]]:
    """Return what is defined and imported in some lines, with lines counted from there, from 0."""
    inner = tuple(
        symbol._replace(
            start_line=symbol.start_line - 1 - first,
            end_line=symbol.end_line - 1 - first,
            name_line=symbol.name_line - 1 - first,
        )
        for symbol in known.symbols
        if first < symbol.start_line and symbol.end_line <= first + n_lines
    )
    rows = (item.line - 1 - first for item in known.imports)
    return inner, frozenset(row for row in rows if 0 <= row < n_lines)


def _named(reading: _Reading, symbol: Symbol, *, by: str) -> list[Symbol]:
    """Return the definitions that have a symbol's name and stand beside each other."""
    name = getattr(symbol, by)
    found = [
        known
        for known in reading.symbols
        if getattr(known, by) == name
        and (known.kind in _WHOLE)
        and ((known.kind in FUNCTIONS) == (symbol.kind in FUNCTIONS))
    ]
    return [known for known in found if known.parent == found[0].parent]


def _renamed(code: str, alone: _Reading, placed: _Reading, symbol: Symbol) -> str:
    """Return code that does not define a symbol, if it plainly defines another in its place.

    Raises:
        EditError: it does not.
    """
    for reading in (placed, alone):
        tops = [known for known in _tops(reading) if known.kind in _WHOLE]
        if len(tops) == 1 and (tops[0].kind in FUNCTIONS) == (symbol.kind in FUNCTIONS):
            return code
        if tops:
            raise EditError(f"The answer does not define {symbol.name[:80]}.", _WHOLE_HINT)
    raise EditError(f"The answer has only some of the lines of {symbol.name[:80]}.", _WHOLE_HINT)


def _tops(reading: _Reading) -> list[Symbol]:
    """Return the definitions that stand in no other of them."""
    found: list[Symbol] = []
    for symbol in reading.symbols:
        if not found or symbol.start_line > found[-1].end_line:
            found.append(symbol)
    return found


def _kept(reading: _Reading, core: Sequence[Symbol], target: Target) -> list[str]:
    """Return the lines of a definition, and what is new beside it."""
    first, last = target.lines
    elsewhere = [
        symbol
        for symbol in target.extracted.symbols
        if symbol.end_line < first or symbol.start_line > last
    ]
    known = {symbol.qualified for symbol in elsewhere}
    if core[0].qualified != (target.symbol and target.symbol.qualified):
        known |= {symbol.name for symbol in elsewhere}
    beside = [
        symbol
        for symbol in reading.symbols
        if symbol.parent == core[0].parent and (symbol in core or symbol.qualified not in known)
    ]
    there = {line.strip() for line in _outside(target)}
    ranges = [_with_comments(symbol, reading, target.language, there) for symbol in beside]
    outer = [at for at in reading.imports if not any(at in lines for lines in ranges)]
    imports = [
        [line.removeprefix(blanks_of(lines[0])) for line in lines]
        for lines in statements(reading.lines, outer)
        if not {line.strip() for line in lines} <= there
    ]
    own = _with_comments(core[0], reading, target.language, there)
    n_above = core[0].start_line - own.start
    whole = _with_head(reading.lines[own.start : own.stop], n_above, target)
    return with_imports(_pieces(ranges, reading.lines, own, whole), imports, target)


def _with_comments(
    symbol: Symbol, reading: _Reading, language: Language | None, there: Collection[str]
) -> range:
    """Return a definition's lines, with the comments and attributes right above it."""
    start = symbol.start_line - symbol.above
    while start > 0 and _is_head(reading.lines[start - 1], language):
        start -= 1
    stop = symbol.end_line + 1
    if language is not None and language.indent:  # Lines that lie too far out belong to it, too.
        others = {other.start_line for other in reading.symbols}
        while stop < len(reading.lines) and stop not in others:
            if not reading.lines[stop].strip() or reading.lines[stop].strip() in there:
                break
            stop += 1
    return range(start, stop)


def _pieces(
    ranges: Sequence[range], lines: Sequence[str], own: range, whole: Sequence[str]
) -> list[str]:
    """Return ranges of lines, one of them as `whole`, and the blank lines between them."""
    made: list[str] = []
    end = 0
    for lines_of in sorted(ranges, key=lambda part: part.start):
        if lines_of.stop <= end:
            continue
        start = max(lines_of.start, end)
        if made:
            gap = start
            while gap > end and not lines[gap - 1].strip():
                gap -= 1
            made += [""] * max(start - gap, 1 if gap > end else 0)
        made += whole if lines_of == own and start == own.start else lines[start : lines_of.stop]
        end = lines_of.stop
    return made


def _with_head(lines: list[str], n_above: int, target: Target) -> list[str]:
    """Return a definition with the decorators and comments that the model left out above it.

    The first `n_above` lines stand above the definition itself.
    """
    assert target.symbol is not None
    old = plain_lines(target.code).split("\n")
    head = _head(old, target.symbol.above, target.language)
    mine = _head(lines, n_above, target.language)
    marks, comments = _divided(head, target.language)
    my_marks, my_comments = _divided(mine, target.language)
    lost = []
    if comments and not my_comments:
        lost += comments
    if marks and not my_marks:
        lost += marks
    if not lost:
        return lines
    first = next((line for line in old if line.strip()), "")
    has, mine_has = blanks_of(first), blanks_of(lines[0])
    moved = [mine_has + line.removeprefix(has) for line in lost]
    at = len(my_comments) if marks and not my_marks and not (comments and not my_comments) else 0
    return [*lines[:at], *moved, *lines[at:]]


def _head(lines: Sequence[str], n_above: int, language: Language | None) -> Iterator[str]:
    """Give the decorators and comments that lines begin with, `n_above` lines at least."""
    yield from lines[:n_above]
    depth = 0
    for line in lines[n_above:]:
        if not depth and not _is_head(line, language):
            return
        depth += sum(map(line.count, "([{")) - sum(map(line.count, ")]}"))
        yield line


def _divided(head: Iterable[str], language: Language | None) -> tuple[list[str], list[str]]:
    """Divide what stands above a definition into marks and comments."""
    marks: list[str] = []
    comments: list[str] = []
    closer = ""
    for line in head:
        bare = line.strip()
        if closer:
            comments.append(line)
            closer = "" if closer in bare else closer
        elif _is_comment(line, language):
            comments.append(line)
            closer = _left_open(bare, language)
        else:
            marks.append(line)
    return marks, comments


def _left_open(bare: str, language: Language | None) -> str:
    """Return what closes a comment that goes on in the next line, "" if none does."""
    pairs = language.block if language is not None else ()
    for begin, end in pairs:
        if bare.startswith(begin) and end not in bare[len(begin) :]:
            return end
    return ""


def _is_head(line: str, language: Language | None) -> bool:
    """Say whether a line is a decorator, an attribute or a comment of what comes after it."""
    bare = line.strip()
    is_mark = bare.startswith(("@", "#[")) and not re.match(r"@interface\b", bare)
    # `@Override public void run() {` is the definition itself.
    return (is_mark and not bare.endswith(("{", ";", ":"))) or _is_comment(line, language)


def _is_comment(line: str, language: Language | None) -> bool:
    bare = line.strip()
    if language is None or not bare or bare.startswith(("#[", "#!")):
        return False
    marks = (*language.line, *(opens for opens, _ in language.block))
    return bare.startswith(marks) or (bool(language.block) and bare.startswith("*"))


def _outside(target: Target) -> list[str]:
    before = plain_lines(target.text[: target.span.start])
    after = plain_lines(target.text[target.span.end :])
    return [*before.split("\n"), *after.split("\n")]


def _without_surroundings(code: str, target: Target) -> str:
    """Return code without the lines of the file around the target, if it repeats them."""
    lines = code.strip("\n").split("\n")
    if target.symbol is not None and target.symbol.kind in _WHOLE:
        return "\n".join(lines)
    before = _said(plain_lines(target.text[: target.span.start]))
    after = _said(plain_lines(target.text[target.span.end :]))
    own = _said(plain_lines(target.code))
    rows = [at for at, line in enumerate(lines) if line.strip()]
    said = [lines[at].strip() for at in rows]
    inner = rows[len(before) : len(rows) - len(after)]
    if (
        inner
        and (before or after)
        and said == [*before, *said[len(before) :][: len(inner)], *after]
    ):
        return "\n".join(lines[inner[0] : inner[-1] + 1])
    start = _repeated(lines, before, own)
    end = len(lines) - _repeated(lines[start:][::-1], after[::-1], own[::-1])
    return "\n".join(lines[start:end])


def _repeated(lines: Sequence[str], context: Sequence[str], own: Sequence[str]) -> int:
    """Return how many first lines repeat the last of what stands before: all, or two and more."""
    said = [(at, line.strip()) for at, line in enumerate(lines) if line.strip()]
    bare = [line for _, line in said]
    for count in range(min(len(context), len(said)), 0, -1):
        if bare[count - 1] != context[-1] or bare[0] != context[-count]:
            continue  # Few lines are compared as a whole.
        tail = list(context[-count:])
        if bare[:count] != tail or list(own[:count]) == tail:
            continue
        tells = sum(len(re.findall(r"\w", line)) >= _LEAST_SIGNS for line in tail)
        if tells and (count == len(context) or count > 1):
            return said[count - 1][0] + 1
    return 0


def _said(text: str) -> list[str]:
    return [line.strip() for line in text.split("\n") if line.strip()]

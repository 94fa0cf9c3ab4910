"""What a model wrote, made to stand where the target's lines stand.

Models answer with more than was asked (prose, the whole file, the class around a method), with less
(no decorators, no indentation) or in another form (a diff, tabs for blanks). What is meant for sure
is mended here; of the rest it is said what is wrong with it. What is not whole is never completed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ownstack.actions.blanked import check_restored, restored
from ownstack.actions.definition_cut import cut_down, is_whole
from ownstack.actions.indentation import indented
from ownstack.actions.target import Target
from ownstack.actions.unified_diff import is_diff, patched
from ownstack.chat.proposals import with_line_ends
from ownstack.errors import EditError
from ownstack.extract.kinds import FUNCTIONS, TYPES
from ownstack.files.reading import plain_lines
from ownstack.syntax.captures import whole_tree

MAX_CHARS = 400_000
_FENCE = re.compile(r"^([ \t]{0,12})(`{3,40}|~{3,40})([^`\n]{0,200})$")
_MAX_BLOCKS = 20
_MAX_TRIES = 24
_MARK = r"^[ \t]*(?:#+|//+|--|/\*+|<!--|;+|\{/\*)[ \t]*[(\[<]?(?:the[ \t]+)?"
_DOTS = re.compile(
    rf"{_MARK}(?:\.{{3}}|…)[^\n]{{0,200}}"
    r"|^[ \t]*(?:\.{3}|…)[ \t]*(?:\(|#|//|existing|rest|unchanged|same|other|remaining|previous)"
    r"[^\n]{0,200}|^[ \t]*…[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
_AS_BEFORE = (
    r"(?:[ \t]+(?:remains?|stays?|goes|go|is|are|left|kept))?"
    r"(?:[ \t]+(?:the[ \t]+same|same|unchanged|here|as[ \t]+(?:before|is)|omitted|above|below))?"
    r"[ \t.…)\]>*/-]{0,20}$"
)
_PARTS = (
    r"(?:code|methods?|functions?|class|file|implementation|lines|body|logic|module|members|"
    r"imports|fields|tests|cases)"
)
_WORDS = re.compile(
    rf"{_MARK}(?:rest|remainder)(?:[ \t]+of[ \t]+(?:the[ \t]+|your[ \t]+|this[ \t]+)?{_PARTS})?"
    rf"{_AS_BEFORE}"
    rf"|{_MARK}(?:rest|remaining|other|existing|previous|original|same|unchanged)[ \t]+"
    rf"(?:\w{{1,20}}[ \t]+){{0,2}}{_PARTS}{_AS_BEFORE}"
    rf"|{_MARK}(?:same[ \t]+as[ \t]+before|as[ \t]+before|unchanged){_AS_BEFORE}",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class _Block:
    code: str
    info: str
    is_whole: bool
    """Whether its fence is closed."""


def replacement(answer: str, target: Target) -> str:
    """Return what takes the place of the target's lines.

    Its indentation, its tabs and its line ends are those of the file.

    Raises:
        EditError: the answer has no code, or none that is whole; it says what is wrong.
    """
    text = plain_lines(answer[:MAX_CHARS]).replace("\ufeff", "")
    if len(answer) > MAX_CHARS or "\0" in text:
        raise EditError("The answer is no code: it is too long, or has signs that no code has.")
    code = _chosen(restored(text, target), target)
    left_out = _left_out(code, target)
    if left_out:
        raise EditError(
            f"The answer leaves code out: {left_out[:100]}", "Write all of the lines, whole."
        )
    whole = indented(cut_down(code, target), target)
    if not whole.strip():
        raise _no_code()
    check_restored(whole, target)
    return with_line_ends(whole, target.text)


def _no_code() -> EditError:
    return EditError("The model gave no code.", "Ask again, or choose a larger model.")


def _left_out(code: str, target: Target) -> str:
    """Return a line that stands for code that was left out, "" if there is none.

    Words that may be a comment like another count only where lines are fewer than they were.
    """
    old = plain_lines(target.code)
    is_code = target.language is not None and not target.language.prose
    is_shorter = is_code and len(_bare(code)) < len(_bare(old))
    for pattern in (_DOTS, _WORDS) if is_shorter else (_DOTS,):
        known = {match[0].strip() for match in pattern.finditer(old)}
        for match in pattern.finditer(code):
            if match[0].strip() not in known:
                return match[0].strip()
    return ""


def _chosen(text: str, target: Target) -> str:
    """Return the code of an answer."""
    if not text.strip():
        raise _no_code()
    blocks = _blocks(text)
    if not blocks or not text.lstrip("\n").startswith(("```", "~~~")):
        bare = text.strip("\n")
        if is_diff(bare, target):
            return patched(bare, target)
        if _fits(bare, target):
            return bare
    if not blocks:
        return _without_prose(text, target)
    if not blocks[-1].is_whole and (len(blocks) == 1 or is_whole(blocks[-1].code, target)):
        raise EditError(
            "The answer is cut off in the middle.", "Write all of the lines, to their end."
        )
    codes = [
        patched(block.code, target) if is_diff(block.code, target, block.info) else block.code
        for block in blocks
        if block.is_whole and block.code.strip()
    ]
    return _one(list(dict.fromkeys(codes)), target)


def _one(codes: Sequence[str], target: Target) -> str:
    """Return the block that is meant: of several the last that is new, and is what was asked for.

    Raises:
        EditError: there is none, or it is not clear which.
    """
    if not codes:
        raise _no_code()
    if len(codes) == 1:
        return codes[0]
    old = _bare(plain_lines(target.code))
    new = [code for code in codes if _bare(code) != old]
    if target.symbol is not None:
        named = [code for code in new if is_whole(code, target)]
        if named:
            return named[-1]
    elif len(new) == 1:
        return new[0]
    fitting = [code for code in new if _fits(code, target)]
    if len(fitting) == 1 and target.symbol is None:
        return fitting[0]
    raise EditError(
        "The answer has several code blocks, and it is not clear which is meant.",
        "Write all of the lines in one code block.",
    )


def _without_prose(text: str, target: Target) -> str:
    """Return the lines of an answer without fences that are code: those that define the symbol."""
    lines = text.strip("\n").split("\n")
    symbol = target.symbol
    if symbol is None or target.language is None:
        raise _no_code()
    name = re.compile(rf"(?<![\w$]){re.escape(symbol.name)}(?![\w$])")
    wanted = {line.strip() for line in plain_lines(target.code).split("\n")[:3] if line.strip()}
    starts = [
        at for at, line in enumerate(lines) if line.strip() in wanted or name.search(line[:400])
    ]
    ends = [at for at in range(len(lines), 0, -1) if at == len(lines) or not lines[at].strip()]
    tries = ((start, end) for start in starts[:8] for end in ends if end > start)
    for _, (start, end) in zip(range(_MAX_TRIES), tries, strict=False):
        code = "\n".join(lines[start:end])
        if _fits(code, target):
            return code
    raise _no_code()


def _fits(code: str, target: Target) -> bool:
    """Say whether a text is nothing but code, and defines what the target defines."""
    if target.symbol is not None and target.symbol.kind in FUNCTIONS | TYPES:
        return is_whole(code, target)
    if target.language is None or not target.language.package:
        return target.language is not None
    tree = whole_tree(code, target.language)
    return tree is not None and tree.errors() == 0 and not _is_talk(code, target)


def _is_talk(code: str, target: Target) -> bool:
    """Say whether a text has no line and no sign that code of the target's language has."""
    known = {line.strip() for line in plain_lines(target.code).split("\n") if line.strip()}
    lines = [line.strip() for line in code.split("\n") if line.strip()]
    return not any(line in known or re.search(r"[=(){}\[\];:]", line) for line in lines)


def _bare(code: str) -> list[str]:
    return [line.strip() for line in code.split("\n") if line.strip()]


def _blocks(text: str) -> list[_Block]:
    """Return the code blocks of an answer, in their order; the last may have no end.

    A fence in a string of the code is none that ends it, if one comes after it that stands where
    the first stood.
    """
    found: list[_Block] = []
    indent = fence = info = ""
    lines: list[str] = []
    for line in text.split("\n"):
        mark = _FENCE.match(line)
        if not fence and mark:
            indent, fence, info, lines = mark[1], mark[2], mark[3].strip(), []
        elif (
            fence
            and mark
            and mark[2].startswith(fence)
            and not mark[3].strip()
            and (len(mark[1]) <= len(indent))
        ):
            found.append(_block(lines, indent, info, is_whole=True))
            fence = ""
        elif fence:
            lines.append(line)
    if fence and any(line.strip() for line in lines):
        found.append(_block(lines, indent, info, is_whole=False))
    return found[-_MAX_BLOCKS:]


def _block(lines: list[str], indent: str, info: str, *, is_whole: bool) -> _Block:
    code = "\n".join(line.removeprefix(indent) for line in lines).strip("\n")
    return _Block(code, info.split(" ")[0].lower(), is_whole)

"""What a model wrote, made to stand where the target's lines stand.

Models answer with more than was asked (prose, the whole file, the class around a method), with less
(no decorators, no indentation) or in another form (a diff, tabs for blanks). What is meant for sure
is mended here; of the rest it is said what is wrong with it. What is not whole is never completed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ownstack.actions.definition_cut import cut_down
from ownstack.actions.indentation import indented
from ownstack.actions.target import Target
from ownstack.actions.unified_diff import is_diff, patched
from ownstack.chat.proposals import with_line_ends
from ownstack.errors import EditError
from ownstack.files.reading import plain_lines
from ownstack.syntax.captures import whole_tree

MAX_CHARS = 400_000
_FENCE = re.compile(r"^([ \t]{0,12})(`{3,40}|~{3,40})([^`\n]{0,200})$")
_MAX_BLOCKS = 20
_MAX_TRIES = 60
_MARK = r"^[ \t]*(?:#+|//+|--|/\*+|<!--|;+|\{/\*)[ \t]*"
_LEFT_OUT = re.compile(
    rf"{_MARK}[(\[<]?(?:\.{{3}}|…)"
    rf"|^[ \t]*(?:\.{{3}}|…)[ \t]*(?:\(|#|//|existing|rest|unchanged|same|other|remaining|previous)"
    rf"|^[ \t]*…[ \t]*$"
    rf"|{_MARK}[(\[<]?(?:the[ \t]+)?(?:rest|remainder|remaining|other|existing|previous|original|"
    r"same|unchanged)\b[^\n]{0,80}\b(?:unchanged|code|here|same|before|omitted|above|function|method|"
    r"class|file|implementation|methods|functions|body|lines)\b[^\n]{0,40}$"
    rf"|{_MARK}[^\n]{{0,60}}\b(?:remains?|stays?|goes|is|are|left)[ \t]+(?:the[ \t]+)?"
    r"(?:unchanged|same|here|as before|omitted)\b[^\n]{0,40}$",
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
    code = _chosen(text, target)
    marks = set(_left_out(plain_lines(target.code)))
    left_out = next((line for line in _left_out(code) if line not in marks), None)
    if left_out is not None:
        raise EditError(
            f"The answer leaves code out: {left_out[:100]}", "Write all of the lines, whole."
        )
    whole = indented(cut_down(code, target), target)
    if not whole.strip():
        raise _no_code()
    return with_line_ends(whole, target.text)


def _no_code() -> EditError:
    return EditError("The model gave no code.", "Ask again, or choose a larger model.")


def _left_out(code: str) -> list[str]:
    return [match[0].strip() for match in _LEFT_OUT.finditer(code)]


def _chosen(text: str, target: Target) -> str:
    """Return the code of an answer."""
    if not text.strip():
        raise _no_code()
    blocks = _blocks(text)
    if not blocks or not text.lstrip("\n").startswith(("```", "~~~")):
        bare = text.strip("\n")
        if is_diff(bare):
            return patched(bare, target)
        if _fits(bare, target):
            return bare
    if not blocks:
        return _without_prose(text, target)
    if not blocks[-1].is_whole and (len(blocks) == 1 or _defines(blocks[-1].code, target)):
        raise EditError("The answer ends in the middle.", "Write all of the lines, to their end.")
    codes = [
        patched(block.code, target) if is_diff(block.code, block.info) else block.code
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
        named = [code for code in new if _defines(code, target)]
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
    """Say whether a text is nothing but code that defines what the target defines."""
    if target.language is None or not target.language.package:
        return target.symbol is None and target.language is not None
    tree = whole_tree(code, target.language)
    if tree is None or tree.errors() != 0:
        return False
    return _defines(code, target) if target.symbol is not None else not _is_talk(code, target)


def _defines(code: str, target: Target) -> bool:
    from ownstack.extract.file import extract

    symbol = target.symbol
    if symbol is None:
        return False
    known = extract(code, target.path, target.language)
    return any(found.name == symbol.name for found in known.symbols)


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

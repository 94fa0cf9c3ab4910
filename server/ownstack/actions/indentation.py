"""Lines of a model, indented as those whose place they take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from ownstack.actions.checks import python
from ownstack.actions.checks.syntax import errors, is_python
from ownstack.actions.target import Target
from ownstack.files.reading import plain_lines
from ownstack.languages import Language
from ownstack.syntax.captures import whole_tree
from ownstack.text import blanks_of

_MOST = 0.9
"""The share of lines that begin with tabs, or with blanks, in a text that does not mix them."""


def indented(code: str, target: Target) -> str:
    """Return lines with the indentation, and the tabs or blanks, of the target.

    A string of several lines stays as it is if the target has one of these.
    """
    old = plain_lines(target.code).split("\n")
    lines = code.strip("\n").split("\n")
    while lines and not lines[-1].strip():
        lines.pop()
    if not lines:
        return ""
    known = set(old)
    fixed: set[int] = set()
    in_strings: set[int] = set()
    for inner in string_lines("\n".join(lines), target.language):
        in_strings.update(inner)
        if any(lines[at].strip() and lines[at] in known for at in inner):
            fixed.update(inner)
    # The blanks of a line of a string belong to what it says.
    lines = [line if line.strip() or at in in_strings else "" for at, line in enumerate(lines)]
    lines = _in_style(lines, old, target, fixed)
    base = blanks_of(next((line for line in old if line.strip()), ""))
    tries = [_moved(lines, base, fixed)]
    first_alone = _first_moved(lines, base, target)
    if first_alone is not None:
        tries.insert(0, first_alone)
    made = list(dict.fromkeys("\n".join(lines) for lines in tries))
    return made[0] if len(made) == 1 else min(made, key=lambda text: badness(text, target))


def badness(code: str, target: Target) -> int:
    """Return how many errors the file has with a replacement."""
    if target.language is None:
        return 0
    text = target.with_replacement(code)
    found = errors(text, target.language)
    count = 0 if found is None else len(found)
    if target.language.id == "python" and is_python(target.path):
        count += python.fault(text) is not None
    return count


def string_lines(code: str, language: Language | None) -> list[range]:
    """Return, of each string, the lines, 0-based, that begin inside of it."""
    tree = whole_tree(code, language) if language is not None else None
    if tree is None or tree.errors() is None:
        return []
    nodes = tree.matches("statements.scm")[0].get("string", ())
    return [range(node.start_point[0] + 1, node.end_point[0] + 1) for node in nodes]


def _in_style(
    lines: list[str], old: Sequence[str], target: Target, fixed: Collection[int]
) -> list[str]:
    """Return lines with tabs or blanks, whichever the target has."""
    style = _style(old) or _style(plain_lines(target.text).split("\n"))
    if style == "both":
        there = {line.strip(): line for line in reversed(old) if line.strip()}
        return [there.get(line.strip(), line) for line in lines]
    mine = _style(lines)
    if style in (mine, None) or mine is None:
        return lines
    width = _width(lines) if style == "\t" else _width(plain_lines(target.text).split("\n"))
    made = []
    for at, line in enumerate(lines):
        indent = blanks_of(line)
        if at in fixed or not indent or not line.strip():
            made.append(line)
            continue
        columns = len(indent.expandtabs(width))
        tabs, blanks = divmod(columns, width) if style == "\t" else (0, columns)
        new = "\t" * tabs + " " * blanks
        made.append(new + line[len(indent) :])
    return made


def _style(lines: Sequence[str]) -> str | None:
    """Return what lines are indented with: a tab, a blank, "both", or None if nothing is."""
    tabs = sum(line.startswith("\t") for line in lines)
    blanks = sum(line.startswith(" ") and not line.startswith(" *") for line in lines)
    if not tabs + blanks:
        return None
    if max(tabs, blanks) < _MOST * (tabs + blanks):
        return "both"
    return "\t" if tabs > blanks else " "


def _width(lines: Sequence[str]) -> int:
    """Return by how many blanks lines mostly step in."""
    steps = Counter[int]()
    before = 0
    for line in lines:
        if line.strip():
            size = len(blanks_of(line)) if "\t" not in blanks_of(line) else before
            if 2 <= size - before <= 8:
                steps[size - before] += 1
            before = size
    return steps.most_common(1)[0][0] if steps else 4


def _moved(lines: Sequence[str], base: str, fixed: Collection[int]) -> list[str]:
    """Return lines moved so that the first has this indentation."""
    has = blanks_of(lines[0])
    made = []
    for at, line in enumerate(lines):
        indent = blanks_of(line)
        if not line.strip() or at in fixed:
            made.append(line)
        elif line.startswith(has):
            made.append(base + line[len(has) :])
        else:  # It lies further out than the first.
            left = max(0, len(base) - (len(has) - len(indent)))
            made.append(base[:left] + line[len(indent) :])
    return made


def _first_moved(lines: Sequence[str], base: str, target: Target) -> list[str] | None:
    """Return lines of which only the first has lost its indentation; None if that is not so."""
    others = [len(blanks_of(line)) for line in lines[1:] if line.strip()]
    if blanks_of(lines[0]) or not base or not others:
        return None
    language = target.language
    is_above = lines[0].startswith(("@", "#[", *(language.line if language is not None else ())))
    by_indent = language is not None and language.indent and not is_above
    if min(others) < len(base) + by_indent:
        return None
    return [base + lines[0], *lines[1:]]

"""Which names matter at a cursor, and how much: read from the text around it, in any language."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

NEAR_LINES = 40
"""Lines above the cursor that are read; below it, a quarter."""
MAX_LINES = 1_000
"""Of a text of which all names are read."""
MAX_LINE_CHARS = 400
RECEIVER, CALLED, ON_LINE, NEAR, FADES = 10.0, 8.0, 5.0, 3.0, 0.92
"""What a name counts: the type of what the cursor's member belongs to, the function whose
arguments are being written, a name on the line, a name above it, and how that fades by line."""

_NAME = re.compile(r"(?:(\.|::|->)\s*|(?<![\w$'\"]))([A-Za-z_$][\w$]{2,})(\s*\()?")
_MEMBER = re.compile(r"([A-Za-z_$][\w$]*)(?:\(\))?\??\.(\w*)$")
_BRACKET = re.compile(r"([A-Za-z_$][\w$]*)?\s*([(\[{])|([)\]}])")
_STRING = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'")
_COMMENT = re.compile(r"^\s*(?:#|//|\*|--).*$|\s(?:#|//)\s.*$")


@dataclass(slots=True)
class CursorNames:
    """Names around a cursor."""

    weights: dict[str, float] = field(default_factory=dict)
    members: set[str] = field(default_factory=set)
    """Names that were met only behind a dot."""
    called: set[str] = field(default_factory=set)
    """Names that are followed by a bracket."""
    receiver: str = ""
    """What stands before the dot, if the cursor is in a member's name."""
    begun: str = ""
    """What is typed of that name."""

    def add(self, name: str, weight: float) -> None:
        self.weights[name] = max(weight, self.weights.get(name, 0.0))


def cursor_names_at(text: str, offset: int) -> CursorNames:
    """Return the names around a cursor."""
    found = CursorNames()
    bare: set[str] = set()
    above = text[max(0, offset - NEAR_LINES * MAX_LINE_CHARS) : offset].split("\n")
    below = text[offset : offset + NEAR_LINES * MAX_LINE_CHARS // 4].split("\n")
    head = above[-1]
    lines = [(head + below[0], ON_LINE)]
    lines += [
        (line, NEAR * FADES**distance)
        for distance, line in enumerate(reversed(above[-NEAR_LINES:-1]))
    ]
    lines += [
        (line, NEAR * FADES ** (2 * distance))
        for distance, line in enumerate(below[1 : NEAR_LINES // 4])
    ]
    for line, weight in lines:
        _read(line, weight, found, bare)
    found.members -= bare
    head = head[-MAX_LINE_CHARS:]
    for name in _open_calls(head):
        found.add(name, CALLED)
    member = _MEMBER.search(head)
    if member:
        found.receiver, found.begun = member[1], member[2]
        found.add(member[1], RECEIVER)
        for name in types_of(member[1], text, offset):
            found.add(name, RECEIVER)
            found.members.discard(name)
    return found


def names_in(text: str) -> CursorNames:
    """Return the names in lines, those that stand first counting most."""
    found = CursorNames()
    bare: set[str] = set()
    lines = text.replace("\r", "\n").split("\n", MAX_LINES)[:MAX_LINES]
    for number, line in enumerate(lines):
        _read(line, NEAR * (1 - number / MAX_LINES), found, bare)
    found.members -= bare
    return found


def _read(line: str, weight: float, found: CursorNames, bare: set[str]) -> None:
    """Note the names of a line; `bare` are those that stand behind no dot."""
    if len(line) > MAX_LINE_CHARS:
        return
    for dot, name, bracket in _NAME.findall(_COMMENT.sub("", _STRING.sub('""', line))):
        found.add(name, weight)
        if bracket:
            found.called.add(name)
        (found.members if dot else bare).add(name)


def types_of(variable: str, text: str, offset: int) -> list[str]:
    """Return what a variable seems to be an instance of: names with a capital, nearest first.

    Reads annotations (`x: T`), constructions (`x = T(`, `x := &pkg.T{`, `x = new T`) and
    declarations that put the type behind or before it (`x *T`, `T x`).
    """
    name = re.escape(variable)
    qualified = r"(?:[\w$]+(?:\.|::))*"
    pattern = re.compile(
        rf"\b{name}\b\s*(?:\??:\s*|:?=\s*(?:await\s+|new\s+)?|\s)[&*]*(?:mut\s+|Optional\[|Option<)?"
        rf"{qualified}(?:New|new_)?([A-Z][\w$]*)"
        rf"|\b([A-Z][\w$]*)(?:<[^<>\n]*>)?[&*\s]+{name}\b"
    )
    found = (match[1] or match[2] for match in pattern.finditer(text, 0, offset))
    return list(dict.fromkeys(reversed(list(found))))[:2]


def _open_calls(head: str) -> list[str]:
    """Return the functions whose brackets are open at the end of a line's beginning."""
    waiting: list[str] = []
    for found in _BRACKET.finditer(_STRING.sub('""', head)):
        if found[3]:
            if waiting:
                waiting.pop()
        else:
            waiting.append(found[1] or "" if found[2] == "(" else "")
    return [name for name in waiting if name]

"""Regular expressions of JSON schemas as grammars of what stands in a JSON string."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ownstack.engine.llama.chat import gbnf

_TOKEN = re.compile(
    r"(?P<set>\[\^?(?:\\.|[^\]\\])+(?:\]|\Z))|(?P<escape>\\.)|(?P<often>(?:[*+?]|\{\d+(?:,\d*)?\})\??)"
    r"|(?P<open>\((?:\?:|(?!\?)))|(?P<close>\))|(?P<or>\|)|(?P<any>\.)|(?P<text>[^\\\[\](){}*+?|.^$])",
    re.DOTALL,
)
_CLASSES = {"d": "0-9", "w": "A-Za-z0-9_", "s": " "}
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "f": "\f"}
_NOT_RAW = r'"\\\x7F\x00-\x1F'
_MAX_LETTERS = 1000
_MAX_DEPTH = 32


def rule(pattern: str) -> str:
    """Return GBNF of the texts in which a pattern is found, between the quotes of a JSON string.

    Raises:
        ValueError: it uses what a grammar cannot say; the message goes on behind "its pattern".
    """
    ways = []
    for way in _alternatives(pattern):
        start = "" if way.startswith("^") else "$char*"
        ends = re.search(r"(?<!\\)(?:\\\\)*\$\Z", way) is not None
        body = way[way.startswith("^") : len(way) - ends]
        ways.append(f"{start} {_Reader(body).whole()} {'' if ends else '$char*'}")
    return f"({' | '.join(ways)})"


def _alternatives(pattern: str) -> list[str]:
    """Cut at each `|` that stands in no group: `^` and `$` belong to one of them."""
    parts, depth, begin = [], 0, 0
    for match in re.finditer(r"\\.|\[\^?(?:\\.|[^\]\\])+(?:\]|\Z)|[()|]", pattern, re.DOTALL):
        depth += {"(": 1, ")": -1}.get(match.group(), 0)
        if match.group() == "|" and depth == 0:
            parts.append(pattern[begin : match.start()])
            begin = match.end()
    return [*parts, pattern[begin:]]


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of a pattern: its grammar, the letters that it is written out to, may it be empty."""

    text: str
    letters: int
    empty: bool


class _Reader:
    """Reads a pattern without anchors from left to right."""

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        self._place = 0

    def whole(self) -> str:
        """Raises ValueError as `rule` does."""
        piece = self._ways(0)
        if self._place < len(self._pattern):
            raise ValueError("closes a group that it does not open")
        return piece.text

    def _ways(self, depth: int) -> _Piece:
        """Read to the end of a group."""
        if depth > _MAX_DEPTH:
            raise ValueError("is too deep")
        ways: list[list[_Piece]] = [[]]
        while self._place < len(self._pattern):
            kind, token = self._next()
            if kind == "close":
                break
            self._place += len(token)
            if kind == "or":
                ways.append([])
            elif kind == "often":
                if not ways[-1]:
                    raise ValueError(f"repeats nothing by {token!a}")
                ways[-1].append(_repeated(ways[-1].pop(), token))
            elif kind == "open":
                ways[-1].append(self._group(depth))
            else:
                ways[-1].append(_Piece(_letter(kind, token), 1, False))
        letters = sum(piece.letters for way in ways for piece in way)
        if letters > _MAX_LETTERS:
            raise ValueError("is too large")
        text = " | ".join(" ".join(piece.text for piece in way) for way in ways)
        return _Piece(f"({text})", letters, any(all(p.empty for p in way) for way in ways))

    def _group(self, depth: int) -> _Piece:
        piece = self._ways(depth + 1)
        if self._place >= len(self._pattern):
            raise ValueError("opens a group that it does not close")
        self._place += 1
        return piece

    def _next(self) -> tuple[str, str]:
        match = _TOKEN.match(self._pattern, self._place)
        if match is None:
            rest = self._pattern[self._place : self._place + 8]
            raise ValueError(f"has {rest!a}, which a grammar cannot say")
        return str(match.lastgroup), match.group()


def _repeated(piece: _Piece, token: str) -> _Piece:
    token = token[0] if token[0] in "*+?" else token.removesuffix("?")  # Lazy ones say the same.
    least, comma, most = ("0", ",", "1") if token == "?" else token.strip("{}").partition(",")
    if token in ("*", "+"):
        least, comma, most = str(int(token == "+")), ",", ""
    low, high = int(least[:9]), int((most or least)[:9])
    if high < low or high > _MAX_LETTERS:
        raise ValueError(f"repeats something {token!a} times, which a grammar cannot say")
    if comma and not most:
        if piece.empty:
            raise ValueError(f"repeats what may be nothing by {token!a}")
        return _Piece(f"{piece.text}{{{low},}}", piece.letters * max(1, low), low == 0)
    text = f"{piece.text}{{{low},{high}}}"
    return _Piece(text, piece.letters * max(1, high), piece.empty or low == 0)


def _letter(kind: str, token: str) -> str:
    if kind == "any":
        return "$char"
    if kind == "set":
        return _set(token)
    if kind == "text":
        return gbnf.literal(gbnf.json_text(token)[1:-1])
    letter = token[1]
    if letter in _CLASSES:
        return f"[{_CLASSES[letter]}]"
    if letter.isalnum() and letter not in _CONTROLS:
        raise ValueError(f"has {token!a}, which a grammar cannot say")
    return gbnf.literal(gbnf.json_text(_CONTROLS.get(letter, letter))[1:-1])


def _set(token: str) -> str:
    """Return a set of letters. Quotes, backslashes and control characters stand in none."""
    negated = token.startswith("[^")
    *parts, last = re.findall(r"\\.|.", token[1 + negated :], re.DOTALL)
    if last != "]":
        raise ValueError("opens a set that it does not close")
    inside = ""
    for part in parts:
        letter = part[-1]
        if len(part) == 2 and letter in _CLASSES:
            inside += _CLASSES[letter]
        elif len(part) == 2 and letter.isalnum() and letter not in _CONTROLS:
            raise ValueError(f"has {part!a} in a set, which a grammar cannot say")
        elif (len(part) == 2 and letter in _CONTROLS) or letter in '"\\' or letter < " ":
            if not negated:  # A set of others leaves them out in any case.
                raise ValueError(f"has {part!a} in a set, which a grammar cannot say")
        elif len(part) == 2 or letter in "[]^$":
            inside += f"\\x{ord(letter):02X}" if letter < "\x7f" else letter
        else:
            inside += letter
    return f"[^{_NOT_RAW}{inside}]" if negated else f"[{inside}]"

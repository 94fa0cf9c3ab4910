"""The expressions of GitHub's workflows, as far as ours use them: `${{ ... }}` and `if:`.

Names, strings, whole numbers, `true`, `false`; `==`, `!=`, `!`, `&&`, `||`, parentheses; calls of
the functions that are given. Whatever else is written is an error, and so is comparing a string
with a truth value, which GitHub does by rules that nobody remembers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ownstack_release.errors import ReleaseError

Value = str | bool | int
Names = Callable[[str], Value]
"""From a dotted name, such as "matrix.target", to its value; raises ReleaseError if it has none."""
Functions = Mapping[str, Callable[..., Value]]

OPEN, CLOSE = "${{", "}}"
MAX_DEPTH = 20
_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<name>[A-Za-z_][\w-]*(?:\.[\w-]+)*)|(?P<number>\d+)"
    r"|(?P<sign>==|!=|&&|\|\||[!(),]))"
)
_STATUS = re.compile(r"\b(?:success|failure|always|cancelled)\s*\(")


def substituted(text: str, names: Names, functions: Functions) -> str:
    """Return `text` with each `${{ expression }}` replaced by what it is worth.

    Raises:
        ReleaseError: an expression is not understood, or not closed.
    """
    done = []
    while OPEN in text:
        before, _, text = text.partition(OPEN)
        expression, closed, text = text.partition(CLOSE)
        if not closed:
            raise ReleaseError(f"{OPEN}{expression.strip()} is not closed.")
        done += [before, written(evaluated(expression, names, functions))]
    return "".join((*done, text))


def holds(condition: str, names: Names, functions: Functions) -> bool:
    """Say whether a step with this `if:` is to run; without a status function success is asked too.

    Raises:
        ReleaseError: it is not understood.
    """
    text = condition.strip()
    if text.startswith(OPEN) and text.endswith(CLOSE):
        text = text.removeprefix(OPEN).removesuffix(CLOSE)
    if not text:
        return bool(functions["success"]())
    if not _STATUS.search(text):
        text = f"success() && ({text})"
    return bool(evaluated(text, names, functions))


def evaluated(expression: str, names: Names, functions: Functions) -> Value:
    """Return what one expression is worth.

    Raises:
        ReleaseError: it is not understood.
    """
    reader = _Reader(expression, _tokens(expression), names, functions)
    value = reader.either(0)
    if reader.tokens:
        raise reader.confused()
    return value


def written(value: Value) -> str:
    """Return a value as GitHub writes it into a text."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _tokens(expression: str) -> list[tuple[str, str]]:
    """Return kinds and texts, the last first, so that the next one is popped."""
    found, at, text = [], 0, expression.rstrip()
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None or token.lastgroup is None:
            raise ReleaseError(f"The expression {expression.strip()!r} is not understood here.")
        found.append((token.lastgroup, token[token.lastgroup]))
        at = token.end()
    return found[::-1]


@dataclass(slots=True)
class _Reader:
    """Reads tokens by rank: `||`, `&&`, `==` and `!=`, `!`, operands."""

    expression: str
    tokens: list[tuple[str, str]]
    names: Names
    functions: Functions

    def confused(self) -> ReleaseError:
        near = f" near {self.tokens[-1][1]!r}" if self.tokens else ""
        return ReleaseError(
            f"The expression {self.expression.strip()!r} is not understood here{near}."
        )

    def taken(self, *signs: str) -> str:
        """Take the next token if it is one of these signs; return it, else ""."""
        if self.tokens and self.tokens[-1][0] == "sign" and self.tokens[-1][1] in signs:
            return self.tokens.pop()[1]
        return ""

    def either(self, depth: int) -> Value:
        value = self.both(depth)
        while self.taken("||"):
            other = self.both(depth)
            value = value or other
        return value

    def both(self, depth: int) -> Value:
        value = self.compared(depth)
        while self.taken("&&"):
            other = self.compared(depth)
            value = other if value else value
        return value

    def compared(self, depth: int) -> Value:
        value = self.operand(depth)
        while sign := self.taken("==", "!="):
            other = self.operand(depth)
            if type(value) is not type(other):
                raise ReleaseError(
                    f"{self.expression.strip()!r} compares {written(value)!r} with "
                    f"{written(other)!r}, which are not of one kind."
                )
            same = written(value).casefold() == written(other).casefold()
            value = same == (sign == "==")
        return value

    def operand(self, depth: int) -> Value:
        if depth > MAX_DEPTH:
            raise ReleaseError("The expression is nested too deeply.")
        if self.taken("!"):
            return not self.operand(depth + 1)
        if self.taken("("):
            value = self.either(depth + 1)
            if not self.taken(")"):
                raise self.confused()
            return value
        if not self.tokens or self.tokens[-1][0] == "sign":
            raise self.confused()
        kind, text = self.tokens.pop()
        if kind == "text":
            return text[1:-1].replace("''", "'")
        if kind == "number":
            return int(text)
        if text in ("true", "false"):
            return text == "true"
        return self.call(text, depth) if self.taken("(") else self.names(text)

    def call(self, name: str, depth: int) -> Value:
        if name not in self.functions:
            raise ReleaseError(f"The function {name}() is not understood here.")
        arguments: list[Value] = []
        while not self.taken(")"):
            if arguments and not self.taken(","):
                raise self.confused()
            arguments.append(self.either(depth + 1))
        return self.functions[name](*arguments)

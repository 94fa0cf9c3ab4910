"""Every pattern that may see untrusted text takes time that grows with the text, and no faster.

Growth is compared, not speed: a text four times as long may take ten times as long, and only what
takes long at all counts.
"""

from __future__ import annotations

import ast
import functools
import importlib
import pkgutil
import re
import time
import types
from collections.abc import Iterator
from pathlib import Path

import pytest

import ownstack
from ownstack.languages import languages

pytestmark = [pytest.mark.slow, pytest.mark.native]

MODULES = [
    found.name
    for found in pkgutil.walk_packages(ownstack.__path__, "ownstack.")
    # The trainer alone needs libraries that may not be there; it reads no text by patterns.
    if not found.name.startswith("ownstack.learning.training.")
    if not found.name.startswith(("ownstack.engine.llama.native.bindings", "ownstack.__main__"))
]
BOUNDED = {
    "ownstack.completion.echo.candidate._NAME_END": 200,
    "ownstack.completion.echo.preferences._WORD_END": 40,
    "ownstack.completion.context.symbol_lookup._MEMBER": 1_000,
    "ownstack.completion.context.cursor_names._BRACKET": 400,
    "ownstack.completion.context.cursor_names._MEMBER": 400,
    "ownstack.completion.context.cursor_names._STRING": 400,
    "ownstack.completion.postprocess.repeats._IN_LINE": 400,
    "ownstack.engine.llama.decoding.healing._PARTIAL": 48,
    "ownstack.extract.imports._LAST": 400,
    "ownstack.extract.imports._RENAMED": 400,
}
"""Pattern's name → to how many characters its text is cut where it is used."""
MATCHED = {
    "ownstack.completion.postprocess.arguments._SELF",
    "ownstack.completion.postprocess.trim._FENCE",
    "ownstack.files.secret.credentials._CONSTANT",
    "ownstack.files.secret.credentials._STANDS_FOR",
    "ownstack.files.handwriting._COMMENT",
    "ownstack.files.handwriting._COMMENT_ONLY",
    "ownstack.files.handwriting._OPENING",
    "ownstack.files.notebook.magics._ASSIGNED",
    "ownstack.files.notebook.magics._COMMAND",
    "ownstack.files.notebook.magics._FIRST",
    "ownstack.files.secret.detection._EXAMPLE",
    "ownstack.files.secret.detection._PATTERN",
}
"""These are asked at the beginning of a text only; nowhere are they searched for."""
TRUSTED = "ownstack.syntax.queries"
"""Its patterns see what comes with the package alone."""
SHORT, TIMES = 1_000, 4
SLOW_S, FACTOR = 0.05, 10.0
ALPHABET = "aA_0.,:;()[]{}<>=+-*/\\\"'`#@$%&|!?~^"
ENDS = ("", "!", "\n\0")
BLANKS = [" ", "\t", "\n", " \n", "\r"]


def patterns_in(name: str) -> Iterator[tuple[str, re.Pattern[str] | re.Pattern[bytes]]]:
    """Those of a module and of its classes; also in tables."""
    module = importlib.import_module(name)

    def within(where: str, value: object, depth: int) -> Iterator[tuple[str, re.Pattern[str]]]:
        if isinstance(value, re.Pattern):
            yield where, value
        elif depth < 3 and isinstance(value, dict):
            for key, inner in value.items():
                yield from within(f"{where}[{key!r}]", inner, depth + 1)
        elif depth < 3 and isinstance(value, tuple | list | frozenset):
            for at, inner in enumerate(value):
                yield from within(f"{where}[{at}]", inner, depth + 1)
        elif depth < 2 and isinstance(value, type) and value.__module__ == name:
            for key, inner in vars(value).items():
                yield from within(f"{where}.{key}", inner, depth + 1)

    for key, value in vars(module).items():
        if not isinstance(value, types.ModuleType):
            yield from within(f"{name}.{key}", value, 0)


def made_when_needed() -> Iterator[tuple[str, re.Pattern[bytes]]]:
    """Those that are made of a language's words."""
    from ownstack.extract import outline

    for language in languages():
        if language.defines:
            yield f"ownstack.extract.outline._pattern({language.id})", outline._pattern(language)


def written_in(name: str) -> Iterator[tuple[str, re.Pattern[str] | re.Pattern[bytes]]]:
    """Those that a function gives to `re` where it uses them."""
    module = importlib.import_module(name)
    tree = ast.parse(Path(str(module.__file__)).read_text("utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    for node in (node for function in functions for node in ast.walk(function)):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and getattr(node.func.value, "id", "") == "re"
            and node.args
            and isinstance(node.args[0], ast.Constant)
        ):
            yield f"{name}:{node.lineno}", re.compile(node.args[0].value)


@functools.cache
def patterns() -> dict[str, re.Pattern[str] | re.Pattern[bytes]]:
    found = dict(made_when_needed())
    known: set[object] = set()
    for module in MODULES:
        for name, pattern in (*patterns_in(module), *written_in(module)):
            if module != TRUSTED and (pattern.pattern, pattern.flags) not in known:
                known.add((pattern.pattern, pattern.flags))
                found[name] = pattern
    return found


def pieces(pattern: re.Pattern[str] | re.Pattern[bytes]) -> set[str]:
    """Words and signs that the pattern itself holds: what nearly matches is what takes long."""
    raw = pattern.pattern
    source = raw.decode("latin-1") if isinstance(raw, bytes) else raw
    plain = re.sub(r"\\[a-zA-Z]|\\(.)", r"\1", source)
    words = set(re.findall(r"[A-Za-z]{2,}|[^\w\s()|?*+\[\]]+", plain))
    return {word for word in words if len(word) < 20}


def texts(pattern: re.Pattern[str] | re.Pattern[bytes]) -> Iterator[str]:
    """Pieces to repeat; pairs are what patterns of two parts take long over."""
    own = sorted(pieces(pattern))
    singles = [*ALPHABET, *BLANKS, *own]
    yield from singles
    for sign in (*own, "a", "_", "0"):
        yield from (
            f"{sign} ",
            f" {sign}",
            f"{sign}\n",
            f"{sign}=",
            f"{sign}(",
            f"({sign}",
            f"{sign}.",
        )
    for first in (*BLANKS[:2], "a", "\\", "(", "<", "{", '"', "'"):
        yield from (first + second for second in own[:12])


def took_s(name: str, text: str) -> float:
    """Processor time to find all, and to try a match at the beginning and of all of it."""
    pattern = patterns()[name]
    given = text.encode("utf-8") if isinstance(pattern.pattern, bytes) else text
    started = time.thread_time()
    for _ in () if name in MATCHED else pattern.finditer(given):  # type: ignore[call-overload]
        pass
    pattern.match(given)  # type: ignore[call-overload]
    pattern.fullmatch(given)  # type: ignore[call-overload]
    return time.thread_time() - started


def grows_too_fast(name: str, piece: str, end: str) -> bool:
    limit = BOUNDED.get(name, TIMES * SHORT)
    if limit < TIMES * SHORT:
        # Its text is cut: then it only must not take for ever.
        return took_s(name, (piece * limit)[:limit] + end) > 1.0
    long = (piece * (TIMES * SHORT))[: TIMES * SHORT] + end
    if took_s(name, long) < SLOW_S:
        return False
    short = (piece * SHORT)[:SHORT] + end
    # Again: other work may have been counted, too.
    before = max(took_s(name, short) for _ in range(3))
    after = min(took_s(name, long) for _ in range(3))
    return after > SLOW_S and after > FACTOR * before


def test_patterns_are_found() -> None:
    """In modules, tables and what is made of the words of languages."""
    names = set(patterns())

    assert len(names) > 90
    assert "ownstack.extract.terms._NAME" in names
    assert "ownstack.syntax.captures._TOO_DEEP['python'][1]" in names
    assert set(BOUNDED) | MATCHED <= names


@pytest.mark.parametrize("name", sorted(patterns()))
def test_a_pattern_takes_no_longer_than_the_text_is_long(name: str) -> None:
    """On any piece repeated, and on one that nearly matches all the way."""
    tried = ((text, end) for text in dict.fromkeys(texts(patterns()[name])) for end in ENDS)

    assert next((pair for pair in tried if grows_too_fast(name, *pair)), None) is None

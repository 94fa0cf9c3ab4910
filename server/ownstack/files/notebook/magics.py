"""What is not code in the cells of notebooks: commands to the kernel (`%time`) and to a shell."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

_INNER = {
    **dict.fromkeys(("bash", "sh", "zsh", "shell"), "shellscript"),
    **dict.fromkeys(("sql", "bigquery", "sparksql", "duckdb"), "sql"),
    **dict.fromkeys(("javascript", "js"), "javascript"),
    **dict.fromkeys(("markdown", "md"), "markdown"),
    **{name: name for name in ("html", "css", "latex", "svg", "ruby", "perl")},
    **{name: name for name in ("julia", "r", "scala", "cpp")},
}
"""What a cell magic is called → the language of the cell's other lines; others say nothing."""
_FILES = frozenset(("writefile", "file"))
_FIRST = re.compile(r"\s*(%%?)([A-Za-z]\w*)([^\n]*)")
_COMMAND = re.compile(
    r"""(?x)
    [ \t]* (?: %{1,2} [A-Za-z] | !!? (?! =) | \?{1,2} [A-Za-z_]  # at the beginning of a line
      | [A-Za-z_%][\w.]{0,200} \?{1,2} [ \t]* $ )"""
)
_ASSIGNED = re.compile(r"([ \t]*[A-Za-z_][\w., \t]{0,200}?=[ \t]*)[!%](?=[A-Za-z./~$])")


def inner_language(source: str) -> str:
    """Return the language that a cell's first line says that the others are in, or ""."""
    first = _FIRST.match(source)
    if first is None:
        return ""
    marks, name, rest = first.groups()
    word = rest.split()[0] if rest.split() else ""
    if marks == "%":
        # Some services write `%sql` alone in a line for it; with more behind, it is that line's.
        return "" if word else _INNER.get(name.lower(), "")
    if name in _FILES:
        return PurePosixPath(rest.split()[-1]).suffix.lstrip(".") if word else ""
    if name == "script":
        return _INNER.get(PurePosixPath(word).name, word)
    return _INNER.get(name.lower(), "")


def as_code(source: str, language: str) -> str:
    """Return a cell's source so that it can be parsed: commands are comments as long as they are.

    `language` is that of its code.
    """
    if inner_language(source):
        first = source.lstrip().partition("\n")[0]
        blank = len(source) - len(source.lstrip()) + len(first)
        head = re.sub(r"[^\n]", " ", source[:blank])
        return source if language == "markdown" else head + source[blank:]
    if language != "python" or not any(mark in source for mark in "%!?"):
        return source
    lines, continues = list[str](), False
    for line in source.split("\n"):
        goes_on = continues
        is_command = goes_on or _COMMAND.match(line) is not None
        assigned = None if is_command else _ASSIGNED.match(line)
        continues = line.endswith("\\") and (is_command or assigned is not None)
        if is_command:
            line = _comment(line, needs_statement=line[:1].isspace() and not goes_on)
        elif assigned is not None and len(line) > assigned.end() + 1:
            line = f"{assigned[1]}0#{line[assigned.end() + 1 :]}"
        lines.append(line)
    return "\n".join(lines)


def _comment(line: str, *, needs_statement: bool) -> str:
    """Return a comment of a line's length; where it fits, behind a statement if that is needed."""
    code = line.lstrip(" \t")
    blank = line[: len(line) - len(code)]
    # What is replaced takes a byte each, so that bytes stay in their places, too.
    for mark in ("0#", "#") if needs_statement else ("#",):
        if code[: len(mark)].isascii() and len(code) >= len(mark):
            return blank + mark + code[len(mark) :]
    return blank

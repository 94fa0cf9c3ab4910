"""Signs in a text of the language it is written in, where a file's name leaves a choice.

`queue.h` is C, C++ or Objective-C; `plot.m` is Objective-C or MATLAB; `de.ts` is TypeScript or a
translation in XML. What is written decides, then what lies beside the file, then custom.
Comments and strings say nothing, nor does what a header guards for another compiler: a C header
with `extern "C"` below `#ifdef __cplusplus` is C.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection

HEAD_CHARS = 16_384
"""So much of a text is looked at, whoever asks: all must get the same answer."""
Neighbours = Callable[[], Collection[str]]
"""Lists the names of the files in the same folder; only called where the text says nothing."""

_NO_CODE = re.compile(
    r"//[^\n]*|/\*.*?(?:\*/|\Z)|\"(?:\\.|[^\"\\\n])*\"?|'(?:\\.|[^'\\\n])*'?|\[\[[^\[\]\n]*\]\]",
    re.S,
)
"""Comments, strings and attributes."""
_CPP = {
    word: re.compile(pattern, re.M)
    for word, pattern in {
        "namespace": r"^[ \t]*(?:inline[ \t]+)?namespace\b[ \t\w:]{0,200}[{\n]",
        "class": r"\b(?<!struct )(?<!union )(?<!enum )class[ \t]+[A-Za-z_][\w \t:<>]{0,200}"
        r"[;:{\n]|\benum[ \t]+class[ \t]+\w",
        "enum struct": r"\benum struct[ \t]+\w",
        "template": r"^[ \t]*template[ \t]*<",
        "public": r"^[ \t]*public[ \t]*(?:Q_SLOTS|slots)?[ \t]*:(?!:)",
        "protected": r"^[ \t]*protected[ \t]*(?:Q_SLOTS|slots)?[ \t]*:(?!:)",
        "private": r"^[ \t]*private[ \t]*(?:Q_SLOTS|slots)?[ \t]*:(?!:)",
        "using": r"^[ \t]*using[ \t]+(?:namespace\b|\w+[ \t]*=|[\w:]+::)",
        "::": r"\w::~?\w",
        "const": r"const(?:[ \t]+\w+[ \t]*&|(?:expr|eval|init)\b)",
        "noexcept": r"\bnoexcept\b",
        "decltype": r"\bdecltype\b",
        "static_cast": r"\bstatic_cast\b",
        "nullptr": r"\bnullptr\b",
        "override": r"\)[ \t\w]{0,50}\boverride\b",
        "operator": r"\boperator[ \t]*(?:[-+*/%^&|~!=<>]{1,3}|\(\)|\[\])[ \t]*\(",
        "virtual": r"^[ \t]*virtual[ \t]+[~\w]",
        "explicit": r"^[ \t]*explicit[ \t]+\w",
        "friend": r"^[ \t]*friend[ \t]+\w",
        "default": r"\)[ \t]*(?:const[ \t]*)?=[ \t]*default[ \t]*;",
        "delete": r"\)[ \t]*(?:const[ \t]*)?=[ \t]*delete[ \t]*;",
        "include": r"#[ \t]*include[ \t]*<[\w/]+>",
        "extern": r"extern[ \t]*\{",
    }.items()
}
"""What only C++ writes, by a word in it; to look for the word first is ten times as fast."""
_CPP_DEFINITION = re.compile(r"\b(?:class|namespace)[ \t]+\w[^;(){}]{0,500}\{")
_OBJC = re.compile(
    r"^[ \t]*(?:@(?:interface|protocol|implementation|class|property|import|end)\b"
    r"|NS_ASSUME_NONNULL_BEGIN\b)|\bNS_(?:ENUM|OPTIONS|CLOSED_ENUM)[ \t]*\(",
    re.M,
)
_OBJC_DEFINITION = re.compile(r"^[ \t]*@(?:interface|protocol|implementation)\b", re.M)
_OBJC_IMPORT = re.compile(r"^[ \t]*#[ \t]*import\b", re.M)
_CPP_INCLUDE = re.compile(r"^[ \t]*#[ \t]*include[ \t]*\"[^\"\n]*\.(?:hh|hpp|hxx|ipp|inl)\"", re.M)
_MODE = re.compile(r"-\*-(?:[^\n]*?mode:)?[ \t]*([\w+-]+)[ \t]*(?:;[^\n]*)?-\*-", re.I)
_GUARD = re.compile(
    r"#[ \t]*if(?:def)?\b(?![^\n]*![ \t]*(?:defined[ \t]*\(?[ \t]*)?__)"
    r"[^\n]*\b(?:__cplusplus|__OBJC__)\b"
)
_CONDITION = re.compile(r"#[ \t]*(if|el|endif)")
_MATLAB = re.compile(
    r"^[ \t]*(?:%|function\b|classdef\b|clear\b|close all\b|\w+[ \t]*=[ \t]*\[)", re.M
)
_C_LIKE = re.compile(
    r"^[ \t]*(?:#[ \t]*(?:include|import|define|if|pragma)\b|//|/\*)|\{[ \t]*$", re.M
)
_XML = re.compile(r"\ufeff?\s*<(?:\?xml\b|!DOCTYPE\b|TS\b|tileset\b)")


def mode_of(head: str) -> str:
    """Return the mode that Emacs is told in a text's first line, such as "c++", or ""."""
    found = _MODE.search(head[:300].partition("\n")[0])
    return found[1].lower() if found else ""


def language_by_signs(name: str, head: str, neighbours: Neighbours) -> str | None:
    """Return the id of the language of a file whose name leaves a choice.

    "" if it is none of ours, None if the name alone decides, or nothing does.
    """
    extension = name.rpartition(".")[2]
    head = head[:HEAD_CHARS].replace("\r\n", "\n")
    if extension in ("ts", "tsx"):
        return "" if _XML.match(head) else None
    if extension == "inc":
        return "php" if head.lstrip("\ufeff \t\r\n").startswith("<?") else None
    if extension == "m":
        return _of_m(head)
    if extension == "mm":
        return "objc" if not head or _OBJC.search(_code(head)) else "cpp"
    if extension in ("h", "H", "C"):
        return _of_c_family(head) or _of_neighbours(name, neighbours())
    return None


def _of_c_family(head: str) -> str | None:
    """Return what a text in C, C++ or Objective-C is written in, None if it could be any."""
    if mode_of(head) in ("c", "c++", "objc"):
        return {"c": "c", "c++": "cpp", "objc": "objc"}[mode_of(head)]
    open_, guarded = _without_guards(_code(head))
    if _OBJC.search(open_) or _OBJC_DEFINITION.search(guarded):
        return "objc"
    if _is_cpp(open_) or _CPP_DEFINITION.search(guarded) or _CPP_INCLUDE.search(head):
        return "cpp"
    return "objc" if _OBJC_IMPORT.search(open_) else None


def _is_cpp(code: str) -> bool:
    return any(word in code and pattern.search(code) for word, pattern in _CPP.items())


def _code(head: str) -> str:
    """Return a text without what is no code; strings leave nothing, comments a space."""
    return _NO_CODE.sub(lambda found: " " if found[0][0] == "/" else "", head)


def _without_guards(code: str) -> tuple[str, str]:
    """Return the lines that every compiler sees, and those for C++ or Objective-C alone."""
    seen: list[str] = []
    guarded: list[str] = []
    depth, guard = 0, 0  # the depth of conditions, and that of the guard; 0: outside of any
    for line in code.split("\n"):
        condition = _CONDITION.match(line.lstrip())
        word = condition[1] if condition else ""
        if word == "if":
            depth += 1
            if not guard and _GUARD.match(line.lstrip()):
                guard = depth
        elif guard == depth and word:
            guard = 0
        (guarded if guard else seen).append(line)
        depth = max(0, depth - (word == "endif"))
    return "\n".join(seen), "\n".join(guarded)


def _of_m(head: str) -> str | None:
    if not head:
        return None
    code = _code(head)
    if _OBJC.search(code) or _OBJC_IMPORT.search(code):
        return "objc"
    return "" if _MATLAB.search(head) or not _C_LIKE.search(head) else "objc"


def _of_neighbours(name: str, names: Collection[str]) -> str | None:
    """Judge a header by the sources of its name, then by all beside it."""
    stem = name.rpartition(".")[0]
    own = {name.rpartition(".")[2].lower() for name in names if name.rpartition(".")[0] == stem}
    every = {name.rpartition(".")[2].lower() for name in names}
    for extensions in (own, every):
        if extensions & {"cpp", "cc", "cxx", "hpp", "hh", "hxx", "c++", "cu"}:
            return "cpp"
        if "c" in extensions:
            return "c"
        if extensions & {"m", "mm"}:
            return "objc"
    return None

"""What a file takes from others, out of what its queries captured."""

from __future__ import annotations

import re

from ownstack.extract.rows import Import
from ownstack.extract.source import SourceText
from ownstack.syntax.captures import Bytes, Captured

_WHITE = re.compile(r"\s+")
_SEPARATOR = re.compile(r"::|\.|\\")
_KEYWORDS = re.compile(
    r"^(?:pub(?:\([^)]*\))?\s+|(?:import|use|extern\s+crate)\s+(?:(?:static|function|const|struct"
    r"|class|enum|protocol|typealias|func|let|var|type)\s+)?|@\w+\s+)+"
)
_VERSION = re.compile(r"/v\d+$")
_LAST = re.compile(r"[\w$-]+$")
_TOKEN = re.compile(r"[{},]|[^{},]+")
_RENAMED = re.compile(r"^(.*?)(?:\s+as\s+|\s*=>\s*)(\S+)$")
_MAX_NAME_CHARS = 400
_MAX_NAMES = 10_000
"""In one statement."""


def imports_of(captured: Captured, source: SourceText) -> tuple[tuple[Import, ...], list[Bytes]]:
    """Return the imports, and the spans of their statements.

    Captures: `import` is the statement; `import.module` with perhaps `import.name` and
    `import.alias` say it in parts, and `import.default` is a module whose `default` is taken;
    `import.path` is a module and a name in one (`a.b.Name`), and may hold groups in braces
    (`a::{b, c as d}`); `import.whole` is a module without names. `import.statement`, alone, is
    a keyword with paths after it.
    """
    found: dict[tuple[str, str, str], Import] = {}
    spans: dict[Bytes, None] = {}
    for _, parts in captured.grouped:
        span = parts.get("import")
        if span is None:
            continue
        spans[span] = None
        text = {
            key.removeprefix("import."): source.slice(start, min(end, start + 100_000))
            for key, (start, end) in parts.items()
        }
        at = next(place for key, place in parts.items() if key != "import")
        line = source.row(parts.get("import.name", at)[0]) + 1
        for import_ in _imports(text, line):
            found.setdefault((import_.module, import_.name, import_.alias), import_)
    for span in captured.lone.get("import.statement", ()):
        spans[span] = None
        said = _KEYWORDS.sub("", source.slice(span[0], min(span[1], span[0] + 100_000)))
        for path, alias in expanded(said.strip().rstrip(";")):
            import_ = _of_path(path, alias, source.row(span[0]) + 1)
            found.setdefault((import_.module, import_.name, import_.alias), import_)
    bound = {(import_.module, import_.line) for import_ in found.values() if import_.alias}
    imports = (
        import_
        for import_ in found.values()
        if import_.alias or import_.name or (import_.module, import_.line) not in bound
    )
    return tuple(sorted(imports, key=lambda import_: import_.line)), list(spans)


def _imports(text: dict[str, str], line: int) -> list[Import]:
    alias = text.get("alias", "").strip()
    if "path" in text:
        return [_of_path(path, new or alias, line) for path, new in expanded(text["path"])]
    module = _bare(next((text[key] for key in ("module", "whole", "default") if key in text), ""))
    name = "default" if "default" in text else _bare(text.get("name", ""))
    if not alias and name:
        alias = "" if name == "*" else _SEPARATOR.split(name)[0] if "." in name else name
    elif not alias and "whole" not in text:
        alias = _bound(module)
    return [Import(module, name, alias, line)] if module or name else []


def _of_path(path: str, alias: str, line: int) -> Import:
    joints = list(_SEPARATOR.finditer(path))
    module, name = (path[: joints[-1].start()], path[joints[-1].end() :]) if joints else (path, "")
    if name == "_":
        name = "*"
    if name == "self" and "::" in path:
        name = ""
        alias = alias or _SEPARATOR.split(module)[-1]
    return Import(module, name, "" if name == "*" else alias or name or module, line)


def expanded(text: str) -> list[tuple[str, str]]:
    """Write out groups in braces: `a::{b, c as d}` is `a::b`, and `a::c` named `d`."""
    paths: list[tuple[str, str]] = []
    heads, head, part = [""], "", ""

    def add(piece: str) -> None:
        piece = piece.strip()[:_MAX_NAME_CHARS]
        renamed = _RENAMED.match(piece)
        path, alias = renamed.groups() if renamed else (piece, "")
        if piece:
            paths.append((_WHITE.sub("", heads[-1] + path), alias))

    for token in _TOKEN.findall(text):
        if len(paths) >= _MAX_NAMES or len(heads) > 100:
            break
        if token == "{":
            head, part = heads[-1] + part.strip(), ""
            heads.append(head)
        elif token == "}":
            add(part)
            part = ""
            if len(heads) > 1:
                heads.pop()
        elif token == ",":
            add(part)
            part = ""
        else:
            part += token
    add(part)
    return paths


def _bare(text: str) -> str:
    return _WHITE.sub("", text).strip("\"'`<>")


def _bound(module: str) -> str:
    """Return the name that a module has where it is imported as a whole."""
    if "/" in module:
        last = _LAST.search(_VERSION.sub("", module[-_MAX_NAME_CHARS:]))
        return last[0] if last else ""
    return _SEPARATOR.split(module)[0]

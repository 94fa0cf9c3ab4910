"""Query files as `grammars/` holds them, each with what it inherits from another language."""

from __future__ import annotations

from pathlib import Path

_MARK = "; inherits:"


def query_text(file: Path, heirs: tuple[Path, ...] = ()) -> str:
    """Return a query file's text, then that of the files that its first line inherits.

    `; inherits: c` adds the file of the same name in the folder `c`, as nvim-treesitter does;
    commas part several. `heirs`: the files that inherit this one. Its own patterns come first:
    where two give one name, the first counts.

    Raises:
        ValueError: it inherits a file that is not there, or itself; says what to write instead.
        OSError: a file cannot be read.
    """
    own = file.read_text("utf-8")
    head = own.partition("\n")[0]
    if not head.startswith(_MARK):
        return own
    texts = [own]
    for name in head.removeprefix(_MARK).split(","):
        base = file.parent.parent / name.strip() / file.name
        if base in (*heirs, file):
            chain = " → ".join(one.parent.name for one in (*heirs, file, base))
            raise ValueError(
                f"{file.name} inherits itself ({chain}); take `{name.strip()}` out of the first "
                f"line of {file}"
            )
        if not base.is_file():
            raise ValueError(
                f"{file} inherits `{name.strip()}`, and there is no {base}; write a folder that "
                "has this file, or take the name out of the first line"
            )
        texts.append(query_text(base, (*heirs, file)))
    return "\n".join(texts)

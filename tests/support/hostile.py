"""Files that are made to hold up, fill up or lead astray whoever reads a folder.

Each by its name: `HOSTILE[name](folder)` makes it in a folder of its own. A clone may bring most
of them; the others are what a machine or another user puts there.
"""

from __future__ import annotations

import contextlib
import io
import os
import random
import socket
import zipfile
from collections.abc import Callable
from pathlib import Path

Make = Callable[[Path], None]


def _link(name: str, target: str) -> Make:
    return lambda folder: (folder / name).symlink_to(target)


def _fifo(name: str) -> Make:
    return lambda folder: os.mkfifo(folder / name)


def _text(name: str, text: str) -> Make:
    return lambda folder: _write(folder / name, text)


def _write(path: Path, text: str) -> None:
    path.write_text(text, "utf-8", "surrogatepass", newline="")


def _socket(folder: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listener:
        # A socket's path may be no longer than some hundred bytes.
        before = os.getcwd()
        os.chdir(folder)
        try:
            listener.bind("listen.py")
        finally:
            os.chdir(before)


def _loop(folder: Path) -> None:
    (folder / "a").symlink_to("b")
    (folder / "b").symlink_to("a")
    (folder / "self.py").symlink_to("self.py")
    (folder / "up").symlink_to("..")


def _deep(folder: Path) -> None:
    """A thousand folders in each other, which no path may name at once."""
    before = os.open(".", os.O_RDONLY)
    os.chdir(folder)
    try:
        for _ in range(1_000):
            os.mkdir("deep")
            os.chdir("deep")
        Path("bottom.py").write_text("def at_the_bottom(): pass\n")
    finally:
        os.fchdir(before)
        os.close(before)


def _long_names(folder: Path) -> None:
    for number in range(50):
        (folder / ("x" * 248 + f"{number:04}.py")).write_text("x = 1\n")


def _odd_names(folder: Path) -> None:
    names = [b"bad\xff\xfe.py", b"clip\x1b]52;c;cm0=\x07.py", b"clear\x1b[2J.py", b"line\nbreak.py"]
    names += ["turn\u202egnp.py".encode(), b"tab\t.py", b"\\..\\up.py", b"-rf.py", b"$(reboot).py"]
    for name in names:
        place = os.path.join(os.fsencode(folder), name)
        with contextlib.suppress(OSError), open(place, "wb") as file:
            file.write(b"def odd(): return '\x1b[2J'\n")


def _unreadable(folder: Path) -> None:
    _write(folder / "mine.py", "x = 1\n")
    (folder / "mine.py").chmod(0)
    (folder / "locked").mkdir(mode=0)


def _zip_bomb(folder: Path) -> None:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("a", b"\0" * 50_000_000)
    for name in ("bomb.py", "bomb.ipynb", "bomb.md"):
        (folder / name).write_bytes(data.getvalue())


def _many(folder: Path) -> None:
    for number in range(2_000):
        (folder / f"part_{number}.py").write_text(f"part_{number} = {number}\n")


def _noise(folder: Path) -> None:
    chance = random.Random(1)
    for suffix in ("py", "js", "rs", "c", "md", "html", "sh", "yaml"):
        pieces = (chance.choice("()[]{}<>'\"`\\/*#\n \t=:;,.$@!%^&|~-_ax0") for _ in range(60_000))
        _write(folder / f"noise.{suffix}", "".join(pieces))


_IGNORED = "*a" * 14 + "*b\n" + "**/" * 200 + "x\n" + "[" * 5_000 + "\n" + "\\" * 5_001 + "\n"

HOSTILE: dict[str, Make] = {
    # What is no file
    ".gitignore is a link to /dev/zero": _link(".gitignore", "/dev/zero"),
    ".ownstackignore is a FIFO": _fifo(".ownstackignore"),
    "a link to /dev/zero": _link("zero.py", "/dev/zero"),
    "a link to /dev/random": _link("random.py", "/dev/random"),
    "a link to /dev/ptmx": _link("ptmx.py", "/dev/ptmx"),
    "a link to /proc/kmsg": _link("kmsg.py", "/proc/kmsg"),
    "a FIFO": _fifo("wait.py"),
    "a socket": _socket,
    "links in a ring": _loop,
    "a thousand folders deep": _deep,
    "names of 255 bytes": _long_names,
    "names that a terminal obeys": _odd_names,
    "what nobody may read": _unreadable,
    "zip bombs": _zip_bomb,
    "2,000 small files": _many,
    # Ignore files
    "a slow ignore file": lambda folder: (
        _write(folder / ".gitignore", _IGNORED),
        _write(folder / ("a" * 120 + ".py"), "x = 1\n"),
    )[0],
    "a huge ignore file": _text(".gitignore", "build*/**/x?[a-z]\n" * 200_000),
    # Texts for scanners and parsers
    "raw strings of Rust": _text("raw.rs", 'r#"\n' * 200_000),
    "comments in comments": _text("nest.swift", "/*/*\n" * 100_000),
    "100,000 brackets": _text("open.js", "(\n" * 100_000),
    "nested brackets": _text("nested.py", "x = " + "[\n" * 50_000 + "]\n" * 50_000),
    "braces of C": _text("braces.c", "{\n" * 200_000),
    "triple quotes": _text("quotes.py", '"""\n' * 100_000),
    "macros of C": _text("macros.h", "#define A(x) B(x) \\\n" * 50_000),
    "#if in #if": _text("ifs.c", "#if A\n" * 50_000),
    "heredocs": _text("here.sh", "cat <<A <<B <<C\n" * 50_000),
    "heredocs of Ruby": _text("here.rb", "<<~A\n" * 100_000),
    "%{ of Elixir": _text("maps.ex", "%{\n" * 100_000),
    "templates of JavaScript": _text("templates.ts", "`${\n" * 100_000),
    "generics": _text("generics.cpp", "a<b<\n" * 50_000),
    "cases of Haskell": _text("cases.hs", "case x of\n {- " * 20_000),
    "long brackets of Lua": _text("long.lua", "--[==[\n[=[\n" * 50_000),
    "strings of C#": _text("strings.cs", '$@"{{{\n' * 50_000),
    "PHP in HTML": _text("page.php", "<?php ?><a \n" * 50_000),
    "nested HTML": _text("nest.html", "<div>\n" * 100_000),
    "nested JSON": _text("nest.json", "[\n" * 100_000),
    "anchors of YAML": _text(
        "laughs.yaml", "a: &a [x]\n" + "".join(f"k{n}: &b{n} [*a, *a]\n" for n in range(20_000))
    ),
    "nested YAML": _text("nest.yaml", "".join(" " * n + "a:\n" for n in range(1_500))),
    "markdown of [": _text("links.md", "[" * 400 + "\n"),
    "markdown of many [": _text("many.md", ("[" * 300 + "\n") * 400),
    "markdown of stars": _text("stars.md", ("*a **b " * 40 + "\n") * 400),
    "markdown of backticks": _text(
        "ticks.md", "\n".join("`" * (n % 300 + 1) for n in range(4_000))
    ),
    "quotes in quotes": _text("quotes.md", ("> " * 150 + "a\n") * 300),
    # Texts for patterns
    "a slow secret": _text("secrets.py", "x = '" + "token" * 16_000 + "'\n"),
    "a slow word": _text("words.py", ("a" * 300 + "\n") * 2_000 + "_" * 15_000 + "\n"),
    "slow spaces": _text("spaces.py", ((" " * 250 + "x\n") * 800)),
    # Sizes
    "100,000 lines": _text("lines.py", "x = 1\n" * 100_000),
    "a line of 2 MB": _text("line.py", "x = '" + "a" * 2_000_000 + "'\n"),
    "lines without line feeds": _text("cr.py", "def f(): pass\r" * 50_000),
    "huge numbers": _text("numbers.py", "x = " + "9" * 15_000 + "\ny = 1e999999999\n"),
    "a hundred thousand symbols": _text(
        "symbols.py", "".join(f"def f{number}(): pass\n" for number in range(60_000))
    ),
    "long names of symbols": _text("names.py", ("def " + "a" * 15_000 + "(): pass\n") * 60),
    "noise": _noise,
}

BUFFERS = {
    "rust": 'r#"\n' * 200_000,
    "swift": "/*/*\n" * 150_000,
    "javascript": "{\n" * 200_000,
    "ruby": "<<~A\n" * 150_000,
    "python": "${\n" * 200_000,
    "markdown": "[" * 200_000,
    "plaintext": "token" * 100_000,
}
"""Texts of documents that were never saved, by their language."""

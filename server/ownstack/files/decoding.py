"""The text of bytes: by their mark, as UTF-8, by what they declare, else by how they look.

What is no text must stay none: a guess is taken only if all that comes out are characters that
people write. The slow ways are for bytes that are not UTF-8.
"""

from __future__ import annotations

import codecs
import itertools
import re
import unicodedata
from collections.abc import Iterator
from encodings.aliases import aliases

SNIFF_BYTES = 8_192
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    # Before UTF-16, whose mark is the beginning of this one.
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_DECLARED = frozenset(
    (
        *("utf_8", "ascii", "latin_1", "hz", "koi8_r", "koi8_u", "koi8_t", "kz1048", "ptcp154"),
        *("tis_620", "mac_roman", "mac_latin2", "mac_cyrillic", "mac_greek", "mac_turkish"),
        *(f"iso8859_{number}" for number in range(1, 17)),
        *(f"cp{number}" for number in (*range(1250, 1259), 1125, 437, 720, 737, 775, 850, 852)),
        *(f"cp{number}" for number in (855, 856, 857, 858, *range(860, 867), 869, 874, 932, 949)),
        *("cp950", "shift_jis", "shift_jis_2004", "shift_jisx0213", "euc_jp", "euc_jis_2004"),
        *("euc_jisx0213", "iso2022_jp", "iso2022_jp_1", "iso2022_jp_2", "iso2022_jp_3"),
        *("iso2022_jp_ext", "iso2022_kr", "gb2312", "gbk", "gb18030", "big5", "big5hkscs"),
        *("euc_kr", "johab"),
    )
)
"""What a file may declare. Others do not read bytes as text (zlib), or not these bytes (UTF-16)."""
_DECLARATIONS = (
    # Python (PEP 263), Ruby, Emacs; also `encoding="..."` of XML and `fileencoding=` of Vim.
    re.compile(rb"coding[:=][ \t]{0,9}[\"']?([\w.-]{1,40})"),
    re.compile(rb"\bfenc=([\w.-]{1,40})"),
    re.compile(rb"charset[ \t]{0,9}=?[ \t]{0,9}[\"']?([\w.-]{1,40})", re.I),
    re.compile(rb"\\usepackage\[([\w-]{1,40})\]\{inputenc\}|\\inputencoding\{([\w-]{1,40})\}"),
)
_HEAD_LINES = 2
_TAIL_LINES = 5
_DECLARED_BYTES = 1_024
"""HTML declares its encoding in so many bytes; XML, CSS and LaTeX do so, too."""
_TEX_NAMES = {
    "latin1": "latin_1",
    "latin9": "iso8859_15",
    "ansinew": "cp1252",
    "applemac": "mac_roman",
}

_LATIN = ("cp1252", "cp1250", "cp1254", "cp1257")
_OTHERS = (
    *("cp1251", "koi8-r", "koi8-u", "cp866", "cp1253", "cp1255", "cp1256", "cp874"),
    *("cp932", "euc-jp", "gb18030", "cp949", "big5"),
)
_NOT_CP1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
_NOT_LATIN = re.compile(
    rb"[\x80-\xff]{3}|(?<![A-Za-z\x80-\xff])[\x80-\xff]{2}(?![A-Za-z\x80-\xff])"
    rb"|[\x81-\x83\x8d\x8f\x90\x9d]"
)
"""In Latin script they lie by one or two among ASCII letters; elsewhere words are made of them."""
_CONTROLS = re.compile(rb"[\x80-\x9f]")
_LETTERS = re.compile(rb"[\x8a\x8c\x8e\x9a\x9c\x9e\x9f\xaa\xb5\xba\xc0-\xff]")
"""In Windows-1252; other bytes are signs that most Latin encodings share with it."""
_STANDARD = {"gb18030": "gb2312", "cp949": "euc_kr", "cp932": "shift_jis", "big5": "big5"}
"""Of what the wide encodings hold, these hold what is common."""
_FEW_SIGNS = 6
_HIGH = re.compile(r"[^\x00-\x7f]")
_HIGH_LINE = re.compile(rb"[^\n\r]{0,120}[\x80-\xff][^\n\r]{0,120}")
_SAMPLE_BYTES = 16_384
_ODD_BYTES = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_LOOKED_AT_CHARS = 16_384
_ODD_CATEGORIES = frozenset(("Cc", "Cn", "Co", "Cs"))
_PLAIN = "\t\n\r\f\v\x1b"
_MAX_BAD_PART = 100
"""One wrong character in so many is let pass, as U+FFFD."""


def decode(data: bytes) -> str | None:
    """Return bytes as text, a few wrong ones as U+FFFD; None if they are none."""
    if data[:1] in b"\xef\xff\xfe\x00":
        for mark, encoding in _MARKS:
            if data.startswith(mark):
                return _by_mark(data[len(mark) :], encoding)
    if b"\0" in data[:SNIFF_BYTES]:
        return _without_mark(data)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return _not_utf8(data)
    if "\x1b" in text and "\x1b$" in text:
        return _strictly(data, "iso2022_jp_2") or text
    return text


def encoding_of(data: bytes) -> tuple[str, bytes] | None:
    """Return the encoding and the mark with which what `decode` says gives the same bytes again.

    None if there is none: the bytes are no text, or some of them are wrong in it.
    """
    text = decode(data)
    if text is None:
        return None
    marked = [(name, mark) for mark, name in _MARKS if data.startswith(mark)]
    names = ("utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", *_declared(data))
    guessed = (*_LATIN, *_OTHERS, "iso8859-2", "cp850", *sorted(_DECLARED))
    for name, mark in (*marked, *((name, b"") for name in (*names, *guessed))):
        try:
            if mark + text.encode(name) == data:
                return name, mark
        except (UnicodeEncodeError, LookupError):
            continue  # It has no such letters, or this Python has no such encoding.
    return None


def _by_mark(data: bytes, encoding: str) -> str | None:
    if encoding == "utf-8" and b"\0" in data[:SNIFF_BYTES]:
        return None
    text = data.decode(encoding, "replace")
    return text if _mostly_right(text) and (encoding == "utf-8" or _is_written(text)) else None


def _without_mark(data: bytes) -> str | None:
    """Read UTF-32 or UTF-16 as it shows by its zeros; what is written has spaces or line ends."""
    head = data[: SNIFF_BYTES // 4 * 4]
    for width, encoding, filled in (
        (4, "utf-32-le", 0),
        (4, "utf-32-be", 3),
        (2, "utf-16-le", 0),
        (2, "utf-16-be", 1),
    ):
        # Nobody writes NUL, so the place that holds a letter's own byte is seldom zero.
        if len(data) % width == 0 and not head[filled::width].count(0) * _MAX_BAD_PART > len(head):
            text = _strictly(data, encoding)
            if text is not None and "\0" not in text and re.search(r"[ \n]", text):
                return text
    return None


def _not_utf8(data: bytes) -> str | None:
    if len(_ODD_BYTES.findall(data[:SNIFF_BYTES])) * 500 > min(len(data), SNIFF_BYTES):
        return _as_broken_utf8(data)
    for name in _declared(data):
        # Who declares Latin-1 often means what Windows calls so.
        windows = name == "latin_1" and _CONTROLS.search(data)
        if (text := _strictly(data, "cp1252" if windows else name)) is not None:
            return text
    text = data.decode("utf-8", "replace")
    high = _HIGH.findall(text)
    n_bad = high.count("\ufffd")
    # Two bytes of another encoding may look like one letter of this.
    if len(high) > 3 * n_bad and _mostly_right(text):
        return text
    return _guessed(data) or (text if _mostly_right(text) else None)


def _as_broken_utf8(data: bytes) -> str | None:
    text = data.decode("utf-8", "replace")
    return text if _mostly_right(text) else None


def _declared(data: bytes) -> Iterator[str]:
    """Yield the names of encodings that the first or the last lines declare."""
    head = b"\n".join(data[:_DECLARED_BYTES].splitlines()[:_HEAD_LINES])
    tail = b"\n".join(data[-_DECLARED_BYTES:].splitlines()[-_TAIL_LINES:])
    coding, vim, charset, tex = _DECLARATIONS
    for pattern, where in (
        (coding, head),
        (coding, tail if b"vim" in tail or b"Local Variables" in tail else b""),
        (vim, head + b"\n" + tail),
        (charset, data[:_DECLARED_BYTES]),
        (tex, data[:SNIFF_BYTES]),
    ):
        for found in pattern.finditer(where):
            if name := _codec(next(filter(None, found.groups()), b"")):
                yield name


def _codec(declared: bytes) -> str:
    """Return Python's name of an encoding of text, "" for all else; nothing is imported by it."""
    name = declared.decode("ascii", "replace").lower()
    name = re.sub(r"-(?:unix|dos|mac)$", "", name).replace("-", "_").replace(".", "_")
    name = _TEX_NAMES.get(name) or aliases.get(name.removeprefix("x_"), name)
    return name if name in _DECLARED else ""


def _guessed(data: bytes) -> str | None:
    """Ask the detector, with the surroundings of what is not ASCII and nothing else."""
    sample, size = list[bytes](), 0
    for found in _HIGH_LINE.finditer(data):
        sample.append(found[0])
        size += len(found[0])
        if size > _SAMPLE_BYTES:
            break
    looked_at = b"\n".join(sample) + b"\n"
    isolated = not _NOT_LATIN.search(looked_at)
    if isolated and not _LETTERS.search(looked_at):
        return _strictly(data, "cp1252")
    candidates = list(_LATIN if isolated else _LATIN + _OTHERS)
    if not _CONTROLS.search(looked_at):
        candidates.append("iso8859-2")
    elif b"\x81" in looked_at and _NOT_CP1252.search(looked_at):
        candidates.append("cp850")
    if not re.search(rb"[ \n]", data):
        return None
    # It loads its tables in a tenth of a second, which most projects never need.
    from chardet import detect

    for among in (candidates, [candidate for candidate in candidates if candidate not in _OTHERS]):
        encoding = detect(looked_at, include_encodings=among)["encoding"]
        if encoding is not None and (isolated or _is_likely(looked_at, encoding.lower())):
            break
    else:
        return None
    if (text := _strictly(data, encoding)) is not None:
        return text
    text = data.decode(encoding, "replace")
    return text if _mostly_right(text) and _is_written(text) else None


def _is_likely(sample: bytes, encoding: str) -> bool:
    """Say whether what was decoded is like words, which bytes that mean something else are not.

    Chance makes rare characters of two bytes, and of single ones signs between letters, or small
    letters before capitals.
    """
    text = sample.decode(encoding, "replace")
    high = [char for char in text if char > "\x7f"]
    if standard := _STANDARD.get(encoding):
        return 2 * sum(_encodes(char, standard) for char in high) >= len(high)
    if encoding.replace("windows-", "cp") in _LATIN:
        return 2 * len(high) <= len(text)
    signs = [char for char in high if not unicodedata.category(char).startswith(("L", "M"))]
    few = max(2, min(_FEW_SIGNS, len(high) // 8))
    if len(signs) * 4 > len(high) and len(set(signs)) > few:
        return False
    turns = sum(a.islower() and b.isupper() for a, b in itertools.pairwise(text) if b > "\x7f")
    return turns * 10 <= len(high)


def _encodes(char: str, encoding: str) -> bool:
    try:
        return bool(char.encode(encoding))
    except UnicodeEncodeError:
        return False


def _strictly(data: bytes, encoding: str) -> str | None:
    try:
        text = data.decode(encoding)
    except UnicodeError:
        return None
    return text if _is_written(text) else None


def _mostly_right(text: str) -> bool:
    return text.count("\ufffd") * _MAX_BAD_PART <= len(text)


def _is_written(text: str) -> bool:
    """Say whether all characters are such as people write: assigned ones, and hardly a control."""
    sample = text[:_LOOKED_AT_CHARS]
    odd = sum(
        unicodedata.category(char) in _ODD_CATEGORIES and char not in _PLAIN for char in sample
    )
    return odd * 1_000 <= len(sample) and not any("\x7f" < char < "\xa0" for char in sample)

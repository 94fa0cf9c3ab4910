"""Shared libraries of Linux: without what only linkers and debuggers read, and without stamps."""

from __future__ import annotations

import re
import struct

MAGIC = b"\x7fELF\x02\x01"
"""64 bits, little-endian: what every Linux we release for has."""
_PROGRAM_HEADERS = struct.Struct("<32xQQ6xHHHHH")
"""In the file's header: e_phoff, e_shoff (8 bytes each), then e_phentsize to e_shstrndx."""
_SEGMENT = struct.Struct("<I4xQ16xQ")
"""p_type, p_offset, p_filesz."""
_NOTE = 4
_BUILD_ID = b"\x04\x00\x00\x00\x14\x00\x00\x00\x03\x00\x00\x00GNU\x00"
_CLOCK = re.compile(rb"\b\d\d:\d\d:\d\d\x00")


def is_elf(data: bytes) -> bool:
    """Whether these are the bytes of a library or program of Linux."""
    return data.startswith(MAGIC)


def stripped(data: bytes) -> bytes:
    """Return the library without its table of sections and all that follows the last segment.

    The loader maps segments and reads no section: what is left out are symbols and lines for
    debuggers, which `strip` would drop too. Other files are returned as they are.
    """
    if not is_elf(data):
        return data
    segments = _segments(data)
    start, _ = _PROGRAM_HEADERS.unpack_from(data)[:2]
    size, count = _PROGRAM_HEADERS.unpack_from(data)[2:4]
    end = max(start + size * count, *(offset + length for _, offset, length in segments))
    head = bytearray(data[:64])
    struct.pack_into("<Q", head, 40, 0)
    struct.pack_into("<HHH", head, 58, 0, 0, 0)
    return bytes(head) + data[64:end]


def unstamped(data: bytes) -> bytes:
    """Return the library with zeros for its build id and for clock times, to compare builds by."""
    if not is_elf(data):
        return data
    masked = bytearray(data)
    for kind, offset, length in _segments(data):
        if kind == _NOTE:
            at = data.find(_BUILD_ID, offset, offset + length)
            if at >= 0:
                start = at + len(_BUILD_ID)
                masked[start : start + 20] = bytes(20)
    return _CLOCK.sub(bytes(9), bytes(masked))


def _segments(data: bytes) -> list[tuple[int, int, int]]:
    """Return type, offset and length in the file of each segment."""
    start, _, size, count = _PROGRAM_HEADERS.unpack_from(data)[:4]
    found = []
    for index in range(count):
        at = start + index * size
        kind, offset, length = _SEGMENT.unpack_from(data, at)
        found.append((kind, offset, length))
    return found

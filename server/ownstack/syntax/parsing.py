"""One parse, bounded: by steps, which are the same everywhere, and by time, which they are not.

The binding keeps Python's other threads waiting while the parser works, but for the moments in
which it asks back: every 100 steps, and for each next piece of the text. There it is stopped.
"""

from __future__ import annotations

import ctypes
import functools
import sys
import time

import tree_sitter

# Measured on CPython's argparse.py (2,633 lines): 510 reports and 8-10 ms from nothing, 16
# reports and 0.3 ms after an edit.
EFFORT_BACKGROUND = 100_000
EFFORT_WARM = 20_000
EFFORT_REQUEST = 1_000
"""Less than 20 ms, which is what the event loop may be blocked for."""
EFFORT_CHECK = 100

# Scanners written in C can look ahead to the end of the text at each token (Swift at `/*/*/*…`,
# Rust at `r#"`), and effort does not see it: steps are few, and each takes for ever.
_MAX_CPU_S, _LEAST_CPU_S = 2.0, 0.005
_CPU_S_A_REPORT, _CPU_S_A_REPORT_OF_EDIT = 0.000_01, 0.000_02
_CHUNK_BYTES = 16_384
_MAX_REQUEST_BYTES = 250_000
"""More is not parsed from nothing in the time of a request: that need not be tried."""
_MAX_OPEN = 5_000
"""More brackets that nothing closes are given up at the end of the text all at once, and nobody
is asked meanwhile: 60 ms for 300,000 braces of JavaScript."""


def parse(
    grammar: tree_sitter.Language, data: bytes, base: tree_sitter.Tree | None, effort: int
) -> tree_sitter.Tree | None:
    """Parse UTF-8, reusing an edited tree; None if it takes more than `effort`, or its time."""
    is_request = effort <= EFFORT_REQUEST
    if base is None and (_leaves_open(data) or (len(data) > _MAX_REQUEST_BYTES and is_request)):
        return None
    left, until_s = effort, time.thread_time() + _cpu_s(effort, is_edit=base is not None)

    def is_too_long(_at: int, _error: bool) -> bool:
        nonlocal left
        left -= 1
        return left < 0 or time.thread_time() > until_s

    given: list[bytes] = []

    def read(byte: int, _point: object) -> bytes:
        nonlocal left
        if time.thread_time() > until_s:
            # For a scanner that runs ahead the text ends here, and the parse with the next report.
            left = -1
        given.append(data[byte : byte + _CHUNK_BYTES] if left >= 0 else b"")
        return given[-1]

    try:
        # A parser of its own for each parse: the callback lets other threads in.
        parser = tree_sitter.Parser(grammar)
        if base is None:
            made = parser.parse(read, progress_callback=is_too_long)
        else:
            made = parser.parse(read, base, progress_callback=is_too_long)
    except ValueError:
        return None
    finally:
        if _leaks(grammar):
            for chunk in given:
                ctypes.pythonapi.Py_DecRef(ctypes.py_object(chunk))
    return made if left >= 0 else None


def _cpu_s(effort: int, *, is_edit: bool) -> float:
    if effort >= EFFORT_BACKGROUND:
        return _MAX_CPU_S
    return max(_LEAST_CPU_S, effort * (_CPU_S_A_REPORT_OF_EDIT if is_edit else _CPU_S_A_REPORT))


def _leaves_open(data: bytes) -> bool:
    return any(
        data.count(opens) - data.count(closes) > _MAX_OPEN
        for opens, closes in ((b"(", b")"), (b"[", b"]"), (b"{", b"}"))
    )


@functools.cache
def _leaks(grammar: tree_sitter.Language) -> bool:
    """Say whether the binding keeps a reference to each chunk that `read` gives it, for ever.

    py-tree-sitter 0.25 and 0.26 do: 90 KB for each key typed. Seen on an object of our own, so
    that a release without the fault is left alone; then this and its use can go.
    """
    chunk, reads = bytes(bytearray(b"x = 1\n")), 0

    def read(byte: int, _point: object) -> bytes:
        nonlocal reads
        reads += byte == 0
        return chunk[byte:]  # at 0 the object itself, elsewhere another one

    before = sys.getrefcount(chunk)
    tree_sitter.Parser(grammar).parse(read)
    return sys.getrefcount(chunk) == before + reads

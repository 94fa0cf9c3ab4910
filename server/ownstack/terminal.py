r"""Text that others wrote, made safe to show in a terminal or to stand in a log.

Names of files and lines of code may hold what a terminal obeys: escape sequences that write into
the clipboard or clear the screen, and marks that turn the order of letters round. They are shown
as Python writes them (`\x1b`), so that nothing happens and everybody sees what is there.
"""

from __future__ import annotations

import logging
import re

# C0 but for tabs, DEL, C1; what ends lines elsewhere; what turns the direction; the ends of lines
# and bytes that are no UTF-8 (as `surrogateescape` keeps them), which no output can be given.
_UNSAFE = re.compile(
    "[\x00-\x08\x0a-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
_IN_JSON = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def visible(text: str) -> str:
    """Return one line, whatever the text holds; tabs stay."""
    return _UNSAFE.sub(_escaped, text)


def visible_lines(text: str) -> str:
    """Return the lines of a text, of which only the ends obey nobody else."""
    return "\n".join(map(visible, text.replace("\r\n", "\n").split("\n")))


def safe_json(text: str) -> str:
    """Return JSON that means the same, and can be shown."""
    return _IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _escaped(found: re.Match[str]) -> str:
    code = ord(found[0])
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    return {"\n": "\\n", "\r": "\\r"}.get(
        found[0], f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
    )


class LogFormatter(logging.Formatter):
    """A record is a line, and a traceback its lines: nothing in them begins another record."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        return visible(super().formatMessage(record))

    def formatException(self, ei: object) -> str:
        return visible_lines(super().formatException(ei))  # type: ignore[arg-type]

"""A text in the user's own editor."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from pathlib import Path

from ownstack.errors import UsageError, in_words
from ownstack.files.decoding import decode
from ownstack.files.opening import read_regular

_MAX_BYTES = 1_000_000


def edited(text: str) -> str:
    """Return a text as the user's editor leaves it, without space around it.

    Raises:
        UsageError: there is no editor, it failed, or what it left is no text.
    """
    named = os.environ.get("VISUAL") or os.environ.get("EDITOR") or ""
    if not named.strip():
        raise UsageError("No editor is set.", "Set EDITOR, or give the new text.")
    with tempfile.TemporaryDirectory(prefix="ownstack-") as folder:
        file = Path(folder) / "text.md"
        file.write_text(f"{text}\n", "utf-8")
        try:
            done = subprocess.run([*shlex.split(named), str(file)], check=False)
            left = read_regular(file, _MAX_BYTES)[0] if done.returncode == 0 else None
        except (OSError, ValueError) as error:
            raise UsageError(f"The editor {named!r} cannot be run: {in_words(error)}.") from error
    said = None if left is None else decode(left)
    if said is None:
        raise UsageError("The editor failed, or left no text, so nothing is changed.")
    return said.strip()

"""Wheels written again: with fewer files, and the same bytes whenever the same is written.

Names are sorted, times are one time, permissions two, and RECORD says what is there.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import os
import time
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

from ownstack_release.errors import ReleaseError

DOS_EPOCH_S = 315_532_800
"""1980-01-01, the first day that a zip archive can name, in seconds since 1970."""
_DEFLATE_LEVEL = 9
_FILE, _PROGRAM = 0o100644, 0o100755


def stamp_s() -> int:
    """Return the one time of all files, in seconds since 1970: SOURCE_DATE_EPOCH, or 1980."""
    return max(DOS_EPOCH_S, int(os.environ.get("SOURCE_DATE_EPOCH") or DOS_EPOCH_S))


def rewrite(
    wheel: Path,
    to: Path,
    *,
    keep: Callable[[str], bool] = lambda _name: True,
    add: Mapping[str, bytes] | None = None,
    licences: Mapping[str, bytes] | None = None,
) -> None:
    """Write `to` with the files of `wheel` that `keep` wants by name, and those to `add`.

    `licences` are added below the wheel's `.dist-info/licenses/`.

    Raises:
        ReleaseError: it is no wheel.
    """
    with zipfile.ZipFile(wheel) as archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
        records = [m.filename for m in members if m.filename.endswith(".dist-info/RECORD")]
        if len(records) != 1:
            raise ReleaseError(f"{wheel.name} is no wheel: it has {len(records)} files RECORD.")
        record = records[0]
        contents = {m.filename: archive.read(m) for m in members if keep(m.filename)}
    contents |= add or {}
    folder = record.rpartition("/")[0]
    contents |= {f"{folder}/licenses/{name}": text for name, text in (licences or {}).items()}
    contents[record] = _record({name: contents[name] for name in contents if name != record},
                               record)  # fmt: skip
    # The metadata last, as the format recommends: what changes least often is read first.
    ordered = sorted(contents, key=lambda name: (name.startswith(f"{folder}/"), name))
    when = time.gmtime(stamp_s())[:6]
    with zipfile.ZipFile(to, "w") as made:
        for name in ordered:
            entry = zipfile.ZipInfo(name, when)
            entry.create_system = 3  # Unix, on whichever system it is made.
            entry.compress_type = zipfile.ZIP_DEFLATED
            program = contents[name][:4] == b"\x7fELF" or contents[name][:2] == b"#!"
            entry.external_attr = (_PROGRAM if program else _FILE) << 16
            made.writestr(entry, contents[name], compresslevel=_DEFLATE_LEVEL)


def _record(contents: Mapping[str, bytes], itself: str) -> bytes:
    """Return RECORD: a line for each file, with its hash and size (PEP 427)."""
    rows = io.StringIO()
    writer = csv.writer(rows, lineterminator="\n")
    for name in sorted(contents):
        digest = base64.urlsafe_b64encode(hashlib.sha256(contents[name]).digest()).rstrip(b"=")
        writer.writerow((name, f"sha256={digest.decode()}", len(contents[name])))
    writer.writerow((itself, "", ""))
    return rows.getvalue().encode()

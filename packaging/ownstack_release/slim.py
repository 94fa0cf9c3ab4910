"""Takes out of wheels what is never used where they are installed, by the table in slim.toml."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import translate
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from packaging.utils import parse_wheel_filename

from ownstack_release import elf, wheels
from ownstack_release.errors import ReleaseError
from ownstack_release.shipped import archives

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

TABLE = Path(__file__).with_name("slim.toml")
_LEGAL = re.compile(r"licen[cs]e|copying|notice|authors|\.dist-info/", re.IGNORECASE)
_SIGNATURE = re.compile(r"\.dist-info/RECORD\.(jws|p7s)$")
"""Of the whole wheel; not true of a slimmed one."""
_LIBRARY = re.compile(r"\.(so(\.\d+)*|dylib|dll|pyd)$")


@dataclass(frozen=True)
class Rule:
    """A line of the table: which files of which distribution."""

    of: str
    files: tuple[str, ...]
    but: tuple[str, ...]

    @cached_property
    def _patterns(self) -> tuple[re.Pattern[str], re.Pattern[str]]:
        wanted, spared = (
            "|".join(map(translate, one)) or r"(?!)" for one in (self.files, self.but)
        )
        return re.compile(wanted), re.compile(spared)

    def names(self, distribution: str, path: str) -> bool:
        """Whether it is about this file."""
        wanted, spared = self._patterns
        ours = self.of in ("*", distribution)
        return ours and wanted.match(path) is not None and spared.match(path) is None


@dataclass(frozen=True, slots=True)
class Rules:
    """The table."""

    drop: tuple[Rule, ...]
    strip: tuple[Rule, ...]
    share: tuple[Rule, ...]

    @classmethod
    def read(cls, path: Path = TABLE) -> Rules:
        """Read the table; each rule has to say why.

        Raises:
            ReleaseError: one does not.
        """
        table = tomllib.loads(path.read_text("utf-8"))
        return cls(*(_rules(table.get(kind, ())) for kind in ("drop", "strip", "share")))


class Slimmer:
    """Slims wheels one after the other, so that what they can share is found."""

    def __init__(self, rules: Rules) -> None:
        """Take the rules; nothing is shared yet."""
        self.rules = rules
        self._shared: dict[tuple[str, str], bytes] = {}

    def slim(self, wheel: Path, to: Path) -> int:
        """Write the wheel to a folder under its name; return how many bytes it lost in the zip."""
        distribution, version = (str(part) for part in parse_wheel_filename(wheel.name)[:2])
        files = contents(wheel)
        going = dropped(distribution, files, self.rules.drop)
        changed = {}
        for path, data in files.items():
            if path in going:
                continue
            whole = data
            if any(rule.names(distribution, path) for rule in self.rules.strip):
                data = elf.stripped(data)
            if any(rule.names(distribution, path) for rule in self.rules.share):
                data = self._common(f"{distribution} {version}", path, data)
            if data is not whole:
                changed[path] = data
        signed = {path for path in files if _SIGNATURE.search(path)}
        wheels.rewrite(
            wheel, to / wheel.name, keep=({*files} - going - signed).__contains__, add=changed
        )
        return wheel.stat().st_size - (to / wheel.name).stat().st_size

    def _common(self, release: str, path: str, data: bytes) -> bytes:
        """Return what an earlier wheel of the release has there, if it is the same build."""
        first = self._shared.setdefault((release, path), data)
        return first if elf.unstamped(first) == elf.unstamped(data) else data


def dropped(distribution: str, files: Mapping[str, bytes], rules: Iterable[Rule]) -> set[str]:
    """Return which files of a wheel go; `files` are their bytes by path.

    A library that a remaining one names stays.
    """
    rules = tuple(rules)
    going = {
        path
        for path in files
        if not _LEGAL.search(path) and any(rule.names(distribution, path) for rule in rules)
    }
    staying = [path for path in files if path not in going and _LIBRARY.search(path)]
    while staying:
        data = files[staying.pop()].lower()
        needed = {path for path in going if _LIBRARY.search(path) and _links(data, path)}
        going -= needed
        staying += needed
    return going


def _links(data: bytes, path: str) -> bool:
    """Whether a library (in lower case) holds the name of another, as one that is linked is held.

    All formats keep names ending in a zero byte, with nothing or a slash before; in ELF a name may
    be the end of a longer one, which then counts as both.
    """
    return PurePosixPath(path).name.lower().encode() + b"\0" in data


def contents(wheel: Path) -> dict[str, bytes]:
    """Return the files of a wheel by their paths.

    Raises:
        ReleaseError: it is damaged, or names files outside.
    """
    try:
        with archives.opened(wheel, wheel.name) as archive:
            return {
                entry.filename: archive.read(entry)
                for entry in archive.infolist()
                if not entry.is_dir()
            }
    except archives.DAMAGE as error:
        raise ReleaseError(f"{wheel.name} is damaged: {error}") from error


def _rules(table: Iterable[Mapping[str, Any]]) -> tuple[Rule, ...]:
    for rule in table:
        if not rule.get("why"):
            raise ReleaseError(f"{TABLE.name}: a rule for {rule['of']} does not say why.")
    return tuple(
        Rule(rule["of"], tuple(rule["files"]), tuple(rule.get("but", ()))) for rule in table
    )

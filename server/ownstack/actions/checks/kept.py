"""Nothing that nobody asked to be deleted is gone."""

from __future__ import annotations

import asyncio
import re
from collections import Counter

from ownstack.actions.checks.check import Check, Draft
from ownstack.actions.checks.definitions import of_draft, of_target
from ownstack.extract.kinds import FUNCTIONS
from ownstack.extract.rows import Extracted
from ownstack.files.reading import plain_lines
from ownstack.text import truncate

_HOLLOW = re.compile(
    r"^[ \t]*(?:pass|\.{3}|raise NotImpl\w{0,20}\b.*|(?:todo|unimplemented)!\(.*"
    r"|throw new \w{0,40}(?:Error|Exception)\((?:[\"'`].{0,20}(?:implement|todo).*)?\)?"
    r"|panic\([\"`].{0,20}(?:implement|todo).*)[ \t]*(?:;[ \t]*)?$",
    re.IGNORECASE | re.MULTILINE,
)
"""What stands for code that was left out."""
_COMMENT = re.compile(r"^[ \t]*(?:#|//|/\*|\*|--|<!--)")
_SHOWN = 5


class Kept:
    """Everything that the target defines is still defined, and has a body."""

    name = "definitions kept"
    is_required = True

    async def check(self, draft: Draft) -> Check:
        """See `Checker`."""
        if not draft.wish.keeps_definitions:
            return Check(self.name, "skipped")
        return await asyncio.to_thread(self._check, draft)

    def _check(self, draft: Draft) -> Check:
        old = of_target(draft)
        there = {symbol.qualified for symbol in of_draft(draft)}
        gone = list(dict.fromkeys(s.qualified for s in old if s.qualified not in there))
        if gone:
            return Check(self.name, "failed", f"These are no longer defined: {_listed(gone)}.")
        code = plain_lines(draft.wish.target.code)
        new = plain_lines(draft.replacement)
        hollow = _lacking(_hollow(new), _hollow(code))
        if hollow and 2 * _size(new) <= _size(code):
            return Check(
                self.name,
                "failed",
                f"Code is left out, and `{truncate(hollow[0], 60)}` stands in its place. "
                "Write all of it.",
            )
        return Check(self.name, "passed" if old or code.strip() else "skipped")


class Used:
    """What the target used of the file's own names and imports is still used, or was named."""

    name = "nothing lost"
    is_required = False

    async def check(self, draft: Draft) -> Check:
        """See `Checker`."""
        if not draft.wish.keeps_definitions or draft.wish.target.language is None:
            return Check(self.name, "skipped")
        return await asyncio.to_thread(self._check, draft)

    def _check(self, draft: Draft) -> Check:
        target = draft.wish.target
        old, new = plain_lines(target.code), plain_lines(draft.replacement)
        first, last = target.lines
        added = new.count("\n") - old.count("\n")
        before = _used(target.extracted, first, last)
        known = target.extracted.symbols
        own = {
            symbol.name
            for symbol in known
            if symbol.parent is None
            or (symbol.kind in FUNCTIONS and known[symbol.parent].kind not in FUNCTIONS)
        }
        own |= {item.alias or item.name for item in target.extracted.imports}
        after = {
            reference.name
            for reference in draft.extracted.references
            if first <= reference.line <= last + added
        }
        asked = set(re.findall(r"\w+", draft.wish.instruction))
        lost = [name for name in before if name in own and name not in after | asked]
        if lost and _size(new) < _size(old):
            return Check(
                self.name,
                "failed",
                f"It no longer uses {_listed(lost)}. Was that to be deleted? "
                "If not, write these lines again.",
            )
        return Check(self.name, "passed")


def _used(known: Extracted, first: int, last: int) -> list[str]:
    """Return names that are used in some lines."""
    names = (
        reference.name
        for reference in known.references
        if reference.kind != "type" and first <= reference.line <= last
    )
    return list(dict.fromkeys(names))


def _hollow(code: str) -> list[str]:
    return [match[0].strip() for match in _HOLLOW.finditer(code)]


def _lacking(found: list[str], known: list[str]) -> list[str]:
    """Return what is found more often than it was known."""
    return list((Counter(found) - Counter(known)).elements())


def _size(code: str) -> int:
    """Return the number of lines of code."""
    return sum(bool(line.strip()) and not _COMMENT.match(line) for line in code.split("\n"))


def _listed(names: list[str]) -> str:
    shown = ", ".join(truncate(name, 60) for name in names[:_SHOWN])
    return f"{shown} and {len(names) - _SHOWN} more" if len(names) > _SHOWN else shown

"""No name is used that nothing defines, and that was not used so before.

Python's own symbol tables say it of Python. Of other languages `names.scm` says where an identifier
can only be a use: a name counts as undefined if it stands in such places and in no other, neither
in the file nor, where files of a package see each other, in one beside it. Only names that begin
with a small letter are judged, and no file in which names may come from elsewhere: silence is
better than a false alarm.
"""

from __future__ import annotations

import asyncio
import re
from functools import lru_cache
from pathlib import Path

from ownstack.actions.checks import python
from ownstack.actions.checks.check import Check, Draft
from ownstack.actions.checks.syntax import is_python
from ownstack.files.reading import Refusal, read
from ownstack.languages import Language
from ownstack.syntax.captures import whole_tree
from ownstack.text import truncate

_SHOWN = 5
_MAX_BESIDE = 200
_MAX_BESIDE_BYTES = 500_000


class Names:
    """Names of the draft are defined."""

    name = "names"
    is_required = False

    def __init__(self, root: Path | None = None) -> None:
        """`root` is where the files of the target's package are."""
        self._root = root

    async def check(self, draft: Draft) -> Check:
        """See `Checker`."""
        return await asyncio.to_thread(self._check, draft)

    def _check(self, draft: Draft) -> Check:
        target = draft.wish.target
        if target.language is None:
            return Check(self.name, "skipped", "The language of the file is not known.")
        old = undefined(target.text, target.path, target.language)
        new = undefined(draft.after, target.path, target.language)
        if old is None or new is None:
            return Check(self.name, "skipped", "Names may come from elsewhere, or do not show.")
        added = sorted(new - old)
        if added and target.language.by_package:
            beside = self._beside(target.path)
            if beside is None:
                return Check(self.name, "skipped", "The files of its package are not known.")
            added = [name for name in added if not re.search(rf"\b{re.escape(name)}\b", beside)]
        if not added:
            return Check(self.name, "passed")
        shown = ", ".join(truncate(name, 60) for name in added[:_SHOWN])
        verb = "is" if len(added) == 1 else "are"
        return Check(self.name, "failed", f"{shown} {verb} not defined anywhere.")

    def _beside(self, path: str) -> str | None:
        """Return the texts of the files of the target's package."""
        if self._root is None:
            return None
        folder, _, name = path.rpartition("/")
        ending = name.rpartition(".")[2]
        texts: list[str] = []
        try:
            held = sorted(place.name for place in (self._root / folder).iterdir())
        except OSError:
            return None
        named = [name for name in held if name.endswith(f".{ending}")]
        for name in named[: _MAX_BESIDE + 1]:
            relative = f"{folder}/{name}".lstrip("/")
            if relative == path:
                continue
            text = read(self._root, relative, _MAX_BESIDE_BYTES)
            if isinstance(text, Refusal) or len(texts) == _MAX_BESIDE:
                return None
            texts.append(text.text)
        return "\n".join(texts)


@lru_cache(maxsize=8)
def undefined(text: str, path: str, language: Language) -> frozenset[str] | None:
    """Return names that are used and defined nowhere in a text; None if that cannot be said."""
    if language.id == "python":
        return python.undefined(text) if is_python(path) else None
    tree = whole_tree(text, language)
    if tree is None or tree.errors() != 0:
        return None
    found = tree.matches("names.scm")[0]
    if "module" not in found or "elsewhere" in found:
        return None
    used = {(node.start_byte, node.end_byte) for node in found.get("use", ())}
    names: set[str] = set()
    others: set[str] = set()
    for node in found.get("name", ()):
        span = node.start_byte, node.end_byte
        name = tree.data[slice(*span)].decode("utf-8", "replace")
        (names if span in used else others).add(name)
    small = {name for name in names if name[:1].islower() or name[:1] == "_"}
    return frozenset(small - others - set(language.known))

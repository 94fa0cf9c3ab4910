"""Nothing but comments, documentation and annotations is another."""

from __future__ import annotations

import asyncio

from ownstack.actions.checks import python
from ownstack.actions.checks.check import Check, Draft
from ownstack.actions.checks.syntax import is_python
from ownstack.languages import Language
from ownstack.syntax.captures import whole_tree
from ownstack.text import truncate

_ANNOTATIONS = ("comment", "type_annotation", "_predicate_annotation", "_doc")
"""How kinds of nodes begin or end that are no code."""
_MAX_NODES = 400_000


class CodeOnly:
    """The code is what it was."""

    name = "code unchanged"
    is_required = False

    async def check(self, draft: Draft) -> Check:
        """See `Checker`."""
        if not draft.wish.keeps_code:
            return Check(self.name, "skipped")
        return await asyncio.to_thread(self._check, draft)

    def _check(self, draft: Draft) -> Check:
        target = draft.wish.target
        if target.language is None:
            return Check(self.name, "skipped", "The language of the file is not known.")
        if target.language.id == "python" and is_python(target.path):
            old, new = python.code(target.text), python.code(draft.after)
        else:
            old, new = _tokens(target.text, target.language), _tokens(draft.after, target.language)
        if old is None or new is None:
            return Check(self.name, "skipped", "The code cannot be told from the rest here.")
        if old == new:
            return Check(self.name, "passed")
        pairs = zip(old, new, strict=False)
        at = next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(old), len(new)))
        near = truncate(" ".join(old[max(0, at - 3) : at + 3]), 100)
        return Check(self.name, "failed", f"Code has changed, near: {near}. Leave it as it was.")


def _tokens(text: str, language: Language) -> tuple[str, ...] | None:
    """Return the tokens of a text, without comments and annotations."""
    tree = whole_tree(text, language)
    if tree is None:
        return None
    cursor, found = tree.walk(), list[str]()
    for _ in range(_MAX_NODES):
        node = cursor.node
        if node is None:
            return None
        is_code = not node.type.startswith(_ANNOTATIONS) and not node.type.endswith(_ANNOTATIONS)
        if is_code and node.child_count:
            cursor.goto_first_child()
            continue
        if is_code and node.end_byte > node.start_byte:
            found.append(tree.data[node.start_byte : node.end_byte].decode("utf-8", "replace"))
        while not cursor.goto_next_sibling():
            if not cursor.goto_parent():
                return tuple(word for word in map(str.strip, found) if word)
    return None

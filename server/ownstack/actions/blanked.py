"""Secrets in the file that is edited: a model is shown marks, and what it writes has them back."""

from __future__ import annotations

from ownstack.actions.target import Target
from ownstack.errors import EditError
from ownstack.files.reading import plain_lines
from ownstack.files.secret.detection import MARK, without_secrets


def restored(answer: str, target: Target) -> str:
    """Return a model's answer with the secrets of the file in the place of their marks.

    A mark of which it is not clear what stood there stays; see `check_restored`.
    """
    if MARK not in answer:
        return answer
    own, code = plain_lines(target.text), plain_lines(target.code)
    known = _lines(own, target)
    here = _lines(code, target)
    secrets = {_secret(line) for lines in known.values() for line in lines}
    only = next(iter(secrets)) if len(secrets) == 1 else ""
    lines = answer.split("\n")
    said: dict[str, int] = {}
    for line in lines:
        said[line.strip()] = said.get(line.strip(), 0) + 1
    taken: dict[str, int] = {}
    for at, line in enumerate(lines):
        bare = line.strip()
        if MARK not in bare:
            continue
        meant = {text for _, text in known.get(bare, ())}
        found = here.get(bare, [])
        if len(meant) > 1 and said[bare] == len(found):  # All of them, in their order.
            place = taken.get(bare, 0)
            taken[bare] = place + 1
            meant = {found[place][1]}
        if len(meant) == 1:
            lines[at] = line.replace(bare, meant.pop(), 1)
        elif only:
            lines[at] = line.replace(MARK, only)
    return "\n".join(lines)


def check_restored(code: str, target: Target) -> None:
    """See that no mark stands where a secret is to stand.

    Raises:
        EditError: one does.
    """
    if code.count(MARK) > target.code.count(MARK):
        raise EditError(f"It has {MARK} in place of a secret.", "Leave that line as it is.")


def _lines(text: str, target: Target) -> dict[str, list[tuple[str, str]]]:
    """Return lines with secrets: by how they are shown, how they are shown and what they say."""
    shown = without_secrets(target.path, text)
    found: dict[str, list[tuple[str, str]]] = {}
    if shown != text:
        for blank, line in zip(shown.split("\n"), text.split("\n"), strict=True):
            if blank != line:
                found.setdefault(blank.strip(), []).append((blank.strip(), line.strip()))
    return found


def _secret(line: tuple[str, str]) -> str:
    """Return the one secret of a line, "" if it has several."""
    before, _, after = line[0].partition(MARK)
    return "" if MARK in after else line[1][len(before) : len(line[1]) - len(after)]

"""What verification catches: 30 recorded answers that are bad and 30 that are good, replayed.

A scripted model gives each answer to the product's own loop. A bad one must be repaired (the lines
that are shown after it are right) or caught: it is handed back, and the lines that come of the next
answer, which is right, are shown. Whether a model that repeats a bad answer has it shown is seen,
too: never without an ✗. A good one must be shown in the first round, without an ✗.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ownstack.actions.checks.check import Checker, Draft
from ownstack.actions.checks.choice import checkers_for
from ownstack.actions.draft import replacement
from ownstack.actions.edit import EditMaker
from ownstack.actions.result import MadeEdit
from ownstack.actions.target import Target, target_of
from ownstack.actions.wish import Wish
from ownstack.engine.scripted import ScriptedEngine
from ownstack.errors import EditError
from ownstack.languages import language_of
from ownstack.text import Span, fenced

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FOLDER = Path(__file__).parent / "recordings"
_ROUNDS = 6
"""Drafts that a loop makes at most."""


@dataclass(frozen=True, slots=True)
class Case:
    """A recorded answer."""

    kind: str
    is_good: bool
    wish: Wish
    answer: str
    right: str
    """The whole file as it is to become."""
    right_answer: str
    """What a model writes that is right."""


@dataclass(frozen=True, slots=True)
class Row:
    """What became of a recorded answer."""

    kind: str
    is_good: bool
    path: str
    found: str
    """What the checks say of it: "repaired", "accepted", or which of them failed."""
    rounds: int
    is_right: bool
    """Whether what is shown at the end is right."""
    if_repeated: str
    """What a user sees of a model that answers nothing else: "nothing", or the checks that fail."""

    @property
    def is_passed(self) -> bool:
        """Whether a bad one was caught or repaired, a good one taken at once."""
        if self.is_good:
            return self.is_right and self.rounds == 1 and self.found == "accepted"
        return self.is_right and (self.found == "repaired" or bool(self.if_repeated))


def cases() -> tuple[Case, ...]:
    """Read the recorded answers."""
    targets = _toml("targets")
    bad, good = _toml("bad"), _toml("good")
    rights = {name: text.removeprefix("\n") for name, text in bad["right"].items()}
    return (
        *(_case(raw, targets, rights) for raw in bad["case"]),
        *(_case(raw, targets, None) for raw in good["case"]),
    )


async def run() -> list[Row]:
    """Replay all of them."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        for path, text in _toml("targets").items():
            (root / path).write_text(text, "utf-8")
        return [await _row(case, root) for case in cases()]


def table(rows: Sequence[Row]) -> str:
    """Return what became of them as a table of Markdown."""
    lines = [
        "| answer | file | kind | found | rounds | right | if repeated, a user sees |",
        "|---|---|---|---|--:|---|---|",
    ]
    lines += [
        f"| {'good' if row.is_good else 'bad'} | {row.path} | {row.kind} | {row.found} | "
        f"{row.rounds} | {'yes' if row.is_right else 'NO'} | {row.if_repeated} |"
        for row in rows
    ]
    bad = [row for row in rows if not row.is_good]
    good = [row for row in rows if row.is_good]
    repaired = sum(row.is_passed and row.found == "repaired" for row in bad)
    caught = sum(row.is_passed and row.found != "repaired" for row in bad)
    lines += [
        "",
        f"Of {len(bad)} bad answers {repaired} repaired, {caught} caught, "
        f"{len(bad) - repaired - caught} missed. "
        f"Of {len(good)} good ones {sum(row.is_passed for row in good)} accepted at once.",
    ]
    return "\n".join(lines)


async def _row(case: Case, root: Path) -> Row:
    checkers = checkers_for(root, case.wish.target, run_tools=False, run_tests=False)
    made = await _made(case, checkers, case.answer, case.right_answer)
    repeated = await _made(case, checkers, *([case.answer] * _ROUNDS))
    failed = await _failed(case, checkers)
    is_first = made is not None and made.drafts == 1
    found = failed or ("accepted" if case.is_good else "repaired" if is_first else "")
    shown = "nothing"
    if repeated is not None:
        crosses = ", ".join(c.name for c in repeated.checks if c.state == "failed")
        shown = f"✗ {crosses}" if crosses else ""
    return Row(
        case.kind,
        case.is_good,
        case.wish.target.path,
        found,
        made.rounds if made is not None else 0,
        made is not None and made.after == case.right,
        "" if found in ("accepted", "repaired") else shown,
    )


async def _made(case: Case, checkers: Sequence[Checker], *answers: str) -> MadeEdit | None:
    engine = ScriptedEngine(*answers, context_tokens=16_000)
    try:
        return await EditMaker(engine, checkers).make(case.wish, "0" * 32)
    except EditError:
        return None
    finally:
        await engine.close()


async def _failed(case: Case, checkers: Sequence[Checker]) -> str:
    """Return why the recorded answer itself is not shown, or not without an ✗; "" if it is."""
    try:
        draft = Draft(case.wish, replacement(case.answer, case.wish.target))
    except EditError as error:
        return f"answer: {error.what}"
    checks = [await checker.check(draft) for checker in checkers]
    return ", ".join(check.name for check in checks if check.state == "failed")


def _case(raw: dict[str, Any], targets: dict[str, str], rights: dict[str, str] | None) -> Case:
    path = raw["target"]
    text = targets[path]
    if raw.get("target_crlf"):
        text = text.replace("\n", "\r\n")
    start = text.index(raw["at"])
    end = text.index(raw["to"]) + len(raw["to"]) if "to" in raw else start
    target = target_of(text, path, language_of("", path, text), Span(start, end))
    own = _without_head(target)
    answer = raw["answer"]
    if rights is None:
        code = answer.strip("\n").partition("\n")[2].rpartition("\n```")[0]
        right = raw.get("right", code).removeprefix("\n")
    else:
        right = rights[raw["right"]]
        if "within" in raw:
            right = own.code.replace("\r\n", "\n").replace(raw["within"], right)
    wish = Wish(
        target,
        raw.get("instruction", "Mend what is wrong with them."),
        keeps_signatures=raw.get("keeps_signatures", True),
        keeps_code=raw.get("keeps_code", False),
    )
    whole = own.with_replacement(right.replace("\n", "\r\n" if "\r\n" in text else "\n"))
    if raw.get("answer_crlf"):
        answer = answer.replace("\n", "\r\n")
    lines = answer.split("\n")
    for number in raw.get("crlf_lines", ()):
        lines[number - 1] += "\r"
    return Case(
        raw["kind"], rights is None, wish, "\n".join(lines), whole, fenced(right)
    )  # fmt: skip


def _without_head(target: Target) -> Target:
    """Return a target without its comments, which recorded answers leave out; they are to stay."""
    above = target.symbol.above if target.symbol is not None else 0
    head = "".join(target.code.splitlines(keepends=True)[:above])
    return replace(target, span=Span(target.span.start + len(head), target.span.end))


def _toml(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))

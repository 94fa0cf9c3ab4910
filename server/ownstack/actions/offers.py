"""Which actions are offered at a place in a file.

An editor asks at each move of the cursor, to light its bulb or not; then only what somebody
would want right there is offered. Asked by a person, everything that fits is; what cannot be used
at the moment says why.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from ownstack.actions.catalogue import ACTIONS, ActionId, OfferTier, is_asked_for
from ownstack.actions.target import MAX_TARGET_CHARS, Target
from ownstack.actions.transforms.choice import changes
from ownstack.extract.classify import FLAG_TEST, flags_of
from ownstack.extract.kinds import CLASSES, FUNCTIONS
from ownstack.files.reading import plain_lines
from ownstack.terminal import visible
from ownstack.text import Span, truncate

Severity = Literal["error", "warning", "information", "hint"]

MAX_DIAGNOSTICS = 8
"""Of one place that get actions; the worst first."""
_MAX_TITLE_CHARS = 100
_MAX_NAME_CHARS = 60
_WORST_FIRST: tuple[Severity, ...] = ("error", "warning", "information", "hint")
_SPLIT_LINES = 8
"""A function of fewer lines is not split."""
_BY_THEMSELVES = (ACTIONS["convertToFString"].kind, ACTIONS["convertToTemplate"].kind)
"""Transforms that an editor is told of wherever the cursor comes by."""
_UNUSED = (ACTIONS["removeUnusedImports"].kind,)
_IMPORTS = re.compile(r"[ \t]{0,200}(?:import|from)\b")
_PRESETS: tuple[ActionId, ...] = (
    "refactor.simplify",
    "refactor.rename",
    "refactor.split",
    "refactor.types",
    "refactor.modernise",
)


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """A fault that some language server, or a review of ours, found."""

    span: Span
    """In the text that the target has."""
    message: str
    severity: Severity = "error"
    source: str = ""
    code: str = ""


@dataclass(frozen=True, slots=True)
class Situation:
    """What somebody looks at, and what can be done there."""

    target: Target
    selected: Span
    diagnostics: Sequence[Diagnostic] = ()
    model: str = ""
    """The one that would answer, "" without one."""
    no_model_reason: str = ""
    """Why there is none or it may not be asked, and what to do."""
    refusal: str = ""
    """Why the file is not edited: read-only, generated, too large, a notebook."""
    only: tuple[str, ...] = ()
    """Kinds of LSP that are asked for; () for all."""
    automatic: bool = False
    """Whether the editor asks by itself, at a move of the cursor (LSP: `triggerKind`)."""
    hidden: str = ""
    """Why no model is shown the file, so that it is neither explained nor reviewed: its secrets."""


@dataclass(frozen=True, slots=True)
class Offer:
    """An action that is shown to the user."""

    action: ActionId
    kind: str
    title: str
    """One line."""
    tier: OfferTier
    disabled: str = ""
    """Why it cannot be used now, in a sentence; "" if it can."""
    diagnostic: int | None = None
    """Its place in the situation's list."""


def offers(view: Situation) -> tuple[Offer, ...]:
    """Return what is offered, in the order in which it is shown.

    Without a selection an editor that asks by itself is offered what a fault at the cursor, or the
    syntax right there, gives reason for; a blank place gives none.
    """
    found = [*_for_diagnostics(view), *_by_syntax(view)]
    if not (view.automatic and _is_blank(view.target.text, view.selected)):
        found += _by_model(view)
    place = {action: at for at, action in enumerate(ACTIONS)}
    found.sort(key=lambda offer: place[offer.action])
    return tuple(offer for offer in found if is_asked_for(offer.kind, view.only))


def _for_diagnostics(view: Situation) -> Iterator[Offer]:
    touched = [
        (at, diagnostic)
        for at, diagnostic in enumerate(view.diagnostics)
        if diagnostic.span.start <= view.selected.end
        and diagnostic.span.end >= view.selected.start
        and diagnostic.span.end <= len(view.target.text)
        and diagnostic.message.strip()
        and not (view.automatic and diagnostic.severity == "hint")
    ]
    touched.sort(key=lambda pair: _WORST_FIRST.index(pair[1].severity))
    for at, diagnostic in touched[:MAX_DIAGNOSTICS]:
        message = one_line(diagnostic.message, _MAX_TITLE_CHARS)
        yield _offer(view, "fix", message, diagnostic=at)
        yield _offer(view, "explain.diagnostic", message, diagnostic=at)


def _by_syntax(view: Situation) -> Iterator[Offer]:
    target, selected = view.target, view.selected
    if not view.automatic or view.only:
        # An editor that saves may have several tools for one kind: the name of ours is asked for.
        for action, change in changes(target, selected, view.only, exactly=view.automatic):
            yield _offer(view, action, change.what)
    elif len(selected):
        for action, change in changes(target, selected, ("refactor",)):
            yield _offer(view, action, change.what)
    else:
        for action, change in changes(target, selected, _BY_THEMSELVES):
            yield _offer(view, action, change.what)
    if is_asked_for("quickfix", view.only) and _IMPORTS.match(_line_at(target.text, selected)):
        for action, change in changes(target, selected, _UNUSED):
            if change.touches(target.text, selected):
                yield _offer(view, action, change.what, kind="quickfix")


def _by_model(view: Situation) -> Iterator[Offer]:
    target, language = view.target, view.target.language
    symbol = target.symbol
    is_selected = not _is_blank(target.text, view.selected)
    what = f"`{one_line(symbol.name, _MAX_NAME_CHARS)}`" if symbol else "selection"
    is_code = language is not None and bool(language.defines)
    is_function = symbol is not None and symbol.kind in FUNCTIONS
    is_major = symbol is not None and symbol.kind in FUNCTIONS | CLASSES
    yield _offer(view, "refactor.instruct", "")
    if is_code and (is_major or is_selected) and target.code.strip():
        for action in _PRESETS:
            if _fits(action, target):
                yield _offer(view, action, what)
    if is_code and (is_selected or is_function):
        yield _offer(view, "refactor.extract", "", disabled=_not_extractable(target, is_selected))
    if is_code and is_function:
        yield _offer(view, "bug", what)
    if is_code and is_major:
        yield _offer(view, "document", what)
        if not flags_of(target.path, generated=False) & FLAG_TEST:
            yield _offer(view, "test", what)
    if is_selected or symbol is not None:
        yield _offer(view, "explain.code", "selection" if is_selected else what)
    if target.text.strip():
        yield _offer(view, "review", "selection" if is_selected else "this file")


def _fits(action: ActionId, target: Target) -> bool:
    if action == "refactor.types":
        return target.language is not None and target.language.annotates
    if action == "refactor.split":
        first, last = target.lines
        above = target.symbol.above if target.symbol is not None else 0
        return last - first - above >= _SPLIT_LINES
    return True


def _not_extractable(target: Target, is_selected: bool) -> str:
    if not is_selected:
        return "Select the lines that shall become a function of their own first."
    if target.symbol is None:
        return ""
    selected = plain_lines(target.text[target.selected.start : target.selected.end]).strip()
    code = plain_lines(target.code).split("\n")
    if selected in ("\n".join(lines).strip() for lines in (code, code[target.symbol.above :])):
        return "Select a part of the function, not all of it."
    return ""


def _line_at(text: str, selected: Span) -> str:
    start = max(text.rfind(end, 0, selected.start) for end in "\r\n") + 1
    return text[start : start + 100]


def _offer(
    view: Situation,
    id: ActionId,
    what: str,
    *,
    kind: str = "",
    diagnostic: int | None = None,
    disabled: str = "",
) -> Offer:
    action = ACTIONS[id]
    if action.is_edit and view.refusal:
        disabled = view.refusal
    elif not action.is_edit and view.hidden:
        disabled = view.hidden
    elif action.tier == 2 and not view.model:
        disabled = view.no_model_reason or (
            "No model is chosen. Choose one with: ownstack models use NAME --for chat"
        )
    elif action.tier == 2 and action.is_edit and len(view.target.span) > MAX_TARGET_CHARS:
        disabled = (
            f"It is longer than {MAX_TARGET_CHARS:,} characters, more than a model writes again "
            "as a whole: put the cursor into a smaller part."
        )
    title = truncate(action.title.replace("{what}", what), _MAX_TITLE_CHARS)
    return Offer(id, kind or action.kind, title, action.tier, disabled, diagnostic)


def one_line(text: str, limit_chars: int) -> str:
    """Return the beginning of what others wrote on one line, with nothing hidden in it."""
    return truncate(visible(" ".join(text[: 4 * limit_chars].split())), limit_chars)


def _is_blank(text: str, span: Span) -> bool:
    return not text[span.start : span.end].strip()

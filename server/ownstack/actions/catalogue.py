"""Every action there is: its id, its kind in LSP, its title, and what it needs.

Ids go over the wire and into settings of users (keys bound to a kind): they do not change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

OfferTier = Literal[1, 2]
"""1: by syntax, without a model; 2: by a model."""
ActionId = Literal[
    "fix",
    "explain.diagnostic",
    "organiseImports",
    "removeUnusedImports",
    "convertToFString",
    "convertToTemplate",
    "sortMembers",
    "invertIf",
    "refactor.instruct",
    "refactor.simplify",
    "refactor.rename",
    "refactor.split",
    "refactor.types",
    "refactor.modernise",
    "refactor.extract",
    "bug",
    "document",
    "test",
    "explain.code",
    "review",
]


@dataclass(frozen=True, slots=True)
class Action:
    """Something that is offered for a place in a file."""

    kind: str
    """Of LSP. Clients ask for a kind and mean all that begin with it and a dot."""
    title: str
    """`{what}` stands for the symbol's name or for "selection"."""
    tier: OfferTier = 2
    is_edit: bool = True
    """Whether it would change a file; what does not is offered in files that are read-only."""
    asks: bool = False
    """Whether the user says in words what is wanted."""
    instruction: str = ""
    """What a model is told to do with the target; "" where its own module says it."""


ACTIONS: Mapping[ActionId, Action] = {
    "fix": Action("quickfix", "Fix: {what}"),
    "explain.diagnostic": Action("quickfix", "Explain: {what}", is_edit=False),
    "organiseImports": Action("source.organizeImports.ownstack", "Organise imports", 1),
    "removeUnusedImports": Action(
        "source.removeUnusedImports.ownstack", "Remove unused imports", 1
    ),
    "convertToFString": Action("refactor.rewrite.fString", "Convert to an f-string", 1),
    "convertToTemplate": Action("refactor.rewrite.template", "Convert to a template literal", 1),
    "sortMembers": Action("refactor.rewrite.sort", "Sort {what}", 1),
    "invertIf": Action("refactor.rewrite.invertIf", "Invert if and else", 1),
    "refactor.instruct": Action(
        "refactor.rewrite.instruct", "Edit with an instruction…", asks=True
    ),
    "refactor.simplify": Action(
        "refactor.rewrite.simplify",
        "Simplify {what}",
        instruction=(
            "Make this code simpler and easier to read. It must do exactly what it does now: the "
            "same results, errors and side effects. Leave what is simple already as it is."
        ),
    ),
    "refactor.rename": Action(
        "refactor.rewrite.rename",
        "Rename for clarity in {what}",
        instruction=(
            "Give local variables whose names say too little names that say what they hold. Do "
            "not rename parameters, attributes, or anything that other code uses. Change nothing "
            "else."
        ),
    ),
    "refactor.split": Action(
        "refactor.rewrite.split",
        "Split {what} into smaller parts",
        instruction=(
            "Split this code into several smaller functions with clear names, each with one "
            "purpose. What was there before keeps its name, its parameters and its behaviour, and "
            "calls the new ones."
        ),
    ),
    "refactor.types": Action(
        "refactor.rewrite.types",
        "Add types to {what}",
        instruction=(
            "Add type annotations to parameters, results, and variables whose type is not plain. "
            "Use only types that are certain from the code. Change nothing else."
        ),
    ),
    "refactor.modernise": Action(
        "refactor.rewrite.modernise",
        "Modernise {what}",
        instruction=(
            "Write this code with the current idioms of its language and standard library in "
            "place of outdated ones. It must do exactly what it does now."
        ),
    ),
    "refactor.extract": Action(
        "refactor.extract.function", "Extract a function from the selection"
    ),
    "bug": Action("refactor.rewrite.bug", "Find and fix a bug in {what}"),
    "document": Action("refactor.rewrite.document", "Document {what}"),
    "test": Action("refactor.rewrite.test", "Write tests for {what}"),
    "explain.code": Action("ownstack.explain", "Explain {what}", is_edit=False),
    "review": Action("source.review", "Review {what}", is_edit=False),
}
"""In the order in which they are offered."""

KINDS = (
    "quickfix",
    "refactor.extract",
    "refactor.rewrite",
    "source.organizeImports.ownstack",
    "source.removeUnusedImports.ownstack",
    "source.review",
    "ownstack.explain",
)
"""What a server says it offers."""


def is_asked_for(kind: str, only: tuple[str, ...]) -> bool:
    """Say whether a client that asks for some kinds means this one; without any it means all."""
    return not only or any(
        not asked or kind == asked or kind.startswith(f"{asked}.") for asked in only
    )

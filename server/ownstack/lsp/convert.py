"""LSP types to ours, and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from lsprotocol import types

from ownstack.app.documents.text_sync import Replacement
from ownstack.app.indexes.window_indexes import FolderHit, FolderSymbol
from ownstack.app.notebooks import CellText, Splice, TextView
from ownstack.app.offers import Offer
from ownstack.completion.suggestion import Suggestion, Trigger
from ownstack.extract.kinds import SymbolKind
from ownstack.lsp.model_messages import Model, ModelOffersResult
from ownstack.lsp.protocol import ACCEPTED, Hit
from ownstack.models.registry import ModelInfo, memory_needed
from ownstack.models.roles import ROLES, Role, unfit
from ownstack.text import Span

if TYPE_CHECKING:
    from ownstack.models.fit import Plan


def changes(
    events: Sequence[types.TextDocumentContentChangeEvent],
) -> list[Replacement | str]:
    """Return the edits of a `didChange`, in its order."""
    return [
        Replacement(
            (event.range.start.line, event.range.start.character),
            (event.range.end.line, event.range.end.character),
            event.text,
        )
        if isinstance(event, types.TextDocumentContentChangePartial)
        else event.text
        for event in events
    ]


def cell_text(item: types.TextDocumentItem) -> CellText:
    return CellText(item.uri, item.language_id, item.version, item.text)


def splice(array: types.NotebookCellArrayChange) -> Splice:
    return Splice(array.start, array.delete_count, [cell.document for cell in array.cells or ()])


def offset(view: TextView, position: types.Position) -> int:
    return view.start + view.index.offset(position.line, position.character)


def trigger(context: types.InlineCompletionContext) -> Trigger:
    invoked = context.trigger_kind == types.InlineCompletionTriggerKind.Invoked
    return Trigger.INVOKED if invoked else Trigger.AUTOMATIC


def selected(view: TextView, context: types.InlineCompletionContext) -> tuple[str, Span] | None:
    """Return the item selected in the editor's own list and what it replaces."""
    info = context.selected_completion_info
    if info is None:
        return None
    start, end = offset(view, info.range.start), offset(view, info.range.end)
    return info.text, Span(min(start, end), max(start, end))


def item(view: TextView, suggestion: Suggestion) -> types.InlineCompletionItem:
    """Return the ghost text, with the command that tells us when it is accepted."""
    return types.InlineCompletionItem(
        insert_text=suggestion.text,
        range=types.Range(
            position(view, suggestion.span.start), position(view, suggestion.span.end)
        ),
        command=types.Command("Accepted", ACCEPTED, arguments=[suggestion.id]),
    )


def position(view: TextView, offset: int) -> types.Position:
    return types.Position(*view.index.position(offset - view.start))


def model(info: ModelInfo, chosen_for: Sequence[str] = (), program: str = "") -> Model:
    return Model(
        name=info.name,
        path=str(info.path),
        size_bytes=info.size_bytes,
        parameters=info.parameters,
        infill=info.infill,
        infill_problem=info.infill_problem,
        memory_bytes=memory_needed(info),
        program=program,
        chosen_for=list(chosen_for),
        problems={role: f"It {reason}" for role in ROLES if (reason := unfit(info, role))},
    )


def model_offers(role: Role, plan: Plan, offers: Sequence[Offer]) -> ModelOffersResult:
    from ownstack.models.fetching.model_source import endpoint
    from ownstack.models.fit import gigabytes

    machine, place = plan.machine, plan.place
    choice = next(choice for choice in plan.choices if choice.role == role)
    why = "" if choice.model is not None else choice.why
    return ModelOffersResult(
        role=role,
        machine=f"{machine.title}: {gigabytes(machine.memory_bytes)} of memory, "
        f"{gigabytes(place.budget_bytes)} of {place.name} for models.",
        reason=why and f"{why[0].upper()}{why[1:]}.",
        host=urlsplit(endpoint()).netloc,
        offers=list(offers),
    )


Cells = Callable[[Path], Mapping[int, str]]
"""Names the cells of a notebook that is open, by their numbers."""


def hit(found: FolderHit, cells: Cells) -> Hit:
    chunk, file = found.hit, found.folder / found.hit.path
    return Hit(
        uri=(cells(file).get(chunk.cell) if chunk.cell else None) or file.as_uri(),
        path=chunk.path,
        start_line=chunk.start_line,
        end_line=chunk.end_line,
        line=found.line,
        kind=chunk.kind,
        name=chunk.name,
        score=chunk.score,
        text=chunk.text,
        parts=dict(chunk.parts),
        cell=chunk.cell,
    )


_KINDS: dict[SymbolKind, types.SymbolKind] = {
    "class": types.SymbolKind.Class,
    "struct": types.SymbolKind.Struct,
    "enum": types.SymbolKind.Enum,
    "interface": types.SymbolKind.Interface,
    "protocol": types.SymbolKind.Interface,
    "trait": types.SymbolKind.Interface,
    "function": types.SymbolKind.Function,
    "macro": types.SymbolKind.Function,
    "method": types.SymbolKind.Method,
    "constant": types.SymbolKind.Constant,
    "field": types.SymbolKind.Field,
    "module": types.SymbolKind.Module,
    "type": types.SymbolKind.Class,
    "section": types.SymbolKind.String,
    "key": types.SymbolKind.Key,
}


def symbol(found: FolderSymbol, cells: Cells) -> types.WorkspaceSymbol:
    """Return a symbol of the index; its place is the line of its name.

    Of a notebook: in its cell, if it is open, since editors name cells only then; else in the
    file as it is written.
    """
    stored, file = found.place.symbol, found.folder / found.place.symbol.path
    cell = cells(file).get(found.place.cell) if found.place.cell else None
    line = found.file_line if cell is None else found.place.name_line
    place = types.Position(line - 1, 0)
    return types.WorkspaceSymbol(
        location=types.Location(cell or file.as_uri(), types.Range(place, place)),
        name=stored.name,
        kind=_KINDS.get(stored.kind, types.SymbolKind.Variable),
        container_name=stored.qualified.removesuffix(stored.name).rstrip(".:#") or stored.path,
    )


def options(raw: Any) -> Mapping[str, Any]:
    """Return an object an editor sent, or an empty one if it sent something else."""
    return raw if isinstance(raw, Mapping) else {}

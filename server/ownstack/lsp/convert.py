"""LSP types to ours, and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from lsprotocol import types

from ownstack.completion.suggestion import Suggestion, Trigger
from ownstack.daemon.indexing import Found
from ownstack.daemon.sync import Replacement
from ownstack.document import Document
from ownstack.engine.models import ModelInfo
from ownstack.index.stored import StoredSymbol
from ownstack.lsp.protocol import ACCEPTED, Hit, Model
from ownstack.text import Span


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


def offset(document: Document, position: types.Position) -> int:
    return document.index.offset(position.line, position.character)


def trigger(context: types.InlineCompletionContext) -> Trigger:
    invoked = context.trigger_kind == types.InlineCompletionTriggerKind.Invoked
    return Trigger.INVOKED if invoked else Trigger.AUTOMATIC


def selected(document: Document, context: types.InlineCompletionContext) -> tuple[str, Span] | None:
    """Return the item selected in the editor's own list and what it replaces."""
    info = context.selected_completion_info
    if info is None:
        return None
    start, end = offset(document, info.range.start), offset(document, info.range.end)
    return info.text, Span(min(start, end), max(start, end))


def item(document: Document, suggestion: Suggestion) -> types.InlineCompletionItem:
    """Return the ghost text, with the command that tells us when it is accepted."""
    return types.InlineCompletionItem(
        insert_text=suggestion.text,
        range=types.Range(
            position(document, suggestion.span.start), position(document, suggestion.span.end)
        ),
        command=types.Command("Accepted", ACCEPTED, arguments=[suggestion.id]),
    )


def position(document: Document, offset: int) -> types.Position:
    return types.Position(*document.index.position(offset))


def model(info: ModelInfo, chosen_for: Sequence[str]) -> Model:
    return Model(
        name=info.name,
        path=str(info.path),
        size_bytes=info.size_bytes,
        parameters=info.parameters,
        infill=info.infill,
        infill_problem=info.infill_problem,
        chosen_for=list(chosen_for),
    )


def hit(found: Found) -> Hit:
    one = found.hit
    return Hit(
        uri=(found.folder / one.path).as_uri(),
        path=one.path,
        start_line=one.start_line,
        end_line=one.end_line,
        line=found.line,
        kind=one.kind,
        name=one.name,
        score=one.score,
        text=one.text,
        parts=dict(one.parts),
    )


_KINDS = {
    "class": types.SymbolKind.Class,
    "struct": types.SymbolKind.Struct,
    "enum": types.SymbolKind.Enum,
    "interface": types.SymbolKind.Interface,
    "protocol": types.SymbolKind.Interface,
    "trait": types.SymbolKind.Interface,
    "function": types.SymbolKind.Function,
    "macro": types.SymbolKind.Function,
    "method": types.SymbolKind.Method,
    "constructor": types.SymbolKind.Constructor,
    "constant": types.SymbolKind.Constant,
    "field": types.SymbolKind.Field,
    "property": types.SymbolKind.Property,
    "module": types.SymbolKind.Module,
    "namespace": types.SymbolKind.Namespace,
    "package": types.SymbolKind.Package,
    "type": types.SymbolKind.Class,
    "section": types.SymbolKind.String,
    "heading": types.SymbolKind.String,
    "key": types.SymbolKind.Key,
}


def symbol(folder: Path, found: StoredSymbol) -> types.WorkspaceSymbol:
    """Return a symbol of the index; its place is the line of its name."""
    line = found.name_line - 1
    place = types.Position(line, 0)
    return types.WorkspaceSymbol(
        location=types.Location((folder / found.path).as_uri(), types.Range(place, place)),
        name=found.name,
        kind=_KINDS.get(found.kind, types.SymbolKind.Variable),
        container_name=found.qualified.removesuffix(found.name).rstrip(".:#") or found.path,
    )


def options(raw: Any) -> Mapping[str, Any]:
    """Return an object an editor sent, or an empty one if it sent something else."""
    return raw if isinstance(raw, Mapping) else {}

"""Code actions: LSP types to ours, and back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from ownstack.lsp.action_messages import RUN, ActionArguments, ReviewFinding

if TYPE_CHECKING:
    from ownstack.actions.offers import Offer, Severity
    from ownstack.actions.review import Finding
    from ownstack.app.actions.place import Said, TextRange
    from ownstack.app.actions.reviews import Found

SOURCE = "ownstack review"
_SEVERITIES: dict[types.DiagnosticSeverity | None, Severity] = {
    None: "error",
    types.DiagnosticSeverity.Error: "error",
    types.DiagnosticSeverity.Warning: "warning",
    types.DiagnosticSeverity.Information: "information",
    types.DiagnosticSeverity.Hint: "hint",
}
_OF_SEVERITY = {severity: kind for kind, severity in _SEVERITIES.items() if kind is not None}


def text_range(range: types.Range) -> TextRange:
    from ownstack.app.actions.place import TextRange

    start, end = range.start, range.end
    return TextRange((start.line, start.character), (end.line, end.character))


def said(diagnostics: Sequence[types.Diagnostic]) -> tuple[Said, ...]:
    """Return what a client says of a place."""
    from ownstack.app.actions.place import Said

    return tuple(
        Said(
            text_range(each.range),
            each.message if isinstance(each.message, str) else each.message.value,
            _SEVERITIES.get(each.severity, "error"),
            each.source or "",
            "" if each.code is None else str(each.code),
        )
        for each in diagnostics
    )


def diagnostic(found: Found) -> types.Diagnostic:
    """Return a finding as an editor shows it beside what language servers find."""
    finding = found.finding
    text = f"{finding.title}\n{finding.detail}".strip()
    severity = _OF_SEVERITY[finding.severity]
    return types.Diagnostic(lines(finding), text, severity=severity, source=SOURCE)


def review_finding(found: Found) -> ReviewFinding:
    finding = found.finding
    return ReviewFinding(found.uri, lines(finding), finding.severity, finding.title, finding.detail)


def lines(finding: Finding) -> types.Range:
    """Return the whole lines that a finding is about."""
    return types.Range(
        types.Position(finding.start_line - 1, 0), types.Position(finding.end_line, 0)
    )


def code_action(
    offer: Offer, arguments: ActionArguments, data: Any, *, runs_commands: bool
) -> types.CodeAction:
    """Return an action as a menu shows it. `data` is what `codeAction/resolve` needs of it."""
    command = None
    if offer.tier > 1 and not offer.disabled and runs_commands:
        command = types.Command(offer.title, RUN, arguments=[data])
    return types.CodeAction(
        offer.title,
        kind=offer.kind,
        diagnostics=arguments.diagnostics or None,
        disabled=types.CodeActionDisabled(offer.disabled) if offer.disabled else None,
        command=command,
        data=data,
    )

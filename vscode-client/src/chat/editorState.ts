/** What of the editor goes with a question: only what the user sees named above the text box. */

import * as vscode from 'vscode';

import type { ChatDiagnostic, ChatEditor } from '../chatProtocol.js';
import type { Attachable, Attached } from './messages.js';

const MAX_SELECTION = 20_000;
const MAX_PROBLEMS = 20;
const MAX_TABS = 20;
const SEVERITIES: readonly ChatDiagnostic['severity'][] = ['error', 'warning', 'information', 'hint'];

/** Returns what there is to go with a question now. */
export function attachable(): Attachable {
  const editor = inFront();
  if (!editor) return { file: '', startLine: 0, endLine: 0, problems: 0 };
  const { document } = editor;
  const selection = selected(editor);
  return {
    file: vscode.workspace.asRelativePath(document.uri, false),
    startLine: selection?.startLine ?? 0,
    endLine: selection?.endLine ?? 0,
    problems: problems(document).length,
  };
}

/** Returns the parts of the editor's state that were chosen, bounded. */
export function editorState(attached: Attached): ChatEditor | undefined {
  const editor = inFront();
  if (!editor) return undefined;
  const uri = editor.document.uri.toString();
  const selection = attached.selection ? selected(editor) : null;
  return {
    ...(attached.file ? { uri, line: editor.selection.active.line + 1, tabs: tabs() } : {}),
    ...(selection ? { selection: { uri, ...selection } } : {}),
    ...(attached.problems ? { diagnostics: problems(editor.document) } : {}),
  };
}

/** Calls `changed` when what could go with a question is another. */
export function watchEditor(changed: () => void): vscode.Disposable {
  return vscode.Disposable.from(
    vscode.window.onDidChangeActiveTextEditor(changed),
    vscode.window.onDidChangeTextEditorSelection(({ textEditor }) => {
      if (textEditor === vscode.window.activeTextEditor) changed();
    }),
    vscode.languages.onDidChangeDiagnostics(({ uris }) => {
      const front = inFront()?.document.uri.toString();
      if (uris.some((uri) => uri.toString() === front)) changed();
    }),
  );
}

/** Returns the editor in front, if it shows a file of the workspace. */
export function inFront(): vscode.TextEditor | undefined {
  const editor = vscode.window.activeTextEditor;
  return editor && vscode.workspace.getWorkspaceFolder(editor.document.uri) ? editor : undefined;
}

function selected({ document, selection }: vscode.TextEditor): { startLine: number; endLine: number; text: string } | null {
  if (selection.isEmpty) return null;
  const text = document.getText(selection).slice(0, MAX_SELECTION);
  // A selection of whole lines ends before the first letter of the next.
  const last = selection.end.character || selection.end.line === selection.start.line ? selection.end.line : selection.end.line - 1;
  return { startLine: selection.start.line + 1, endLine: last + 1, text };
}

function problems(document: vscode.TextDocument): ChatDiagnostic[] {
  const uri = document.uri.toString();
  return vscode.languages
    .getDiagnostics(document.uri)
    .filter(({ severity }) => severity <= vscode.DiagnosticSeverity.Warning)
    .slice(0, MAX_PROBLEMS)
    .map(({ range, severity, message, source }) => ({
      uri,
      line: range.start.line + 1,
      severity: SEVERITIES[severity] ?? 'hint',
      message: message.slice(0, 500),
      source: source ?? '',
    }));
}

function tabs(): string[] {
  const open = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
  const uris = open.flatMap(({ input }) => (input instanceof vscode.TabInputText ? [input.uri] : []));
  const files = uris.filter((uri) => vscode.workspace.getWorkspaceFolder(uri));
  return [...new Set(files.map(String))].slice(0, MAX_TABS);
}

/** What the user wants, and of which lines. */

import * as vscode from 'vscode';
import type { Range } from 'vscode-languageclient/node';

const MAX_INSTRUCTION = 4_000;

/** Asks what to do with lines. Resolves to "" if nothing was said. */
export async function askInstruction(document: vscode.TextDocument, range: vscode.Range): Promise<string> {
  const { first, last } = linesOfRange(range);
  const lines = last > first ? `lines ${first}–${last}` : `line ${first}`;
  const said = await vscode.window.showInputBox({
    title: `Edit ${lines} of ${vscode.workspace.asRelativePath(document.uri, false)}`,
    prompt: 'Say what to do. Nothing is changed before you accept it.',
    placeHolder: 'For example: return an empty list where there is nothing',
    validateInput: (text) => (text.length > MAX_INSTRUCTION ? `At most ${MAX_INSTRUCTION} characters.` : null),
  });
  return said?.trim() ?? '';
}

/** Returns the first and the last line that a selection has letters of, from 1. */
export function linesOfRange({ start, end }: vscode.Range): { first: number; last: number } {
  const last = end.character || end.line === start.line ? end.line : end.line - 1;
  return { first: start.line + 1, last: last + 1 };
}

export function rangeOf({ start, end }: vscode.Range): Range {
  return { start: { line: start.line, character: start.character }, end: { line: end.line, character: end.character } };
}

/** Hunks of edits that wait beside the lines that they would change, each to be accepted or rejected. */

import * as vscode from 'vscode';

import type { EditResult } from '../actionProtocol.js';
import type { ChatHunk } from '../toolProtocol.js';
import { linesOf } from '../webview/hunks.js';
import { checksBlock, hunkBlock, hunkLabel, madeBy } from './markdown.js';
import { moved, nearest, type Lines } from './placed.js';
import type { Part, Threads } from './threads.js';

/** Tells package.json whether hunks wait in the editor in front: their keys work only then. */
const CONTEXT = 'ownstack.hunks';

interface Hunk {
  index: number;
  lines: Lines;
  thread: vscode.CommentThread;
}

interface Waiting {
  uri: string;
  hunks: Hunk[];
}

export class Hunks implements vscode.Disposable {
  /** By the ids of their edits. */
  private readonly waiting = new Map<string, Waiting>();
  private readonly removed = vscode.window.createTextEditorDecorationType({
    isWholeLine: true,
    backgroundColor: new vscode.ThemeColor('diffEditor.removedLineBackground'),
    overviewRulerColor: new vscode.ThemeColor('editorOverviewRuler.deletedForeground'),
  });
  private readonly listening = vscode.Disposable.from(
    vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => { this.follow(document.uri, contentChanges); }),
    vscode.window.onDidChangeVisibleTextEditors(() => { this.decorate(); }),
    vscode.window.onDidChangeActiveTextEditor(() => { this.tellKeys(); }),
  );

  constructor(private readonly threads: Threads) {}

  dispose(): void {
    for (const id of [...this.waiting.keys()]) this.forget(id);
    this.listening.dispose();
    this.removed.dispose();
  }

  /** Shows what is left of an edit, in place of what was shown of it. */
  show(made: EditResult): void {
    this.forget(made.id);
    const file = made.files.find(({ hunks }) => hunks.length > 0);
    if (!file) return;
    const uri = vscode.Uri.parse(file.uri, true);
    const hunks = file.hunks.map((hunk, at): Hunk => {
      const lines = linesOfHunk(hunk);
      const checks: Part = { title: 'checks', text: `${madeBy(made)}\n\n${checksBlock(made.checks)}` };
      const note = {
        label: hunkLabel(hunk, at + 1, file.hunks.length),
        parts: [{ title: '', text: hunkBlock(hunk) }, ...(at === 0 ? [checks] : [])],
      };
      const thread = this.threads.show(uri, Math.max(lines.start, lines.end - 1, 0), 'hunk', note);
      return { index: hunk.index, lines, thread };
    });
    this.waiting.set(made.id, { uri: uri.toString(), hunks });
    this.decorate();
    this.tellKeys();
  }

  /** Takes an edit's notes away. */
  forget(id: string): void {
    const known = this.waiting.get(id);
    if (!known) return;
    this.waiting.delete(id);
    for (const { thread } of known.hunks) thread.dispose();
    this.decorate();
    this.tellKeys();
  }

  /** Returns the ids of the edits that wait in a document. */
  of(uri: vscode.Uri): string[] {
    return [...this.waiting].filter(([, waiting]) => waiting.uri === uri.toString()).map(([id]) => id);
  }

  /** Returns the hunk of a thread, or without one the hunk at the cursor. Throws where none waits. */
  find(given: unknown): { id: string; index: number } {
    const editor = vscode.window.activeTextEditor;
    const all = [...this.waiting].flatMap(([id, { uri, hunks }]) => hunks.map((hunk) => ({ id, uri, ...hunk })));
    const named = all.find(({ thread }) => thread === given);
    const here = all.filter(({ uri }) => uri === editor?.document.uri.toString());
    const found = named ?? here[nearest(here.map(({ lines }) => lines), editor?.selection.active.line ?? 0)];
    if (!found) throw new Error('No change waits in this file.');
    return found;
  }

  private follow(uri: vscode.Uri, changes: readonly vscode.TextDocumentContentChangeEvent[]): void {
    const ids = this.of(uri);
    for (const { range, text } of ids.length ? changes : []) {
      const { start, end } = range;
      const change = { first: start.line, last: end.line, column: end.character, breaks: text.split('\n').length - 1 };
      for (const id of ids) {
        for (const hunk of this.waiting.get(id)?.hunks ?? []) hunk.lines = moved(hunk.lines, change);
      }
    }
  }

  private decorate(): void {
    for (const editor of vscode.window.visibleTextEditors) {
      const hunks = this.of(editor.document.uri).flatMap((id) => this.waiting.get(id)?.hunks ?? []);
      const ranges = hunks.filter(({ lines }) => lines.end > lines.start).map(({ lines }) => new vscode.Range(lines.start, 0, lines.end - 1, 0));
      editor.setDecorations(this.removed, ranges);
    }
  }

  private tellKeys(): void {
    const editor = vscode.window.activeTextEditor;
    void vscode.commands.executeCommand('setContext', CONTEXT, editor !== undefined && this.of(editor.document.uri).length > 0);
  }
}

/** Returns the lines that a hunk replaces; what is only added goes below the line before. */
function linesOfHunk({ startLine, before }: ChatHunk): Lines {
  const count = linesOf(before).length;
  const start = Math.max(0, startLine - 1);
  return count ? { start, end: start + count } : { start: Math.max(0, start - 1), end: Math.max(0, start - 1) };
}

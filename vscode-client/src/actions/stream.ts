/** An edit while it is written: a diff that grows below the lines that it replaces. */

import * as vscode from 'vscode';

import type { EditProgressed } from '../actionProtocol.js';
import { linesOf } from '../webview/hunks.js';
import { visibleLine } from '../webview/visible.js';
import { linesOfRange } from './instruction.js';
import { lineDiff } from './lineDiff.js';
import { diffBlock, stageWords } from './markdown.js';
import { move, renew, type Note, type Threads } from './threads.js';

/** The editor passes on a note when it was left alone for 100 ms. */
const RENEW_MS = 250;
/** Lines of it that are shown: the newest. */
const MOST_LINES = 40;

export class Stream implements vscode.Disposable {
  private readonly decoration = vscode.window.createTextEditorDecorationType({
    isWholeLine: true,
    backgroundColor: new vscode.ThemeColor('editor.rangeHighlightBackground'),
  });
  private readonly before: string[];
  private readonly thread: vscode.CommentThread;
  private timer: NodeJS.Timeout | null = null;
  private text = '';
  private now: EditProgressed;

  constructor(
    threads: Threads,
    private readonly editor: vscode.TextEditor,
    private readonly instruction: string,
  ) {
    const { document, selection } = editor;
    const { first, last } = linesOfRange(selection);
    this.before = linesOf(document.getText());
    this.now = { id: '', stage: 'waiting', round: 1, done: 0, total: 0, text: null, startLine: first, endLine: last };
    this.thread = threads.show(document.uri, last - 1, 'writing', this.note());
    this.decorate();
  }

  dispose(): void {
    if (this.timer) clearTimeout(this.timer);
    this.thread.dispose();
    this.decoration.dispose();
  }

  hear(progress: EditProgressed): void {
    const moves = progress.startLine !== this.now.startLine || progress.endLine !== this.now.endLine;
    // Another round begins a text of its own.
    if (progress.round !== this.now.round) this.text = '';
    this.now = progress;
    this.text = progress.text ?? this.text;
    if (moves) this.decorate();
    this.timer ??= setTimeout(() => {
      this.timer = null;
      move(this.thread, Math.max(0, this.now.endLine - 1));
      renew(this.thread, this.note());
    }, RENEW_MS);
  }

  private note(): Note {
    const label = `${stageWords(this.now)}: ${visibleLine(this.instruction, 80)}`;
    const { startLine, endLine, stage } = this.now;
    if (!this.text) return { label, parts: [{ title: '', text: 'Nothing is written yet. Escape stops it.' }] };
    const lines = lineDiff(this.before.slice(startLine - 1, endLine), linesOf(this.text), stage !== 'writing');
    return { label, parts: [{ title: '', text: diffBlock(lines.slice(-MOST_LINES)) }] };
  }

  private decorate(): void {
    const { startLine, endLine } = this.now;
    this.editor.setDecorations(this.decoration, [new vscode.Range(startLine - 1, 0, endLine - 1, 0)]);
  }
}

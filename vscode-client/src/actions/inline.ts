/** Inline edit: an instruction becomes a diff in place, of which each hunk is accepted or rejected. */

import * as vscode from 'vscode';

import type { EditResult } from '../actionProtocol.js';
import { count } from '../webview/figures.js';
import type { Edits } from './edits.js';
import { Hunks } from './hunks.js';
import { askInstruction, rangeOf } from './instruction.js';
import { checksWords } from './markdown.js';
import { shownWhile } from './running.js';
import { Stream } from './stream.js';
import type { Threads } from './threads.js';

/** Tells package.json whether an edit is written in place: Escape stops it only then. */
const CONTEXT = 'ownstack.writing';
const STATUS_MS = 6_000;

export class InlineEdits implements vscode.Disposable {
  private readonly hunks: Hunks;
  /** Edits that are written, by their documents. */
  private readonly writing = new Map<string, vscode.CancellationTokenSource>();

  constructor(
    private readonly edits: Edits,
    private readonly threads: Threads,
  ) {
    this.hunks = new Hunks(threads);
  }

  dispose(): void {
    for (const source of this.writing.values()) source.cancel();
    this.hunks.dispose();
  }

  /** Asks what to do with the selection, and shows it as it is written. */
  async start(given: unknown): Promise<void> {
    const editor = vscode.window.activeTextEditor;
    if (!editor) throw new Error('Open a file and select what to edit.');
    const { uri } = editor.document;
    if (this.writing.has(uri.toString())) throw new Error('An edit of this file is being written. Stop it, or wait for it.');
    const instruction = await askInstruction(editor.document, editor.selection);
    if (!instruction || !(await this.mayGoOn(uri))) return;
    await this.write(editor, instruction, isAloud(given));
  }

  /** Stops what is written in the file in front; where it has nothing, everywhere. */
  stop(): Promise<void> {
    const front = this.writing.get(vscode.window.activeTextEditor?.document.uri.toString() ?? '');
    for (const source of front ? [front] : this.writing.values()) source.cancel();
    return Promise.resolve();
  }

  /** Accepts or rejects the hunk of a thread, else the one at the cursor. */
  async decideOne(kind: 'accept' | 'reject', given: unknown): Promise<void> {
    const { id, index } = this.hunks.find(given);
    await this.decide(kind, id, [index]);
  }

  /** Accepts or rejects all hunks of the edit that a thread, or the cursor, is in. */
  async decideAll(kind: 'accept' | 'reject', given: unknown): Promise<void> {
    await this.decide(kind, this.hunks.find(given).id);
  }

  private async decide(kind: 'accept' | 'reject', id: string, hunks?: number[]): Promise<void> {
    try {
      this.hunks.show(await this.edits[kind](id, hunks));
    } catch (error) {
      // What is rejected goes, even if the server has forgotten it.
      if (kind === 'reject') this.hunks.forget(id);
      else throw error;
    }
    // The button that was pressed is gone: the keyboard goes back to the text.
    await vscode.commands.executeCommand('workbench.action.focusActiveEditorGroup');
  }

  /** Asks what becomes of changes that wait in the file: another edit would not fit beside them. */
  private async mayGoOn(uri: vscode.Uri): Promise<boolean> {
    const [id] = this.hunks.of(uri);
    if (!id) return true;
    const buttons = ['Reject Them', 'Accept Them'] as const;
    const chosen = await vscode.window.showInformationMessage('Changes wait in this file. What becomes of them before the next edit?', { modal: true }, ...buttons);
    if (!chosen) return false;
    await this.decide(chosen === 'Accept Them' ? 'accept' : 'reject', id);
    return this.hunks.of(uri).length === 0;
  }

  private async write(editor: vscode.TextEditor, instruction: string, aloud: boolean): Promise<void> {
    const { document, selection } = editor;
    const key = document.uri.toString();
    const source = new vscode.CancellationTokenSource();
    const stream = new Stream(this.threads, editor, instruction);
    this.writing.set(key, source);
    this.tellKeys();
    const asked = { uri: key, version: document.version, range: rangeOf(selection), action: 'refactor.instruct', instruction };
    let made: EditResult | null;
    try {
      made = await shownWhile('Ownstack edits', aloud, (token, hear) => {
        token.onCancellationRequested(() => { source.cancel(); });
        return this.edits.make(asked, source.token, (progress) => {
          hear(progress);
          stream.hear(progress);
        });
      });
    } catch (error) {
      if (!source.token.isCancellationRequested) throw error;
      made = null;
    } finally {
      stream.dispose();
      source.dispose();
      this.writing.delete(key);
      this.tellKeys();
    }
    if (made) this.hunks.show(made);
    announce(made, aloud);
  }

  private tellKeys(): void {
    void vscode.commands.executeCommand('setContext', CONTEXT, this.writing.size > 0);
  }
}

/** Says how it ended, in the status bar, or where a screen reader says it. */
function announce(made: EditResult | null, aloud: boolean): void {
  const changes = made?.files.reduce((sum, { hunks }) => sum + hunks.length, 0) ?? 0;
  const words = made ? `${count(changes, 'change')} to accept or reject. ${checksWords(made.checks)}.` : 'The edit was stopped. Nothing was changed.';
  if (aloud) void vscode.window.showInformationMessage(words);
  else vscode.window.setStatusBarMessage(words, STATUS_MS);
}

/** Tells whether what goes on is to be said aloud: a key says so where a screen reader is used. */
function isAloud(given: unknown): boolean {
  const setting = vscode.workspace.getConfiguration('editor').get('accessibilitySupport');
  return setting === 'on' || (given as { aloud?: unknown } | undefined)?.aloud === true;
}

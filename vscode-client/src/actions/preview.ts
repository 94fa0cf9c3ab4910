/** An edit that was made, in the editor's own diff, with what was checked of it beside it. */

import * as vscode from 'vscode';

import type { EditResult } from '../actionProtocol.js';
import { modified, type Proposals } from '../chat/proposals.js';
import type { Edits } from './edits.js';
import { checksBlock, checksWords, madeBy } from './markdown.js';
import type { Note, Threads } from './threads.js';

/** The files of one edit: they are decided on together. */
interface Shown {
  uris: vscode.Uri[];
  threads: vscode.CommentThread[];
}

export class Preview implements vscode.Disposable {
  private readonly shown = new Map<string, Shown>();
  private readonly closing = vscode.window.tabGroups.onDidChangeTabs(({ closed }) => {
    for (const tab of closed) this.left(modified(tab));
  });

  constructor(
    private readonly edits: Edits,
    private readonly proposals: Proposals,
    private readonly threads: Threads,
  ) {}

  dispose(): void {
    this.closing.dispose();
    for (const id of [...this.shown.keys()]) this.forget(id);
  }

  /** Shows it. Rejects with a sentence if there is nothing to show. */
  async show(made: EditResult): Promise<void> {
    const files = made.files.filter(({ reason }) => !reason);
    if (!files.length) throw new Error(made.files[0]?.reason ?? 'Nothing would change.');
    const note = noteOf(made);
    const shown: Shown = { uris: [], threads: [] };
    this.shown.set(made.id, shown);
    for (const file of files) {
      const uri = await this.proposals.propose(file, made.label, (kind) => this.decide(kind, made.id));
      shown.uris.push(uri);
      shown.threads.push(this.threads.show(uri, Math.max(0, (file.hunks[0]?.startLine ?? 1) - 2), 'checks', note));
    }
  }

  private async decide(kind: 'apply' | 'refuse', id: string): Promise<void> {
    await (kind === 'apply' ? this.edits.accept(id) : this.edits.reject(id));
    for (const uri of this.forget(id)) await this.proposals.close(uri);
  }

  /** A diff was closed: what it showed cannot be decided on any more. */
  private left(uri: vscode.Uri | undefined): void {
    const open = vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs).map((tab) => modified(tab)?.toString());
    if (!uri || open.includes(uri.toString())) return;
    const [id, shown] = [...this.shown].find(([, { uris }]) => uris.some((one) => one.toString() === uri.toString())) ?? [];
    if (!id || shown?.uris.some((one) => open.includes(one.toString()))) return;
    this.forget(id);
    // It stands for nothing any more, and is dropped by the server in time if it does not hear this.
    this.edits.reject(id).catch(() => undefined);
  }

  /** Takes its notes away, and returns where it was shown. */
  private forget(id: string): vscode.Uri[] {
    const shown = this.shown.get(id);
    this.shown.delete(id);
    for (const thread of shown?.threads ?? []) thread.dispose();
    return shown?.uris ?? [];
  }
}

/** Returns what was checked, and who made the edit. */
export function noteOf(made: EditResult): Note {
  const words = checksWords(made.checks);
  return { label: `${made.label}: ${words}`, parts: [{ title: 'checks', text: `${madeBy(made)}\n\n${checksBlock(made.checks)}` }] };
}

/** Changes that an answer proposes: shown in the editor's own diff, applied only when accepted. */

import { constants } from 'node:fs';
import { access, lstat, realpath, stat } from 'node:fs/promises';
import { dirname, relative } from 'node:path';

import * as vscode from 'vscode';

import type { ChatFileChange } from '../toolProtocol.js';
import { inFront } from './editorState.js';
import { difference, placed } from './placing.js';

export const SCHEME = 'ownstack-proposal';
const MAX_OPEN = 100;
const REVIEW = 'Proposed changes of turn';

interface Proposal {
  target: vscode.Uri;
  /** The file's text when the proposal was made; null: there is no such file yet. */
  base: string | null;
  text: string;
  /** One that a conversation has proposed; "" for any other. */
  edit: string;
  /** Has the server apply or refuse it; null: it is applied here. Rejects with a sentence. */
  decide: ((kind: 'apply' | 'refuse') => Promise<void>) | null;
}

/** Has the server apply or refuse an edit of a conversation. Rejects with a sentence. */
export type Decide = (kind: 'apply' | 'refuse', edit: string) => Promise<void>;

export class Proposals implements vscode.Disposable, vscode.TextDocumentContentProvider {
  private readonly open = new Map<string, Proposal>();
  private readonly registration = vscode.workspace.registerTextDocumentContentProvider(SCHEME, this);
  private number = 0;

  constructor(private readonly decide: Decide) {}

  dispose(): void {
    this.registration.dispose();
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.open.get(uri.toString())?.text ?? '';
  }

  /**
   * Shows a code block as a change of the file that it names, else of the one in front.
   *
   * Rejects with a sentence if that cannot be.
   */
  async show(code: string, path: string, folder: vscode.Uri | undefined): Promise<void> {
    const editor = inFront();
    const target = path ? await resolve(path, folder) : editor?.document.uri;
    if (!target) throw new Error('Open the file that the code is for, then apply it again: the block names none.');
    await check(target);
    const document = await existing(target);
    const isFront = editor?.document.uri.toString() === target.toString();
    const made = document
      ? placed(document.getText(), code, isFront ? offsets(document, editor.selection) : atEnd(document))
      : { text: code.endsWith('\n') ? code : `${code}\n`, how: 'as a new file' };
    if ('problem' in made) throw new Error(made.problem);
    if (made.text === document?.getText()) throw new Error(`${name(target)} says that already: nothing would change.`);
    await this.diff({ target, base: document ? document.getText() : null, text: made.text, edit: '', decide: null }, `proposed, ${made.how}`);
  }

  /** Shows edits that the server has in the editor's own diff, several files in one. */
  async review(changes: readonly ChatFileChange[], turn: number): Promise<void> {
    const shown: Proposal[] = [];
    const reasons: string[] = [];
    for (const { edit, uri, isNew, before, after, reason } of changes) {
      if (reason) {
        reasons.push(reason);
        continue;
      }
      const target = vscode.Uri.parse(uri, true);
      await checkInside(target);
      shown.push({ target, base: isNew ? null : before, text: after, edit, decide: (kind) => this.decide(kind, edit) });
    }
    const [first] = shown;
    if (!first) throw new Error(reasons[0] ?? 'There is nothing to review: these changes were applied or refused already.');
    if (shown.length === 1) {
      await this.diff(first, 'proposed');
      return;
    }
    const rows = shown.map((proposal) => [proposal.target, proposal.base === null ? undefined : proposal.target, this.added(proposal)]);
    await vscode.commands.executeCommand('vscode.changes', `${REVIEW} ${turn}`, rows);
  }

  /** Shows a change of one file that is decided on elsewhere. Resolves to where its new text is. */
  async propose({ uri, isNew, before, after }: ChatFileChange, how: string, decide: NonNullable<Proposal['decide']>): Promise<vscode.Uri> {
    const target = vscode.Uri.parse(uri, true);
    if (isNew) await checkInside(target);
    return this.diff({ target, base: isNew ? null : before, text: after, edit: '', decide }, how);
  }

  /** Closes the diffs of edits that wait no longer. */
  async settle(pending: ReadonlySet<string>): Promise<void> {
    const done = [...this.open].filter(([, { edit }]) => edit && !pending.has(edit)).map(([key]) => key);
    if (!done.length) return;
    for (const key of done) this.open.delete(key);
    const waits = [...this.open.values()].some(({ edit }) => edit);
    await closeTabs((tab) => {
      const shown = modified(tab)?.toString();
      // The API does not say what a diff of several files shows, only how it is called.
      return shown === undefined ? !waits && tab.label.startsWith(REVIEW) : done.includes(shown);
    });
  }

  /** Applies the proposal of the diff in front. It is one step of undo. */
  async accept(given?: unknown): Promise<void> {
    const [uri, proposal] = this.named(given);
    if (proposal.decide) {
      await proposal.decide('apply');
      await this.close(uri);
      await shownAt(proposal);
      return;
    }
    if (!vscode.workspace.isTrusted) throw new Error('Nothing is applied in restricted mode. Trust the folder, then apply it again.');
    await check(proposal.target);
    const document = await existing(proposal.target);
    if ((document ? document.getText() : null) !== proposal.base) {
      throw new Error(`${name(proposal.target)} has changed since this was proposed. Nothing was applied; apply the block again to see the change as it would be now.`);
    }
    const edit = new vscode.WorkspaceEdit();
    if (document) {
      const { start, end, text } = difference(document.getText(), proposal.text);
      edit.replace(document.uri, new vscode.Range(document.positionAt(start), document.positionAt(end)), text);
    } else {
      edit.createFile(proposal.target, { overwrite: false, contents: Buffer.from(proposal.text) });
    }
    if (!(await vscode.workspace.applyEdit(edit))) {
      throw new Error(`The editor did not take the change of ${name(proposal.target)}. Nothing was applied.`);
    }
    await this.close(uri);
    await shownAt(proposal);
  }

  async discard(given?: unknown): Promise<void> {
    const [uri, { decide }] = this.named(given);
    await decide?.('refuse');
    await this.close(uri);
  }

  /** Closes the diff of a proposal, if it is open still. */
  async close(uri: vscode.Uri): Promise<void> {
    this.open.delete(uri.toString());
    await closeTabs((tab) => modified(tab)?.toString() === uri.toString());
  }

  private async diff(proposal: Proposal, how: string): Promise<vscode.Uri> {
    const uri = this.added(proposal);
    const left = proposal.base === null ? proposal.target.with({ scheme: SCHEME, query: 'empty' }) : proposal.target;
    const title = `${name(proposal.target)}: ${how}`;
    await vscode.commands.executeCommand('vscode.diff', left, uri, title, { preview: false });
    return uri;
  }

  /** Keeps a proposal, and returns where its text is read from. */
  private added(proposal: Proposal): vscode.Uri {
    this.number += 1;
    const uri = proposal.target.with({ scheme: SCHEME, query: `number=${this.number}` });
    this.open.set(uri.toString(), proposal);
    for (const key of [...this.open.keys()].slice(0, -MAX_OPEN)) this.open.delete(key);
    return uri;
  }

  private named(given: unknown): [vscode.Uri, Proposal] {
    const uri = given instanceof vscode.Uri ? given : modified(vscode.window.tabGroups.activeTabGroup.activeTab);
    const proposal = uri && this.open.get(uri.toString());
    if (!uri || !proposal) throw new Error('There is no proposal in front. Choose “Apply…” at a code block, or a code action, first.');
    return [uri, proposal];
  }
}

/** Shows the file of a proposal, with the cursor where it was changed. */
async function shownAt({ target, base, text }: Proposal): Promise<void> {
  const shown = await vscode.window.showTextDocument(target, { preview: false });
  const at = shown.document.positionAt(difference(base ?? '', text).start);
  shown.selection = new vscode.Selection(at, at);
  shown.revealRange(new vscode.Range(at, at), vscode.TextEditorRevealType.InCenterIfOutsideViewport);
}

async function closeTabs(which: (tab: vscode.Tab) => boolean): Promise<void> {
  const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
  await vscode.window.tabGroups.close(tabs.filter(which));
}

/** Returns what the right side of a diff shows. */
export function modified(tab: vscode.Tab | undefined): vscode.Uri | undefined {
  return tab?.input instanceof vscode.TabInputTextDiff ? tab.input.modified : undefined;
}

/** Returns the file of the workspace that a path means. Rejects if it is outside. */
export async function resolve(path: string, folder: vscode.Uri | undefined): Promise<vscode.Uri> {
  const root = folder ?? vscode.workspace.workspaceFolders?.[0]?.uri;
  if (!root) throw new Error('Open a folder first: the answer names a file of one.');
  const target = path.startsWith('/') ? root.with({ path }) : vscode.Uri.joinPath(root, path);
  await checkInside(target, path);
  return target;
}

/** Returns where a file is in its folder, whatever links lead there; rejects if that is outside. */
async function checkInside(target: vscode.Uri, named = name(target)): Promise<string> {
  const folder = vscode.workspace.getWorkspaceFolder(target);
  const outside = new Error(`${named} is outside the workspace, so it is left alone.`);
  if (!folder) throw outside;
  if (target.scheme !== 'file') return name(target);
  const root = await realpath(folder.uri.fsPath);
  const real = await nearest(target.fsPath);
  if (real === null) throw outside;
  if (real !== root && !real.startsWith(root.endsWith('/') ? root : `${root}/`) && !real.startsWith(`${root}\\`)) throw outside;
  return relative(root, real);
}

/** Returns where a path leads through links, or its nearest folder that exists; null for a broken link. */
async function nearest(path: string): Promise<string | null> {
  for (let at = path; ; at = dirname(at)) {
    const kind = await lstat(at).catch(() => null);
    if (kind) return realpath(at).catch(() => null);
    if (dirname(at) === at) return null;
  }
}

async function check(target: vscode.Uri): Promise<void> {
  // Part of it may not be there yet.
  const parts = `${await checkInside(target)}/${name(target)}`.toLowerCase().split(/[\\/]/);
  if (parts.includes('.git')) throw new Error(`${name(target)} belongs to git, so it is left alone.`);
  if (vscode.workspace.fs.isWritableFileSystem(target.scheme) === false) throw readOnly(target);
  if (target.scheme !== 'file') return;
  try {
    const { mode } = await stat(target.fsPath);
    await access(target.fsPath, constants.W_OK);
    if (!(mode & 0o222)) throw readOnly(target);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS') throw readOnly(target);
    if (code !== 'ENOENT') throw error;
  }
}

function readOnly(target: vscode.Uri): Error {
  return new Error(`${name(target)} is read-only. Nothing was applied; make it writable, then apply the block again.`);
}

async function existing(target: vscode.Uri): Promise<vscode.TextDocument | null> {
  try {
    await vscode.workspace.fs.stat(target);
  } catch (error) {
    if (error instanceof vscode.FileSystemError && error.code === 'FileNotFound') return null;
    throw error;
  }
  return vscode.workspace.openTextDocument(target);
}

function offsets(document: vscode.TextDocument, { start, end }: vscode.Selection): { start: number; end: number } {
  return { start: document.offsetAt(start), end: document.offsetAt(end) };
}

function atEnd(document: vscode.TextDocument): { start: number; end: number } {
  const end = document.getText().length;
  return { start: end, end };
}

function name(uri: vscode.Uri): string {
  return vscode.workspace.asRelativePath(uri, false);
}

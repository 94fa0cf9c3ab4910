/** A commit message for the box of the editor's source control. What the user typed there is theirs. */

import * as vscode from 'vscode';

import { COMMIT_MESSAGE } from '../actionProtocol.js';
import { forEditor } from '../wording.js';
import type { Edits } from './edits.js';
import { shownWhile } from './running.js';

/** The part of the API of the editor's git extension that is used. */
interface Repository {
  rootUri: vscode.Uri;
  inputBox: { value: string };
}
interface Git {
  getAPI(version: 1): { repositories: Repository[] };
}

const REPLACE = 'Replace';
const MAX_WHY = 2_000;

export class CommitMessages {
  /** What was written into the box of a repository, by its root: only that is replaced unasked. */
  private readonly written = new Map<string, string>();

  constructor(private readonly edits: Edits) {}

  /** Writes one. `given` is the source control whose button was pressed. */
  async write(given: unknown): Promise<void> {
    const repository = await chosen(await repositories(), given);
    if (!repository) return;
    const root = repository.rootUri.toString();
    const before = repository.inputBox.value;
    const why = before === this.written.get(root) ? '' : before.trim().slice(0, MAX_WHY);
    const folder = folderOf(repository.rootUri).toString();
    const made = await shownWhile('Ownstack writes a commit message', true, (token) =>
      this.edits.ask(COMMIT_MESSAGE, { folder, why }, token),
    );
    if (!made) return;
    if (!(await this.mayReplace(repository, made.message))) return;
    repository.inputBox.value = made.message;
    this.written.set(root, made.message);
    const said = [
      ...(made.isStaged ? [] : ['Nothing is staged, so the message is about all that is changed.']),
      ...(made.reason ? [forEditor(made.reason)] : []),
    ];
    if (said.length) void vscode.window.showInformationMessage(said.join(' '));
  }

  private async mayReplace({ rootUri, inputBox }: Repository, message: string): Promise<boolean> {
    const stands = inputBox.value;
    if (!stands.trim() || stands === message || stands === this.written.get(rootUri.toString())) return true;
    const options = { modal: true, detail: message };
    const answer = await vscode.window.showWarningMessage('Replace what you typed as the commit message by this one?', options, REPLACE);
    return answer === REPLACE;
  }
}

/** Returns the repository's own folder, or the one of the workspace that is a part of it. */
function folderOf(root: vscode.Uri): vscode.Uri {
  const inside = vscode.workspace.workspaceFolders?.find(({ uri }) => uri.path.startsWith(`${root.path}/`));
  return vscode.workspace.getWorkspaceFolder(root) ? root : (inside?.uri ?? root);
}

async function repositories(): Promise<Repository[]> {
  const extension = vscode.extensions.getExtension<Git>('vscode.git');
  if (!extension) throw new Error('This editor has no git extension, so there is no box for a commit message.');
  const git = extension.isActive ? extension.exports : await extension.activate();
  const all = git.getAPI(1).repositories;
  if (!all.length) throw new Error('No git repository is open here.');
  return all;
}

/** Returns the repository that is meant: of the button, of the file in front, the only one, or as the user says. */
async function chosen(all: readonly Repository[], given: unknown): Promise<Repository | undefined> {
  const root = (given as { rootUri?: vscode.Uri } | undefined)?.rootUri?.toString();
  const named = all.find(({ rootUri }) => rootUri.toString() === root);
  if (named ?? all.length === 1) return named ?? all[0];
  const front = vscode.window.activeTextEditor?.document.uri.path ?? '';
  const holding = all.filter(({ rootUri }) => front.startsWith(`${rootUri.path}/`));
  const innermost = holding.sort((a, b) => b.rootUri.path.length - a.rootUri.path.length)[0];
  if (innermost) return innermost;
  const rows = all.map((repository) => ({ label: vscode.workspace.asRelativePath(repository.rootUri), repository }));
  return (await vscode.window.showQuickPick(rows, { title: 'Write a Commit Message', placeHolder: 'For which repository?' }))?.repository;
}

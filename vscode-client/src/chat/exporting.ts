/** Conversations as files, by other names, or gone: what asks the user first. */

import { basename } from 'node:path';

import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';

import { CHAT_CLOSE, CHAT_DELETE, CHAT_EXPORT, CHAT_OPEN, CHAT_RENAME } from '../chatProtocol.js';

const MAX_TITLE = 200;

export interface Named {
  session: string;
  title: string;
}

/** Asks for another title; resolves to whether there is one. */
export async function rename(client: LanguageClient, { session, title }: Named): Promise<boolean> {
  const value = await vscode.window.showInputBox({
    title: 'Rename Conversation',
    value: title,
    validateInput: (text) => (!text.trim() ? 'A title has to say something.' : text.length > MAX_TITLE ? `At most ${MAX_TITLE} characters.` : null),
  });
  if (value === undefined) return false;
  await client.sendRequest(CHAT_RENAME, { session, title: value.trim() });
  return true;
}

/** Deletes for good, after a question; resolves to whether it did. */
export async function remove(client: LanguageClient, { session, title }: Named): Promise<boolean> {
  const question = `Delete “${title.slice(0, MAX_TITLE) || 'Untitled'}”? The conversation is removed from your disk, for all windows and the terminal.`;
  const answer = await vscode.window.showWarningMessage(question, { modal: true }, 'Delete');
  if (answer !== 'Delete') return false;
  await client.sendRequest(CHAT_DELETE, { session });
  return true;
}

/** Writes a conversation into a file that the user names; `shown` is the one that is open. */
export async function exportSession(client: LanguageClient, { session }: Named, shown: string, folder: vscode.Uri | undefined): Promise<void> {
  const formats = [
    { label: 'Markdown', description: 'to read', format: 'markdown' as const },
    { label: 'JSON', description: 'all of it, to work with', format: 'json' as const },
  ];
  const picked = await vscode.window.showQuickPick(formats, { title: 'Export Conversation' });
  if (!picked) return;
  if (session !== shown) await client.sendRequest(CHAT_OPEN, { session });
  const exported = client.sendRequest(CHAT_EXPORT, { session, format: picked.format });
  const { text, name } = await exported.finally(() => (session === shown ? undefined : client.sendRequest(CHAT_CLOSE, { session })));
  // A name is a name, whatever the server calls it.
  const file = basename(name.replaceAll('\\', '/'));
  const defaultUri = folder ? vscode.Uri.joinPath(folder, file) : vscode.Uri.file(file);
  const target = await vscode.window.showSaveDialog({ title: 'Export Conversation', defaultUri });
  if (!target) return;
  await vscode.workspace.fs.writeFile(target, Buffer.from(text));
  await vscode.window.showTextDocument(target);
}

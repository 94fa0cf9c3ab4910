/** Opens what an answer names: lines of files of the project, pages by their address. */

import * as vscode from 'vscode';

import { isWebAddress } from '../webview/links.js';
import { resolve } from './proposals.js';

export interface Where {
  path: string;
  /** As the server has it, "" for what only the answer names. */
  uri: string;
  /** From 1; 0 = the file as a whole. */
  line: number;
  end: number;
}

/** Opens lines of a file of the workspace. Rejects for any other. */
export async function openPlace({ path, uri, line, end }: Where, folder: vscode.Uri | undefined): Promise<void> {
  const named = uri ? vscode.Uri.parse(uri, true) : null;
  const inside = named && vscode.workspace.getWorkspaceFolder(named);
  const target = inside ? named : await resolve(path, folder);
  const document = await vscode.workspace.openTextDocument(target);
  const first = Math.min(Math.max(line, 1), document.lineCount) - 1;
  const last = Math.min(Math.max(end, line, 1), document.lineCount) - 1;
  const selection = line ? new vscode.Range(first, 0, last, document.lineAt(last).text.length) : new vscode.Range(0, 0, 0, 0);
  await vscode.window.showTextDocument(document, { selection, preserveFocus: false });
}

/** Opens a page in the browser; the editor asks first, and shows the address. */
export async function openWeb(address: string): Promise<void> {
  if (!isWebAddress(address)) throw new Error('Only pages of the web are opened from an answer.');
  await vscode.env.openExternal(vscode.Uri.parse(address, true));
}

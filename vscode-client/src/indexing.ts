/** Commands about the index: what is in it, make it anew, remove it. */

import * as vscode from 'vscode';

import { notRunning, run } from './asking.js';
import type { Subject } from './commands.js';
import { CLEAR_INDEX, INDEX_STATUS, REBUILD_INDEX } from './protocol.js';
import { indexReport } from './results.js';

/** Shows why the file in front is or is not in the index, and what else is not. */
export async function whyNotIndexed({ server, status, panels }: Subject): Promise<void> {
  const client = server.client;
  if (!client) { await notRunning(status.sentence); return; }
  const uri = vscode.window.activeTextEditor?.document.uri.toString();
  const { folders, file } = await client.sendRequest(INDEX_STATUS, uri ? { uri } : {});
  panels.show('Ownstack index', indexReport(folders, file));
}

export function rebuildIndex(subject: Subject): Promise<void> {
  return run(subject, REBUILD_INDEX);
}

export async function clearIndex(subject: Subject): Promise<void> {
  const question = 'Remove the index of this workspace from your disk? Searches find nothing until it is rebuilt.';
  const answer = await vscode.window.showWarningMessage(question, { modal: true }, 'Remove');
  if (answer === 'Remove') await run(subject, CLEAR_INDEX);
}

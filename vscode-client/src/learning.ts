/** Learning from a project, in a terminal, and choosing among what was learned. */

import { dirname } from 'node:path';

import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';

import { notRunning } from './asking.js';
import type { Subject } from './commands.js';
import { adapterGroups, deeds, done, folderName, type AdapterRow, type DeedRow } from './learned.js';
import { ADAPTER_REPORT, ADAPTERS, ROLL_BACK_ADAPTER, USE_ADAPTER, type AdaptersResult, type LearnedAdapter } from './learningProtocol.js';
import { line, pickFrom } from './picking.js';
import { tell } from './telling.js';
import { buttonsFor, forEditor } from './wording.js';

const TOLD_MS = 10_000;
const UNTRUSTED = 'The workspace is not trusted, so nothing is learned from it. Trust it first.';
const LEARN_NOW: AdapterRow = {
  label: '$(mortar-board) Learn from This Project…',
  description: '',
  detail: 'Trains in a terminal, on this machine, for as long as you let it.',
  adapter: { id: '' } as LearnedAdapter,
};

/** What stands in the list to be read: there is nothing to do with it. */
const DAMAGED = { id: '' } as LearnedAdapter;

/** Trains on a folder of the workspace, in a terminal that shows how far it is and can end it. */
export async function learn({ launcher, status }: Subject): Promise<void> {
  if (!vscode.workspace.isTrusted) {
    await tell('warning', UNTRUSTED, buttonsFor(UNTRUSTED));
    return;
  }
  const folder = await pickFolder();
  if (!folder) return;
  let python: string;
  try {
    python = await launcher.serverPython();
  } catch (error) {
    const reason = (error as Error).message;
    await tell('error', reason, buttonsFor(reason));
    return;
  }
  if (!python) { await notRunning(status.sentence); return; }
  await vscode.tasks.executeTask(task(folder, python));
}

/** A task's terminal stays open when the program has ended, for what it said to be read. */
function task(folder: vscode.WorkspaceFolder, python: string): vscode.Task {
  const args = ['-m', 'ownstack', 'learn', folder.uri.fsPath];
  // Not in the folder: Python would import modules from it.
  const execution = new vscode.ProcessExecution(python, args, { cwd: dirname(python) });
  const made = new vscode.Task({ type: 'ownstack' }, folder, `Learn from ${folder.name}`, 'Ownstack', execution, []);
  made.presentationOptions = { reveal: vscode.TaskRevealKind.Always, focus: true, panel: vscode.TaskPanelKind.Dedicated, clear: true };
  return made;
}

async function pickFolder(): Promise<vscode.WorkspaceFolder | undefined> {
  const folders = (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file');
  if (!folders.length) {
    await tell('info', 'No folder is open, so there is nothing to learn from.', []);
    return undefined;
  }
  if (folders.length === 1) return folders[0];
  const rows = folders.map((folder) => ({ label: folder.name, description: folder.uri.fsPath, folder }));
  const picked = await pickFrom({ title: 'Learn from Which Folder?', placeholder: 'Its files are read on this machine', waiting: '', back: false }, rows);
  return picked && picked !== 'back' ? picked.folder : undefined;
}

/** Lists what was learned; each can be used, taken back, or looked at. */
export async function learned(subject: Subject): Promise<void> {
  const client = subject.server.client;
  if (!client) { await notRunning(subject.status.sentence); return; }
  try {
    while ((await pickAdapter(subject, client)) === 'back');
  } catch (error) {
    const reason = forEditor((error as Error).message);
    await tell('error', reason, buttonsFor(reason));
  }
}

async function pickAdapter(subject: Subject, client: LanguageClient): Promise<'back' | undefined> {
  const listed = client.sendRequest(ADAPTERS, {});
  const picked = await pickFrom(
    { title: 'What Was Learned', placeholder: 'It lies on this machine, and never leaves it', waiting: 'Looking…', back: false },
    listed.then(rows),
  );
  if (!picked || picked === 'back') return undefined;
  if (picked.adapter === DAMAGED) return 'back';
  if (!picked.adapter.id) {
    await vscode.commands.executeCommand('ownstack.learn');
    return undefined;
  }
  return act(subject, client, picked.adapter);
}

function rows(result: AdaptersResult): AdapterRow[] {
  const folders = (vscode.workspace.workspaceFolders ?? []).map(({ uri }) => uri.fsPath);
  const groups = adapterGroups(result, folders).flatMap(({ title, rows }) => [line(title) as AdapterRow, ...rows]);
  const damaged = result.problems.map((problem): AdapterRow => ({ label: '$(warning) Cannot be read', description: '', detail: problem, adapter: DAMAGED }));
  const first = { ...LEARN_NOW, detail: result.refusal || LEARN_NOW.detail };
  return [first, ...groups, ...damaged];
}

async function act(subject: Subject, client: LanguageClient, adapter: LearnedAdapter): Promise<'back' | undefined> {
  const list = { title: `What Was Learned: ${adapter.name}`, placeholder: 'What shall become of it?', waiting: '', back: true };
  const picked = await pickFrom<DeedRow>(list, deeds(adapter));
  if (!picked || picked === 'back') return picked;
  if (picked.deed === 'report') {
    const { html } = await client.sendRequest(ADAPTER_REPORT, { id: adapter.id });
    subject.panels.showHtml(`What ${adapter.name || folderName(adapter.project)} learned`, html);
    return undefined;
  }
  const request = picked.deed === 'use' ? USE_ADAPTER : ROLL_BACK_ADAPTER;
  const result = await client.sendRequest(request, { id: adapter.id });
  vscode.window.setStatusBarMessage(`$(check) ${done(picked.deed, adapter, result)}`, TOLD_MS);
  return undefined;
}

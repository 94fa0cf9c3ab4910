/** The command that lists what is kept, and removes what is chosen of it. */

import { dirname, isAbsolute } from 'node:path';
import { homedir } from 'node:os';

import * as vscode from 'vscode';

import type { Subject } from '../commands.js';
import { namedFolder } from '../install/names.js';
import { run } from '../process.js';
import { tell } from '../telling.js';
import { RESTART } from '../wording.js';
import { question, readGroups, readProblems, rowsOf, size, type Group, type Row } from './groups.js';
import { dataFolder, leaveNote, noteOf, removeNote } from './note.js';
import { environmentsIn, removeEnvironments, sizeOf } from './storage.js';

const LOOK_MS = 60_000;
const REMOVE_MS = 600_000;
const ENVIRONMENTS = 'environments';

/** Keeps the server from being started, as that would make anew what was removed. */
export class Removed {
  private reason = '';

  hold(reason: string): void {
    this.reason = reason;
  }

  release(): void {
    this.reason = '';
  }

  /** Rejects if the server is not to be started. */
  check(): Promise<void> {
    return this.reason ? Promise.reject(new Error(this.reason)) : Promise.resolve();
  }
}

/** Leaves the note of where this editor's environments are. What fails is logged: it is only missed at the end. */
export async function note(context: vscode.ExtensionContext, log: vscode.LogOutputChannel): Promise<void> {
  try {
    const extensions = dirname(context.extensionUri.fsPath);
    await leaveNote(data(), { extensions, folders: await folders(context.globalStorageUri.fsPath, extensions) });
  } catch (error) {
    log.info(`Where the environments are could not be noted: ${String(error)}`);
  }
}

/** Lists what is kept with sizes, asks, and removes what was chosen. Works without a server, too. */
export async function removeKept({ server, launcher, log, removed, extensions }: Subject): Promise<void> {
  const places = await folders(launcher.storage, extensions);
  const rows = groupsOf(launcher, places).then(rowsOf);
  const chosen = (await choose(rows))?.map(({ group }) => group);
  if (!chosen?.length) return;
  const { title, detail } = question(chosen);
  if ((await vscode.window.showWarningMessage(title, { modal: true, detail }, 'Remove')) !== 'Remove') return;
  const own = chosen.some(({ group }) => group === ENVIRONMENTS);
  const rest = chosen.filter(({ group }) => group !== ENVIRONMENTS);
  let problems: string[] = [];
  if (own) removed.hold('The environment was removed. Restart Ownstack to go on: then it is made again.');
  await vscode.window.withProgress({ location: vscode.ProgressLocation.Notification, title: 'Removing what Ownstack keeps' }, () =>
    server.restart(async () => {
      if (own) launcher.stopCompiling();
      if (own && !rest.length) await launcher.stopDaemon();
      if (rest.length) problems = await cleaned(launcher, rest);
      if (own) problems.push(...(await removeEnvironments(places)));
      if (own) await removeNote(data(), extensions);
    }),
  );
  for (const problem of problems) log.warn(`Still there: ${problem}`);
  const said = problems.length
    ? `Not all could be removed. ${problems[0] ?? ''}${problems.length > 1 ? ` And ${problems.length - 1} more.` : ''}`
    : `Removed: ${size(chosen.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0))}.`;
  await tell(problems.length ? 'warning' : 'info', said, own ? [RESTART] : []);
}

type Launcher = Subject['launcher'];

async function groupsOf(launcher: Launcher, places: readonly string[]): Promise<Group[]> {
  const environments = (await Promise.all(places.map(environmentsIn))).flat();
  const listed = await clean(launcher, []);
  // What this editor has is seen without the server; of other editors' it is not this one's to say.
  const groups = (readGroups(listed.stdout) ?? []).filter(({ group }) => group !== ENVIRONMENTS);
  if (!environments.length) return groups;
  const what = 'this editor’s Python environments for the server, made again by the extension';
  return [...groups, { group: ENVIRONMENTS, what, own: false, sizeBytes: await sizeOf(environments) }];
}

async function cleaned(launcher: Launcher, groups: readonly Group[]): Promise<string[]> {
  const { stdout, stderr } = await clean(launcher, [...groups.map(({ group }) => `--${group}`), '--yes']);
  return readProblems(stdout, stderr);
}

async function clean(launcher: Launcher, args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  const python = await launcher.serverPython();
  if (!python) return { stdout: '', stderr: '' };
  const timeoutMs = args.length ? REMOVE_MS : LOOK_MS;
  // Not in the workspace: Python would import modules from it.
  return run(python, ['-m', 'ownstack', 'clean', '--json', ...args], { timeoutMs, cwd: launcher.storage });
}

/** Shows the rows with a box each; returns those that were ticked, undefined if the list was closed. */
async function choose(rows: Promise<Row[]>): Promise<readonly Row[] | undefined> {
  const shown = rows.then((found) => {
    if (!found.length) void vscode.window.showInformationMessage('Ownstack keeps nothing here that can be removed.');
    return found;
  });
  return vscode.window.showQuickPick(shown, {
    canPickMany: true,
    title: 'Remove What Ownstack Keeps',
    placeHolder: 'Space ticks what is to be removed, Enter goes on; nothing is removed before you agree',
    matchOnDetail: true,
    ignoreFocusOut: true,
  });
}

const data = (): string => dataFolder({ platform: process.platform, env: process.env, home: homedir() });

/** Returns where environments may be: in the extension's storage, and in folders that the settings name, or named before. */
async function folders(storage: string, extensions: string): Promise<string[]> {
  const folder = namedFolder(vscode.workspace.getConfiguration('ownstack').get('environment.folder', ''));
  const before = (await noteOf(data(), extensions))?.folders ?? [];
  // The launcher refuses a path that is not whole.
  return [...new Set([storage, ...(isAbsolute(folder) ? [folder] : []), ...before])];
}

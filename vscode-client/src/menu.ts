/** The status item's menu. */

import { setTimeout as pause } from 'node:timers/promises';

import * as vscode from 'vscode';

import { DAYS } from './asking.js';
import type { Subject } from './commands.js';
import { STATISTICS } from './protocol.js';
import { statisticsLine } from './reports.js';
import { isOn, languageOn, minutes, snoozeMinutes } from './settings.js';
import type { StatusItem } from './status.js';
import type { Switching } from './switching.js';
import { buttonsFor } from './wording.js';

/** The rows wait so long for the statistics: a server that does not answer is why some open it. */
const STATISTICS_MS = 500;

interface Entry extends vscode.QuickPickItem {
  command?: string;
  args?: readonly unknown[];
}

const LINE: Entry = { label: '', kind: vscode.QuickPickItemKind.Separator };

/** Shows the menu. Its rows are set once: to renew them would undo what is chosen meanwhile. */
export async function menu(subject: Subject): Promise<void> {
  const pick = vscode.window.createQuickPick<Entry>();
  const shown = { open: true };
  pick.title = subject.status.sentence;
  pick.busy = true;
  pick.onDidAccept(() => {
    const [picked] = pick.selectedItems;
    if (!picked) return;
    pick.hide();
    if (picked.command) void vscode.commands.executeCommand(picked.command, ...(picked.args ?? []));
  });
  pick.onDidHide(() => {
    shown.open = false;
    pick.dispose();
  });
  pick.show();
  const statistics = await Promise.race([line(subject), pause(STATISTICS_MS, undefined)]);
  if (!shown.open) return;
  pick.items = entries(subject, statistics ?? 'Statistics');
  pick.busy = false;
}

/** Returns the statistics in a line; undefined if they cannot be had. */
async function line({ server }: Subject): Promise<string | undefined> {
  const client = server.client;
  if (!client?.isRunning()) return undefined;
  try {
    const { tallies } = await client.sendRequest(STATISTICS, { days: DAYS });
    return `Statistics: ${statisticsLine(tallies)}`;
  } catch {
    return undefined; // The server has just gone; the menu works without it.
  }
}

function entries({ status, switching }: Subject, statistics: string): Entry[] {
  return [
    ...ofInstallation(status),
    ...(status.lacking ? [] : ofSentence(status)),
    { label: '$(lightbulb) Suggest now', command: 'ownstack.suggest' },
    { label: '$(question) Why this suggestion, or why none?', command: 'ownstack.explain' },
    { label: '$(search) Search project…', command: 'ownstack.search' },
    ...status.index.map((line) => ({ label: `$(database) ${line}`, command: 'ownstack.whyNotIndexed' })),
    ...status.adapters.map((line) => ({ label: `$(mortar-board) ${line}`, command: 'ownstack.learned' })),
    { label: '$(package) Choose a model…', command: 'ownstack.pickModel' },
    { label: '$(mortar-board) Learn from this project…', command: 'ownstack.learn' },
    LINE,
    ...ofSwitches(switching),
    LINE,
    { label: `$(graph) ${statistics}`, command: 'ownstack.statistics' },
    { label: '$(gear) Settings', command: 'ownstack.settings' },
    { label: '$(pulse) Doctor: check what works', command: 'ownstack.doctor' },
    { label: '$(output) Show log', command: 'ownstack.showLog' },
    { label: '$(refresh) Restart', command: 'ownstack.restart' },
  ];
}

/** Returns what the sentence in the title asks for, but for what is in the menu anyway. */
function ofSentence({ sentence }: StatusItem): Entry[] {
  const always = ['ownstack.pickModel', 'ownstack.restart', 'ownstack.showLog', 'ownstack.doctor'];
  const rows = buttonsFor(sentence)
    .filter(({ command }) => !always.includes(command))
    .map(({ label, command, args }): Entry => ({ label: `$(arrow-right) ${label}${args ? `: ${args.join(' ')}` : ''}`, command, args: args ?? [] }));
  return rows.length ? [...rows, LINE] : [];
}

function ofInstallation({ installation }: StatusItem): Entry[] {
  if (!installation) return [];
  if (installation.kind === 'updating') {
    return [
      { label: '$(output) Watch the server being updated', command: 'ownstack.showLog' },
      { label: '$(debug-stop) Stop updating the server', command: 'ownstack.stopCompiling' },
      LINE,
    ];
  }
  if (installation.kind === 'compiling') {
    return [
      { label: '$(output) Watch llama.cpp being compiled', command: 'ownstack.showLog' },
      { label: '$(debug-stop) Stop compiling llama.cpp', command: 'ownstack.stopCompiling' },
      LINE,
    ];
  }
  return [{ label: '$(tools) Try again to compile llama.cpp', command: 'ownstack.restart' }, LINE];
}

function ofSwitches(switching: Switching): Entry[] {
  const on = switching.current;
  const word = (is: boolean): string => (is ? 'off' : 'on');
  const left = snoozeMinutes(on);
  const rows: Entry[] = left
    ? [{ label: `$(bell) End the snooze (${minutes(left)} left)`, command: 'ownstack.endSnooze' }]
    : [{ label: '$(bell-slash) Snooze for 5, 15 or 60 minutes…', command: 'ownstack.snooze' }];
  rows.push({ label: `$(circle-slash) Turn completion ${word(isOn(on))}`, command: 'ownstack.toggle' });
  const language = vscode.window.activeTextEditor?.document.languageId;
  if (language) {
    const label = `$(circle-slash) Turn completion ${word(languageOn(on.languages, language))} for ${language}`;
    rows.push({ label, command: 'ownstack.toggleLanguage' });
  }
  if (vscode.workspace.workspaceFolders) {
    const label = `$(circle-slash) Turn completion ${word(isOn(on))} in this workspace`;
    rows.push({ label, command: 'ownstack.toggleWorkspace' });
  }
  return rows;
}


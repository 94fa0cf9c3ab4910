/** What the command palette and the status item's menu offer. */

import * as vscode from 'vscode';

import { clearIndex, rebuildIndex, whyNotIndexed } from './indexing.js';
import type { KeyClock } from './middleware.js';
import { DOCTOR, EXPLAIN, MODELS, STATUS, USE_MODEL, type Status } from './protocol.js';
import { doctorReport, explanation, modelChoices } from './reports.js';
import { Search } from './search.js';
import type { Server } from './server.js';
import { languageOn, switches } from './settings.js';
import type { StatusItem } from './status.js';

export interface Subject {
  server: Server;
  status: StatusItem;
  log: vscode.LogOutputChannel;
  clock: KeyClock;
  page: Page;
}

/** Shows a text in an editor tab, read-only. */
export class Page implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly texts = new Map<string, string>();
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  readonly onDidChange = this.changed.event;
  private readonly registration = vscode.workspace.registerTextDocumentContentProvider(
    'ownstack',
    this,
  );

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.texts.get(uri.path) ?? '';
  }

  async show(title: string, text: string): Promise<void> {
    const uri = vscode.Uri.from({ scheme: 'ownstack', path: title });
    this.texts.set(uri.path, text);
    this.changed.fire(uri);
    await vscode.window.showTextDocument(uri, { preview: true });
  }

  dispose(): void {
    this.registration.dispose();
    this.changed.dispose();
  }
}

export function register(subject: Subject): vscode.Disposable[] {
  const { server, log } = subject;
  const commands: Record<string, () => unknown> = {
    menu: () => menu(subject),
    suggest: () => vscode.commands.executeCommand('editor.action.inlineSuggest.trigger'),
    explain: () => explain(subject),
    search: () => {
      new Search(server).show();
    },
    rebuildIndex: () => rebuildIndex(subject),
    clearIndex: () => clearIndex(subject),
    whyNotIndexed: () => whyNotIndexed(subject),
    toggle,
    toggleLanguage,
    toggleWorkspace,
    pickModel: () => pickModel(subject),
    restart: () => server.restart(),
    doctor: () => doctor(subject),
    showLog: () => {
      log.show();
    },
  };
  return Object.entries(commands).map(([name, run]) =>
    vscode.commands.registerCommand(`ownstack.${name}`, run),
  );
}

interface Entry extends vscode.QuickPickItem {
  command?: string;
}

async function menu({ status }: Subject): Promise<void> {
  const language = vscode.window.activeTextEditor?.document.languageId;
  const on = current();
  const word = (is: boolean): string => (is ? 'off' : 'on');
  const entries: Entry[] = [
    { label: '$(lightbulb) Suggest now', command: 'suggest' },
    { label: '$(question) Why this suggestion, or why none?', command: 'explain' },
    { label: '$(search) Search project…', command: 'search' },
    ...status.index.map((line) => ({ label: `$(database) ${line}`, command: 'whyNotIndexed' })),
    { label: '$(package) Choose a model…', command: 'pickModel' },
    { label: '', kind: vscode.QuickPickItemKind.Separator },
    { label: `$(circle-slash) Turn completion ${word(on.enabled)}`, command: 'toggle' },
  ];
  if (language) {
    const is = languageOn(on.languages, language);
    const label = `$(circle-slash) Turn completion ${word(is)} for ${language}`;
    entries.push({ label, command: 'toggleLanguage' });
  }
  if (vscode.workspace.workspaceFolders) {
    const label = `$(circle-slash) Turn completion ${word(on.enabled)} in this workspace`;
    entries.push({ label, command: 'toggleWorkspace' });
  }
  entries.push(
    { label: '', kind: vscode.QuickPickItemKind.Separator },
    { label: '$(pulse) Doctor: check what works', command: 'doctor' },
    { label: '$(output) Show log', command: 'showLog' },
    { label: '$(refresh) Restart', command: 'restart' },
  );
  const picked = await vscode.window.showQuickPick(entries, { title: status.sentence });
  if (picked?.command) await vscode.commands.executeCommand(`ownstack.${picked.command}`);
}

// Switches ---------------------------------------------------------------------------------

function current(): ReturnType<typeof switches> {
  return switches(vscode.workspace.getConfiguration('ownstack'), true);
}

async function toggle(): Promise<void> {
  await set('completion.enabled', !current().enabled, vscode.ConfigurationTarget.Global);
}

async function toggleWorkspace(): Promise<void> {
  await set('completion.enabled', !current().enabled, vscode.ConfigurationTarget.Workspace);
}

async function toggleLanguage(): Promise<void> {
  const language = vscode.window.activeTextEditor?.document.languageId;
  if (!language) return;
  const { languages } = current();
  const next = { ...languages, [language]: !languageOn(languages, language) };
  await set('completion.languages', next, vscode.ConfigurationTarget.Global);
}

async function set(key: string, value: unknown, target: vscode.ConfigurationTarget): Promise<void> {
  const configuration = vscode.workspace.getConfiguration('ownstack');
  const found = configuration.inspect(key);
  // A value of the workspace would win over the one that is to be set.
  const hidden =
    target === vscode.ConfigurationTarget.Global && found?.workspaceValue !== undefined;
  await configuration.update(key, value, hidden ? vscode.ConfigurationTarget.Workspace : target);
}

// Models -----------------------------------------------------------------------------------

const ADD = { label: '$(add) Add a GGUF file…', description: '', detail: '', name: '' };

async function pickModel({ server, status }: Subject): Promise<void> {
  const client = server.client;
  if (!client) { notRunning(status); return; }
  const { models } = await client.sendRequest(MODELS, {});
  const picked = await vscode.window.showQuickPick([...modelChoices(models), ADD], {
    title: 'Model for completion',
    placeHolder: 'Any GGUF file that was trained to fill in the middle',
  });
  const name = picked === ADD ? await askForFile() : picked?.name;
  if (!name) return;
  try {
    const options = { location: vscode.ProgressLocation.Window, title: `Choosing ${name}` };
    const choose = (): Promise<Status> =>
      client.sendRequest(USE_MODEL, { name, role: 'completion' });
    status.show(await vscode.window.withProgress(options, choose));
  } catch (error) {
    void vscode.window.showErrorMessage((error as Error).message);
  }
}

async function askForFile(): Promise<string | undefined> {
  const files = await vscode.window.showOpenDialog({
    title: 'A model in GGUF format',
    openLabel: 'Use This Model',
    filters: { 'GGUF models': ['gguf'] },
  });
  return files?.[0]?.fsPath;
}

// Reports ----------------------------------------------------------------------------------

async function explain({ server, status, page }: Subject): Promise<void> {
  const client = server.client;
  if (!client) { notRunning(status); return; }
  const [trace, now] = await Promise.all([
    client.sendRequest(EXPLAIN, {}),
    client.sendRequest(STATUS, {}),
  ]);
  await page.show('Why this suggestion', explanation(trace, now));
}

async function doctor({ server, status, clock, page }: Subject): Promise<void> {
  const client = server.client;
  if (!client) { notRunning(status); return; }
  const options = { location: vscode.ProgressLocation.Window, title: 'Ownstack looks around' };
  const { checks } = await vscode.window.withProgress(options, () =>
    client.sendRequest(DOCTOR, {}),
  );
  await page.show('Ownstack doctor', doctorReport(checks, status.sentence, clock.toString()));
}

export function notRunning(status: StatusItem): void {
  void vscode.window.showWarningMessage(status.sentence, 'Show Log').then((chosen) => {
    if (chosen) void vscode.commands.executeCommand('ownstack.showLog');
  });
}

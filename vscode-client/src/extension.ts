/** Activation: puts the parts together. */

import { dirname } from 'node:path';

import * as vscode from 'vscode';

import { Actions } from './actions/actions.js';
import { ChatView } from './chat/view.js';
import { Choices } from './choices.js';
import { register } from './commands.js';
import { Improvements, type Cursor } from './improvements.js';
import { Launcher } from './install/launch.js';
import { note, Removed } from './keeping/removing.js';
import { offerModels } from './languageModels.js';
import { KeyClock, middleware } from './middleware.js';
import { Panels } from './panel.js';
import { Server } from './server.js';
import { StatusItem } from './status.js';
import { Switching } from './switching.js';
import { tell } from './telling.js';
import { serverSettings, watchSettings } from './watch.js';
import { buttonsFor, RESTART } from './wording.js';

export function activate(context: vscode.ExtensionContext): { clock: KeyClock } {
  const log = vscode.window.createOutputChannel('Ownstack', { log: true });
  const item = vscode.window.createStatusBarItem('ownstack', vscode.StatusBarAlignment.Right, 100);
  const clock = new KeyClock();
  const status = new StatusItem(item, (severity) => {
    return new vscode.ThemeColor(`statusBarItem.${severity}Background`);
  });
  const improvements = new Improvements({ cursor: cursorInFront, run: (command) => running(command, log) });
  const choices = new Choices(context.workspaceState);
  const switching = new Switching(choices);
  const removed = new Removed();
  const launcher = new Launcher(context, {
    log,
    onInstallation: (installation) => {
      status.showAround({ installation });
      const compiling = installation?.kind === 'compiling';
      void vscode.commands.executeCommand('setContext', 'ownstack.compiling', compiling);
    },
    restart: (between) => void server.restart(between),
  });
  const watched = watchSettings(status, () => server, switching, choices);
  const server: Server = new Server({
    log,
    middleware: middleware(watched.switches, clock, improvements, (asked) => actions.run(asked)),
    launch: (signal) => removed.check().then(() => launcher.launch(signal)),
    options: () => ({
      ...serverSettings(watched.switches()),
      client: { name: vscode.env.appName, version: vscode.version },
      restarts: true,
      improvements: true,
    }),
    onPhase: (state, reason) => {
      status.show({ state, reason, model: '', progress: null });
      if (state === 'error') mustAct(reason, log);
    },
    onStatus: (known) => {
      status.show(known);
    },
    onImproved: (completion) => {
      improvements.improved(completion);
    },
  });
  const panels = new Panels();
  const chat = new ChatView(context, server);
  const actions = new Actions(server, chat);
  const offered = offerModels(server, log);
  if (offered) context.subscriptions.push(offered);
  const onRestart = (): void => {
    told.clear();
    removed.release();
  };
  const extensions = dirname(context.extensionUri.fsPath);
  const subject = { server, status, launcher, switching, log, clock, improvements, panels, chat, actions, removed, extensions, onRestart };
  context.subscriptions.push(log, item, status, improvements, panels, actions, chat, server, launcher, watched, ...register(subject));
  context.subscriptions.push(keepNote(context, log));
  void server.restart();
  return { clock };
}

/** Notes where environments are, now and when the settings name another folder. */
function keepNote(context: vscode.ExtensionContext, log: vscode.LogOutputChannel): vscode.Disposable {
  void note(context, log);
  return vscode.workspace.onDidChangeConfiguration((event) => {
    if (event.affectsConfiguration('ownstack.environment.folder')) void note(context, log);
  });
}

function running(command: string, log: vscode.LogOutputChannel): PromiseLike<unknown> {
  return vscode.commands.executeCommand(command).then(undefined, (error: unknown) => {
    log.info(`The editor did not ask again: ${String(error)}`);
  });
}

function cursorInFront(): Cursor | null {
  const editor = vscode.window.activeTextEditor;
  if (editor?.selections.length !== 1 || !editor.selection.isEmpty) return null;
  const { line, character } = editor.selection.active;
  return { uri: editor.document.uri.toString(), version: editor.document.version, line, character };
}

const told = new Set<string>();

/** Tells, once until somebody restarts, about what keeps the server from running. */
function mustAct(reason: string, log: vscode.LogOutputChannel): void {
  log.error(reason);
  if (told.has(reason)) return;
  told.add(reason);
  const buttons = buttonsFor(reason);
  const restarts = buttons.some(({ command }) => command === RESTART.command);
  void tell('error', reason, restarts ? buttons : [...buttons, RESTART]);
}

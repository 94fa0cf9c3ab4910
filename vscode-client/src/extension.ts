/** Activation: puts the parts together. */

import * as vscode from 'vscode';

import { Page, register } from './commands.js';
import { watchSettings } from './watch.js';
import { Launcher } from './launch.js';
import { KeyClock, middleware } from './middleware.js';
import { Server } from './server.js';
import { forServer } from './settings.js';
import { StatusItem } from './status.js';

export function activate(context: vscode.ExtensionContext): { clock: KeyClock } {
  const log = vscode.window.createOutputChannel('Ownstack', { log: true });
  const item = vscode.window.createStatusBarItem('ownstack', vscode.StatusBarAlignment.Right, 100);
  const clock = new KeyClock();
  const status = new StatusItem(item, (severity) => {
    return new vscode.ThemeColor(`statusBarItem.${severity}Background`);
  });
  const launcher = new Launcher(context, log, () => void server.restart());
  const watched = watchSettings(status, () => server);
  const server: Server = new Server({
    log,
    middleware: middleware(watched.switches, clock),
    launch: (signal) => launcher.launch(signal),
    options: () => ({
      ownstack: forServer(vscode.workspace.getConfiguration('ownstack')),
      client: { name: vscode.env.appName, version: vscode.version },
      trusted: vscode.workspace.isTrusted,
    }),
    onPhase: (state, reason) => {
      status.show({ state, reason, model: '', progress: null });
      if (state === 'error') mustAct(reason, log);
    },
    onStatus: (known) => {
      status.show(known);
    },
  });
  const page = new Page();
  const commands = register({ server, status, log, clock, page });
  context.subscriptions.push(log, item, page, server, watched, ...commands);
  void server.restart();
  return { clock };
}

const told = new Set<string>();

/** Tells, once a session, about what keeps the server from running. */
function mustAct(reason: string, log: vscode.LogOutputChannel): void {
  log.error(reason);
  if (told.has(reason)) return;
  told.add(reason);
  void vscode.window.showErrorMessage(reason, 'Restart', 'Show Log').then((chosen) => {
    if (chosen === 'Show Log') log.show();
    if (chosen === 'Restart') void vscode.commands.executeCommand('ownstack.restart');
  });
}

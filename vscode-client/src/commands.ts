/** What the command palette offers. */

import * as vscode from 'vscode';

import type { Actions } from './actions/actions.js';
import { actionCommands } from './actions/commands.js';
import { chatCommands } from './chat/commands.js';
import type { ChatView } from './chat/view.js';
import { clearSignals, doctor, explain, statistics, suggest } from './asking.js';
import { clearIndex, rebuildIndex, whyNotIndexed } from './indexing.js';
import type { Improvements } from './improvements.js';
import { installPython } from './install/installPython.js';
import type { Launcher } from './install/launch.js';
import { removeKept, type Removed } from './keeping/removing.js';
import { learn, learned } from './learning.js';
import { menu } from './menu.js';
import type { KeyClock } from './middleware.js';
import { pickModel } from './models.js';
import type { Panels } from './panel.js';
import { Search } from './search.js';
import type { Server } from './server.js';
import { isOfMachine } from './settings.js';
import type { StatusItem } from './status.js';
import type { Switching } from './switching.js';

export interface Subject {
  server: Server;
  status: StatusItem;
  launcher: Launcher;
  switching: Switching;
  log: vscode.LogOutputChannel;
  clock: KeyClock;
  improvements: Improvements;
  panels: Panels;
  chat: ChatView;
  actions: Actions;
  /** What was removed, so that the server is not started again at once. */
  removed: Removed;
  /** The folder in which the editor keeps its extensions. */
  extensions: string;
  /** Forgets which problems were told: who restarts wants to hear of what is still wrong. */
  onRestart: () => void;
}

export function register(subject: Subject): vscode.Disposable[] {
  const { server, status, launcher, switching, log, onRestart } = subject;
  const commands: Record<string, (given?: unknown) => unknown> = {
    menu: () => menu(subject),
    suggest: () => suggest(subject),
    acceptLine: () => vscode.commands.executeCommand('editor.action.inlineSuggest.acceptNextLine'),
    explain: () => explain(subject),
    statistics: () => statistics(subject),
    clearSignals: () => clearSignals(subject),
    search: () => {
      new Search(server).show();
    },
    rebuildIndex: () => rebuildIndex(subject),
    clearIndex: () => clearIndex(subject),
    whyNotIndexed: () => whyNotIndexed(subject),
    toggle: () => switching.toggle(),
    toggleLanguage: () => switching.toggleLanguage(),
    toggleWorkspace: () => switching.toggleWorkspace(),
    snooze: (given) => switching.snooze(typeof given === 'number' ? given : undefined),
    endSnooze: () => switching.endSnooze(),
    learn: () => learn(subject),
    learned: () => learned(subject),
    pickModel: (role) => pickModel(server, status, role === 'chat' ? role : undefined),
    settings: (given) => openSettings(typeof given === 'string' ? given : 'ownstack.'),
    restart: () => {
      onRestart();
      return server.restart(() => launcher.forget());
    },
    restartAll: () => {
      onRestart();
      return server.restart(async () => {
        await launcher.forget();
        await launcher.stopDaemon();
      });
    },
    reinstall: () => {
      onRestart();
      return reinstall(subject);
    },
    installPython: async () => {
      if (!(await installPython(log))) return;
      onRestart();
      await server.restart(() => launcher.forget());
    },
    copyCommand: async (given) => {
      if (typeof given !== 'string') return;
      await vscode.env.clipboard.writeText(given);
      vscode.window.setStatusBarMessage('$(clippy) The command is copied: paste it into a terminal.', 10_000);
    },
    stopCompiling: () => {
      launcher.stopCompiling();
    },
    doctor: () => doctor(subject),
    removeKept: () => removeKept(subject),
    showLog: () => {
      log.show();
    },
    ...chatCommands(subject.chat),
    ...actionCommands(subject.actions),
  };
  return Object.entries(commands).map(([name, run]) =>
    vscode.commands.registerCommand(`ownstack.${name}`, run),
  );
}

/** Shows settings: those of the machine are, from afar, in a view of their own. */
function openSettings(query: string): Thenable<unknown> {
  const far = vscode.env.remoteName !== undefined && isOfMachine(query);
  const command = far ? 'workbench.action.openRemoteSettings' : 'workbench.action.openSettings';
  return vscode.commands.executeCommand(command, far ? { query } : query);
}

/** Makes the own environment anew. One that the user has made is theirs: the command is only typed. */
async function reinstall({ server, launcher }: Subject): Promise<void> {
  if (!(await launcher.usesOwn())) {
    const terminal = vscode.window.createTerminal('Ownstack');
    terminal.show();
    terminal.sendText(`"${launcher.chosen}" -m pip install --force-reinstall llama-cpp-python`, false);
    return;
  }
  await server.restart(() => launcher.forget(true));
}

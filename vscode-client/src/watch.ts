/** Keeps server and status item in step with settings, choices, trust and the document in front. */

import * as vscode from 'vscode';
import { DidChangeConfigurationNotification } from 'vscode-languageclient/node';

import type { Choices } from './choices.js';
import type { Server } from './server.js';
import { forServer, offReason, RESTART_KEYS, snoozeMinutes, type Switches } from './settings.js';
import type { StatusItem } from './status.js';
import type { Switching } from './switching.js';

export interface Watched {
  /** Read at each key, so kept, not looked up. */
  switches: () => Switches;
  dispose: () => void;
}

/** Returns what the server is sent about settings. */
export function serverSettings(on: Switches): { ownstack: object; trusted: boolean } {
  const ownstack = forServer(vscode.workspace.getConfiguration('ownstack'), on);
  return { ownstack, trusted: vscode.workspace.isTrusted };
}

export function watchSettings(
  status: StatusItem,
  server: () => Server,
  switching: Switching,
  choices: Choices,
): Watched {
  let on = switching.current;
  const showHere = (): void => {
    const document = vscode.window.activeTextEditor?.document;
    const here = document ? offReason(on, document.languageId) : '';
    const snoozed = snoozeMinutes(on);
    status.showAround({ here, snoozed });
    void vscode.commands.executeCommand('setContext', 'ownstack.snoozed', snoozed > 0);
  };
  const tell = (): void => {
    const client = server().client;
    if (!client || client.needsStart()) return;
    // One that is starting was given what counted then: it hears of a change when it has started.
    const settings = serverSettings(on);
    client.sendNotification(DidChangeConfigurationNotification.type, { settings }).catch(() => {
      // It did not start after all; the next one is given what counts then.
    });
  };
  choices.watch(() => {
    on = switching.current;
    showHere();
    tell();
  });
  status.onTick = showHere;
  const subscriptions = [
    vscode.window.onDidChangeActiveTextEditor(showHere),
    vscode.workspace.onDidOpenTextDocument(showHere), // Also when the language is changed.
    vscode.workspace.onDidGrantWorkspaceTrust(tell),
    vscode.workspace.onDidChangeConfiguration((event) => {
      const affects = (key: string): boolean => event.affectsConfiguration(`ownstack.${key}`);
      const editor = event.affectsConfiguration('editor.inlineSuggest.enabled');
      if (!editor && !event.affectsConfiguration('ownstack')) return;
      on = switching.current;
      showHere();
      if (RESTART_KEYS.some(affects)) void server().restart();
      else if (!editor) tell();
    }),
  ];
  showHere();
  return {
    switches: () => on,
    dispose: () => {
      subscriptions.forEach((subscription) => {
        subscription.dispose();
      });
    },
  };
}

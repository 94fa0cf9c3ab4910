/** Keeps server and status item in step with settings, trust and the document in front. */

import * as vscode from 'vscode';
import { DidChangeConfigurationNotification } from 'vscode-languageclient/node';

import type { Server } from './server.js';
import { forServer, offReason, RESTART_KEYS, switches, type Switches } from './settings.js';
import type { StatusItem } from './status.js';

export interface Watched {
  /** Read at each key, so kept, not looked up. */
  switches: () => Switches;
  dispose: () => void;
}

export function watchSettings(status: StatusItem, server: () => Server): Watched {
  let on = read();
  const showHere = (): void => {
    const document = vscode.window.activeTextEditor?.document;
    status.showHere(document ? offReason(on, document.languageId) : '');
  };
  const tell = (): void => {
    const settings = {
      ownstack: forServer(vscode.workspace.getConfiguration('ownstack')),
      trusted: vscode.workspace.isTrusted,
    };
    const client = server().client;
    if (client?.isRunning()) {
      void client.sendNotification(DidChangeConfigurationNotification.type, { settings });
    }
  };
  const subscriptions = [
    vscode.window.onDidChangeActiveTextEditor(showHere),
    vscode.workspace.onDidOpenTextDocument(showHere), // Also when the language is changed.
    vscode.workspace.onDidGrantWorkspaceTrust(tell),
    vscode.workspace.onDidChangeConfiguration((event) => {
      const affects = (key: string): boolean => event.affectsConfiguration(`ownstack.${key}`);
      const editor = event.affectsConfiguration('editor.inlineSuggest.enabled');
      if (!editor && !event.affectsConfiguration('ownstack')) return;
      on = read();
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

function read(): Switches {
  const editor = vscode.workspace.getConfiguration('editor').get('inlineSuggest.enabled') !== false;
  return switches(vscode.workspace.getConfiguration('ownstack'), editor);
}

/** Messages with a button for each thing that they ask for. */

import * as vscode from 'vscode';

import { SHOW_LOG, type Button } from './wording.js';

const MOST_BUTTONS = 3;

const SHOW = {
  error: vscode.window.showErrorMessage,
  warning: vscode.window.showWarningMessage,
  info: vscode.window.showInformationMessage,
};

/** Shows a message, and does what its reader chooses. What is wrong has a way to the log. */
export async function tell(
  severity: keyof typeof SHOW,
  message: string,
  buttons: readonly Button[],
): Promise<void> {
  const all = [...buttons.slice(0, MOST_BUTTONS)];
  const logged = severity === 'info' || all.some(({ command }) => command === SHOW_LOG.command);
  if (!logged) all.push(SHOW_LOG);
  const picked = await SHOW[severity](message, ...all.map(({ label }) => label));
  const chosen = all.find(({ label }) => label === picked);
  if (chosen) await act(chosen);
}

export async function act({ command, args = [] }: Button): Promise<void> {
  await vscode.commands.executeCommand(command, ...args);
}

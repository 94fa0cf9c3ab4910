/** Commands that answer with a page: why, the doctor, the statistics; and asking for a suggestion. */

import * as vscode from 'vscode';
import { ExecuteCommandRequest } from 'vscode-languageclient/node';

import type { Subject } from './commands.js';
import { clientChecks, gather, serverChecks, whileCompiling } from './doctor.js';
import { CLEAR_SIGNALS, DOCTOR, EXPLAIN, STATISTICS, STATUS, type Check } from './protocol.js';
import { doctorReport, explanation, statisticsReport } from './reports.js';
import { offReason } from './settings.js';
import { tell } from './telling.js';
import { buttonsFor, forEditor } from './wording.js';

export const DAYS = 30;

/** Says how the newest answer came about, or why there is none. */
export async function explain({ server, status, switching, panels }: Subject): Promise<void> {
  const document = vscode.window.activeTextEditor?.document;
  const off = document ? offReason(switching.current, document.languageId) : '';
  const on = document && switching.wayOn(document.languageId);
  const client = server.client;
  if (!client) {
    const reason = status.sentence;
    panels.show('Why', explanation({ trace: null, status: null, off: off || reason, ...(off && on && { on }) }));
    return;
  }
  const [trace, now] = await Promise.all([
    client.sendRequest(EXPLAIN, {}),
    client.sendRequest(STATUS, {}),
  ]);
  const said = status.lacking ? { ...now, reason: status.sentence } : now;
  panels.show('Why', explanation({ trace, status: said, off, ...(on && { on }) }));
}

/** Checks what works: the server's part too, whether or not one runs. */
export async function doctor({ server, status, clock, panels, launcher }: Subject): Promise<void> {
  const options = { location: vscode.ProgressLocation.Window, title: 'Ownstack looks around' };
  const checks = await vscode.window.withProgress(options, async (): Promise<Check[]> => {
    const editor = `${vscode.env.appName} ${vscode.version}, extension ${launcher.version}`;
    const facts = await gather(editor, launcher);
    const python = await launcher.serverPython().catch(() => ''); // Why there is none is among the facts.
    const client = server.client;
    const running = client?.isRunning() ? (await client.sendRequest(DOCTOR, {})).checks : null;
    const theirs = running ?? (python ? await serverChecks(python, launcher.storage) : null) ?? [];
    const all = [...clientChecks(facts), ...theirs];
    const compiles = status.lacking?.kind === 'compiling';
    return compiles ? whileCompiling(all, 'llama.cpp is being compiled; it will be there in some minutes.') : all;
  });
  panels.show('Ownstack doctor', doctorReport(checks, status.sentence, clock.toString()));
}

export async function statistics({ server, status, panels }: Subject): Promise<void> {
  const client = server.client;
  if (!client) { await notRunning(status.sentence); return; }
  const { tallies, reason } = await client.sendRequest(STATISTICS, { days: DAYS });
  panels.show('Ownstack statistics', statisticsReport(tallies, DAYS, reason));
}

/** Has what became of suggestions forgotten: the statistics, and what was learned from it. */
export async function clearSignals(subject: Subject): Promise<void> {
  const question = 'Forget what became of suggestions? The statistics begin anew, and what was learned from what you kept and turned down is gone; adapters that were trained stay.';
  const answer = await vscode.window.showWarningMessage(question, { modal: true }, 'Forget');
  if (answer === 'Forget') await run(subject, CLEAR_SIGNALS);
}

/** Has the server run a command of its own; says why if it does not. */
export async function run({ server, status }: Subject, command: string): Promise<void> {
  const client = server.client;
  if (!client) { await notRunning(status.sentence); return; }
  try {
    await client.sendRequest(ExecuteCommandRequest.type, { command });
  } catch (error) {
    const reason = forEditor((error as Error).message);
    await tell('error', reason, buttonsFor(reason));
  }
}

const EXAMPLE = `def full_name(customer):
    return customer.first_name + " " + customer.last_name


def full_name_of(person):
    return person.first_name + " " + person.last_name


def label(customer):
    return customer.fi`;

/** Asks for a suggestion at the cursor; without an editor, in an example. Says why if there is none. */
export async function suggest({ server, switching, improvements }: Subject): Promise<void> {
  const editor = vscode.window.activeTextEditor ?? vscode.window.visibleTextEditors[0];
  const shown = editor ? await focused(editor) : await example();
  const off = offReason(switching.current, shown.document.languageId, true);
  if (off) {
    const on = switching.wayOn(shown.document.languageId);
    await tell('info', `Nothing is suggested here. ${off}`, [...(on ? [on] : []), ...buttonsFor(off)]);
    return;
  }
  // It has what it would ask for, it thinks, until that is gone.
  if (improvements.hasAsked) await vscode.commands.executeCommand('editor.action.inlineSuggest.hide');
  await vscode.commands.executeCommand('editor.action.inlineSuggest.trigger');
  const trace = await server.client?.sendRequest(EXPLAIN, {});
  if (trace && !trace.text && trace.reason) {
    vscode.window.setStatusBarMessage(`$(info) Nothing to suggest: ${forEditor(trace.reason)}`, 8_000);
  }
}

function focused({ document, viewColumn }: vscode.TextEditor): Thenable<vscode.TextEditor> {
  return vscode.window.showTextDocument(document, viewColumn ?? vscode.ViewColumn.Active, false);
}

async function example(): Promise<vscode.TextEditor> {
  const document = await vscode.workspace.openTextDocument({ language: 'python', content: EXAMPLE });
  const editor = await vscode.window.showTextDocument(document);
  const end = document.positionAt(EXAMPLE.length);
  editor.selection = new vscode.Selection(end, end);
  return editor;
}

export function notRunning(sentence: string): Promise<void> {
  return tell('warning', sentence, buttonsFor(sentence));
}

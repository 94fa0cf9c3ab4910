/** Gets a Python by uv, when somebody asks for it. */

import * as vscode from 'vscode';

import { act, tell } from '../telling.js';
import { buttonsFor, SHOW_LOG } from '../wording.js';
import { RECOMMENDED } from './getting.js';
import { places, Uv } from './uv.js';

const INSTALL = 'Install';

/** Asks whether to, and has uv install a Python; tells whether there is one now. */
export async function installPython(log: vscode.LogOutputChannel): Promise<boolean> {
  const uv = await Uv.find(places(process.platform), (line) => { log.info(line); });
  if (!uv) {
    const message = 'The program uv was not found. Install it, or a Python, then try again.';
    await tell('error', message, buttonsFor(message));
    return false;
  }
  const question = `Install Python ${RECOMMENDED} with uv?`;
  const detail = 'uv opens a connection to github.com and downloads it (about 30 MB) into your own folder. Nothing else on this machine changes.';
  if ((await vscode.window.showInformationMessage(question, { modal: true, detail }, INSTALL)) !== INSTALL) return false;
  const options = { location: vscode.ProgressLocation.Notification, title: `Installing Python ${RECOMMENDED} with uv`, cancellable: true };
  const problem = await vscode.window.withProgress(options, async (_, token) => {
    const stop = new AbortController();
    token.onCancellationRequested(() => { stop.abort(); });
    const { code, stderr } = await uv.install(RECOMMENDED, { signal: stop.signal, onLine: (line) => { log.info(line); } });
    if (code === 0 || stop.signal.aborted) return stop.signal.aborted ? null : '';
    return stderr.trim().split('\n').at(-1) ?? '';
  });
  if (problem === null) return false;
  if (problem === '') return true;
  const picked = await vscode.window.showErrorMessage(`uv did not install Python: ${problem}`, INSTALL_AGAIN.label, SHOW_LOG.label);
  if (picked) await act(picked === SHOW_LOG.label ? SHOW_LOG : INSTALL_AGAIN);
  return false;
}

const INSTALL_AGAIN = { label: 'Try Again', command: 'ownstack.installPython' };

/** Gets a Python by uv, when somebody asks for it. */

import * as vscode from 'vscode';

import { act, tell } from '../telling.js';
import { buttonsFor, SHOW_LOG } from '../wording.js';
import { RECOMMENDED } from './getting.js';
import { places, Uv } from './uv.js';

const INSTALL = 'Install';
const TRY_AGAIN = 'Try Again';

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
  for (;;) {
    const problem = await install(uv, log);
    if (problem === null) return false;
    if (!problem) return true;
    const picked = await vscode.window.showErrorMessage(`uv did not install Python: ${problem}`, TRY_AGAIN, SHOW_LOG.label);
    if (picked === SHOW_LOG.label) await act(SHOW_LOG);
    if (picked !== TRY_AGAIN) return false;
  }
}

/** Returns "", or what uv says went wrong; null if it was cancelled. */
function install(uv: Uv, log: vscode.LogOutputChannel): Thenable<string | null> {
  const options = { location: vscode.ProgressLocation.Notification, title: `Installing Python ${RECOMMENDED} with uv`, cancellable: true };
  return vscode.window.withProgress(options, async (_, token) => {
    const stop = new AbortController();
    token.onCancellationRequested(() => { stop.abort(); });
    const { code, stderr } = await uv.install(RECOMMENDED, { signal: stop.signal, onLine: (line) => { log.info(line); } });
    if (stop.signal.aborted) return null;
    if (code === 0) return '';
    const said = stderr.trim().split('\n').at(-1) ?? '';
    return said === '' ? 'it does not say why.' : said;
  });
}

/** Gets the server ready to be started: the interpreter of the settings, or an own environment. */

import { mkdir } from 'node:fs/promises';

import * as vscode from 'vscode';

import { Environment, EnvironmentError, type Work } from './environment.js';
import { run } from './process.js';
import { chosenProblem, find, onPath, probe, type Candidate, type Interpreter } from './python.js';
import type { Launch } from './server.js';
import { text } from './settings.js';

export class Launcher {
  private readonly storage: string;
  private readonly environment: Environment;

  constructor(
    context: vscode.ExtensionContext,
    private readonly log: vscode.LogOutputChannel,
    /** Is called when the environment has become whole, so that the server is started anew. */
    private readonly onWhole: () => void,
  ) {
    this.storage = context.globalStorageUri.fsPath;
    const bundled = vscode.Uri.joinPath(context.extensionUri, 'bundled').fsPath;
    this.environment = new Environment({
      storage: this.storage,
      bundled,
      platform: process.platform,
    });
  }

  /** Returns how to start the server. Rejects with a sentence that says what to do. */
  async launch(signal: AbortSignal): Promise<Launch> {
    const configuration = vscode.workspace.getConfiguration('ownstack');
    const chosen = text(configuration, 'python.interpreter');
    const python = chosen ? await this.named(chosen) : await this.own(signal);
    await mkdir(this.storage, { recursive: true });
    const alone = configuration.get('daemon.enabled') === false ? ['--in-process'] : [];
    return { command: python, args: ['-m', 'ownstack', 'lsp', ...alone], cwd: this.storage };
  }

  private async named(path: string): Promise<string> {
    const found = await probe({ command: path, args: [], origin: 'setting' });
    const problem = chosenProblem(path, found);
    if (problem) throw new EnvironmentError(problem);
    this.log.info(`${path} (setting): ownstack ${found?.ownstack ?? ''}, taken`);
    return path;
  }

  private async own(signal: AbortSignal): Promise<string> {
    if ((await this.environment.stage()) === 'none') {
      await this.shown('Ownstack, first start', signal, (work) => this.environment.makeUsable(work));
    }
    if ((await this.environment.stage()) === 'echo') {
      // In the background: until it is done, completion works by echo.
      void this.finish(signal);
    }
    return this.environment.python;
  }

  private async finish(signal: AbortSignal): Promise<void> {
    try {
      await this.shown('Ownstack', signal, (work) => this.environment.makeWhole(work));
      // A daemon that started without llama.cpp does not look for it again.
      await run(this.environment.python, ['-m', 'ownstack', 'daemon', 'stop'], { timeoutMs: 20_000 });
      this.onWhole();
    } catch (error) {
      if (signal.aborted) return;
      const reason = (error as Error).message;
      this.log.error(reason);
      const chosen = await vscode.window.showErrorMessage(
        `Ownstack completes from your files, but cannot run models. ${reason}`,
        'Show Log',
      );
      if (chosen) this.log.show();
    }
  }

  private async shown(
    title: string,
    signal: AbortSignal,
    make: (work: Work) => Promise<void>,
  ): Promise<void> {
    const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
    await vscode.window.withProgress(options, async (progress, token) => {
      const cancel = new AbortController();
      token.onCancellationRequested(() => {
        cancel.abort(new EnvironmentError('The installation was cancelled. Restart Ownstack to go on.'));
      });
      await make({
        python: () => this.base(),
        report: (message) => {
          this.log.info(message);
          progress.report({ message });
        },
        log: (line) => {
          this.log.info(line);
        },
        signal: AbortSignal.any([signal, cancel.signal]),
      });
    });
  }

  private async base(): Promise<Interpreter | string> {
    const candidates = [...(await fromPythonExtension()), ...onPath(process.platform)];
    return find(candidates, probe, (message) => {
      this.log.info(message);
    });
  }
}

/** The part of the Python extension's API that is used. */
interface PythonApi {
  environments?: { getActiveEnvironmentPath(): { path: string } };
}

async function fromPythonExtension(): Promise<Candidate[]> {
  const extension = vscode.extensions.getExtension<PythonApi>('ms-python.python');
  if (!extension) return [];
  const api = await extension.activate();
  const path = api.environments?.getActiveEnvironmentPath().path;
  // "python" alone means that nothing was selected.
  return path && path !== 'python' ? [{ command: path, args: [], origin: 'Python extension' }] : [];
}

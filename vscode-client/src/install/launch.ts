/** Gets the server ready to be started: the interpreter of the settings, or an own environment. */

import { mkdir } from 'node:fs/promises';

import * as vscode from 'vscode';

import { run } from '../process.js';
import type { Launch } from '../server.js';
import { minutes, text } from '../settings.js';
import type { Installation } from '../status.js';
import { act, tell } from '../telling.js';
import { buttonsFor, CHOOSE } from '../wording.js';
import { Environment, type Work } from './environment.js';
import { EnvironmentError } from './failures.js';
import { chosenProblem, find, onPath, probe, type Candidate, type Interpreter } from './python.js';

export interface Told {
  log: vscode.LogOutputChannel;
  /** Hears how far the installation of llama.cpp is. */
  onInstallation: (installation: Installation | null) => void;
  /** Starts the server anew; what is given runs while there is none. */
  restart: (between: () => Promise<void>) => void;
}

export class Launcher implements vscode.Disposable {
  readonly storage: string;
  readonly environment: Environment;
  readonly version: string;
  /** Of the compilation at work; a restart of the server does not end it. */
  private compiling: AbortController | null = null;

  constructor(
    context: vscode.ExtensionContext,
    private readonly told: Told,
  ) {
    this.storage = context.globalStorageUri.fsPath;
    this.version = String((context.extension.packageJSON as { version?: unknown }).version);
    const bundled = vscode.Uri.joinPath(context.extensionUri, 'bundled').fsPath;
    this.environment = new Environment({
      storage: this.storage,
      bundled,
      platform: process.platform,
    });
  }

  /** Returns how to start the server. Rejects with a sentence that says what to do. */
  async launch(signal: AbortSignal): Promise<Launch> {
    const alone = vscode.workspace.getConfiguration('ownstack').get('daemon.enabled') === false;
    const python = await this.ready(signal);
    await mkdir(this.storage, { recursive: true });
    const args = ['-m', 'ownstack', 'lsp', ...(alone ? ['--in-process'] : [])];
    return { command: python, args, cwd: this.storage };
  }

  /** Returns the Python named in the settings, or "". */
  get chosen(): string {
    return text(vscode.workspace.getConfiguration('ownstack'), 'python.interpreter');
  }

  /** Tells whether the environment is the extension's own, not one that the user has made. */
  async usesOwn(): Promise<boolean> {
    return !this.chosen || !(await probe(setting(this.chosen)))?.ownstack;
  }

  /** Returns the Python from which the server is started. */
  async serverPython(): Promise<string> {
    return (await this.usesOwn()) ? this.environment.python : this.chosen;
  }

  /** Ends the daemon, for all windows; each of them starts it again. */
  async stopDaemon(): Promise<void> {
    const python = await this.serverPython();
    await run(python, ['-m', 'ownstack', 'daemon', 'stop'], { timeoutMs: 20_000, cwd: this.storage });
  }

  /** Gives up compiling llama.cpp. */
  stopCompiling(): void {
    this.compiling?.abort(new EnvironmentError('The compilation of llama.cpp was stopped. Restart Ownstack to go on.'));
  }

  /** Lists where a Python may be, best first. */
  async candidates(): Promise<Candidate[]> {
    return this.chosen ? [setting(this.chosen)] : [...(await fromPythonExtension()), ...onPath(process.platform)];
  }

  dispose(): void {
    this.abandon();
  }

  private async ready(signal: AbortSignal): Promise<string> {
    const path = this.chosen;
    if (!path) return this.own(signal);
    const found = await probe(setting(path));
    const problem = chosenProblem(path, found);
    if (!found || problem) throw new EnvironmentError(problem);
    const version = found.version.join('.');
    this.told.log.info(
      found.ownstack
        ? `${path} (setting): ownstack ${found.ownstack}, taken`
        : `${path} (setting): Python ${version} without ownstack, an environment is made with it`,
    );
    return found.ownstack ? path : this.own(signal, found);
  }

  /** Returns the Python of the own environment, made if need be (with `base`, if it is named). */
  private async own(signal: AbortSignal, base?: Interpreter): Promise<string> {
    if ((await this.environment.stage(base?.path)) === 'none') {
      this.abandon();
      await this.makeUsable(signal, base);
    }
    // In the background: until it is done, completion works by echo.
    if ((await this.environment.stage()) === 'echo') void this.makeWhole();
    else this.told.onInstallation(null);
    return this.environment.python;
  }

  private async makeUsable(signal: AbortSignal, base?: Interpreter): Promise<void> {
    const title = 'Ownstack, first start';
    const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
    await vscode.window.withProgress(options, async (progress, token) => {
      const cancel = new AbortController();
      token.onCancellationRequested(() => {
        cancel.abort(new EnvironmentError('The installation was cancelled. Restart Ownstack to go on.'));
      });
      const work = this.work(AbortSignal.any([signal, cancel.signal]), (message) => {
        progress.report({ message });
      }, base);
      await this.environment.makeUsable(work, base?.path);
    });
  }

  private async makeWhole(): Promise<void> {
    if (this.compiling && !this.compiling.signal.aborted) return;
    const compiling = new AbortController();
    this.compiling = compiling;
    const began = Date.now();
    this.told.onInstallation({ kind: 'compiling', since: (await this.environment.since()) ?? began });
    let made: boolean;
    try {
      made = await this.environment.makeWhole(this.work(compiling.signal, () => undefined));
    } catch (error) {
      // Another one has begun, or the window has gone.
      if (this.compiling !== compiling) return;
      const stopped = compiling.signal.aborted;
      const reason = ((stopped ? compiling.signal.reason : error) as Error).message;
      this.told.log.warn(reason);
      this.told.onInstallation({ kind: 'failed', reason });
      // Before anybody can press "Try Again".
      this.compiling = null;
      if (stopped) return;
      await tell('warning', `Ownstack completes from your files, but cannot run models. ${reason}`, buttonsFor(reason));
      return;
    } finally {
      if (this.compiling === compiling) this.compiling = null;
    }
    this.told.onInstallation(null);
    // A daemon that started without llama.cpp does not look for it again.
    this.told.restart(() => (made ? this.stopDaemon() : Promise.resolve()));
    if (made) await announce(Date.now() - began);
  }

  /** Ends the compilation without a word: it is somebody else's now. */
  private abandon(): void {
    const compiling = this.compiling;
    this.compiling = null;
    compiling?.abort();
  }

  private work(signal: AbortSignal, report: (message: string) => void, base?: Interpreter): Work {
    return {
      python: async () => {
        if (base) return base;
        return find(await this.candidates(), probe, (message) => {
          this.told.log.info(message);
        });
      },
      report: (message) => {
        this.told.log.info(message);
        report(message);
      },
      log: (line) => {
        this.told.log.info(line);
      },
      signal,
    };
  }
}

async function announce(tookMs: number): Promise<void> {
  const took = Math.round(tookMs / 60_000);
  const after = took ? ` after ${minutes(took)}` : '';
  const message = `llama.cpp is ready${after}: Ownstack completes with a model now, not only from your files.`;
  const picked = await vscode.window.showInformationMessage(message, CHOOSE.label);
  if (picked) await act(CHOOSE);
}

const setting = (path: string): Candidate => ({ command: path, args: [], origin: 'setting' });

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

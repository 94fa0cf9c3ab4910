/** Gets the server ready to be started: the interpreter of the settings, or an own environment. */

import { mkdir } from 'node:fs/promises';
import { dirname, isAbsolute } from 'node:path';

import * as vscode from 'vscode';

import { run } from '../process.js';
import type { Launch } from '../server.js';
import { minutes, text } from '../settings.js';
import type { Installation } from '../status.js';
import { act, tell } from '../telling.js';
import { NO_TRIAL, type Trial } from '../trial.js';
import { buttonsFor, CHOOSE } from '../wording.js';
import { Bundle } from './bundle.js';
import { BrokenError, Environments, type Serving, type Work } from './environments.js';
import { EnvironmentError } from './failures.js';
import type { Carried } from './installing.js';
import { namedFolder } from './names.js';
import { chosenProblem, probe, type Interpreter } from './python.js';
import { Machine, setting } from './system.js';

export interface Told {
  log: vscode.LogOutputChannel;
  /** Hears how far the installation of llama.cpp, or of a new version, is. */
  onInstallation: (installation: Installation | null) => void;
  /** Starts the server anew; what is given runs while there is none. */
  restart: (between: () => Promise<void>) => void;
}

/** A cold start reads a lot of Python from disk, and the daemon has half of this to come up. */
const ANSWERS_MS = 60_000;
const STOP_MS = 20_000;

export class Launcher implements vscode.Disposable {
  readonly storage: string;
  readonly version: string;
  private readonly bundled: string;
  private readonly machine: Machine;
  private place: Environments | null = null;
  /** Of the installation in the background; a restart of the server does not end it. */
  private working: AbortController | null = null;

  constructor(
    context: vscode.ExtensionContext,
    private readonly told: Told,
  ) {
    this.storage = context.globalStorageUri.fsPath;
    this.version = String((context.extension.packageJSON as { version?: unknown }).version);
    this.bundled = vscode.Uri.joinPath(context.extensionUri, 'bundled').fsPath;
    this.machine = new Machine((line) => { told.log.info(line); });
  }

  /** The environments in the folder that the settings name, or else in the extension's own. */
  get environments(): Environments {
    const named = text(vscode.workspace.getConfiguration('ownstack'), 'environment.folder');
    const folder = namedFolder(named);
    if (folder && !isAbsolute(folder)) {
      throw new EnvironmentError(`The setting ownstack.environment.folder must name a folder by its whole path; “${named}” does not.`);
    }
    const storage = folder || this.storage;
    if (this.place?.folder !== storage) {
      this.place = new Environments({ storage, bundled: this.bundled, platform: process.platform, carried: () => this.carried() });
    }
    return this.place;
  }

  /** Returns how to start the server. Rejects with a sentence that says what to do. */
  async launch(signal: AbortSignal): Promise<Launch> {
    const alone = vscode.workspace.getConfiguration('ownstack').get('daemon.enabled') === false;
    const args = ['-m', 'ownstack', 'lsp', ...(alone ? ['--in-process'] : [])];
    const path = this.chosen;
    const found = path ? await this.named(path) : undefined;
    if (found?.ownstack) return { command: path, args, cwd: await this.cwd(dirname(path)), trial: NO_TRIAL };
    const serving = await this.own(signal, found);
    return { command: serving.python, args, cwd: await this.cwd(serving.folder), trial: this.trial(serving) };
  }

  /** Returns the Python named in the settings, or "". */
  get chosen(): string {
    return text(vscode.workspace.getConfiguration('ownstack'), 'python.interpreter');
  }

  /** Tells whether the environment is the extension's own, not one that the user has made. */
  async usesOwn(): Promise<boolean> {
    return !this.chosen || !(await probe(setting(this.chosen)))?.ownstack;
  }

  /** Returns the Python from which the server is started; "" if there is none yet. */
  async serverPython(): Promise<string> {
    return (await this.usesOwn()) ? ((await this.environments.serving())?.python ?? '') : this.chosen;
  }

  /** Ends the daemon, for all windows; each of them starts it again. */
  async stopDaemon(): Promise<void> {
    const python = await this.serverPython();
    if (!python) return;
    await run(python, ['-m', 'ownstack', 'daemon', 'stop'], { timeoutMs: STOP_MS, cwd: await this.cwd(dirname(python)) });
  }

  /** Gives up compiling llama.cpp, or updating. */
  stopCompiling(): void {
    this.working?.abort(new EnvironmentError('The installation was stopped. Restart Ownstack to go on.'));
  }

  /** Has what failed tried again; with `all`, what is there made anew. */
  async forget(all = false): Promise<void> {
    try {
      await this.environments.forget(all);
    } catch (error) {
      this.told.log.warn(`What failed cannot be forgotten: ${String(error)}`);
    }
  }

  /** Returns a Python that an environment can be made with, or why there is none. */
  async base(): Promise<Interpreter | string> {
    return this.machine.python(this.chosen, await this.carried());
  }

  dispose(): void {
    this.abandon();
  }

  private async named(path: string): Promise<Interpreter> {
    const found = await probe(setting(path));
    const uv = found?.canMakeEnvironments === false && (await this.carried()) !== null && (await this.machine.uv()) !== null;
    const problem = chosenProblem(path, found, uv);
    if (!found || problem) throw new EnvironmentError(problem);
    const version = found.version.join('.');
    this.told.log.info(
      found.ownstack
        ? `${path} (setting): ownstack ${found.ownstack}, taken`
        : `${path} (setting): Python ${version} without ownstack, an environment is made with it`,
    );
    return found;
  }

  /** Returns the own environment to start from, made if there is none (with `base`, if it is named). */
  private async own(signal: AbortSignal, base?: Interpreter): Promise<Serving> {
    const { environments } = this;
    let serving = await environments.serving(base?.path);
    if (!serving) {
      this.abandon();
      await this.makeFirst(signal, base);
      serving = await environments.serving(base?.path);
    }
    if (!serving) throw new EnvironmentError('The environment that was made is not there; the log has the details. Look there, then try again.');
    this.told.log.info(`The server is started from ${serving.folder}`);
    await environments.register.use(serving.name).catch((error: unknown) => {
      this.told.log.warn(`It cannot be noted which environment is in use: ${String(error)}`);
    });
    // Another window's, or one that was left when this window was stopped half-way.
    if (serving.previous) await environments.stopDaemon(serving.previous, serving.python, this.log);
    if (!serving.fits) void this.update(base);
    // In the background: until it is done, completion works by echo.
    else if (serving.stage === 'echo') void this.makeWhole();
    else this.told.onInstallation(null);
    return serving;
  }

  private async makeFirst(signal: AbortSignal, base?: Interpreter): Promise<void> {
    const title = 'Ownstack, first start';
    const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
    await vscode.window.withProgress(options, async (progress, token) => {
      const cancel = new AbortController();
      token.onCancellationRequested(() => {
        cancel.abort(new EnvironmentError('The installation was cancelled. Restart Ownstack to go on.'));
      });
      const report = (message: string): void => { progress.report({ message }); };
      await this.environments.make(this.work(AbortSignal.any([signal, cancel.signal]), report, base), base?.path);
    });
  }

  /** Makes the environment that fits, while the one before serves. */
  private update(base?: Interpreter): Promise<void> {
    return this.inBackground({
      show: (how) => ({ kind: 'updating', how }),
      make: (work) => this.environments.make({ ...work, ...(base && { python: () => Promise.resolve(base) }) }, base?.path),
      problem: (reason) => `Ownstack's server could not be updated; the one before serves on. ${reason}`,
      toTell: async (error, reason) => !(error instanceof BrokenError) && this.environments.toTell(reason),
      failed: () => null,
      done: () => {
        this.told.restart(() => Promise.resolve());
        return Promise.resolve();
      },
    });
  }

  private makeWhole(): Promise<void> {
    const began = Date.now();
    return this.inBackground({
      show: (_, since) => ({ kind: 'compiling', since: since ?? began }),
      make: (work) => this.environments.makeWhole(work),
      problem: (reason) => `Ownstack completes from your files, but cannot run models. ${reason}`,
      toTell: () => Promise.resolve(true),
      failed: (reason) => ({ kind: 'failed', reason }),
      done: async (made) => {
        // A daemon that started without llama.cpp does not look for it again.
        this.told.restart(() => (made ? this.stopDaemon() : Promise.resolve()));
        if (made) await announce(Date.now() - began);
      },
    });
  }

  private async inBackground(task: Task): Promise<void> {
    if (this.working && !this.working.signal.aborted) return;
    const working = new AbortController();
    this.working = working;
    const since = await this.environments.since();
    const report = (how: string): void => {
      if (this.working === working) this.told.onInstallation(task.show(how, since));
    };
    this.told.onInstallation(task.show('it has just begun', since));
    let made: boolean;
    try {
      made = await task.make(this.work(working.signal, report));
    } catch (error) {
      // Another one has begun, or the window has gone.
      if (this.working !== working) return;
      const stopped = working.signal.aborted;
      const reason = ((stopped ? working.signal.reason : error) as Error).message;
      this.told.log.warn(reason);
      this.told.onInstallation(task.failed(reason));
      // Before anybody can press "Try Again".
      this.working = null;
      if (!stopped && (await task.toTell(error, reason))) await tell('warning', task.problem(reason), buttonsFor(reason));
      return;
    } finally {
      if (this.working === working) this.working = null;
    }
    this.told.onInstallation(null);
    await task.done(made);
  }

  /** Ends the work in the background without a word: it is somebody else's now. */
  private abandon(): void {
    const working = this.working;
    this.working = null;
    working?.abort();
  }

  /** A new environment has to serve before the one before goes; if it does not, that one is back. */
  private trial({ name, previous }: Serving): Trial {
    return {
      limitMs: previous === undefined ? null : ANSWERS_MS,
      served: () => {
        this.environments.served(name, this.log).catch((error: unknown) => {
          this.told.log.warn(`Old environments are kept for now: ${String(error)}`);
        });
      },
      failed: async (reason) => {
        if (previous === undefined || !(await this.environments.rollBack(name, reason).catch(() => false))) return false;
        const message = `The new version of Ownstack's server did not start: ${reason}. The one before serves on. Look into the log, then try again.`;
        this.told.log.error(message);
        await this.stopDaemon();
        void tell('warning', message, buttonsFor(message));
        return true;
      },
    };
  }

  private readonly log = (line: string): void => {
    this.told.log.info(line);
  };

  /** Not the workspace: Python would import modules from it. */
  private async cwd(otherwise: string): Promise<string> {
    return mkdir(this.storage, { recursive: true }).then(() => this.storage, () => otherwise);
  }

  /** Returns the packages that are carried; null if there are none. Those that cannot be read fit no Python. */
  private carried(): Promise<Carried | null> {
    return Bundle.read(this.bundled).catch((error: unknown) => {
      const damage = error as Error;
      this.told.log.warn(damage.message);
      return { fits: () => damage.message, unpack: () => Promise.reject(damage) };
    });
  }

  private work(signal: AbortSignal, report: (message: string) => void, base?: Interpreter): Work {
    return {
      python: async () => base ?? (await this.base()),
      uv: () => this.machine.uv(),
      report: (message) => {
        this.told.log.info(message);
        report(message);
      },
      log: this.log,
      signal,
    };
  }
}

/** What is done while a server runs already. */
interface Task {
  /** Says how far it is, and since when (milliseconds since 1970) another window is at it. */
  show: (how: string, since: number | null) => Installation;
  make: (work: Work) => Promise<boolean>;
  problem: (reason: string) => string;
  /** Tells whether the problem is news. */
  toTell: (error: unknown, reason: string) => Promise<boolean>;
  failed: (reason: string) => Installation | null;
  done: (made: boolean) => Promise<void>;
}

async function announce(tookMs: number): Promise<void> {
  const took = Math.round(tookMs / 60_000);
  const after = took ? ` after ${minutes(took)}` : '';
  const message = `llama.cpp is ready${after}: Ownstack completes with a model now, not only from your files.`;
  const picked = await vscode.window.showInformationMessage(message, CHOOSE.label);
  if (picked) await act(CHOOSE);
}

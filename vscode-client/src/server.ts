/** The language server's process: one loop starts, stops and restarts it. */

import type { Disposable, LogOutputChannel } from 'vscode';
import {
  CloseAction,
  ErrorAction,
  LanguageClient,
  RevealOutputChannelOn,
  type LanguageClientOptions,
  type Middleware,
} from 'vscode-languageclient/node';

import { Backoff } from './backoff.js';
import { IMPROVED, LEAVING, STATUS_CHANGED, type CompletionImproved, type Status } from './protocol.js';
import { lastLine, logLines } from './stderr.js';
import { TrialRun, type Trial } from './trial.js';

export interface Launch {
  command: string;
  args: readonly string[];
  /** Not the workspace: Python would import modules from it. */
  cwd: string;
  trial: Trial;
}

export interface Surroundings {
  log: LogOutputChannel;
  middleware: Middleware;
  /** Says how to start the server; rejects with a sentence for the user. */
  launch: (signal: AbortSignal) => Promise<Launch>;
  options: () => object;
  /** Tells the status item what happens while the server itself cannot. */
  onPhase: (phase: 'starting' | 'error', reason: string) => void;
  onStatus: (status: Status) => void;
  onImproved: (completion: CompletionImproved) => void;
}

interface Running {
  client: LanguageClient;
  startedAt: number;
  trial: TrialRun;
  /** The last line of the server's standard error, or "". */
  lastWords: () => string;
}

const nothing = (): Promise<void> => Promise.resolve();

// A cell is a text of its own; the server hears of notebooks, and so of the order of their cells.
const SCHEMES = ['file', 'untitled', 'vscode-notebook-cell'];

export class Server implements Disposable {
  private running: Running | null = null;
  private loop: Promise<void> | null = null;
  /** Turns of the loop that were asked for. */
  private asked = 0;
  private closed = false;
  private abort = new AbortController();
  private retry: NodeJS.Timeout | null = null;
  private between: () => Promise<void> = nothing;
  private readonly backoff = new Backoff();
  private readonly watchers = new Set<(status: Status) => void>();

  constructor(private readonly around: Surroundings) {}

  /** Calls `watcher` at each change of the status, until what is returned is called. */
  watch(watcher: (status: Status) => void): () => void {
    this.watchers.add(watcher);
    return () => {
      this.watchers.delete(watcher);
    };
  }

  /** The connected client, or null. */
  get client(): LanguageClient | null {
    return this.running?.client ?? null;
  }

  /**
   * Restarts (or starts) the server; calls that come meanwhile are one more turn of the loop.
   *
   * `between` runs while this window has no server.
   */
  restart(between: () => Promise<void> = nothing): Promise<void> {
    this.asked += 1;
    const before = this.between;
    this.between = async () => {
      await before();
      await between();
    };
    this.abort.abort();
    this.backoff.reset();
    return this.turn();
  }

  /** Stops for good. */
  async stop(): Promise<void> {
    this.closed = true;
    await this.restart();
  }

  dispose(): void {
    void this.stop();
  }

  private turn(): Promise<void> {
    this.loop ??= this.run().finally(() => {
      this.loop = null;
    });
    return this.loop;
  }

  private async run(): Promise<void> {
    let answered: number;
    do {
      answered = this.asked;
      this.abort = new AbortController();
      if (this.retry) clearTimeout(this.retry);
      this.retry = null;
      await this.halt();
      const between = this.between;
      this.between = nothing;
      await between();
      if (!this.closed) await this.start(this.abort.signal);
    } while (answered !== this.asked);
  }

  private async start(signal: AbortSignal): Promise<void> {
    this.around.onPhase('starting', 'The server is starting.');
    const startedAt = Date.now();
    let launch: Launch;
    try {
      launch = await this.around.launch(signal);
    } catch (error) {
      // Aborted: the loop goes round again, or ends.
      if (!signal.aborted) this.around.onPhase('error', (error as Error).message);
      return;
    }
    const words = lastLine();
    const client = this.makeClient(launch, words.hear);
    const trial = new TrialRun(launch.trial, () => {
      void this.crashed(client, 'it does not answer');
      client.serverProcess?.kill();
    });
    this.running = { client, startedAt, trial, lastWords: words.last };
    try {
      await client.start();
      trial.answered();
    } catch (error) {
      this.around.log.error(`The server did not start: ${String(error)}`);
      void this.crashed(client);
    }
  }

  private async halt(): Promise<void> {
    const running = this.running;
    this.running = null;
    if (!running) return;
    running.trial.end();
    try {
      await running.client.dispose(2_000);
    } catch (error) {
      this.around.log.info(`The server was gone before it was stopped: ${String(error)}`);
    }
  }

  private makeClient({ command, args, cwd }: Launch, hear: (line: string) => void): LanguageClient {
    this.around.log.info(`Starting ${[command, ...args].join(' ')}`);
    const log = this.around.log;
    const options: LanguageClientOptions = {
      documentSelector: SCHEMES.map((scheme) => ({ scheme })),
      outputChannel: log,
      traceOutputChannel: log,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      middleware: this.around.middleware,
      initializationOptions: () => this.around.options(),
      initializationFailedHandler: () => false,
      stdioOptions: { stdout: logLines, stderr: (input, into) => { logLines(input, into, hear); } },
      errorHandler: {
        error: () => ({ action: ErrorAction.Continue, handled: true }),
        closed: () => {
          void this.crashed(client);
          return { action: CloseAction.DoNotRestart, handled: true, message: 'The server has gone.' };
        },
      },
    };
    // No `transport`: the client would add a flag that it thinks every server knows.
    const executable = { command, args: [...args], options: { cwd } };
    const client = new LanguageClient('ownstack', 'Ownstack', executable, options);
    client.onNotification(STATUS_CHANGED, (status) => {
      this.around.onStatus(status);
      if (this.running?.client === client) this.running.trial.heard(status.state);
      for (const watcher of this.watchers) watcher(status);
    });
    client.onNotification(IMPROVED, (completion) => {
      this.around.onImproved(completion);
    });
    client.onNotification(LEAVING, () => {
      this.around.log.info('The server stops for all windows, and is started again.');
      if (this.running?.client === client) void this.restart();
    });
    return client;
  }

  private async crashed(client: LanguageClient, reason = ''): Promise<void> {
    // A client that was stopped, or has been replaced, is no crash.
    if (this.closed || this.running?.client !== client) return;
    const { trial, startedAt, lastWords } = this.running;
    this.running = null;
    if (await trial.ended(reason || (lastWords() ? `it said “${lastWords()}”` : 'it ended at once'))) {
      await this.again();
      return;
    }
    const waitMs = this.backoff.next(Date.now() - startedAt);
    if (waitMs === null) {
      this.around.onPhase('error', 'The server stops again and again. See the log for the cause, then restart Ownstack.');
      return;
    }
    this.around.onPhase('starting', 'The server stopped unexpectedly and is started again.');
    this.retry = setTimeout(() => void this.again(), waitMs);
  }

  private again(): Promise<void> {
    this.asked += 1;
    return this.turn();
  }
}

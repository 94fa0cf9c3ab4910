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
import { logLines } from './stderr.js';

export interface Launch {
  command: string;
  args: readonly string[];
  /** Not the workspace: Python would import modules from it. */
  cwd: string;
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
    const client = this.makeClient(launch);
    this.running = { client, startedAt };
    try {
      await client.start();
    } catch (error) {
      this.around.log.error(`The server did not start: ${String(error)}`);
      this.crashed(client);
    }
  }

  private async halt(): Promise<void> {
    const running = this.running;
    this.running = null;
    if (!running) return;
    try {
      await running.client.dispose(2_000);
    } catch (error) {
      this.around.log.info(`The server was gone before it was stopped: ${String(error)}`);
    }
  }

  private makeClient({ command, args, cwd }: Launch): LanguageClient {
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
      stdioOptions: { stdout: logLines, stderr: logLines },
      errorHandler: {
        error: () => ({ action: ErrorAction.Continue, handled: true }),
        closed: () => {
          this.crashed(client);
          return { action: CloseAction.DoNotRestart, handled: true, message: 'The server has gone.' };
        },
      },
    };
    // No `transport`: the client would add a flag that it thinks every server knows.
    const executable = { command, args: [...args], options: { cwd } };
    const client = new LanguageClient('ownstack', 'Ownstack', executable, options);
    client.onNotification(STATUS_CHANGED, (status) => {
      this.around.onStatus(status);
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

  private crashed(client: LanguageClient): void {
    // A client that was stopped, or has been replaced, is no crash.
    if (this.closed || this.running?.client !== client) return;
    const waitMs = this.backoff.next(Date.now() - this.running.startedAt);
    this.running = null;
    if (waitMs === null) {
      this.around.onPhase('error', 'The server stops again and again. See the log for the cause, then restart Ownstack.');
      return;
    }
    this.around.onPhase('starting', 'The server stopped unexpectedly and is started again.');
    this.retry = setTimeout(() => {
      this.asked += 1;
      void this.turn();
    }, waitMs);
  }
}

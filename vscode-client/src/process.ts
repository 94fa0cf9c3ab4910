/** Runs programs: collected output, every line reported, cancellable. */

import { spawn, type ChildProcess } from 'node:child_process';

export interface Outcome {
  /** Exit status; -1 if the program could not be started or was ended by a signal. */
  code: number;
  stdout: string;
  stderr: string;
}

export interface Options {
  signal?: AbortSignal;
  onLine?: (line: string) => void;
  timeoutMs?: number;
  cwd?: string;
  /** Variables of the environment that differ from this process's; undefined: not set. */
  env?: Record<string, string | undefined>;
}

/** Runs a program to its end; never rejects: what went wrong is in the outcome. */
export function run(command: string, args: readonly string[], options: Options = {}): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
      env: { ...process.env, PYTHONUTF8: '1', PYTHONUNBUFFERED: '1', ...options.env },
      ...(options.cwd !== undefined && { cwd: options.cwd }),
      // A group of its own, so that what it has started can be ended with it.
      detached: options.signal !== undefined && process.platform !== 'win32',
      ...(options.timeoutMs !== undefined && { timeout: options.timeoutMs }),
    });
    const end = (): void => {
      endTree(child);
    };
    if (options.signal?.aborted) end();
    options.signal?.addEventListener('abort', end, { once: true });
    let stdout = '';
    let stderr = '';
    const lines = new Lines(options.onLine);
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      stdout += chunk;
      lines.push(chunk);
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk;
      lines.push(chunk);
    });
    child.on('error', (error) => {
      resolve({ code: -1, stdout, stderr: stderr || error.message });
    });
    child.on('close', (code) => {
      options.signal?.removeEventListener('abort', end);
      lines.end();
      resolve({ code: code ?? -1, stdout, stderr });
    });
  });
}

/** Ends a program and all that it has started: a compiler works on when pip is gone. */
function endTree(child: ChildProcess): void {
  if (child.pid === undefined) return;
  if (process.platform === 'win32') {
    spawn('taskkill', ['/pid', String(child.pid), '/T', '/F'], { windowsHide: true }).on('error', () => child.kill());
    return;
  }
  try {
    process.kill(-child.pid, 'SIGTERM');
  } catch {
    child.kill(); // It has just ended, or leads no group.
  }
}

/** Cuts a stream of pieces into lines. */
export class Lines {
  private rest = '';

  constructor(private readonly report: ((line: string) => void) | undefined) {}

  push(chunk: string): void {
    const parts = (this.rest + chunk).split(/\r?\n/);
    this.rest = parts.pop() ?? '';
    for (const line of parts) if (line.trim()) this.report?.(line);
  }

  end(): void {
    if (this.rest.trim()) this.report?.(this.rest);
    this.rest = '';
  }
}

/**
 * The server's own environment: a venv that is made once, and again when the wheel changes.
 *
 * It is made in two stages. After the first the server runs and completes by echo; the second
 * compiles llama.cpp, which takes minutes.
 */

import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { run } from '../process.js';
import { advice, EnvironmentError } from './failures.js';
import { take } from './lock.js';

export interface Place {
  /** Folder of the environment, its lock and its marker. */
  storage: string;
  /** Folder of the wheel that the extension carries. */
  bundled: string;
  platform: NodeJS.Platform;
}

export interface Work {
  /** Finds the Python to make the environment with; a text says why there is none. */
  python: () => Promise<string | { path: string }>;
  report: (message: string) => void;
  log: (line: string) => void;
  signal: AbortSignal;
}

type Stage = 'none' | 'echo' | 'whole';

interface Marker {
  wheel: string;
  sha256: string;
  stage: Stage;
  /** The Python that it was made with. */
  base?: string;
  /** Why llama.cpp could not be added last time, and when (milliseconds since 1970). */
  failed?: { reason: string; at: number };
}

const NATIVE = 'llama-cpp-python';
const PIP = ['-m', 'pip', '--disable-pip-version-check', '--no-input'];
const REQUIREMENTS = `
from importlib.metadata import requires
for line in requires("ownstack") or []:
    if "extra ==" not in line and not line.startswith("${NATIVE}"):
        print(line)
`;

export class Environment {
  readonly python: string;
  readonly folder: string;
  private readonly markerFile: string;
  private readonly lockFile: string;

  constructor(private readonly place: Place) {
    this.folder = join(place.storage, 'environment');
    this.markerFile = join(place.storage, 'environment.json');
    this.lockFile = join(place.storage, 'environment.lock');
    const parts = place.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python'];
    this.python = join(this.folder, ...parts);
  }

  /**
   * Returns how much of the environment is there for the carried wheel.
   *
   * One that was made with another Python than `base`, if that is given, does not count.
   */
  async stage(base = ''): Promise<Stage> {
    const [wanted, found] = await Promise.all([this.wheel(), this.marker()]);
    if (found?.wheel !== wanted.wheel || found.sha256 !== wanted.sha256) return 'none';
    return base && found.base !== base ? 'none' : found.stage;
  }

  /** Returns since when (milliseconds since 1970) some window installs, or null. */
  async since(): Promise<number | null> {
    try {
      return (await stat(this.lockFile)).mtimeMs;
    } catch {
      return null; // Nobody does.
    }
  }

  /** Makes the environment count as not there, so that it is made anew. */
  forget(): Promise<void> {
    return rm(this.markerFile, { force: true });
  }

  /** Makes what the server needs to run and complete by echo. Under a minute. */
  async makeUsable(work: Work, wanted = ''): Promise<void> {
    await this.locked(work, async () => {
      if ((await this.stage(wanted)) !== 'none') return;
      const base = await work.python();
      if (typeof base === 'string') throw new EnvironmentError(base);
      const { wheel, sha256 } = await this.wheel();
      work.report('making a Python environment');
      const before = await this.marker();
      await rm(this.markerFile, { force: true });
      if (!before || before.sha256 === sha256) await this.vacate(work);
      await step(work, base.path, ['-m', 'venv', '--clear', this.folder]);
      work.report('installing the server');
      await this.pip(work, ['install', '--no-deps', join(this.place.bundled, wheel)]);
      const listed = await run(this.python, ['-I', '-c', REQUIREMENTS], { signal: work.signal });
      await this.pip(work, ['install', ...listed.stdout.split(/\r?\n/).filter(Boolean)]);
      await this.mark({ wheel, sha256, stage: 'echo', base: base.path });
    });
  }

  /**
   * Adds llama.cpp, which is compiled unless pip has it already. Minutes.
   *
   * Returns whether this window did it; else another one has. What fails in one window, or is
   * stopped there, has failed for those that wait for it: they do not compile it once more.
   */
  async makeWhole(work: Work): Promise<boolean> {
    const asked = Date.now();
    let stoppedAt: number | undefined;
    work.signal.addEventListener('abort', () => (stoppedAt = Date.now()), { once: true });
    return this.locked(work, async () => {
      const marker = await this.marker();
      if (!marker || (await this.stage()) !== 'echo') return false;
      const { failed, ...rest } = marker;
      if (failed && failed.at >= asked) throw new EnvironmentError(failed.reason);
      const { wheel } = await this.wheel();
      work.report('compiling llama.cpp, once');
      try {
        await this.pip(work, ['install', join(this.place.bundled, wheel)]);
      } catch (error) {
        if (error instanceof EnvironmentError) {
          // Pip takes a moment to end; who asks meanwhile asks for another try.
          await this.mark({ ...rest, failed: { reason: error.message, at: stoppedAt ?? Date.now() } });
        }
        throw error;
      }
      await this.mark({ ...rest, stage: 'whole' });
      return true;
    });
  }

  /** Ends the daemon that runs from the folder: it would lose its modules while it needs them. */
  private async vacate({ signal, log }: Work): Promise<void> {
    const args = ['-m', 'ownstack', 'daemon', 'stop'];
    const { code, stderr } = await run(this.python, args, { signal, timeoutMs: 20_000, cwd: this.place.storage });
    signal.throwIfAborted();
    if (code > 0) log(`The server of the old environment was not stopped: ${stderr.trim()}`);
  }

  private pip(work: Work, args: readonly string[]): Promise<void> {
    return step(work, this.python, [...PIP, ...args]);
  }

  private async locked<T>(work: Work, make: () => Promise<T>): Promise<T> {
    await mkdir(this.place.storage, { recursive: true });
    const release = await take(this.lockFile, work.signal, () => {
      work.report('another window is installing');
    });
    try {
      return await make();
    } finally {
      await release();
    }
  }

  private async wheel(): Promise<{ wheel: string; sha256: string }> {
    const names = await readdir(this.place.bundled).catch(() => []);
    const wheel = names.find((name) => name.endsWith('.whl'));
    if (!wheel) {
      throw new EnvironmentError(
        'This build of the extension carries no server. Name a Python that has ownstack installed in the setting ownstack.python.interpreter.',
      );
    }
    const content = await readFile(join(this.place.bundled, wheel));
    return { wheel, sha256: createHash('sha256').update(content).digest('hex') };
  }

  private async marker(): Promise<Marker | null> {
    try {
      return JSON.parse(await readFile(this.markerFile, 'utf8')) as Marker;
    } catch {
      // Not there yet, or cut short when the machine went down: made again.
      return null;
    }
  }

  private async mark(marker: Marker): Promise<void> {
    await writeFile(this.markerFile, JSON.stringify(marker));
  }
}

async function step(work: Work, command: string, args: readonly string[]): Promise<void> {
  work.log(`$ ${[command, ...args].join(' ')}`);
  const { code, stdout, stderr } = await run(command, args, {
    signal: work.signal,
    onLine: work.log,
  });
  work.signal.throwIfAborted();
  if (code !== 0) throw new EnvironmentError(advice(`${stdout}\n${stderr}`, process.platform));
}

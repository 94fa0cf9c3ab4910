/**
 * The server's own environment: a venv that is made once, and again when the wheel changes.
 *
 * It is made in two stages. After the first the server runs and completes by echo; the second
 * compiles llama.cpp, which takes minutes.
 */

import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { take } from './lock.js';
import { run } from './process.js';

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

/** Why the environment could not be made, in words that say what to do. */
export class EnvironmentError extends Error {}

type Stage = 'none' | 'echo' | 'whole';

interface Marker {
  wheel: string;
  sha256: string;
  stage: Stage;
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
  private readonly folder: string;
  private readonly markerFile: string;

  constructor(private readonly place: Place) {
    this.folder = join(place.storage, 'environment');
    this.markerFile = join(place.storage, 'environment.json');
    const parts = place.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python'];
    this.python = join(this.folder, ...parts);
  }

  /** Returns how much of the environment is there for the carried wheel. */
  async stage(): Promise<Stage> {
    const [wanted, found] = await Promise.all([this.wheel(), this.marker()]);
    return found?.wheel === wanted.wheel && found.sha256 === wanted.sha256 ? found.stage : 'none';
  }

  /** Makes what the server needs to run and complete by echo. Under a minute. */
  async makeUsable(work: Work): Promise<void> {
    await this.locked(work, async () => {
      if ((await this.stage()) !== 'none') return;
      const base = await work.python();
      if (typeof base === 'string') throw new EnvironmentError(base);
      const { wheel, sha256 } = await this.wheel();
      work.report('making a Python environment');
      await rm(this.markerFile, { force: true });
      await step(work, base.path, ['-m', 'venv', '--clear', this.folder]);
      work.report('installing the server');
      await this.pip(work, ['install', '--no-deps', join(this.place.bundled, wheel)]);
      const listed = await run(this.python, ['-I', '-c', REQUIREMENTS], { signal: work.signal });
      await this.pip(work, ['install', ...listed.stdout.split(/\r?\n/).filter(Boolean)]);
      await this.mark({ wheel, sha256, stage: 'echo' });
    });
  }

  /** Adds llama.cpp, which is compiled unless pip has it already. Minutes. */
  async makeWhole(work: Work): Promise<void> {
    await this.locked(work, async () => {
      if ((await this.stage()) === 'whole') return;
      const { wheel, sha256 } = await this.wheel();
      work.report('compiling llama.cpp, once (about five minutes)');
      await this.pip(work, ['install', join(this.place.bundled, wheel)]);
      await this.mark({ wheel, sha256, stage: 'whole' });
    });
  }

  private pip(work: Work, args: readonly string[]): Promise<void> {
    return step(work, this.python, [...PIP, ...args]);
  }

  private async locked(work: Work, make: () => Promise<void>): Promise<void> {
    await mkdir(this.place.storage, { recursive: true });
    const lock = join(this.place.storage, 'environment.lock');
    const release = await take(lock, work.signal, () => {
      work.report('another window is installing');
    });
    try {
      await make();
    } finally {
      await release();
    }
  }

  private async wheel(): Promise<{ wheel: string; sha256: string }> {
    const names = await readdir(this.place.bundled).catch(() => []);
    const wheel = names.find((name) => name.endsWith('.whl'));
    if (!wheel) {
      throw new EnvironmentError(
        'This build of the extension carries no server. Name a Python that has ownstack installed in ownstack.python.interpreter.',
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

/** Returns what to do about a failed installation, judged by what pip printed. */
export function advice(output: string, platform: NodeJS.Platform): string {
  const compiler =
    /CMAKE_C(XX)?_COMPILER|No CMAKE_C|[Nn]o C(\+\+)? compiler|command '?(gcc|g\+\+|cc|clang)'? failed|error: Microsoft Visual C\+\+|CMake Error: CMake was unable to find/;
  const offline =
    /Temporary failure in name resolution|NewConnectionError|Network is unreachable|getaddrinfo failed|nodename nor servname/;
  if (compiler.test(output)) {
    return `llama.cpp cannot be compiled: there is no C++ compiler. Install ${COMPILER[platform] ?? 'one'}, then restart Ownstack.`;
  }
  if (offline.test(output)) {
    return 'The Python packages could not be fetched: the package index cannot be reached. Connect, or set up pip for your mirror, then restart Ownstack.';
  }
  if (/No space left on device|ENOSPC|Errno 28/.test(output)) {
    return 'The disk is full. Make about 1 GB of room, then restart Ownstack.';
  }
  if (output.includes('ensurepip')) {
    return 'Python lacks its venv module. Install it (on Debian and Ubuntu: python3-venv), then restart Ownstack.';
  }
  return 'The server could not be installed; the log has the details. Restart Ownstack to try again.';
}

const COMPILER: Partial<Record<NodeJS.Platform, string>> = {
  linux: 'one (on Debian and Ubuntu: build-essential; on Fedora: gcc-c++ make)',
  darwin: 'the command line tools (xcode-select --install)',
  win32: 'the Visual Studio Build Tools with "Desktop development with C++"',
};

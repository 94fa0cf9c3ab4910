/** The program `uv`, where it is: makes environments in seconds, and gets a Python where there is none. */

import { homedir } from 'node:os';
import { join } from 'node:path';

import { run, type Options, type Outcome } from '../process.js';
import type { Candidate } from './python.js';

/** Returns where uv may be: on the PATH, or where its installers put it, which the editor's PATH often lacks. */
export function places(platform: NodeJS.Platform, home = homedir()): string[] {
  const name = platform === 'win32' ? 'uv.exe' : 'uv';
  const own = [join(home, '.local', 'bin', name), join(home, '.cargo', 'bin', name)];
  const shared = platform === 'win32' ? [] : ['/opt/homebrew/bin/uv', '/usr/local/bin/uv', '/home/linuxbrew/.linuxbrew/bin/uv'];
  return ['uv', ...own, ...shared];
}

export class Uv {
  private constructor(readonly path: string) {}

  /** Returns the first that answers, or null. */
  static async find(candidates: readonly string[], log: (line: string) => void): Promise<Uv | null> {
    for (const path of candidates) {
      const { code, stdout } = await run(path, ['--version'], { timeoutMs: 10_000 });
      if (code !== 0 || !stdout.startsWith('uv ')) continue;
      log(`${path}: ${stdout.trim()}`);
      return new Uv(path);
    }
    return null;
  }

  /** Runs it; what the user has configured for uv elsewhere does not count. */
  run(args: readonly string[], options: Options): Promise<Outcome> {
    return run(this.path, ['--no-config', '--no-progress', '--color', 'never', ...args], options);
  }

  /** Returns the Pythons that uv has installed itself, newest first; no connection is opened. */
  async pythons(): Promise<Candidate[]> {
    const args = ['python', 'list', '--managed-python', '--only-installed', '--offline', '--output-format', 'json'];
    const { code, stdout } = await this.run(args, { timeoutMs: 20_000 });
    if (code !== 0) return [];
    try {
      const listed = JSON.parse(stdout) as { path?: string | null; implementation?: string; version_parts?: { minor: number } }[];
      return listed
        .filter(({ path, implementation, version_parts: parts }) => path && implementation === 'cpython' && (parts?.minor ?? 99) <= 14)
        .map(({ path }) => ({ command: path ?? '', args: [], origin: 'uv' }));
    } catch {
      return []; // An older uv that knows no JSON: what is on the PATH is looked at all the same.
    }
  }

  /** Downloads a Python into the user's folder. Opens a connection: only when somebody asked for it. */
  install(version: string, options: Options): Promise<Outcome> {
    // Where Pythons are downloaded from is the user's to configure: a mirror, for one.
    return run(this.path, ['--no-progress', '--color', 'never', 'python', 'install', version], options);
  }
}

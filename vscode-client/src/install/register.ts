/**
 * What is known of the environments, on disk: which one serves, which one served before, which are broken.
 *
 * Files are replaced by renaming, so that a reader, or one who comes after a crash, sees the old
 * text or the new one.
 */

import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { alive, take } from './lock.js';
import { entries, FIRST, FIRST_KNOWN, FOLDER, namesIn, REMOVED, USES } from './names.js';

export type Stage = 'echo' | 'whole';

export interface Known {
  /** Name of the one that serves, or "". */
  current: string;
  /** Name of the one that served before, until `current` has served. */
  previous?: string;
  /** Why the server did not start from what was made: by identity, not by name. */
  broken: Record<string, string>;
  /** Why the last attempt failed, and when (milliseconds since 1970): those who waited for it heed it. */
  failed?: { reason: string; at: number };
  /** The last failure of an update that somebody was told of, and of what the new version was to be made. */
  told?: { reason: string; source: string };
}

/** What is known of an environment that is done; without this it counts as half made. */
export interface Made {
  /** Hash of what it was made from. */
  source: string;
  /** Path of the Python that it was made with. */
  base: string;
  stage: Stage;
  /** When it was made: milliseconds since 1970. */
  at: number;
  /** Which file its Python led to then: another one is asked whether it still fits. */
  realpath?: string;
  /** Why it was built although packages are carried. */
  why?: string;
}

const MADE = 'made.json';
const LOCK_MS = 20_000;

export class Register {
  constructor(readonly root: string) {}

  /** Returns the folder of an environment. */
  folder(name: string): string {
    return name === FIRST ? join(this.root, FIRST) : join(this.root, FOLDER, name);
  }

  async read(): Promise<Known> {
    const known = await json<Partial<Known>>(join(this.root, 'environments.json'));
    if (typeof known?.current === 'string') return { broken: {}, ...known, current: known.current };
    return { current: (await this.made(FIRST)) ? FIRST : '', broken: {} };
  }

  /** Changes what is known, while no other window does. */
  async change(change: (known: Known) => void): Promise<void> {
    const release = await take(join(this.root, 'environments.lock'), AbortSignal.timeout(LOCK_MS));
    try {
      const known = await this.read();
      change(known);
      await replace(join(this.root, 'environments.json'), JSON.stringify(known));
    } finally {
      await release();
    }
  }

  async made(name: string): Promise<Made | null> {
    if (!name) return null;
    if (name !== FIRST) return json<Made>(join(this.folder(name), MADE));
    const first = await json<{ sha256: string; stage: Stage | 'none'; base?: string }>(join(this.root, FIRST_KNOWN));
    if (!first || first.stage === 'none') return null;
    return { source: first.sha256, base: first.base ?? '', stage: first.stage, at: 0 };
  }

  async mark(name: string, made: Made): Promise<void> {
    const { source, base, stage } = made;
    if (name !== FIRST) return replace(join(this.folder(name), MADE), JSON.stringify(made));
    // In the form that a window with an older extension understands.
    const before = await json<object>(join(this.root, FIRST_KNOWN));
    return replace(join(this.root, FIRST_KNOWN), JSON.stringify({ ...before, sha256: source, base, stage }));
  }

  /** Returns the names of all environments, whole or not, and of what is left of the making of one. */
  names(): Promise<string[]> {
    return namesIn(this.root);
  }

  /** Removes one; leaves it as it is if the system says that it is in use. */
  async remove(name: string): Promise<void> {
    const folder = this.folder(name);
    if (name.startsWith(REMOVED)) return rm(folder, RECURSIVELY);
    const aside = join(this.root, FOLDER, `${REMOVED}${randomBytes(4).toString('hex')}`);
    await mkdir(join(this.root, FOLDER), { recursive: true });
    // In one step: one that is gone half-way looks whole to who starts from it.
    await rename(folder, aside);
    if (name === FIRST) await rm(join(this.root, FIRST_KNOWN), { force: true });
    await rm(aside, RECURSIVELY);
  }

  /** Notes from which one this window's server runs. */
  async use(name: string): Promise<void> {
    const folder = join(this.root, FOLDER, USES);
    await mkdir(folder, { recursive: true });
    await replace(join(folder, String(process.pid)), name);
  }

  /** Returns from which ones windows' servers run, this window's too. */
  async used(): Promise<Set<string>> {
    const folder = join(this.root, FOLDER, USES);
    const names = new Set<string>();
    for (const pid of await entries(folder)) {
      const file = join(folder, pid);
      if (alive(Number(pid))) names.add(await readFile(file, 'utf8').catch(() => ''));
      else await rm(file, { force: true });
    }
    return names;
  }
}

const RECURSIVELY = { recursive: true, force: true, maxRetries: 3 } as const;

async function json<T>(path: string): Promise<T | null> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as T;
  } catch {
    return null; // Not there, or no text of ours: as good as not there.
  }
}

/** Replaces a file by a whole one, or leaves it as it was. */
async function replace(path: string, text: string): Promise<void> {
  const beside = `${path}.${randomBytes(4).toString('hex')}`;
  try {
    const file = await open(beside, 'wx');
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await renamed(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}

const ATTEMPTS = 10;

/** Renames; on Windows a file that somebody is just reading cannot be replaced. */
async function renamed(from: string, to: string): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await rename(from, to);
      return;
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      if (attempt === ATTEMPTS || (code !== 'EPERM' && code !== 'EBUSY' && code !== 'EACCES')) throw error;
      await pause(20 * attempt);
    }
  }
}

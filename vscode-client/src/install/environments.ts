/**
 * The server's own environments: a new one is made beside the one that serves.
 *
 * Only one that is whole and has been checked counts. The one before is kept until the new one has
 * served, and is taken again if it does not. Whoever is stopped at any moment leaves one that serves.
 */

import { createHash, randomBytes } from 'node:crypto';
import { access, mkdir, readFile, realpath, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

import { run } from '../process.js';
import { EnvironmentError, failure, ServerError } from './failures.js';
import { check, compile, install, pythonIn, type Carried, type Steps, type Target } from './installing.js';
import { take } from './lock.js';
import { FIRST, FOLDER } from './names.js';
import { refuseNoexec } from './noexec.js';
import type { Interpreter } from './python.js';
import { Register, type Known, type Made, type Stage } from './register.js';
import { readSource, type Source } from './source.js';
import type { Uv } from './uv.js';

export interface Place {
  /** Folder of the environments and of what is known of them. */
  storage: string;
  /** Folder of what the extension carries. */
  bundled: string;
  platform: NodeJS.Platform;
  /** Reads the packages that are carried; null if there are none. */
  carried: () => Promise<Carried | null>;
}

export interface Work extends Steps {
  /** Finds the Python to make the environment with; a text says why there is none. */
  python: () => Promise<string | Interpreter>;
  uv: () => Promise<Uv | null>;
}

/** An environment from which a server can be started. */
export interface Serving {
  name: string;
  folder: string;
  python: string;
  stage: Stage;
  /** Whether it was made from what the extension carries, with the Python that is asked for. */
  fits: boolean;
  /** The one that served before; while it is there, this one has yet to serve. */
  previous?: string;
}

/** The server did not start from what would be made: nothing is made until `forget` is called. */
export class BrokenError extends EnvironmentError {}

const SWEEP_WAITS_MS = 1_000;
const STOP_MS = 20_000;
const USAGE = 2;
const ID_LENGTH = 8;

export class Environments {
  readonly register: Register;
  private readonly lockFile: string;
  private readonly began = Date.now();
  private known: Promise<Source> | null = null;

  constructor(private readonly place: Place) {
    this.register = new Register(place.storage);
    this.lockFile = join(place.storage, 'environment.lock');
  }

  get folder(): string {
    return this.place.storage;
  }

  /** Returns the environment to start a server from, made with `base` if that is given; null if there is none. */
  async serving(base = ''): Promise<Serving | null> {
    const [{ current, previous }, source] = await Promise.all([this.register.read(), this.source()]);
    for (const name of [current, previous]) {
      const made = name ? await this.alive(name) : null;
      if (!name || !made) continue;
      const folder = this.register.folder(name);
      const trial = name === current && previous !== undefined;
      return {
        name,
        folder,
        python: pythonIn(folder, this.place.platform),
        stage: made.stage,
        fits: this.fits(made, source, base) && name === current,
        ...(trial && { previous }),
      };
    }
    return null;
  }

  /** Returns how much of what fits is there. */
  async stage(base = ''): Promise<Stage | 'none'> {
    const serving = await this.serving(base);
    return serving?.fits ? serving.stage : 'none';
  }

  /** Returns since when (milliseconds since 1970) some window installs, or null. */
  async since(): Promise<number | null> {
    try {
      return (await stat(this.lockFile)).mtimeMs;
    } catch {
      return null; // Nobody does.
    }
  }

  /**
   * Makes the environment that fits, beside the one that serves, and has it serve from now on.
   *
   * Returns whether this window did it; else another one has. One that serves with llama.cpp is
   * replaced by one with llama.cpp only; if none serves, the first stage is enough.
   */
  make(work: Work, wanted = ''): Promise<boolean> {
    return this.attempt(work, async () => {
      const serving = await this.serving(wanted);
      if (serving?.fits) return false;
      const base = await work.python();
      if (typeof base === 'string') throw new EnvironmentError(base);
      const { wheel, hash } = await this.source();
      const id = createHash('sha256').update(`${hash} ${base.path} ${base.version.join('.')}`).digest('hex').slice(0, ID_LENGTH);
      const broken = (await this.register.read()).broken[id];
      if (broken) throw new BrokenError(broken);
      await refuseNoexec(this.place.storage, base);
      await this.clear(work.log);
      const name = (await this.begun(id, hash)) ?? `${id}.${randomBytes(2).toString('hex')}`;
      const target: Target = {
        report: work.report,
        log: work.log,
        signal: work.signal,
        folder: this.register.folder(name),
        base,
        platform: this.place.platform,
        wheel: join(this.place.bundled, wheel),
        carried: await this.place.carried(),
        uv: await work.uv(),
      };
      await this.complete(name, target, hash, serving?.stage ?? 'echo').catch(async (error: unknown) => {
        // It would fail at each start. If none serves, each start is to try all the same.
        if (serving && error instanceof ServerError) await this.register.change((known) => { known.broken[id] = error.message; });
        throw error;
      });
      await this.register.change((known) => {
        known.current = name;
        delete known.told;
        if (serving) known.previous = serving.name;
        else delete known.previous;
      });
      return true;
    });
  }

  /** Adds llama.cpp to the environment that serves. Minutes. Returns as `make` does. */
  makeWhole(work: Work): Promise<boolean> {
    return this.attempt(work, async () => {
      const serving = await this.serving();
      const made = serving && (await this.register.made(serving.name));
      if (!made || !serving.fits || serving.stage !== 'echo') return false;
      const { wheel } = await this.source();
      const target = { ...work, folder: serving.folder, platform: this.place.platform, wheel: join(this.place.bundled, wheel) };
      await compile(target, made.why);
      await this.register.mark(serving.name, { ...made, stage: 'whole' });
      return true;
    });
  }

  /** Has what is there made anew, and what did not start tried again. */
  async forget(all = false): Promise<void> {
    const known = await this.register.read();
    if (!all && !known.told && !Object.keys(known.broken).length) return;
    await this.register.change((now) => {
      now.broken = {};
      delete now.told;
    });
    if (!all || !known.current) return;
    const made = await this.register.made(known.current);
    // It serves on until the new one is there.
    if (made) await this.register.mark(known.current, { ...made, source: '', at: 0 });
  }

  /** Tells whether nobody was told yet that the update fails for this reason; from now on somebody was. */
  async toTell(reason: string): Promise<boolean> {
    const { hash } = await this.source();
    const { told } = await this.register.read();
    if (told?.reason === reason && told.source === hash) return false;
    await this.register.change((known) => {
      known.told = { reason, source: hash };
    }).catch(() => undefined); // A full disk has no room for that: it is told again.
    return true;
  }

  /** Heeds that a server has started from an environment: those that nobody needs are removed. */
  async served(name: string, log: (line: string) => void): Promise<void> {
    const { current, previous } = await this.register.read();
    if (current === name && previous !== undefined) {
      await this.register.change((known) => {
        if (known.current === name) delete known.previous;
      });
    }
    await this.sweep(log);
  }

  /** Goes back to the environment before, since no server starts from this one; tells whether there is one. */
  async rollBack(name: string, reason: string): Promise<boolean> {
    let back = false;
    await this.register.change((known) => {
      if (known.current !== name || known.previous === undefined) return;
      known.broken[idOf(name)] = reason;
      known.current = known.previous;
      delete known.previous;
      back = true;
    });
    return back;
  }

  /** Ends the daemon that runs from an environment, if it does. */
  async stopDaemon(name: string, python: string, log: (line: string) => void): Promise<boolean> {
    const args = ['-m', 'ownstack', 'daemon', 'stop', '--from', this.register.folder(name)];
    const { code, stderr } = await run(python, args, { timeoutMs: STOP_MS, cwd: this.place.storage });
    // An older server knows no `--from`; its daemon was ended when the environment was left.
    if (code === 0 || code === USAGE) return true;
    log(`The server of an old environment was not stopped: ${stderr.trim()}`);
    return false;
  }

  /** Removes what is neither needed nor half made by a window that is at it. */
  async sweep(log: (line: string) => void): Promise<void> {
    const release = await take(this.lockFile, AbortSignal.timeout(SWEEP_WAITS_MS)).catch(() => null);
    if (!release) return; // Somebody makes one: another time.
    try {
      const known = await this.register.read();
      const serving = await this.serving();
      const used = await this.register.used();
      if (!serving) return;
      for (const name of await this.register.names()) {
        if (used.has(name) || (await this.isNeeded(name, known))) continue;
        if ((await this.register.made(name)) && !(await this.stopDaemon(name, serving.python, log))) continue;
        await this.remove(name, log);
      }
    } finally {
      await release();
    }
  }

  private async isNeeded(name: string, { current, previous, broken }: Known): Promise<boolean> {
    if (name === current || name === previous) return true;
    if (name === FIRST || idOf(name) in broken) return false;
    // One that was made later than what serves, and not taken into use yet: the next attempt goes on from there.
    const [made, serving] = await Promise.all([this.alive(name), this.register.made(current)]);
    return made?.source === (await this.source()).hash && made.at > (serving?.at ?? 0);
  }

  /** Makes an environment up to the stage that is enough; half of one does not stay. */
  private async complete(name: string, target: Target, source: string, enough: Stage): Promise<void> {
    const made = await this.register.made(name);
    let { stage, why } = { stage: made?.stage, why: made?.why ?? '' };
    const mark = async (now: Stage): Promise<void> => {
      const path = await realpath(pythonIn(target.folder, target.platform)).catch(() => '');
      const more = { ...(path && { realpath: path }), ...(why && { why }) };
      await this.register.mark(name, { source, base: target.base.path, stage: now, at: Date.now(), ...more });
    };
    if (!stage) {
      try {
        await mkdir(join(this.place.storage, FOLDER), { recursive: true });
        ({ stage, why } = await install(target));
        await mark(stage);
      } catch (error) {
        await rm(target.folder, { recursive: true, force: true }).catch(() => undefined);
        throw error;
      }
    }
    if (stage === 'whole' || enough === 'echo') return;
    await compile(target, why);
    await check(target);
    await mark('whole');
  }

  /** Returns the name of one that was made earlier, to the first stage or without being taken into use. */
  private async begun(id: string, source: string): Promise<string | undefined> {
    for (const name of await this.register.names()) {
      if (idOf(name) === id && (await this.alive(name))?.source === source) return name;
    }
    return undefined;
  }

  /** Removes what earlier attempts left that were stopped half-way. */
  private async clear(log: (line: string) => void): Promise<void> {
    const used = await this.register.used();
    for (const name of await this.register.names()) {
      if (name !== FIRST && !used.has(name) && !(await this.register.made(name))) await this.remove(name, log);
    }
  }

  private async remove(name: string, log: (line: string) => void): Promise<void> {
    try {
      await this.register.remove(name);
      log(`Removed ${this.register.folder(name)}`);
    } catch (error) {
      log(`${this.register.folder(name)} is kept for now: ${String(error)}`);
    }
  }

  /** Returns what is known of an environment that is done and whose Python is still there. */
  private async alive(name: string): Promise<Made | null> {
    const made = await this.register.made(name);
    if (!made) return null;
    const folder = this.register.folder(name);
    const python = pythonIn(folder, this.place.platform);
    const path = await realpath(python).catch(() => '');
    if (!path || !(await this.hasBase(folder))) return null;
    if (!made.realpath || path === made.realpath) return made;
    // The Python was replaced by another one, which may not find what is installed.
    const { code } = await run(python, ['-I', '-c', 'import ownstack'], { timeoutMs: STOP_MS });
    return code === 0 ? made : null;
  }

  /** On Windows the environment's Python is a program of its own, which starts the one it was made with. */
  private async hasBase(folder: string): Promise<boolean> {
    if (this.place.platform !== 'win32') return true;
    const text = await readFile(join(folder, 'pyvenv.cfg'), 'utf8').catch(() => '');
    const home = /^home *= *(.+)$/m.exec(text)?.[1]?.trim();
    return !home || access(join(home, 'python.exe')).then(() => true, () => false);
  }

  private fits(made: Made, source: Source, base: string): boolean {
    if (base && made.base !== base) return false;
    if (made.source === source.hash) return true;
    // The first one knows only its wheel; and what another window made since this one began is newer.
    return (made.source === source.wheelHash && made.at === 0 && made.stage === 'whole') || made.at > this.began;
  }

  /** Makes something while no other window does. Those that waited for what failed fail as it did. */
  private async attempt<T>(work: Work, make: () => Promise<T>): Promise<T> {
    const asked = Date.now();
    let stoppedAt: number | undefined;
    work.signal.addEventListener('abort', () => (stoppedAt = Date.now()), { once: true });
    const release = await this.locked(work);
    try {
      const { failed } = await this.register.read();
      if (failed && failed.at >= asked) throw new EnvironmentError(failed.reason);
      return await make().catch(async (error: unknown) => {
        const told = this.inWords(error, work);
        // A program takes a moment to end; who asks meanwhile asks for another try.
        if (told instanceof EnvironmentError && !(told instanceof BrokenError)) await this.failed(told.message, stoppedAt ?? Date.now());
        throw told;
      });
    } finally {
      await release();
    }
  }

  private async failed(reason: string, at: number): Promise<void> {
    await this.register.change((known) => {
      known.failed = { reason, at };
    }).catch(() => undefined); // A full disk has no room for that: those that wait try for themselves.
  }

  private async locked(work: Work): Promise<() => Promise<void>> {
    try {
      await mkdir(this.place.storage, { recursive: true });
      return await take(this.lockFile, work.signal, () => {
        work.report('another window is installing');
      });
    } catch (error) {
      throw this.inWords(error, work);
    }
  }

  /** Returns what the system refused in words that say what to do; other errors as they are. */
  private inWords(error: unknown, { log, signal }: Work): unknown {
    if (signal.aborted || error instanceof EnvironmentError || !(error as NodeJS.ErrnoException).code) return error;
    log(`In ${this.place.storage}: ${String(error)}`);
    return failure(String(error), this.place.platform, error);
  }

  private source(): Promise<Source> {
    this.known ??= readSource(this.place.bundled).catch((error: unknown) => {
      this.known = null;
      throw error;
    });
    return this.known;
  }
}

/** Returns what an environment is made of, as a short hash; each attempt has a name of its own. */
function idOf(name: string): string {
  return name.split('.')[0] ?? name;
}

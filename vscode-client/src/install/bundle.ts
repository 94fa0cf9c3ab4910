/** The packages that a build of the extension for one platform carries, and how they are unpacked. */

import { mkdir, readFile, rename, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { misfit, type PythonKind } from './fit.js';
import { MANIFEST, MOST_MANIFEST_BYTES, parse, type Manifest } from './manifest.js';
import { Damaged, unpackInto } from './unpacking.js';

export type { PythonKind } from './fit.js';

/** Told how many bytes of how many are done; seldom enough to be shown each time. */
export type Progress = (done: number, all: number) => void;

/** Why the packages could not be unpacked, in words that say what to do. */
export class BundleError extends Error {}

export class Bundle {
  private constructor(
    private readonly folder: string,
    private readonly manifest: Manifest,
  ) {}

  /**
   * Reads what the folder of the extension carries; null if that is only the server, for any platform.
   *
   * Throws a BundleError if the list of it is damaged.
   */
  static async read(folder: string): Promise<Bundle | null> {
    const path = join(folder, MANIFEST);
    try {
      if ((await stat(path)).size > MOST_MANIFEST_BYTES) throw new Error('it is too large');
      return new Bundle(folder, parse(await readFile(path, 'utf8')));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw damaged(MANIFEST, error);
    }
  }

  /** The platform as VS Code names it, as `linux-x64`. */
  get target(): string {
    return this.manifest.target;
  }

  /** The versions of Python that it has packages for, as "3.12". */
  get pythons(): readonly string[] {
    return this.manifest.pythons;
  }

  /** Returns "", or in a sentence why the packages do not run with that Python. */
  fits(python: PythonKind): string {
    return misfit(this.manifest, python);
  }

  /** Returns how many bytes `unpack` writes for that Python. An environment of them takes as many again. */
  bytes({ version }: Pick<PythonKind, 'version'>): number {
    const python = version.join('.');
    const wheels = this.manifest.wheels.filter(({ pythons }) => pythons.includes(python));
    return [...wheels, ...this.manifest.plain].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /**
   * Makes the folder `to` (what was there is removed): the wheels for that Python, each verified, and
   * a requirements file with their hashes, for `--no-index --find-links TO --require-hashes -r`.
   *
   * Rejects with a BundleError (damaged, no room), or with the signal's reason; then `to` is not there.
   */
  async unpack(
    { version }: Pick<PythonKind, 'version'>,
    to: string,
    report: Progress,
    signal: AbortSignal,
  ): Promise<{ requirements: string }> {
    const part = `${to}.part`;
    // What is half there was left by a window that was killed.
    await Promise.all([part, to].map((folder) => rm(folder, { recursive: true, force: true })));
    try {
      await mkdir(part, { recursive: true });
      await checkRoom(dirname(to), this.room({ version }));
      await unpackInto(part, this.folder, this.manifest, version.join('.'), report, signal);
      await writeFile(join(part, 'requirements.txt'), this.manifest.requirements);
      signal.throwIfAborted();
      await rename(part, to);
    } catch (error) {
      await rm(part, { recursive: true, force: true });
      if (error instanceof Damaged) throw damaged(error.file, error);
      if ((error as NodeJS.ErrnoException).code === 'ENOSPC') throw full(this.room({ version }), error);
      throw error;
    }
    return { requirements: join(to, 'requirements.txt') };
  }

  /** Returns how many bytes the wheels and an environment of them take together. */
  private room(python: Pick<PythonKind, 'version'>): number {
    return 2 * this.bytes(python);
  }
}

/** Rejects at once where it would fail later, half-way. */
async function checkRoom(folder: string, needed: number): Promise<void> {
  const { bavail, bsize } = await statfs(folder);
  if (bavail * bsize < needed) throw full(needed);
}

function damaged(file: string, cause: unknown): BundleError {
  return new BundleError(`The extension's own file ${file} is damaged; install it again.`, { cause });
}

function full(neededBytes: number, cause?: unknown): BundleError {
  const megabytes = Math.ceil(neededBytes / 1e6);
  return new BundleError(`The disk is full: the installation takes about ${megabytes} MB. Make room, then try again.`, { cause });
}

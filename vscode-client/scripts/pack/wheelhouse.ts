/** Reads the wheels of a wheelhouse. */

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';

import { openPromise, type Entry, type ZipFile } from 'yauzl';

export interface SourceFile {
  path: string;
  bytes: number;
  crc32: number;
  /** Permissions, as in `0o644`. */
  mode: number;
  sha256: string;
  /** Reads the content, again each time. */
  read: () => Promise<Buffer>;
}

export interface SourceWheel {
  name: string;
  bytes: number;
  sha256: string;
  /** Of those of the wheelhouse, the Pythons that install it. */
  pythons: string[];
  files: SourceFile[];
  close: () => void;
}

export interface Wheelhouse {
  target: string;
  pythons: string[];
  requirements: string;
  wheels: SourceWheel[];
}

/** Opens a wheelhouse; the caller closes its wheels. */
export async function openWheelhouse(folder: string): Promise<Wheelhouse> {
  const described = JSON.parse(await readFile(join(folder, 'wheelhouse.json'), 'utf8')) as Wheelhouse;
  const requirements = await readFile(join(folder, 'requirements.txt'), 'utf8');
  const names = (await readdir(folder)).filter((name) => name.endsWith('.whl')).sort();
  const wheels: SourceWheel[] = [];
  for (const name of names) {
    const wheel = await openWheel(folder, name, described.pythons).catch((error: unknown) => {
      throw new Error(`${name} cannot be read: ${(error as Error).message}`, { cause: error });
    });
    wheels.push(wheel);
  }
  return { target: described.target, pythons: described.pythons, requirements: requirements.replaceAll('\r\n', '\n'), wheels };
}

async function openWheel(folder: string, name: string, pythons: readonly string[]): Promise<SourceWheel> {
  const path = join(folder, name);
  const zip = await openPromise(path, { autoClose: false });
  const files: SourceFile[] = [];
  for await (const entry of zip.eachEntry()) {
    if (entry.fileName.endsWith('/')) continue;
    files.push(await describe(zip, entry));
  }
  return {
    name,
    bytes: (await stat(path)).size,
    sha256: await sha256Of(path),
    pythons: pythonsOf(name, pythons),
    files,
    close: () => {
      zip.close();
    },
  };
}

async function describe(zip: ZipFile, entry: Entry): Promise<SourceFile> {
  const read = async (): Promise<Buffer> => buffer(await zip.openReadStreamPromise(entry));
  const sha256 = createHash('sha256').update(await read()).digest('hex');
  // Where a wheel names no permissions, pip gives 0644.
  const mode = (entry.externalFileAttributes >>> 16) & 0o777 || 0o644;
  return { path: entry.fileName, bytes: entry.uncompressedSize, crc32: entry.crc32, mode, sha256, read };
}

/** Returns those Pythons that can install a wheel by its name's tags (PEP 425). */
export function pythonsOf(name: string, pythons: readonly string[]): string[] {
  const [interpreters = '', abis = ''] = name.slice(0, -'.whl'.length).split('-').slice(-3);
  return pythons.filter((python) => {
    const minor = Number(python.split('.')[1]);
    return interpreters.split('.').some((tag) => {
      const found = /^(py|cp)3(\d*)$/.exec(tag);
      if (!found) return false;
      const least = Number(found[2]);
      const forOneOnly = found[1] === 'cp' && !abis.split('.').includes('abi3') && found[2] !== '';
      return forOneOnly && !abis.split('.').includes('none') ? minor === least : minor >= least;
    });
  });
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) hash.update(chunk);
  return hash.digest('hex');
}

/** The environments in the extension's storage: which files are ours there, how large, removing them. */

import { lstat, readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';

/** A name that the extension gives to an environment. */
const NAME = /^[0-9a-f]{6,64}(?:[.-][\w.-]{1,64})?$/;
/** Which environment serves, and who makes one. The latter two are of earlier versions, too. */
const FILES = ['environments.json', 'environments.lock', 'environment.json', 'environment.lock'];

/** Returns the folders of the environments below some storage, and the files around them. Links are left out. */
export async function environmentsIn(folder: string): Promise<string[]> {
  if (!(await isKind(folder, 'folder'))) return [];
  const several = join(folder, 'environments');
  const named = (await isKind(several, 'folder')) ? await readdir(several) : [];
  const places = [join(folder, 'environment'), ...named.filter((name) => NAME.test(name)).map((name) => join(several, name))];
  const found: string[] = [];
  for (const place of places) {
    if ((await isKind(place, 'folder')) && (await isKind(join(place, 'pyvenv.cfg'), 'file'))) found.push(place);
  }
  for (const name of FILES) if (await isKind(join(folder, name), 'file')) found.push(join(folder, name));
  return found;
}

/** Returns the size of files and of all that folders hold, in bytes. */
export async function sizeOf(paths: readonly string[]): Promise<number> {
  let total = 0;
  const waiting = [...paths];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const status = await lstat(path).catch(() => null);
    if (!status?.isDirectory()) total += status?.size ?? 0;
    else for (const name of await readdir(path).catch(() => [])) waiting.push(join(path, name));
  }
  return total;
}

/** Removes the environments below some folders; returns why what is still there is. */
export async function removeEnvironments(folders: readonly string[]): Promise<string[]> {
  const problems: string[] = [];
  for (const folder of folders) {
    for (const path of await environmentsIn(folder)) {
      await rm(path, { recursive: true, force: true, maxRetries: 2 }).catch((error: unknown) => {
        problems.push(`${path}: ${(error as Error).message}`);
      });
    }
    // Not if anything else is in it.
    await rmdir(join(folder, 'environments')).catch(() => undefined);
  }
  return problems;
}

/** Tells whether a path is itself a folder or a file, and no link to one. */
async function isKind(path: string, kind: 'folder' | 'file'): Promise<boolean> {
  const status = await lstat(path).catch(() => null);
  return (kind === 'folder' ? status?.isDirectory() : status?.isFile()) ?? false;
}

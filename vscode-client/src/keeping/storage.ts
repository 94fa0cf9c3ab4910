/** The environments in the extension's storage: which files are ours there, how large, removing them. */

import { lstat, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';

import { entries, FILES, FIRST, FOLDER, isKind, isPartial, isUse, namesIn, USES } from '../install/names.js';

/** Returns the folders of the environments below some storage, and the files around them. Links are left out. */
export async function environmentsIn(folder: string): Promise<string[]> {
  if (!(await isKind(folder, 'folder'))) return [];
  const found: string[] = [];
  const plain = await isKind(join(folder, FOLDER), 'folder');
  for (const name of await namesIn(folder)) {
    const path = name === FIRST ? join(folder, FIRST) : join(folder, FOLDER, name);
    if ((name !== FIRST && !plain) || !(await isKind(path, 'folder'))) continue;
    // Of half an environment only the name tells whose it is.
    if (name !== FIRST || (await isKind(join(path, 'pyvenv.cfg'), 'file'))) found.push(path);
  }
  for (const name of [...FILES, ...(await entries(folder)).filter(isPartial)]) if (await isKind(join(folder, name), 'file')) found.push(join(folder, name));
  return found;
}

/** Returns the size of files and of all that folders hold, in bytes. */
export async function sizeOf(paths: readonly string[]): Promise<number> {
  let total = 0;
  const waiting = [...paths];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    const status = await lstat(path).catch(() => null);
    if (!status?.isDirectory()) total += status?.size ?? 0;
    else for (const name of await entries(path)) waiting.push(join(path, name));
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
    await removeUses(join(folder, FOLDER, USES));
    // Not if anything else is in it.
    await rmdir(join(folder, FOLDER)).catch(() => undefined);
  }
  return problems;
}

/** Removes the notes of which window's server runs from which environment: files named by numbers. */
async function removeUses(folder: string): Promise<void> {
  if (!(await isKind(folder, 'folder'))) return;
  for (const name of await entries(folder)) {
    if (isUse(name)) await rm(join(folder, name), { force: true }).catch(() => undefined);
  }
  await rmdir(folder).catch(() => undefined);
}

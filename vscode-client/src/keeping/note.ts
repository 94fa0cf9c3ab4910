/**
 * A note of where the extension keeps its environments, for whoever removes them.
 *
 * It lies in the data folder of `ownstack`, which finds it there. When the extension has been
 * removed, nobody says which editor it was; so each note is named after the folder in which that
 * editor keeps its extensions, and from which the extension's last script is run.
 */

import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, realpath, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { isAbsolute, join, posix, win32 } from 'node:path';

export interface Note {
  /** Where the editor keeps its extensions. */
  extensions: string;
  /** Where environments may be. */
  folders: string[];
}

export interface Surroundings {
  platform: NodeJS.Platform;
  env: NodeJS.ProcessEnv;
  home: string;
}

/** Returns the folder in which `ownstack` keeps its data (`ownstack.paths.Home.data`). */
export function dataFolder({ platform, env, home }: Surroundings): string {
  if (env.OWNSTACK_HOME) return join(env.OWNSTACK_HOME, 'data');
  if (platform === 'win32') return win32.join(env.LOCALAPPDATA ?? win32.join(home, 'AppData', 'Local'), 'ownstack');
  const xdg = env.XDG_DATA_HOME?.trim();
  if (xdg) return posix.join(xdg, 'ownstack');
  const usual = platform === 'darwin' ? posix.join('Library', 'Application Support') : posix.join('.local', 'share');
  return posix.join(home, usual, 'ownstack');
}

/** Writes the note of the editor with these extensions, unless it is there already. */
export async function leaveNote(data: string, note: Note): Promise<void> {
  const file = await fileOf(data, note.extensions);
  const content = JSON.stringify(note);
  if ((await readFile(file, 'utf8').catch(() => '')) === content) return;
  await mkdir(join(data, 'editors'), { recursive: true, mode: 0o700 });
  const partial = `${file}.${process.pid}.new`;
  try {
    await writeFile(partial, content, { mode: 0o600 });
    await rename(partial, file);
  } finally {
    await rm(partial, { force: true });
  }
}

/** Returns the note of the editor with these extensions; null if there is none that can be read. */
export async function noteOf(data: string, extensions: string): Promise<Note | null> {
  return read(await fileOf(data, extensions));
}

/** Returns the notes of other editors that have the extension still. */
export async function othersOf(data: string, extensions: string): Promise<Note[]> {
  const own = await fileOf(data, extensions);
  const others: Note[] = [];
  for (const name of await readdir(join(data, 'editors')).catch(() => [])) {
    const file = join(data, 'editors', name);
    const note = file === own ? null : await read(file);
    const there = note ? await readdir(note.extensions).catch(() => []) : [];
    if (note && there.some((folder) => folder.startsWith('ownstack.ownstack-'))) others.push(note);
  }
  return others;
}

/** Removes the note, and the folders around it if nothing else is in them. */
export async function removeNote(data: string, extensions: string): Promise<void> {
  await rm(await fileOf(data, extensions), { force: true });
  await rmdir(join(data, 'editors')).catch(() => undefined);
  await rmdir(data).catch(() => undefined);
}

async function fileOf(data: string, extensions: string): Promise<string> {
  const real = await realpath(extensions).catch(() => extensions);
  return join(data, 'editors', `${createHash('sha256').update(real).digest('hex').slice(0, 16)}.json`);
}

async function read(file: string): Promise<Note | null> {
  try {
    const { extensions, folders } = JSON.parse(await readFile(file, 'utf8')) as Partial<Note>;
    const known = Array.isArray(folders) ? folders.filter((folder) => typeof folder === 'string' && isAbsolute(folder)) : [];
    return typeof extensions === 'string' ? { extensions, folders: known } : null;
  } catch {
    return null; // None was left, or it is damaged: nothing is known, so nothing is removed.
  }
}

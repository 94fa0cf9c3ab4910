/**
 * What the extension's files are called in a folder of environments.
 *
 * Other things may be in the folder: nothing with another name is ours.
 */

import { lstat, readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The environment that was made before there were several; FIRST_KNOWN says what is known of it. */
export const FIRST = 'environment';
export const FIRST_KNOWN = 'environment.json';
/** The folder of all others. */
export const FOLDER = 'environments';
/** In that folder: from which ones servers run, by the numbers of windows' processes. */
export const USES = '.uses';
/** In that folder: what is being removed. */
export const REMOVED = '.removed-';
/** Beside environments: which one serves, and who makes one. */
export const FILES = ['environments.json', 'environments.lock', FIRST_KNOWN, 'environment.lock'] as const;

const ENVIRONMENT = /^[0-9a-f]{8}\.[0-9a-f]{4}$/;
const REMAINS = /^(?:[0-9a-f]{8}\.[0-9a-f]{4}\.(?:wheels(?:\.part)?|cache)|\.removed-[0-9a-f]{8})$/;
const PARTIAL = /^(?:environments?\.(?:json\.[0-9a-f]{8}|lock\.\d{1,10}))$/;
const USE = /^(?:\d{1,10}(?:\.[0-9a-f]{8})?)$/;

/**
 * Returns the folder of environments in the one that a setting names, `~` being the home folder; "" for none.
 *
 * A folder of its own, since what the user has there may have the names of ours. It need not be a whole path.
 */
export function namedFolder(setting: string, home = homedir()): string {
  const named = setting.trim();
  const whole = /^~(?:$|[\\/])/.test(named) ? join(home, named.slice(1)) : named;
  return whole && join(whole, 'ownstack');
}

/** Tells whether a name is one that the extension gives to an environment. */
export function isEnvironment(name: string): boolean {
  return ENVIRONMENT.test(name);
}

/** Tells whether a name is one of what the making or removing of an environment leaves when it is stopped half-way. */
export function isRemains(name: string): boolean {
  return REMAINS.test(name);
}

/** Tells whether a name is that of one of FILES which was half written, or of one that guards it. */
export function isPartial(name: string): boolean {
  return PARTIAL.test(name);
}

/** Tells whether a name is one that is used in USES. */
export function isUse(name: string): boolean {
  return USE.test(name);
}

/** Returns the names of all environments in a folder, whole or not, and of what is left of the making of one. */
export async function namesIn(root: string): Promise<string[]> {
  const names = (await entries(join(root, FOLDER))).filter((name) => isEnvironment(name) || isRemains(name));
  const first = (await isKind(join(root, FIRST), 'folder')) && (await isKind(join(root, FIRST_KNOWN), 'file'));
  return first ? [...names, FIRST] : names;
}

/** Returns what is in a folder; nothing if there is none. */
export function entries(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}

/** Tells whether a path is itself a folder or a file, and no link to one. */
export async function isKind(path: string, kind: 'folder' | 'file'): Promise<boolean> {
  const status = await lstat(path).catch(() => null);
  return (kind === 'folder' ? status?.isDirectory() : status?.isFile()) ?? false;
}

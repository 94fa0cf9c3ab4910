/** Removes, after the extension, what can be made again: environments, caches, logs. What the user made stays. */

import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

import { run } from '../process.js';
import { noteOf, othersOf, removeNote } from './note.js';
import { environmentsIn } from './storage.js';

const CLEAN_MS = 3_500;

/** Removes what the extension in a folder of extensions has kept; `removal` removes environments, which takes long. */
export async function uninstall(extensions: string, data: string, removal: (folders: string[]) => void): Promise<void> {
  const note = await noteOf(data, extensions);
  if (!note) return;
  const others = await othersOf(data, extensions);
  // The settings of several editors may name the same folder.
  const folders = note.folders.filter((folder) => !others.some((other) => other.folders.includes(folder)));
  // Caches, and the daemon, are of all editors together.
  if (!others.length) await clean((await Promise.all(folders.map(environmentsIn))).flat());
  await removeNote(data, extensions);
  removal(folders);
}

async function clean(environments: readonly string[]): Promise<void> {
  const parts = process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python'];
  for (const python of environments.map((folder) => join(folder, ...parts)).filter((path) => existsSync(path))) {
    const args = ['-I', '-m', 'ownstack', 'clean', '--caches', '--logs', '--running', '--yes'];
    const { code, stdout, stderr } = await run(python, args, { timeoutMs: CLEAN_MS, cwd: homedir() });
    console.log(stdout || stderr);
    if (code === 0) return; // Else it was only half made, or is broken.
  }
}

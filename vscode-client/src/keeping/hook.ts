/**
 * What the editor runs when the extension has been removed for good (`vscode:uninstall`).
 *
 * The editor ends this after five seconds, and then removes the extension's own storage itself.
 */

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname } from 'node:path';

import { dataFolder } from './note.js';
import { removeEnvironments } from './storage.js';
import { uninstall } from './uninstall.js';

/** The variable that tells a process of this script to remove environments, and where. */
const FOLDERS = 'OWNSTACK_REMOVED_FOLDERS';

/** Removes environments in a process that outlives this one: they are large. */
function removeAside(folders: string[]): void {
  // The editor may remove the script's file at any moment.
  const script = readFileSync(__filename, 'utf8');
  const env = { ...process.env, [FOLDERS]: JSON.stringify(folders) };
  spawn(process.execPath, ['-e', script], { detached: true, stdio: 'ignore', windowsHide: true, env }).unref();
}

const given = process.env[FOLDERS];
if (given === undefined) {
  // It lies in EXTENSIONS/ownstack.ownstack-VERSION/dist.
  const extensions = dirname(dirname(dirname(__filename)));
  void uninstall(extensions, dataFolder({ platform: process.platform, env: process.env, home: homedir() }), removeAside);
} else {
  void removeEnvironments(JSON.parse(given) as string[]);
}

/** A lock between windows: a file that names the process that holds it. */

import { open, readFile, rm } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';

const LOOK_AGAIN_MS = 500;

/**
 * Takes the lock, waiting for its holder; returns what gives it back.
 *
 * A lock whose holder has died is taken over. Rejects if `signal` is aborted first.
 */
export async function take(
  path: string,
  signal: AbortSignal,
  onWait: () => void = () => undefined,
): Promise<() => Promise<void>> {
  let waited = false;
  for (;;) {
    signal.throwIfAborted();
    if (await create(path)) return () => rm(path, { force: true });
    if (await clear(path)) continue;
    if (!waited) onWait();
    waited = true;
    await pause(LOOK_AGAIN_MS, undefined, { signal });
  }
}

async function create(path: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx');
    await file.writeFile(String(process.pid));
    await file.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** Removes the lock of a process that has died; tells whether it did. */
async function clear(path: string): Promise<boolean> {
  const dead = await holder(path);
  // Zero: another window is just writing its number, or has just given the lock back.
  if (dead === 0 || alive(dead)) return false;
  // Of several that see this, one clears; and a lock that was taken since stays.
  const guard = `${path}.${dead}`;
  if (!(await create(guard))) return false;
  const cleared = (await holder(path)) === dead;
  if (cleared) await rm(path, { force: true });
  await rm(guard, { force: true });
  return cleared;
}

async function holder(path: string): Promise<number> {
  return Number(await readFile(path, 'utf8').catch(() => '')) || 0;
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

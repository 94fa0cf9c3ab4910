/** A lock between windows: a file that names the process that holds it. */

import { open, readFile, rm, stat } from 'node:fs/promises';
import { uptime } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';

const LOOK_AGAIN_MS = 500;
/** So long an empty file may be one that is just being written. */
const WRITING_MS = 2_000;
/** Clocks are set, and the time since the machine started is rounded. */
const CLOCK_MS = 60_000;

/** What this process holds: a file with its number that is not among these is of one before it. */
const held = new Map<string, symbol>();

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
    const mine = await create(path);
    if (mine) return () => giveBack(path, mine);
    if (await clear(path)) continue;
    if (!waited) onWait();
    waited = true;
    await pause(LOOK_AGAIN_MS, undefined, { signal });
  }
}

/** Tells whether a process with this number runs. */
export function alive(pid: number): boolean {
  if (!pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function giveBack(path: string, mine: symbol): Promise<void> {
  await rm(path, { force: true });
  // It may be held again already, by another part of this process.
  if (held.get(path) === mine) held.delete(path);
}

/** Makes the file, unless it is there; returns what tells who made it. */
async function create(path: string): Promise<symbol | null> {
  let file;
  try {
    file = await open(path, 'wx');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return null;
    throw error;
  }
  const mine = Symbol(path);
  held.set(path, mine);
  try {
    await file.writeFile(String(process.pid));
    await file.close();
    return mine;
  } catch (error) {
    // The disk is full: nobody could tell whose it is.
    await file.close().catch(() => undefined);
    await giveBack(path, mine);
    throw error;
  }
}

/** Removes the lock of a process that has died; tells whether it did. */
async function clear(path: string): Promise<boolean> {
  const dead = await holder(path);
  if (dead === null || !(await abandoned(path, dead))) return false;
  // Of several that see this, one clears; and a lock that was taken since stays.
  const guard = `${path}.${dead}`;
  const mine = await create(guard);
  if (!mine) {
    const clearer = await holder(guard);
    if (clearer !== null && (await abandoned(guard, clearer))) await rm(guard, { force: true });
    return false;
  }
  const cleared = (await holder(path)) === dead;
  if (cleared) await rm(path, { force: true });
  await giveBack(guard, mine);
  return cleared;
}

/** Tells whether nobody holds the lock that names a process, or none (0). */
async function abandoned(path: string, pid: number): Promise<boolean> {
  const age = await stat(path).then(({ mtimeMs }) => Date.now() - mtimeMs, () => 0);
  if (pid === 0) return age > WRITING_MS; // Whoever made it was stopped before it wrote its number.
  if (pid === process.pid) return !held.has(path);
  // The number is another's by now if the machine has been started since.
  return !alive(pid) || age > uptime() * 1_000 + CLOCK_MS;
}

/** Returns the process that a lock names, 0 if it names none; null if there is no lock. */
async function holder(path: string): Promise<number | null> {
  try {
    return Number(await readFile(path, 'utf8')) || 0;
  } catch {
    return null; // It was given back meanwhile.
  }
}

/** Windows are processes, and processes are killed: whenever that happens, the next start serves. */

import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { open, sandbox, workOf, type Sandbox } from './fakes.js';

let folder: string;
let at: Sandbox;
const quiet = (): void => undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'killed-'));
  await build({
    entryPoints: ['test/install/window.ts'],
    outfile: join(folder, 'window.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'error',
  });
  at = await sandbox();
  await at.environments.make(at.work());
  await at.release('two');
  await at.set('slow');
});
afterAll(async () => {
  await rm(folder, { recursive: true });
  await rm(at.root, { recursive: true });
});

/** Returns a place as it is before an update. */
async function place(name: string): Promise<string> {
  const root = join(folder, name);
  await cp(at.root, root, { recursive: true, verbatimSymlinks: true });
  return root;
}

async function window(root: string): Promise<ChildProcess> {
  const child = spawn(process.execPath, [join(folder, 'window.mjs'), root, at.base.path], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  return child;
}

/** Starts what serves, as the extension would; returns its name. */
async function start(root: string): Promise<string> {
  const serving = await open(root, true).serving();
  const { status, stdout } = spawnSync(serving?.python ?? '', ['-I', '-m', 'ownstack', '--version'], { encoding: 'utf8' });
  expect([status, stdout]).toEqual([0, 'ownstack 0.1.0\n']);
  return serving?.name ?? '';
}

/** Random numbers from 0 to 1 that are the same each time. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

describe('an update that is killed', () => {
  let wholeMs: number;

  beforeAll(async () => {
    const root = await place('whole');
    const child = await window(root);
    const began = performance.now();
    await once(child, 'exit');
    wholeMs = performance.now() - began;
    expect(child.exitCode).toBe(0);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])('at a random moment (%i) leaves one that serves, and goes on', async (seed) => {
    const root = await place(String(seed));
    const before = await start(root);
    const next = random(seed);
    next();
    const child = await window(root);
    await pause(next() * wholeMs);
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');

    const after = await start(root);
    const environments = open(root, true);
    await environments.make(workOf(at.base.path));
    const name = await start(root);
    await environments.served(name, quiet);

    const left = await readdir(join(root, 'storage', 'environments'));
    expect([before, name]).toContain(after);
    expect(await environments.serving()).toMatchObject({ name, stage: 'whole', fits: true });
    // What a program of the killed window still writes goes with the next one.
    expect(left.filter((entry) => !entry.startsWith('.removed-'))).toEqual([name]);
  });

  it('does not keep two windows from making one of it', async () => {
    const root = await place('two');
    const windows = [await window(root), await window(root)];
    await Promise.all(windows.map((child) => once(child, 'exit')));

    expect(windows.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    expect((await readdir(join(root, 'storage', 'environments'))).length).toBe(1);
    await start(root);
  });
});

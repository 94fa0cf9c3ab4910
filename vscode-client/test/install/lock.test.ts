import { spawnSync } from 'node:child_process';
import { mkdtemp, readFile, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { take } from '../../src/install/lock.js';

const path = async (): Promise<string> => join(await mkdtemp(join(tmpdir(), 'lock-')), 'lock');
const never = new AbortController().signal;

describe('the lock', () => {
  it('is held by one at a time, and says when somebody waits', async () => {
    const file = await path();
    const order: string[] = [];
    const release = await take(file, never);
    const waits = new Promise<void>((resolve) => {
      void take(file, never, resolve).then(() => order.push('second'));
    });
    await waits;
    order.push('first');

    await release();
    await expect.poll(() => order, { timeout: 5000 }).toEqual(['first', 'second']);
  });

  it('is taken over from a process that has died', async () => {
    const file = await path();
    await writeFile(file, String(spawnSync('node', ['--version']).pid));

    await take(file, never);

    expect(await readFile(file, 'utf8')).toBe(String(process.pid));
  });

  it('is taken over from a process that died before it wrote its number', async () => {
    const file = await path();
    await writeFile(file, '');
    const earlier = new Date(Date.now() - 60_000);
    await utimes(file, earlier, earlier);

    await take(file, never);

    expect(await readFile(file, 'utf8')).toBe(String(process.pid));
  });

  it('is taken over though one that took it over has died, too', async () => {
    const file = await path();
    const dead = String(spawnSync('node', ['--version']).pid);
    await writeFile(file, dead);
    await writeFile(`${file}.${dead}`, dead);

    await take(file, never);

    expect(await readFile(file, 'utf8')).toBe(String(process.pid));
  });

  it('is taken over from a process of before that had the same number', async () => {
    const file = await path();
    await writeFile(file, String(process.pid));

    await take(file, never);

    expect(await readFile(file, 'utf8')).toBe(String(process.pid));
  });

  it('is not waited for after a cancel', async () => {
    const file = await path();
    const cancel = new AbortController();
    await take(file, never);

    const second = take(file, cancel.signal, () => {
      cancel.abort();
    });

    await expect(second).rejects.toThrow();
  });
});

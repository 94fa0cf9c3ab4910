import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { Work } from '../../src/install/environments.js';
import { EnvironmentError } from '../../src/install/failures.js';
import { installs, made, sandbox, type Sandbox } from './fakes.js';

describe('a server that is built', () => {
  let at: Sandbox;
  let work: Work;

  beforeEach(async () => {
    at = await sandbox(false);
    work = at.work();
  });
  afterEach(() => rm(at.root, { recursive: true }));

  const compiles = (call: string): boolean => /install \S*bundled/.test(call);

  /** Makes the first stage; what is returned lets two ask for the second while a compilation is at work. */
  async function compiling(first: Work, second: Work, then = (): void => undefined): Promise<Promise<boolean>[]> {
    await at.set('hold');
    const one = at.environments.makeWhole(first);
    one.catch(() => undefined);
    await vi.waitUntil(() => existsSync(join(at.root, 'held')));
    const waits = new Promise<void>((resolve) => { second.report = () => { resolve(); }; });
    const two = at.environments.makeWhole(second);
    two.catch(() => undefined);
    await waits;
    then();
    await rm(join(at.root, 'hold'));
    return [one, two];
  }

  it('is made in two stages', async () => {
    await at.environments.make(work);
    const usable = await at.environments.stage();
    const whole = [await at.environments.makeWhole(work), await at.environments.makeWhole(work)];

    const calls = (await at.calls()).map((call) => call.split(at.root).join(''));
    expect(usable).toBe('echo');
    expect(whole).toEqual([true, false]);
    expect(await at.environments.stage()).toBe('whole');
    expect(installs(calls)).toEqual([
      '-m pip --disable-pip-version-check --no-input install --no-deps /bundled/ownstack-1-py3-none-any.whl',
      '-m pip --disable-pip-version-check --no-input install numpy>=1',
      '-m pip --disable-pip-version-check --no-input install /bundled/ownstack-1-py3-none-any.whl',
    ]);
    expect(await at.environments.since()).toBe(null);
  });

  it('replaces one with llama.cpp only when it has llama.cpp, and goes on from the first stage', async () => {
    await at.environments.make(work);
    await at.environments.makeWhole(work);
    const before = (await at.environments.serving())?.name;
    await at.later();
    await at.release('two');
    const later = at.another();
    await at.set('fails');

    await expect(later.make(work)).rejects.toThrow(/no C\+\+ compiler/);
    const meanwhile = await later.serving();
    await rm(join(at.root, 'fails'));
    const venvs = made(await at.calls());
    await later.make(at.work());

    expect(meanwhile).toMatchObject({ name: before, stage: 'whole' });
    expect(await later.serving()).toMatchObject({ stage: 'whole', fits: true, previous: before });
    expect(made(await at.calls())).toBe(venvs);
  });

  it('that cannot be compiled fails for those that wait, and is tried again when asked', async () => {
    await at.environments.make(work);
    await at.set('fails');

    const both = await Promise.allSettled(await compiling(work, at.work()));
    await rm(join(at.root, 'fails'));
    const again = await at.environments.makeWhole(at.work());

    const reasons = both.map((one) => (one.status === 'rejected' ? (one.reason as Error).message : ''));
    expect(reasons[0]).toContain('there is no C++ compiler');
    expect(reasons[1]).toBe(reasons[0]);
    expect(again).toBe(true);
    expect((await at.calls()).filter(compiles).length).toBe(2);
  });

  it('whose compilation is stopped is not compiled by those that wait', async () => {
    await at.environments.make(work);
    const stop = new AbortController();

    const both = Promise.allSettled(await compiling(at.work({ signal: stop.signal }), at.work(), () => {
      stop.abort(new EnvironmentError('It was stopped.'));
    }));

    expect((await both).map((one) => one.status)).toEqual(['rejected', 'rejected']);
    expect((await at.calls()).filter(compiles).length).toBe(1);
  });

  it('that is asked for again once it was stopped is compiled', async () => {
    await at.environments.make(work);
    const stop = new AbortController();
    let again: Promise<boolean> = Promise.resolve(false);

    await Promise.allSettled(await compiling(at.work({ signal: stop.signal }), at.work(), () => {
      stop.abort(new EnvironmentError('It was stopped.'));
      const later = Date.now() + 1;
      while (Date.now() <= later);
      again = at.environments.makeWhole(at.work());
    }));

    expect(await again).toBe(true);
  });

  it('whose window has gone is compiled by one that waits', async () => {
    await at.environments.make(work);
    const close = new AbortController();

    const [gone, other] = await Promise.allSettled(await compiling(at.work({ signal: close.signal }), at.work(), () => {
      close.abort();
    }));

    expect(gone?.status).toBe('rejected');
    expect(other).toEqual({ status: 'fulfilled', value: true });
  });
});

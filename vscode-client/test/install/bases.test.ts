/** The Python that an environment was made with: it goes, is replaced, or another one is named. */

import { readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { interpreter, sandbox, type Sandbox } from './fakes.js';

let at: Sandbox;

beforeEach(async () => {
  at = await sandbox();
});
afterEach(() => rm(at.root, { recursive: true }));

const inFolder = (): Promise<string[]> => readdir(join(at.root, 'storage', 'environments')).then((names) => names.filter((name) => name !== '.uses'));

describe('the Python of an environment', () => {
  it('that has gone is noticed, and another one is taken', async () => {
    await at.environments.make(at.work());
    const other = join(at.root, 'other-python');
    await rename(at.base.path, other);

    const gone = await at.environments.serving();
    await at.environments.make(at.work({ python: () => Promise.resolve(interpreter(other)) }));

    expect(gone).toBe(null);
    const now = await at.environments.serving();
    expect(now).toMatchObject({ fits: true, stage: 'whole' });

    await at.environments.served(now?.name ?? '', () => undefined);
    expect(await inFolder()).toEqual([now?.name]);
  });

  it('that another one was named for does not stay when that has served', async () => {
    await at.environments.make(at.work());
    const other = join(at.root, 'other-python');
    await symlink(at.base.path, other);
    await at.later();

    await at.environments.make(at.work({ python: () => Promise.resolve(interpreter(other)) }), other);
    const now = await at.environments.serving(other);
    await at.environments.served(now?.name ?? '', () => undefined);

    expect(now?.fits).toBe(true);
    expect(await inFolder()).toEqual([now?.name]);
  });

  it('that was replaced by one that does not find the packages does not count', async () => {
    await at.environments.make(at.work());
    await writeFile(join(at.root, 'newer'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    await rm(at.base.path);
    await symlink(join(at.root, 'newer'), at.base.path);

    expect(await at.environments.serving()).toBe(null);
  });

  it('is another one if another one is named: the one before serves meanwhile', async () => {
    await at.environments.make(at.work());

    expect(await at.environments.stage(at.base.path)).toBe('whole');
    expect(await at.environments.stage('/another/python')).toBe('none');
    expect(await at.environments.serving('/another/python')).toMatchObject({ fits: false });
  });

  it('is kept when all is made anew, which serves meanwhile', async () => {
    await at.environments.make(at.work());
    const before = (await at.environments.serving())?.name;

    await at.environments.forget(true);
    const meanwhile = await at.environments.serving();
    await at.environments.make(at.work());

    expect(meanwhile).toMatchObject({ name: before, fits: false });
    expect((await at.environments.serving())?.name).not.toBe(before);
  });
});

import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { namedFolder } from '../../src/install/names.js';
import { Register } from '../../src/install/register.js';
import { sandbox, type Sandbox } from './fakes.js';

let at: Sandbox;
let storage: string;

beforeEach(async () => {
  at = await sandbox(true, await mkdtemp(join(tmpdir(), 'register-')));
  await at.release('one');
  storage = join(at.root, 'storage');
});
afterEach(() => rm(at.root, { recursive: true }));

async function folder(...path: string[]): Promise<void> {
  await mkdir(join(storage, ...path), { recursive: true });
  await writeFile(join(storage, ...path, 'valued.txt'), 'valued');
}

describe('a folder of environments in which there is much else', () => {
  it('keeps all of that when environments are made, replaced and removed', async () => {
    // Somebody names a folder of a project in the settings.
    await folder('environment');
    await writeFile(join(storage, 'environment', 'pyvenv.cfg'), '');
    await folder('environments', 'production');
    await folder('environments', '.hidden');
    await folder('environments', '0123abcd');

    await at.environments.make(at.work());
    await at.release('two');
    await at.later();
    const later = at.another();
    await later.make(at.work());
    const serving = await later.serving();
    await later.served(serving?.name ?? '', () => undefined);

    expect(await readdir(join(storage, 'environment'))).toEqual(['pyvenv.cfg', 'valued.txt']);
    const names = await readdir(join(storage, 'environments'));
    expect(names.filter((name) => name !== '.uses').sort()).toEqual(['.hidden', '0123abcd', 'production', serving?.name].sort());
  });

  it('loses what is left of environments that were made or removed half-way', async () => {
    await folder('environments', '0123abcd.ef01');
    await folder('environments', '0123abcd.ef01.wheels');
    await folder('environments', '0123abcd.ef01.wheels.part');
    await folder('environments', '0123abcd.ef01.cache');
    await folder('environments', '.removed-0123abcd');

    await at.environments.make(at.work());

    expect(await readdir(join(storage, 'environments'))).toEqual([(await at.environments.serving())?.name]);
  });
});

describe('the first environment', () => {
  it('is known by what is said of it beside it, and goes with that', async () => {
    const register = new Register(storage);
    await folder('environment');
    expect(await register.names()).toEqual([]);
    await writeFile(join(storage, 'environment.json'), '{"sha256": "0", "stage": "none"}');
    expect(await register.names()).toEqual(['environment']);

    await register.remove('environment');

    expect(await readdir(storage)).toEqual(['environments']);
  });
});

describe('the folder that the settings name', () => {
  it.each([
    ['', ''],
    ['  ', ''],
    [' ~ ', '/home/ada/ownstack'],
    ['~/tools', '/home/ada/tools/ownstack'],
    ['~bob/tools', '~bob/tools/ownstack'],
    ['/opt/tools', '/opt/tools/ownstack'],
  ])('%j is %j', (named, folder) => {
    expect(namedFolder(named, '/home/ada')).toBe(folder);
  });
});

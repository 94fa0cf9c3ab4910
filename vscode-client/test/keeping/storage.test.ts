import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { environmentsIn, removeEnvironments, sizeOf } from '../../src/keeping/storage.js';

let root: string;
let storage: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'storage-'));
  storage = join(root, 'storage');
  await writeFile(join(root, 'valued.txt'), 'valued');
});
afterEach(() => rm(root, { recursive: true }));

async function environment(...path: string[]): Promise<string> {
  const folder = join(storage, ...path);
  await mkdir(join(folder, 'bin'), { recursive: true });
  await writeFile(join(folder, 'pyvenv.cfg'), 'home = /usr/bin\n');
  await symlink(root, join(folder, 'lib64'));
  return folder;
}

describe('the storage', () => {
  it('has environments and what is known of them', async () => {
    const made = [await environment('environments', '0123abcd.ef01'), await environment('environment')];
    const files = [join(storage, 'environments.json'), join(storage, 'environment.json')];
    for (const file of files) await writeFile(file, '{}');

    expect(await environmentsIn(storage)).toEqual([...made, ...files]);
    expect(await environmentsIn(join(root, 'none'))).toEqual([]);
  });

  it('has a size, in which links count as links', async () => {
    const made = await environment('environment');
    await writeFile(join(made, 'bin', 'python'), '12345');

    const size = await sizeOf([made, join(root, 'none')]);

    expect(size).toBeGreaterThanOrEqual('home = /usr/bin\n'.length + 5);
    expect(size).toBeLessThan(1000);
  });

  it('loses environments, and nothing else', async () => {
    await environment('environments', '0123abcd.ef01');
    await environment('environment'); // Of a project: nothing is said of it.
    await environment('environments', 'production');
    await mkdir(join(storage, 'environments', '89abcdef'), { recursive: true }); // No environment.
    await mkdir(join(storage, 'environments', 'my own'));
    await writeFile(join(storage, 'environments.json'), '{}');
    await writeFile(join(storage, 'other.json'), '{}');
    await symlink(root, join(storage, 'environments', 'abcdef01.2345'));
    await symlink(join(root, 'valued.txt'), join(storage, 'environment.json'));

    expect(await removeEnvironments([storage, join(root, 'none')])).toEqual([]);

    expect((await readdir(storage)).sort()).toEqual(['environment', 'environment.json', 'environments', 'other.json']);
    expect((await readdir(join(storage, 'environments'))).sort()).toEqual(['89abcdef', 'abcdef01.2345', 'my own', 'production']);
    expect(await readFile(join(root, 'valued.txt'), 'utf8')).toBe('valued');
  });

  it('loses its folder of environments when nothing is in it any more', async () => {
    await environment('environments', '0123abcd.ef01');
    // What is left by who was stopped, and the notes of who uses which.
    await mkdir(join(storage, 'environments', '0123abcd.ef01.wheels'));
    await mkdir(join(storage, 'environments', '.removed-0123abcd'));
    await mkdir(join(storage, 'environments', '.uses'));
    for (const name of ['4711', '4711.0123abcd']) await writeFile(join(storage, 'environments', '.uses', name), '0123abcd.ef01');
    await mkdir(join(storage, 'environments', '0123abcd.ef02', 'bin'), { recursive: true });
    for (const name of ['environments.json.0123abcd', 'environments.lock.4711', 'environment.lock.4711']) await writeFile(join(storage, name), '');

    await removeEnvironments([storage]);

    expect(await readdir(storage)).toEqual([]);
  });

  it('is left alone where it is a link', async () => {
    const made = await environment('environments', '0123abcd.ef01');
    await symlink(storage, join(root, 'link'));

    expect(await environmentsIn(join(root, 'link'))).toEqual([]);
    await removeEnvironments([join(root, 'link')]);

    expect(await readdir(made)).toContain('pyvenv.cfg');
  });
});

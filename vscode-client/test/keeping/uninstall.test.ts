import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { dataFolder, leaveNote, noteOf, othersOf, removeNote } from '../../src/keeping/note.js';
import { removeEnvironments } from '../../src/keeping/storage.js';
import { uninstall } from '../../src/keeping/uninstall.js';

let root: string;
let data: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'uninstall-'));
  data = join(root, 'data', 'ownstack');
  vi.spyOn(console, 'log').mockImplementation(() => undefined);
});
afterEach(() => rm(root, { recursive: true }));

/** An editor that has the extension, and an environment whose Python records how it is called. */
async function editor(name: string): Promise<{ extensions: string; storage: string; calls: () => Promise<string> }> {
  const [extensions, storage] = [join(root, name, 'extensions'), join(root, name, 'storage')];
  await mkdir(join(extensions, 'ownstack.ownstack-0.1.0'), { recursive: true });
  const made = join(storage, 'environments', '0123abcd.ef01');
  await mkdir(join(made, 'bin'), { recursive: true });
  await writeFile(join(made, 'pyvenv.cfg'), '');
  await writeFile(join(made, 'bin', 'python'), `#!/bin/sh\necho "$*" >> "${root}/${name}-calls"\n`);
  await chmod(join(made, 'bin', 'python'), 0o755);
  await leaveNote(data, { extensions, folders: [storage] });
  return { extensions, storage, calls: () => readFile(join(root, `${name}-calls`), 'utf8').catch(() => '') };
}

/** Runs what the editor runs, with the removal of environments in this process. */
async function removed(extensions: string): Promise<void> {
  let removal: Promise<unknown> = Promise.resolve();
  await uninstall(extensions, data, (folders) => {
    removal = removeEnvironments(folders);
  });
  await removal;
}

describe('the folder of notes', () => {
  const usual = { env: {}, home: '/home/ada' };
  it.each([
    ['linux', usual, '/home/ada/.local/share/ownstack'],
    ['linux', { ...usual, env: { XDG_DATA_HOME: '/data' } }, '/data/ownstack'],
    ['linux', { ...usual, env: { XDG_DATA_HOME: ' ' } }, '/home/ada/.local/share/ownstack'],
    ['darwin', { ...usual, home: '/Users/ada' }, '/Users/ada/Library/Application Support/ownstack'],
    ['win32', { ...usual, env: { LOCALAPPDATA: 'C:\\Local' } }, 'C:\\Local\\ownstack'],
    ['win32', { ...usual, home: 'C:\\Users\\ada' }, 'C:\\Users\\ada\\AppData\\Local\\ownstack'],
    ['linux', { ...usual, env: { OWNSTACK_HOME: '/own' } }, '/own/data'],
  ] as const)('is the one of the data: %s', (platform, around, folder) => {
    expect(dataFolder({ platform, ...around })).toBe(folder);
  });
});

describe('a note', () => {
  it('is found by the folder of extensions, and nothing is left beside it', async () => {
    await leaveNote(data, { extensions: '/a', folders: ['/a/storage'] });
    await leaveNote(data, { extensions: '/b', folders: [] });
    await leaveNote(data, { extensions: '/a', folders: ['/a/storage', '/other'] });

    expect(await noteOf(data, '/a')).toEqual({ extensions: '/a', folders: ['/a/storage', '/other'] });
    expect(await noteOf(data, '/c')).toBeNull();
    await leaveNote(data, { extensions: '/b', folders: ['relative', '/whole'] });
    expect(await noteOf(data, '/b')).toEqual({ extensions: '/b', folders: ['/whole'] });
    const names = await readdir(join(data, 'editors'));
    expect(names).toHaveLength(2);
    // `ownstack clean` knows them by such names.
    for (const name of names) expect(name).toMatch(/^[0-9a-f]{16}\.json$/);
  });

  it.each(['', '[]', '{"extensions": 5}', '{"extensions": "/a", "folders": 5}'])('that is damaged names no folder: %j', async (content) => {
    await leaveNote(data, { extensions: '/a', folders: ['/a/storage'] });
    const [name = ''] = await readdir(join(data, 'editors'));
    await writeFile(join(data, 'editors', name), content);

    expect((await noteOf(data, '/a'))?.folders ?? []).toEqual([]);
  });

  it('goes with its folders, if nothing else is in them', async () => {
    await leaveNote(data, { extensions: '/a', folders: [] });
    await removeNote(data, '/a');

    expect(await readdir(join(root, 'data'))).toEqual([]);
  });

  it('is told of other editors that have the extension still', async () => {
    const [code, insiders] = [await editor('code'), await editor('insiders')];
    expect(await othersOf(data, code.extensions)).toEqual([{ extensions: insiders.extensions, folders: [insiders.storage] }]);

    await rm(join(insiders.extensions, 'ownstack.ownstack-0.1.0'), { recursive: true });

    expect(await othersOf(data, code.extensions)).toEqual([]);
    expect(await othersOf(data, insiders.extensions)).toHaveLength(1);
  });
});

describe.skipIf(process.platform === 'win32')('when the extension has been removed', () => {
  it('environments go, and caches by the server’s own command', async () => {
    const { extensions, storage, calls } = await editor('code');
    await writeFile(join(data, 'signals.sqlite'), 'the user’s');

    await removed(extensions);

    expect(await readdir(storage)).toEqual([]);
    expect(await calls()).toBe('-I -m ownstack clean --caches --logs --running --yes\n');
    expect(await readdir(data)).toEqual(['signals.sqlite']);
  });

  it('another editor’s environments stay, and the caches that it uses', async () => {
    const [code, insiders] = [await editor('code'), await editor('insiders')];

    await removed(code.extensions);

    expect(await readdir(code.storage)).toEqual([]);
    expect(await readdir(insiders.storage)).toEqual(['environments']);
    expect(await noteOf(data, insiders.extensions)).not.toBeNull();
    expect((await code.calls()) + (await insiders.calls())).toBe('');
  });

  it('a folder that another editor names, too, stays', async () => {
    const [code, insiders] = [await editor('code'), await editor('insiders')];
    await leaveNote(data, { extensions: code.extensions, folders: [code.storage, insiders.storage] });

    await removed(code.extensions);

    expect(await readdir(code.storage)).toEqual([]);
    expect(await readdir(insiders.storage)).toEqual(['environments']);
  });

  it('nothing is done where no note was left', async () => {
    const { storage } = await editor('code');

    await removed(join(root, 'other', 'extensions'));

    expect(await readdir(storage)).toEqual(['environments']);
  });

  it('a broken environment goes, too', async () => {
    const { extensions, storage } = await editor('code');
    await rm(join(storage, 'environments', '0123abcd.ef01', 'bin'), { recursive: true });

    await removed(extensions);

    expect(await readdir(storage)).toEqual([]);
  });
});

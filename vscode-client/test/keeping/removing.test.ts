import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { Subject } from '../../src/commands.js';
import type { Row } from '../../src/keeping/groups.js';
import { leaveNote, noteOf } from '../../src/keeping/note.js';
import { note, Removed, removeKept } from '../../src/keeping/removing.js';

const said: string[] = [];
const shown: Row[] = [];
let pick: (rows: Row[]) => Row[] | undefined;
let answer: string | undefined;
let named = '';

vi.mock('vscode', () => ({
  ProgressLocation: { Notification: 15 },
  workspace: { getConfiguration: () => ({ get: (_key: string, usual: unknown) => named || usual }) },
  window: {
    showQuickPick: async (rows: Promise<Row[]>) => {
      shown.push(...(await rows));
      return pick(await rows);
    },
    showWarningMessage: (message: string, options?: unknown) => {
      const modal = typeof options === 'object' ? (options as { detail: string }) : undefined;
      said.push(modal ? `${message} ${modal.detail}` : message);
      return Promise.resolve(modal && answer);
    },
    showErrorMessage: () => Promise.resolve(undefined),
    showInformationMessage: (message: string) => {
      said.push(message);
      return Promise.resolve(undefined);
    },
    withProgress: (_options: unknown, run: () => unknown) => run(),
  },
}));

const GROUPS = [
  { group: 'caches', what: 'caches', own: false, sizeBytes: 2_000, items: [] },
  { group: 'conversations', what: 'conversations', own: true, sizeBytes: 1_000, items: [] },
];

let root: string;
let storage: string;
let removed: Removed;
let subject: Subject;

beforeEach(async () => {
  said.length = shown.length = 0;
  named = '';
  pick = (rows) => rows;
  answer = 'Remove';
  root = await mkdtemp(join(tmpdir(), 'removing-'));
  vi.stubEnv('OWNSTACK_HOME', join(root, 'home'));
  storage = join(root, 'storage');
  await mkdir(join(storage, 'environments', '0123abcd.ef01'), { recursive: true });
  await writeFile(join(storage, 'environments', '0123abcd.ef01', 'pyvenv.cfg'), '12345');
  const printed = JSON.stringify({ groups: GROUPS, problems: [] });
  const python = join(root, 'python');
  await writeFile(python, `#!/bin/sh\necho "$*" >> "${root}/calls"\necho '${printed}'\n`);
  await chmod(python, 0o755);
  removed = new Removed();
  subject = {
    server: { restart: (between: () => Promise<void>) => between() },
    launcher: {
      storage,
      serverPython: () => Promise.resolve(python),
      stopCompiling: () => undefined,
      stopDaemon: () => Promise.resolve(),
    },
    log: { warn: () => undefined },
    removed,
    extensions: join(root, 'extensions'),
  } as unknown as Subject;
});
afterEach(() => rm(root, { recursive: true }));

const calls = async (): Promise<string[]> => (await readFile(join(root, 'calls'), 'utf8').catch(() => '')).split('\n').filter(Boolean);

describe('the note of where environments are', () => {
  it('has the folder that the settings name, and those that they named before', async () => {
    const extensions = join(root, 'extensions');
    const context = { extensionUri: { fsPath: join(extensions, 'ownstack') }, globalStorageUri: { fsPath: storage } };
    const log = { info: () => undefined };
    for (named of ['', join(root, 'one'), join(root, 'two'), '']) await note(context as never, log as never);

    const noted = await noteOf(join(root, 'home', 'data'), extensions);

    expect([...(noted?.folders ?? [])].sort()).toEqual([join(root, 'one', 'ownstack'), storage, join(root, 'two', 'ownstack')].sort());
  });
});

describe.skipIf(process.platform === 'win32')('the command that removes what is kept', () => {
  it('removes environments where the settings named another folder before, too', async () => {
    const other = join(root, 'other');
    await mkdir(join(other, 'environments', '0123abcd.ef01'), { recursive: true });
    await leaveNote(join(root, 'home', 'data'), { extensions: subject.extensions, folders: [storage, other] });

    await removeKept(subject);

    expect(await readdir(other)).toEqual([]);
  });

  it('shows what there is, and removes what was chosen', async () => {
    pick = ([caches]) => (caches ? [caches] : []);
    await removeKept(subject);

    expect(shown.map(({ label, description }) => `${label} ${description}`)).toEqual(['Caches 2.0 kB', 'Conversations 1.0 kB', 'Environments 5 B']);
    expect(await calls()).toEqual(['-m ownstack clean --json', '-m ownstack clean --json --caches --yes']);
    expect(said.at(-1)).toBe('Removed: 2.0 kB.');
    expect(await readdir(join(storage, 'environments'))).toEqual(['0123abcd.ef01']);
    await removed.check();
  });

  it('names what is the user’s own before it asks', async () => {
    answer = undefined;
    await removeKept(subject);

    expect(said[0]).toContain('Yours, and gone for good: conversations (1.0 kB).');
    expect(await calls()).toHaveLength(1);
    expect(await readdir(storage)).toEqual(['environments']);
  });

  it.each([[], undefined])('does nothing where nothing is chosen', async (chosen?: Row[]) => {
    pick = () => chosen;
    await removeKept(subject);

    expect(said).toEqual([]);
    expect(await calls()).toHaveLength(1);
  });

  it('removes the environments, and does not make them again at once', async () => {
    await removeKept(subject);

    expect(await calls()).toContain('-m ownstack clean --json --caches --conversations --yes');
    expect(await readdir(storage)).toEqual([]);
    await expect(removed.check()).rejects.toThrow('Restart Ownstack');
    removed.release();
    await removed.check();
  });

  it('works where the server is broken: with the extension’s own storage', async () => {
    await writeFile(join(root, 'python'), '#!/bin/sh\nexit 1\n');
    await removeKept(subject);

    expect(shown.map(({ label }) => label)).toEqual(['Environments']);
    expect(await readdir(storage)).toEqual([]);
  });

  it('names what is still there', async () => {
    pick = ([caches]) => (caches ? [caches] : []);
    const problems = JSON.stringify({ groups: GROUPS, problems: [{ path: '/x/index', reason: 'it is in use' }] });
    await writeFile(join(root, 'python'), `#!/bin/sh\necho '${problems}'\nexit 1\n`);
    await removeKept(subject);

    expect(said.at(-1)).toBe('Not all could be removed. /x/index: it is in use');
  });
});

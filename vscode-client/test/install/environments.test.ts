import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { BrokenError } from '../../src/install/environments.js';
import { EnvironmentError } from '../../src/install/failures.js';
import { Uv } from '../../src/install/uv.js';
import { fakeUv, installs, interpreter, made, sandbox, type Sandbox } from './fakes.js';

let at: Sandbox;

beforeEach(async () => {
  at = await sandbox();
});
afterEach(() => rm(at.root, { recursive: true }));

const inFolder = (): Promise<string[]> => readdir(join(at.root, 'storage', 'environments')).then((names) => names.filter((name) => name !== '.uses'));

/** Makes one, and has another version carried from then on, as a window sees it that begins later. */
async function updated(): Promise<ReturnType<Sandbox['another']>> {
  await at.environments.make(at.work());
  await at.release('two');
  // The clock must have moved on: what is made after a window began is newer than what it carries.
  await at.later();
  return at.another();
}

describe('environments of what is carried', () => {
  it('are made in one go, without an index, and checked', async () => {
    const said: string[] = [];

    const first = await at.environments.make(at.work({ report: (message) => said.push(message) }));
    const again = await at.environments.make(at.work());

    expect([first, again]).toEqual([true, false]);
    expect(await at.environments.serving()).toMatchObject({ stage: 'whole', fits: true });
    const calls = installs(await at.calls());
    expect(calls.length).toBe(1);
    expect(calls[0]).toContain('install --no-compile --no-index --find-links');
    expect(calls[0]).toContain('--require-hashes');
    expect(said).toEqual([
      'making a Python environment',
      'unpacking the packages',
      'unpacking the packages: 100 %',
      'installing 8 packages',
      'checking the server',
    ]);
    expect((await inFolder()).filter((name) => name.includes('wheels'))).toEqual([]);
  });

  it('that do not fit the Python are built instead, and it is said why', async () => {
    const log: string[] = [];
    const said: string[] = [];
    const python = interpreter(at.base.path, [3, 11]);

    const heard = { log: (line: string) => log.push(line), report: (line: string) => said.push(line) };
    await at.environments.make(at.work({ python: () => Promise.resolve(python), ...heard }));

    expect(log.join('\n')).toContain('It carries what Python 3.12 needs.');
    expect(said).toContain('building the server here, which takes minutes. It carries what Python 3.12 needs.');
    expect(await at.environments.stage()).toBe('echo');
    await at.set('fails');
    await expect(at.environments.makeWhole(at.work())).rejects.toThrow(/^It carries what Python 3.12 needs\. .*no C\+\+ compiler/);
  });

  it('that cannot be installed are built instead; if that fails too, both reasons are said', async () => {
    await at.set('carried-fails', 'THESE PACKAGES DO NOT MATCH THE HASHES');
    await at.set('index-fails', 'Temporary failure in name resolution');

    await expect(at.environments.make(at.work())).rejects.toThrow(/is damaged.*cannot be reached/);
    await rm(join(at.root, 'index-fails'));
    await at.environments.make(at.work());

    expect(await at.environments.stage()).toBe('echo');
  });

  it('are installed by the pip that the Python brings, which need not be installed itself', async () => {
    await at.environments.make(at.work());

    const calls = await at.calls();
    expect(calls.find((call) => call.includes('-m venv'))).toContain('--without-pip');
    expect(installs(calls)[0]).toMatch(/^\/wheels\/pip\.whl\/pip .*install --no-compile/);
  });

  it('are installed by a pip of their own where the Python brings none that is found', async () => {
    await at.environments.make(at.work({ python: () => Promise.resolve({ ...at.base, pip: '' }) }));

    const calls = await at.calls();
    expect(calls.find((call) => call.includes('-m venv'))).not.toContain('--without-pip');
    expect(installs(calls)[0]).toMatch(/^-m pip .*install --no-compile/);
  });

  it('are made by uv, if it is there', async () => {
    const uv = await Uv.find([await fakeUv(at.root)], () => undefined);

    await at.environments.make(at.work({ uv: () => Promise.resolve(uv) }));

    expect(await at.environments.stage()).toBe('whole');
    expect(made(await at.calls())).toBe(0);
    expect((await at.calls()).filter((call) => call.startsWith('uv ') && call.includes('--offline')).length).toBe(2);
  });

  it('are made by pip where uv fails', async () => {
    await at.set('uv-fails');
    const uv = await Uv.find([await fakeUv(at.root)], () => undefined);

    await at.environments.make(at.work({ uv: () => Promise.resolve(uv) }));

    expect(await at.environments.stage()).toBe('whole');
    expect(made(await at.calls())).toBe(1);
  });

  it('leave nothing on a disk that is full, and the one before serves on', async () => {
    const later = await updated();
    const before = await later.serving();
    await at.set('carried-fails', 'OSError: [Errno 28] No space left on device');

    await expect(later.make(at.work())).rejects.toThrow(/disk is full.*then try again/);

    expect(await inFolder()).toEqual([before?.name]);
    expect(await later.serving()).toMatchObject({ name: before?.name, stage: 'whole', fits: false });
  });

  it('that must not run are not taken, and the setting for another folder is named', async () => {
    await at.set('noexec');

    await expect(at.environments.make(at.work())).rejects.toThrow(/noexec.*ownstack\.environment\.folder/);

    expect(await at.environments.serving()).toBe(null);
  });

  it('are not begun where nothing may run', async () => {
    await at.set('mounted-noexec');

    await expect(at.environments.make(at.work())).rejects.toThrow(/noexec.*ownstack\.environment\.folder/);

    expect(made(await at.calls())).toBe(0);
    await expect(inFolder()).rejects.toThrow('ENOENT');
  });

  it('cannot be made in a folder that is none', async () => {
    await writeFile(join(at.root, 'storage'), '');

    await expect(at.environments.make(at.work())).rejects.toThrow(/cannot be written.*ownstack\.environment\.folder/);
  });

  it('are not made without a Python: the reason is passed on', async () => {
    await expect(at.environments.make(at.work({ python: () => Promise.resolve('No Python.') }))).rejects.toThrow(new EnvironmentError('No Python.'));
  });

  it('need a server that is carried', async () => {
    await rm(join(at.root, 'bundled'), { recursive: true });

    await expect(at.another().serving()).rejects.toThrow(/carries no server/);
  });
});

describe('an update', () => {
  it('is made beside the one that serves, which goes when the new one has served', async () => {
    const later = await updated();
    const before = await later.serving();

    const serves = { name: before?.name, fits: before?.fits };
    await later.make(at.work());
    const trial = await later.serving();
    const both = await inFolder();
    await later.served(trial?.name ?? '', () => undefined);

    expect(serves.fits).toBe(false);
    expect(trial).toMatchObject({ fits: true, previous: serves.name });
    expect(both.sort()).toEqual([serves.name, trial?.name].sort());
    expect(await inFolder()).toEqual([trial?.name]);
    expect((await later.serving())?.previous).toBe(undefined);
    expect((await at.calls()).filter((call) => call.includes('daemon stop --from')).at(-1)).toContain(serves.name);
  });

  it('keeps an old one from which a window runs', async () => {
    const later = await updated();
    const before = (await later.serving())?.name ?? '';
    await later.register.use(before);
    await later.make(at.work());
    const name = (await later.serving())?.name ?? '';

    await later.served(name, () => undefined);
    const kept = (await inFolder()).sort();
    await later.register.use(name);
    await later.sweep(() => undefined);

    expect(kept).toEqual([before, name].sort());
    expect(await inFolder()).toEqual([name]);
  });

  it('whose server does not start is undone, and not made again until that is asked for', async () => {
    const later = await updated();
    const before = (await later.serving())?.name;
    await later.make(at.work());
    const broken = (await later.serving())?.name ?? '';

    const back = await later.rollBack(broken, 'it ended at once');
    const serving = await later.serving();
    await expect(later.make(at.work())).rejects.toThrow(BrokenError);
    const another = await at.another().make(at.work()).catch((error: unknown) => (error as Error).message);
    await later.served(before ?? '', () => undefined);
    const left = await inFolder();
    await later.forget();
    await later.make(at.work());

    expect(back).toBe(true);
    expect(serving).toMatchObject({ name: before, fits: false });
    expect(another).toBe('it ended at once');
    expect(left).toEqual([before]);
    expect(await later.serving()).toMatchObject({ fits: true, previous: before });
  });

  it('whose server does not run is not made again until that is asked for, and is not built instead', async () => {
    const later = await updated();
    const before = (await later.serving())?.name;
    await at.set('server-fails');

    await expect(later.make(at.work())).rejects.toThrow(/could not be installed/);
    const calls = installs(await at.calls()).length;
    await expect(at.another().make(at.work())).rejects.toThrow(BrokenError);
    const again = installs(await at.calls()).length;
    await rm(join(at.root, 'server-fails'));
    await later.forget();
    await later.make(at.work());

    expect(calls).toBe(2); // Of the first version, and of this one.
    expect(again).toBe(calls);
    expect(await later.serving()).toMatchObject({ fits: true, previous: before });
  });

  it('that fails is told once for each reason, and again once somebody has asked for another try', async () => {
    const later = await updated();

    const told = [await later.toTell('full'), await at.another().toTell('full'), await later.toTell('damaged')];
    await later.forget();
    const again = await later.toTell('damaged');
    await at.release('three');

    expect(told).toEqual([true, false, true]);
    expect(again).toBe(true);
    expect(await at.another().toTell('damaged')).toBe(true);
  });

  it('that has served is not undone', async () => {
    const later = await updated();
    await later.make(at.work());
    const name = (await later.serving())?.name ?? '';
    await later.served(name, () => undefined);

    expect(await later.rollBack(name, 'it ended at once')).toBe(false);
    expect((await later.serving())?.name).toBe(name);
  });

  it('by a newer window is not undone by one that began before it', async () => {
    const old = at.another();
    await at.environments.make(at.work());
    const later = await updated();
    await later.make(at.work());

    expect(await old.stage()).toBe('whole');
    expect(await old.make(at.work())).toBe(false);
  });

  it('is made once by two windows', async () => {
    await updated();
    const before = made(await at.calls());
    const windows = [at.another(), at.another()];

    const done = await Promise.all(windows.map((window) => window.make(at.work())));

    expect(done.sort()).toEqual([false, true]);
    expect(made(await at.calls()) - before).toBe(1);
  });

  it('goes on from what was made, but not taken into use', async () => {
    const later = await updated();
    await later.make(at.work());
    const name = (await later.serving())?.name ?? '';
    // As if it was stopped before the one step that counts.
    const { previous } = await later.register.read();
    await later.register.change((known) => {
      known.current = previous ?? '';
      delete known.previous;
    });
    const before = made(await at.calls());

    await later.make(at.work());

    expect((await later.serving())?.name).toBe(name);
    expect(made(await at.calls())).toBe(before);
  });
});

describe('the environment of before there were several', () => {
  /** Makes what the extension made then. */
  async function first(wheel: string): Promise<void> {
    await at.environments.make(at.work());
    const storage = join(at.root, 'storage');
    await rename((await at.environments.serving())?.folder ?? '', join(storage, 'environment'));
    await rm(join(storage, 'environments'), { recursive: true });
    await rm(join(storage, 'environments.json'));
    await rm(join(storage, 'environment', 'made.json'));
    const { createHash } = await import('node:crypto');
    const sha256 = createHash('sha256').update(wheel).digest('hex');
    await writeFile(join(storage, 'environment.json'), JSON.stringify({ wheel: 'ownstack-1-py3-none-any.whl', sha256, stage: 'whole', base: at.base.path }));
  }

  it('serves on, and is kept if it is of the same version', async () => {
    await first('one');

    expect(await at.another().serving()).toMatchObject({ name: 'environment', stage: 'whole', fits: true });
  });

  it('serves until the new one has served', async () => {
    await first('an older one');
    const later = at.another();
    const before = await later.serving();
    await later.make(at.work());
    const trial = await later.serving();

    await later.served(trial?.name ?? '', () => undefined);

    expect(before).toMatchObject({ name: 'environment', fits: false });
    expect(trial?.previous).toBe('environment');
    expect(existsSync(join(at.root, 'storage', 'environment'))).toBe(false);
    expect(existsSync(join(at.root, 'storage', 'environment.json'))).toBe(false);
  });
});

describe('what the register says', () => {
  it('is read though a note of it is damaged', async () => {
    await at.environments.make(at.work());
    await writeFile(join(at.root, 'storage', 'environments.json'), '{"cur');

    expect(await at.environments.serving()).toBe(null);
    await at.environments.make(at.work());
    expect(await at.environments.stage()).toBe('whole');
  });

  it('forgets windows that have gone', async () => {
    await at.environments.make(at.work());
    const uses = join(at.root, 'storage', 'environments', '.uses');
    await mkdir(uses, { recursive: true });
    await writeFile(join(uses, '4194305'), 'gone'); // No process has such a number.
    await at.environments.register.use('mine');

    expect([...(await at.environments.register.used())]).toEqual(['mine']);
    expect(await readFile(join(uses, String(process.pid)), 'utf8')).toBe('mine');
  });
});

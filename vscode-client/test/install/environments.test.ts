import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Environment, type Work } from '../../src/install/environment.js';
import { EnvironmentError } from '../../src/install/failures.js';

let root: string;
let environment: Environment;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'environment-'));
  await mkdir(join(root, 'bundled'));
  environment = new Environment({
    storage: join(root, 'storage'),
    bundled: join(root, 'bundled'),
    platform: 'linux',
  });
});
afterEach(() => rm(root, { recursive: true }));

function work(python: Work['python'], signal = new AbortController().signal): Work {
  const quiet = (): void => undefined;
  return { python, report: quiet, log: quiet, signal };
}

/** A stand-in for Python that records how it is called, and "makes" an environment of itself. */
async function recorder(): Promise<{ path: string; calls: () => Promise<string[]> }> {
  const path = join(root, 'python');
  const record = join(root, 'calls');
  const script = `#!/bin/sh
echo "$*" >> "${record}"
case "$*" in
  *"-m venv"*) mkdir -p "${root}/storage/environment/bin"; cp "$0" "${root}/storage/environment/bin/python";;
  *"-I -c"*) echo "numpy>=1";;
  *"install ${root}/bundled/"*)
    if [ -e "${root}/hold" ]; then touch "${root}/held"; while [ -e "${root}/hold" ]; do sleep 0.02; done; fi
    if [ -e "${root}/fails" ]; then echo "CMake Error: CMAKE_CXX_COMPILER not set"; exit 1; fi;;
esac
`;
  await writeFile(path, script, { mode: 0o755 });
  return { path, calls: async () => (await readFile(record, 'utf8')).trim().split('\n') };
}

const compiles = (call: string): boolean => /install \/\S*bundled/.test(call);

/** Makes the first stage; `compile` lets two ask for the second while a compilation is at work. */
async function compiling(): Promise<{
  at: Work;
  python: Awaited<ReturnType<typeof recorder>>;
  compile: (first: Work, second: Work, then?: () => void) => Promise<Promise<boolean>[]>;
}> {
  await writeFile(join(root, 'bundled', 'ownstack-1-py3-none-any.whl'), 'one');
  const python = await recorder();
  const at = work(() => Promise.resolve(python));
  await environment.makeUsable(at);
  const compile = async (first: Work, second: Work, then = (): void => undefined): Promise<Promise<boolean>[]> => {
    await writeFile(join(root, 'hold'), '');
    const one = environment.makeWhole(first);
    one.catch(() => undefined);
    await vi.waitUntil(() => existsSync(join(root, 'held')));
    const waits = new Promise<void>((resolve) => { second.report = () => { resolve(); }; });
    const two = environment.makeWhole(second);
    two.catch(() => undefined);
    await waits;
    then();
    await rm(join(root, 'hold'));
    return [one, two];
  };
  return { at, python, compile };
}

describe('the environment', () => {
  it('is made in two stages, and not again for the same wheel', async () => {
    await writeFile(join(root, 'bundled', 'ownstack-1-py3-none-any.whl'), 'one');
    const python = await recorder();
    const at = work(() => Promise.resolve(python));

    await environment.makeUsable(at);
    const usable = await environment.stage();
    await environment.makeWhole(at);
    await environment.makeUsable(at);
    await environment.makeWhole(at);

    const calls = (await python.calls()).map((call) => call.split(root).join(''));
    expect(usable).toBe('echo');
    expect(await environment.stage()).toBe('whole');
    expect(calls.filter((call) => call.includes('install'))).toEqual([
      '-m pip --disable-pip-version-check --no-input install --no-deps /bundled/ownstack-1-py3-none-any.whl',
      '-m pip --disable-pip-version-check --no-input install numpy>=1',
      '-m pip --disable-pip-version-check --no-input install /bundled/ownstack-1-py3-none-any.whl',
    ]);
  });

  it('is made again when the wheel changes', async () => {
    const wheel = join(root, 'bundled', 'ownstack-1-py3-none-any.whl');
    await writeFile(wheel, 'one');
    const python = await recorder();
    await environment.makeUsable(work(() => Promise.resolve(python)));

    await writeFile(wheel, 'two');

    expect(await environment.stage()).toBe('none');
  });

  it('is made once by two windows', async () => {
    await writeFile(join(root, 'bundled', 'ownstack-1-py3-none-any.whl'), 'one');
    const python = await recorder();
    const at = work(() => Promise.resolve(python));

    await Promise.all([environment.makeUsable(at), environment.makeUsable(at)]);

    const made = (await python.calls()).filter((call) => call.includes('-m venv'));
    expect(made.length).toBe(1);
  });

  it('made with another Python than the one that is named now does not count', async () => {
    await writeFile(join(root, 'bundled', 'ownstack-1-py3-none-any.whl'), 'one');
    const python = await recorder();
    await environment.makeUsable(work(() => Promise.resolve(python)), python.path);

    expect(await environment.stage(python.path)).toBe('echo');
    expect(await environment.stage('/another/python')).toBe('none');
    expect(await environment.stage()).toBe('echo');
  });

  it('is compiled by one window; the other hears that it was not the one', async () => {
    await writeFile(join(root, 'bundled', 'ownstack-1-py3-none-any.whl'), 'one');
    const at = work(() => recorder());
    await environment.makeUsable(at);

    const made = await Promise.all([environment.makeWhole(at), environment.makeWhole(at)]);

    expect(made.sort()).toEqual([false, true]);
    expect(await environment.since()).toBe(null);
  });

  it('that cannot be compiled fails for those that wait, and is tried again when asked', async () => {
    const { at, python, compile } = await compiling();
    await writeFile(join(root, 'fails'), '');

    const made = await Promise.allSettled(await compile(at, { ...at }));
    await rm(join(root, 'fails'));
    const again = await environment.makeWhole(at);

    const reasons = made.map((one) => (one.status === 'rejected' ? (one.reason as Error).message : ''));
    expect(reasons[0]).toContain('there is no C++ compiler');
    expect(reasons[1]).toBe(reasons[0]);
    expect(again).toBe(true);
    expect((await python.calls()).filter(compiles).length).toBe(2);
    expect(await environment.stage()).toBe('whole');
  });

  it('whose compilation is stopped is not compiled by those that wait', async () => {
    const { at, python, compile } = await compiling();
    const stop = new AbortController();

    const made = Promise.allSettled(await compile(work(at.python, stop.signal), at, () => {
      stop.abort(new EnvironmentError('It was stopped.'));
    }));

    expect((await made).map((one) => one.status)).toEqual(['rejected', 'rejected']);
    expect((await python.calls()).filter(compiles).length).toBe(1);
  });

  it('that is asked for again once it was stopped is compiled', async () => {
    const { at, compile } = await compiling();
    const stop = new AbortController();
    let again: Promise<boolean> = Promise.resolve(false);

    await Promise.allSettled(await compile(work(at.python, stop.signal), at, () => {
      stop.abort(new EnvironmentError('It was stopped.'));
      const later = Date.now() + 1;
      while (Date.now() <= later);
      again = environment.makeWhole({ ...at });
    }));

    expect(await again).toBe(true);
  });

  it('whose window has gone is compiled by one that waits', async () => {
    const { at, compile } = await compiling();
    const close = new AbortController();

    const [gone, other] = await Promise.allSettled(await compile(work(at.python, close.signal), at, () => {
      close.abort();
    }));

    expect(gone?.status).toBe('rejected');
    expect(other).toEqual({ status: 'fulfilled', value: true });
  });

  it('that is made anew ends the daemon that runs from it, before it goes', async () => {
    const { at, python } = await compiling();
    await environment.makeUsable(at, '/another/python');

    const calls = await python.calls();
    const made = calls.lastIndexOf(`-m venv --clear ${environment.folder}`);
    expect(made).toBeGreaterThan(0);
    expect(calls[made - 1]).toBe('-m ownstack daemon stop');
  });

  it('of another version is left to its daemon', async () => {
    const { at, python } = await compiling();
    await writeFile(join(root, 'bundled', 'ownstack-1-py3-none-any.whl'), 'two');

    await environment.makeUsable(at);

    expect((await python.calls()).some((call) => call.includes('daemon stop'))).toBe(false);
  });

  it('that is forgotten is made anew', async () => {
    await writeFile(join(root, 'bundled', 'ownstack-1-py3-none-any.whl'), 'one');
    await environment.makeUsable(work(() => recorder()));

    await environment.forget();

    expect(await environment.stage()).toBe('none');
  });

  it('is not made without a Python: the reason is passed on', async () => {
    await writeFile(join(root, 'bundled', 'ownstack-1-py3-none-any.whl'), 'one');

    const made = environment.makeUsable(work(() => Promise.resolve('No Python.')));

    await expect(made).rejects.toThrow(new EnvironmentError('No Python.'));
  });

  it('says so if the extension carries no wheel', async () => {
    await expect(environment.stage()).rejects.toThrow(/carries no server/);
  });
});

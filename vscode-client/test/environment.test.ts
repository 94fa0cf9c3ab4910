import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { advice, Environment, EnvironmentError, type Work } from '../src/environment.js';

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

function work(python: Work['python']): Work {
  const quiet = (): void => undefined;
  return { python, report: quiet, log: quiet, signal: new AbortController().signal };
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
esac
`;
  await writeFile(path, script, { mode: 0o755 });
  return { path, calls: async () => (await readFile(record, 'utf8')).trim().split('\n') };
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

  it('is not made without a Python: the reason is passed on', async () => {
    await writeFile(join(root, 'bundled', 'ownstack-1-py3-none-any.whl'), 'one');

    const made = environment.makeUsable(work(() => Promise.resolve('No Python.')));

    await expect(made).rejects.toThrow(new EnvironmentError('No Python.'));
  });

  it('says so if the extension carries no wheel', async () => {
    await expect(environment.stage()).rejects.toThrow(/carries no server/);
  });
});

describe('the advice about a failed installation', () => {
  const cases: [string, NodeJS.Platform, string][] = [
    ['CMake Error: CMAKE_CXX_COMPILER not set', 'linux', 'build-essential'],
    ["error: command 'gcc' failed: No such file", 'linux', 'build-essential'],
    ['No CMAKE_C_COMPILER could be found', 'darwin', 'xcode-select --install'],
    ['error: Microsoft Visual C++ 14.0 is required', 'win32', 'Visual Studio Build Tools'],
    ['Failed to establish: Temporary failure in name resolution', 'linux', 'cannot be reached'],
    ['OSError: [Errno 28] No space left on device', 'linux', 'disk is full'],
    ['ensurepip is not available', 'linux', 'python3-venv'],
    ['something else', 'linux', 'the log has the details'],
  ];
  it.each(cases)('%s (%s)', (output, platform, expected) => {
    expect(advice(output, platform)).toContain(expected);
  });
});

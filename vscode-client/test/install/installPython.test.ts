import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { installPython } from '../../src/install/installPython.js';

/** What is answered to the errors that are shown, one after the other. */
const answers: string[] = [];
const errors: string[] = [];
vi.mock('vscode', () => ({
  ProgressLocation: { Notification: 15 },
  commands: { executeCommand: vi.fn() },
  window: {
    showErrorMessage: (message: string) => {
      errors.push(message);
      return Promise.resolve(answers.shift());
    },
    showWarningMessage: vi.fn(),
    showInformationMessage: () => Promise.resolve('Install'),
    withProgress: (_options: object, work: (...of: unknown[]) => unknown) => work({}, { onCancellationRequested: () => undefined }),
  },
}));

const log = { info: () => undefined } as unknown as Parameters<typeof installPython>[0];
let root: string;

/** A uv that downloads nothing at the first attempt, and says what it is told to. */
const uv = (words: string): string => `#!/bin/sh
echo "$*" >> "\${0%/*}/calls"
case "$*" in
  --version) echo "uv 0.9.9";;
  *) [ $(grep -c install "\${0%/*}/calls") -gt 1 ] || { ${words} exit 2; };;
esac
`;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'uv-'));
  vi.stubEnv('PATH', `${root}${delimiter}${process.env.PATH ?? ''}`);
  answers.length = errors.length = 0;
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(root, { recursive: true });
});

it.each([
  ['echo "error: no network" >&2;', 'uv did not install Python: error: no network'],
  ['', 'uv did not install Python: it does not say why.'],
])('a Python that uv could not get is tried again when that is asked for (%s)', async (words, told) => {
  await writeFile(join(root, 'uv'), uv(words));
  await chmod(join(root, 'uv'), 0o755);
  answers.push('Try Again');

  const done = await installPython(log);

  expect([done, errors]).toEqual([true, [told]]);
  // A mirror for Pythons counts that uv is set up for.
  expect(await readFile(join(root, 'calls'), 'utf8')).not.toContain('--no-config');
});

it('is not tried again otherwise', async () => {
  await writeFile(join(root, 'uv'), uv('echo "error: no network" >&2;'));
  await chmod(join(root, 'uv'), 0o755);

  expect(await installPython(log)).toBe(false);
  expect(errors.length).toBe(1);
});

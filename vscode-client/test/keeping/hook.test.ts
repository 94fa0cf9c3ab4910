import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { build } from 'esbuild';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { leaveNote } from '../../src/keeping/note.js';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'hook-'));
});
afterEach(() => rm(root, { recursive: true }));

describe('the script that the editor runs', () => {
  it('finds the storage by where it lies, and needs no module of the editor’s', async () => {
    const extensions = join(root, 'extensions');
    const outfile = join(extensions, 'ownstack.ownstack-0.1.0', 'dist', 'uninstall.cjs');
    await build({ entryPoints: ['src/keeping/hook.ts'], outfile, bundle: true, minify: true, platform: 'node', format: 'cjs', target: 'node20' });
    const made = join(root, 'storage', 'environments', '0123abcd.ef01');
    await mkdir(made, { recursive: true });
    await writeFile(join(made, 'pyvenv.cfg'), '');
    await leaveNote(join(root, 'home', 'data'), { extensions, folders: [join(root, 'storage')] });

    const env = { ...process.env, OWNSTACK_HOME: join(root, 'home') };
    await promisify(execFile)(process.execPath, [outfile, '--type=extension-post-uninstall'], { env });

    // In a process of its own, as it takes long.
    await vi.waitFor(() => { expect(existsSync(join(root, 'storage', 'environments'))).toBe(false); }, 10_000);
    expect(existsSync(join(root, 'home', 'data'))).toBe(false);
  });
});

// Puts beside the extension what its package carries: the server's wheel and the licence.
// OWNSTACK_PYTHON names the interpreter that builds the wheel (default: python3).
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const client = dirname(dirname(fileURLToPath(import.meta.url)));
const repository = dirname(client);
const bundled = join(client, 'bundled');
const python = process.env.OWNSTACK_PYTHON ?? (process.platform === 'win32' ? 'python' : 'python3');

rmSync(bundled, { recursive: true, force: true });
mkdirSync(bundled);
const pip = ['-m', 'pip', 'wheel', '--quiet', '--disable-pip-version-check', '--no-deps'];
// A wheel that is carried must not say where this machine has another wheel.
const { OWNSTACK_WHEELHOUSE: _, ...env } = process.env;
execFileSync(python, [...pip, '--wheel-dir', bundled, repository], { stdio: 'inherit', env });
// Written, not copied: a copy would have the permissions of the clone.
writeFileSync(join(client, 'LICENSE'), readFileSync(join(repository, 'LICENSE')));
console.log(`carries ${readdirSync(bundled).join(', ')}`);

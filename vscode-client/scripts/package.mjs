// Packages the extension so that the same sources give the same bytes: arguments go to `vsce package`.
// SOURCE_DATE_EPOCH (seconds) is what all is dated; without it, the first day that a zip can tell.
import { execFileSync } from 'node:child_process';
import { chmodSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const client = dirname(dirname(fileURLToPath(import.meta.url)));
const vsce = join(dirname(createRequire(import.meta.url).resolve('@vscode/vsce/package.json')), 'vsce');

function run(...args) {
  // A zip archive tells the time of the place, and vsce sorts by the rules of the language.
  const env = { SOURCE_DATE_EPOCH: '315532800', ...process.env, TZ: 'UTC', LC_ALL: 'C' };
  execFileSync(process.execPath, args, { cwd: client, env, stdio: 'inherit' });
}

// The archive keeps permissions: those of what is made here follow this, those of a clone its own.
process.umask(0o022);
const { files } = JSON.parse(readFileSync(join(client, 'package.json'), 'utf8'));
for (const folder of new Set(files.map((pattern) => dirname(join(client, pattern))))) {
  for (const entry of existing(folder)) if (statSync(entry).isFile()) chmodSync(entry, 0o644);
}
run('scripts/carry.mjs');
run(vsce, 'package', '--no-dependencies', ...process.argv.slice(2));

/** The paths in a folder; none if it is yet to be made. */
function existing(folder) {
  try {
    return readdirSync(folder).map((entry) => join(folder, entry));
  } catch {
    return [];
  }
}

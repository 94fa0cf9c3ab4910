// Packs a wheelhouse into what the extension for one platform carries:
//   node scripts/pack.mjs WHEELHOUSE [--to bundled] [--quality 0..11] [--window 10..30]
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { build } from 'esbuild';

const client = dirname(dirname(fileURLToPath(import.meta.url)));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    to: { type: 'string', default: join(client, 'bundled') },
    quality: { type: 'string', default: '10' },
    window: { type: 'string', default: '24' },
  },
});
const [quality, window] = [Number(values.quality), Number(values.window)];
if (positionals.length !== 1 || !within(quality, 0, 11) || !within(window, 10, 30)) {
  console.error('Name one folder of wheels: pack.mjs WHEELHOUSE [--to FOLDER] [--quality 0..11] [--window 10..30]');
  process.exit(2);
}

// What lays out the wheels here is what the extension rebuilds them with.
const { outputFiles } = await build({
  entryPoints: [join(client, 'scripts/pack/pack.ts')],
  bundle: true,
  write: false,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
});
const { createRequire } = await import('node:module');
const loaded = { exports: {} };
new Function('module', 'exports', 'require', outputFiles[0].text)(loaded, loaded.exports, createRequire(import.meta.url));
try {
  await loaded.exports.pack(resolve(positionals[0]), resolve(values.to), { quality, window, say: console.log });
} catch (error) {
  console.error(`pack.mjs: ${error.message}`);
  process.exit(1);
}

function within(number, least, most) {
  return Number.isInteger(number) && number >= least && number <= most;
}

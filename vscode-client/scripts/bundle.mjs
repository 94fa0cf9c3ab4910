// Bundles the extension into one file.
import { build } from 'esbuild';

await build({
  entryPoints: ['src/extension.ts'],
  outfile: 'dist/extension.cjs',
  bundle: true,
  minify: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
  external: ['vscode'],
  // The ES modules of the language client's parts are the ones that can be shaken.
  mainFields: ['module', 'main'],
  legalComments: 'none',
});

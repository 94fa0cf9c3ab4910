// Bundles the extension into one file, and the page of the chat into a script and a style sheet.
import { copyFile, mkdir } from 'node:fs/promises';

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
await build({
  entryPoints: { chat: 'src/webview/main.ts' },
  outdir: 'dist/webview',
  bundle: true,
  minify: true,
  platform: 'browser',
  format: 'iife',
  target: 'chrome122',
  // Licences of what is bundled ask for their notices to come along.
  legalComments: 'eof',
});
await mkdir('dist/webview', { recursive: true });
await copyFile('src/webview/chat.css', 'dist/webview/chat.css');

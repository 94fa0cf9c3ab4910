// Bundles the extension into one file, what is run after it was removed into another, and the page of
// the chat into a script and a style sheet.
import { copyFile, readdir, readFile, writeFile } from 'node:fs/promises';

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
// What the editor runs when the extension has been removed: without the editor's modules.
await build({
  entryPoints: ['src/keeping/hook.ts'],
  outfile: 'dist/uninstall.cjs',
  bundle: true,
  minify: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20',
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
// What is bundled comes with its licence.
const notices = ['markdown-it', 'entities', 'linkify-it', 'mdurl', 'punycode.js', 'uc.micro', 'dompurify', 'highlight.js'];
const texts = await Promise.all(notices.map(licence));
await writeFile('dist/webview/LICENSES.txt', texts.join('\n\n'));
await copyFile('src/webview/chat.css', 'dist/webview/chat.css');

async function licence(name) {
  const folder = `node_modules/${name}`;
  const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry));
  if (!file) throw new Error(`${name} has no licence text.`);
  return `${name}\n\n${await readFile(`${folder}/${file}`, 'utf8')}`;
}

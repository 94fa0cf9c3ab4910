// Bundles the extension into one file, what is run after it was removed into another, and the page of
// the chat into a script and a style sheet.
// OWNSTACK_METAFILE names a file to write what is in them to, as esbuild's metafile.
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

import { build } from 'esbuild';

const common = { bundle: true, minify: true, metafile: true };
const node = { ...common, platform: 'node', format: 'cjs', target: 'node20' };
const extension = await build({
  ...node,
  entryPoints: ['src/extension.ts'],
  outfile: 'dist/extension.cjs',
  external: ['vscode'],
  // The ES modules of the language client's parts are the ones that can be shaken.
  mainFields: ['module', 'main'],
  legalComments: 'none',
});
// What the editor runs when the extension has been removed: without the editor's modules.
const removal = await build({
  ...node,
  entryPoints: ['src/keeping/hook.ts'],
  outfile: 'dist/uninstall.cjs',
});
const page = await build({
  ...common,
  entryPoints: { chat: 'src/webview/main.ts' },
  outdir: 'dist/webview',
  platform: 'browser',
  format: 'iife',
  target: 'chrome122',
  // Licences of what is bundled ask for their notices to come along.
  legalComments: 'eof',
});
const metafile = {
  inputs: { ...extension.metafile.inputs, ...removal.metafile.inputs, ...page.metafile.inputs },
  outputs: { ...extension.metafile.outputs, ...removal.metafile.outputs, ...page.metafile.outputs },
};
// What is bundled comes with its licence.
const texts = await Promise.all(packages(metafile).map(licence));
await writeFile('dist/webview/LICENSES.txt', texts.join('\n\n'));
// Written, not copied: a copy would have the permissions of the clone.
await writeFile('dist/webview/chat.css', await readFile('src/webview/chat.css'));
if (process.env.OWNSTACK_METAFILE) {
  await mkdir(dirname(process.env.OWNSTACK_METAFILE), { recursive: true });
  await writeFile(process.env.OWNSTACK_METAFILE, JSON.stringify(metafile));
}

/** The folders of the packages that have a byte in what was written. */
function packages({ outputs }) {
  const paths = Object.values(outputs)
    .flatMap(({ inputs }) => Object.entries(inputs))
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([path]) => /^(.*\bnode_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]);
  return [...new Set(paths.filter((folder) => folder !== undefined))].sort();
}

async function licence(folder) {
  const { name, version } = JSON.parse(await readFile(`${folder}/package.json`, 'utf8'));
  const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry));
  if (!file) throw new Error(`${name} has no licence text.`);
  return `${name} ${version}\n\n${await readFile(`${folder}/${file}`, 'utf8')}`;
}

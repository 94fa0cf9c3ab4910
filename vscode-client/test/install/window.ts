/** A window that updates, as a process that can be killed: `node window.mjs ROOT PYTHON`. */

import { open, workOf } from './fakes.js';

const [root = '', python = ''] = process.argv.slice(2);
const environments = open(root, true);
console.log('begins');
await environments.make(workOf(python));
const serving = await environments.serving();
if (serving) await environments.served(serving.name, () => undefined);
console.log('done');

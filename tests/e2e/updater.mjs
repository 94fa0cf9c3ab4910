// What a window does about the server's environment, without the window: so that it can be killed.
// Bundled by test_install_kills.py. Reads a JSON configuration as its argument; says what it does.
import { Bundle } from '../../vscode-client/src/install/bundle.js';
import { Environments } from '../../vscode-client/src/install/environments.js';
import { probe } from '../../vscode-client/src/install/python.js';

const { storage, bundled, python, makes } = JSON.parse(process.argv[2]);
const say = (kind) => (text) => {
  process.stdout.write(`${JSON.stringify({ kind, text })}\n`);
};

const environments = new Environments({ storage, bundled, platform: process.platform, carried: () => Bundle.read(bundled) });

/** Has the environment that serves noted as in use, as a window does that starts a server from it. */
async function serve() {
  const serving = await environments.serving();
  if (!serving) return;
  await environments.register.use(serving.name);
  say('serving')(serving.python);
  if (!makes) return;
  if (serving.previous) await environments.served(serving.name, say('log'));
}

await serve();
if (makes) {
  const base = await probe({ command: python, args: [], origin: 'test' });
  const made = await environments.make({
    python: () => Promise.resolve(base),
    uv: () => Promise.resolve(null),
    report: say('report'),
    log: say('log'),
    signal: new AbortController().signal,
  });
  say('made')(String(made));
  await serve();
}

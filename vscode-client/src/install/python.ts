/** Finds a Python to make the server's environment with. Each decision is logged. */

import { run } from '../process.js';

export const OLDEST: readonly [number, number] = [3, 10];

export interface Candidate {
  command: string;
  args: readonly string[];
  /** Where it comes from, for the log. */
  origin: string;
}

export interface Interpreter {
  path: string;
  version: readonly [number, number];
  /** Whether it can make virtual environments (Debian leaves `ensurepip` out). */
  canMakeEnvironments: boolean;
  /** Version of `ownstack` installed in it, or "". */
  ownstack: string;
}

export type Probe = (candidate: Candidate) => Promise<Interpreter | null>;

const QUESTION = `
import json, sys
from importlib import metadata, util
try:
    ownstack = metadata.version("ownstack")
except metadata.PackageNotFoundError:
    ownstack = ""
print(json.dumps({
    "path": sys.executable,
    "version": list(sys.version_info[:2]),
    "canMakeEnvironments": bool(util.find_spec("venv") and util.find_spec("ensurepip")),
    "ownstack": ownstack,
}))
`;

/** Asks an interpreter about itself; null if it does not answer like a Python 3. */
export const probe: Probe = async ({ command, args }) => {
  const answer = await run(command, [...args, '-I', '-c', QUESTION], { timeoutMs: 20_000 });
  if (answer.code !== 0) return null;
  try {
    return JSON.parse(answer.stdout) as Interpreter;
  } catch {
    // Something else than Python answers to this name.
    return null;
  }
};

/** Returns the names under which a Python may be on the PATH, best first. */
export function onPath(platform: NodeJS.Platform): Candidate[] {
  const names = ['python3.13', 'python3.12', 'python3.11', 'python3.10', 'python3', 'python'];
  const found = names.map((command) => ({ command, args: [], origin: 'PATH' }));
  return platform === 'win32' ? [{ command: 'py', args: ['-3'], origin: 'PATH' }, ...found] : found;
}

/** Returns the first candidate that is new enough and can make environments, or why there is none. */
export async function find(
  candidates: readonly Candidate[],
  ask: Probe,
  log: (message: string) => void,
): Promise<Interpreter | string> {
  let lacksVenv = '';
  let tooOld = '';
  for (const candidate of candidates) {
    const name = [candidate.command, ...candidate.args].join(' ');
    const found = await ask(candidate);
    if (!found) {
      log(`${name} (${candidate.origin}): not there`);
    } else if (!newEnough(found)) {
      log(`${name} (${candidate.origin}): ${found.version.join('.')} is too old`);
      tooOld ||= found.version.join('.');
    } else if (!found.canMakeEnvironments) {
      log(`${name} (${candidate.origin}): cannot make environments`);
      lacksVenv ||= found.version.join('.');
    } else {
      log(`${name} (${candidate.origin}): Python ${found.version.join('.')} at ${found.path}, taken`);
      return found;
    }
  }
  if (lacksVenv) {
    return `Python ${lacksVenv} lacks its venv module. Install it (on Debian and Ubuntu: python${lacksVenv}-venv), then try again.`;
  }
  const seen = tooOld ? ` (found only ${tooOld})` : '';
  return `No Python ${OLDEST.join('.')} or newer was found${seen}. Install one, then try again, or name one in the setting ownstack.python.interpreter.`;
}

/** Says why the interpreter named in the settings can neither run the server nor make an environment for it, or "". */
export function chosenProblem(path: string, found: Interpreter | null): string {
  if (!found) return `${path}, named in ownstack.python.interpreter, is no working Python.`;
  if (!newEnough(found)) {
    return `${path} is Python ${found.version.join('.')}; ownstack.python.interpreter must name ${OLDEST.join('.')} or newer.`;
  }
  if (!found.ownstack && !found.canMakeEnvironments) {
    const version = found.version.join('.');
    return `In ${path}, named in ownstack.python.interpreter, ownstack is not installed, and no environment can be made with it: Python ${version} lacks its venv module. Install that (on Debian and Ubuntu: python${version}-venv), then try again.`;
  }
  return '';
}

function newEnough({ version: [major, minor] }: Interpreter): boolean {
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}

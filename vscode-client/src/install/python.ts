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
  /** Path of the pip that it brings for environments, which runs from there; "" if it is not found. */
  pip: string;
  /** Version of `ownstack` installed in it, or "". */
  ownstack: string;
  /** What Python calls the system: linux, darwin, win32. */
  platform: string;
  /** What the system calls the processor: x86_64, AMD64, arm64, aarch64. */
  machine: string;
  /** The C library and its version, as in "glibc 2.36" or "musl"; "" where it does not matter. */
  libc: string;
}

export type Probe = (candidate: Candidate) => Promise<Interpreter | null>;

const QUESTION = `
import json, os, platform, sys, sysconfig
from importlib import metadata, util
try:
    ownstack = metadata.version("ownstack")
except metadata.PackageNotFoundError:
    ownstack = ""
libc = ""
if sys.platform == "linux":
    try:
        libc = os.confstr("CS_GNU_LIBC_VERSION") or ""
    except (AttributeError, ValueError, OSError):
        pass
    libc = libc or ("musl" if "musl" in (sysconfig.get_config_var("HOST_GNU_TYPE") or "") else "")
pip = ""
try:
    import ensurepip
    wheel = "pip-" + ensurepip.version() + "-py3-none-any.whl"
    # Where distributions of Linux keep it, and where it is otherwise.
    for folder in [sysconfig.get_config_var("WHEEL_PKG_DIR"), os.path.join(os.path.dirname(ensurepip.__file__), "_bundled")]:
        if folder and not pip and os.path.isfile(os.path.join(folder, wheel)):
            pip = os.path.join(folder, wheel, "pip")
except Exception:
    pass
print(json.dumps({
    "path": sys.executable,
    "version": list(sys.version_info[:2]),
    "canMakeEnvironments": bool(util.find_spec("venv") and util.find_spec("ensurepip")),
    "pip": pip,
    "ownstack": ownstack,
    "platform": sys.platform,
    "machine": platform.machine(),
    "libc": libc,
}))
`;

const UNTOLD = { pip: '', platform: '', machine: '', libc: '' };

/** Asks an interpreter about itself; null if it does not answer like a Python 3. */
export const probe: Probe = async ({ command, args }) => {
  const answer = await run(command, [...args, '-I', '-c', QUESTION], { timeoutMs: 20_000 });
  if (answer.code !== 0) return null;
  try {
    return { ...UNTOLD, ...(JSON.parse(answer.stdout) as Interpreter) };
  } catch {
    // Something else than Python answers to this name.
    return null;
  }
};

/** Returns the names under which a Python may be on the PATH, best first. */
export function onPath(platform: NodeJS.Platform): Candidate[] {
  const names = ['python3.14', 'python3.13', 'python3.12', 'python3.11', 'python3.10', 'python3', 'python'];
  const found = names.map((command) => ({ command, args: [], origin: 'PATH' }));
  return platform === 'win32' ? [{ command: 'py', args: ['-3'], origin: 'PATH' }, ...found] : found;
}

/** Why no environment can be made: there is no Python for it. */
export interface Missing {
  /** Version of one that is too old, or "". */
  tooOld: string;
  /** Version of one that is new enough, but cannot make environments, or "". */
  lacksVenv: string;
}

/** What a Python has to be good for. */
export interface Purpose {
  /** Whether `uv` makes the environment of what is carried: then Python itself need not be able to. */
  uv: boolean;
  /** Says why what the extension carries does not fit a Python, or "". */
  unfit: (found: Interpreter) => string;
}

const ANY: Purpose = { uv: false, unfit: () => '' };

/**
 * Returns the first candidate that is new enough and can make environments, or why there is none.
 *
 * One that what is carried fits is preferred to those before it.
 */
export async function find(
  candidates: readonly Candidate[],
  ask: Probe,
  log: (message: string) => void,
  { uv, unfit }: Purpose = ANY,
): Promise<Interpreter | Missing> {
  const missing: Missing = { tooOld: '', lacksVenv: '' };
  let second: Interpreter | null = null;
  for (const candidate of candidates) {
    const name = `${[candidate.command, ...candidate.args].join(' ')} (${candidate.origin})`;
    const found = await ask(candidate);
    const version = found?.version.join('.') ?? '';
    const reason = found ? unfit(found) : '';
    if (!found) {
      log(`${name}: not there`);
    } else if (!newEnough(found)) {
      log(`${name}: ${version} is too old`);
      missing.tooOld ||= version;
    } else if (!found.canMakeEnvironments && !(uv && !reason)) {
      log(`${name}: cannot make environments`);
      missing.lacksVenv ||= version;
    } else if (reason) {
      log(`${name}: Python ${version} at ${found.path}, but what is carried does not fit: ${reason}`);
      second ??= found;
    } else {
      log(`${name}: Python ${version} at ${found.path}, taken`);
      return found;
    }
  }
  if (second) log(`Python ${second.version.join('.')} at ${second.path} is taken, as there is no better one`);
  return second ?? missing;
}

/** Says why the interpreter named in the settings can neither run the server nor make an environment for it, or "". */
export function chosenProblem(path: string, found: Interpreter | null, uv = false): string {
  if (!found) return `${path}, named in ownstack.python.interpreter, is no working Python.`;
  if (!newEnough(found)) {
    return `${path} is Python ${found.version.join('.')}; ownstack.python.interpreter must name ${OLDEST.join('.')} or newer.`;
  }
  if (!found.ownstack && !found.canMakeEnvironments && !uv) {
    const version = found.version.join('.');
    return `In ${path}, named in ownstack.python.interpreter, ownstack is not installed, and no environment can be made with it: Python ${version} lacks its venv module. Install that (on Debian and Ubuntu: python${version}-venv), then try again.`;
  }
  return '';
}

function newEnough({ version: [major, minor] }: Interpreter): boolean {
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
}

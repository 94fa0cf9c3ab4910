/**
 * Puts the server and what it needs into a new environment.
 *
 * From what the extension carries, if that fits the Python, in one go and without a network: by
 * `uv` if it is there, else by pip. Otherwise from the package index, in two stages: after the
 * first the server runs and completes by echo, the second compiles llama.cpp, which takes minutes.
 */

import { readdir, rm } from 'node:fs/promises';
import { devNull } from 'node:os';
import { join } from 'node:path';

import { run, type Options } from '../process.js';
import { BundleError, type Bundle } from './bundle.js';
import { EnvironmentError, failure, isOfMachine, ServerError } from './failures.js';
import type { Interpreter } from './python.js';
import type { Stage } from './register.js';
import type { Uv } from './uv.js';

/** What the extension for one platform carries: all packages, for some Pythons. */
export type Carried = Pick<Bundle, 'fits' | 'unpack'>;

export interface Steps {
  report: (message: string) => void;
  log: (line: string) => void;
  signal: AbortSignal;
}

export interface Target extends Steps {
  folder: string;
  base: Interpreter;
  platform: NodeJS.Platform;
  /** Path of the server's own wheel. */
  wheel: string;
  carried: Carried | null;
  uv: Uv | null;
}

const NATIVE = 'llama-cpp-python';
const PIP_FLAGS = ['--disable-pip-version-check', '--no-input'];
const REQUIREMENTS = `
from importlib.metadata import requires
for line in requires("ownstack") or []:
    if "extra ==" not in line and not line.startswith("${NATIVE}"):
        print(line)
`;
const MODULES: Record<Stage, string> = {
  echo: 'numpy, tree_sitter, pyarrow, lancedb',
  whole: 'numpy, tree_sitter, pyarrow, lancedb, llama_cpp',
};
const CHECK_MS = 180_000;
const LOOK_MS = 500;

/** Returns the Python of an environment. */
export function pythonIn(folder: string, platform: NodeJS.Platform): string {
  return join(folder, ...(platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python']));
}

/** What was installed, and why it is not what is carried: "" if it is, or if nothing is carried. */
export interface Installed {
  stage: Stage;
  why: string;
}

/** Makes an environment, whole if what is carried fits, else to the first stage. It is checked. */
export async function install(target: Target): Promise<Installed> {
  const installed = await packages(target);
  await checkServer(target);
  return installed;
}

async function packages(target: Target): Promise<Installed> {
  const { carried, base, log, signal } = target;
  const reason = carried ? carried.fits(base) : 'This build of the extension carries no packages.';
  let why = carried ? reason : '';
  if (carried && !reason) {
    try {
      await offline(target, carried);
      await checkPackages(target, 'whole');
      return { stage: 'whole', why: '' };
    } catch (error) {
      signal.throwIfAborted();
      // What ails the machine ails the other way too, and there it would be told with less reason.
      if (isOfMachine(error)) throw error;
      why = `The packages that the extension carries could not be installed. ${(error as Error).message}`;
    }
  }
  log(`The server is built here. ${why || reason}`);
  return explained(why, signal, async () => {
    await byIndex(target, why);
    await checkPackages(target, 'echo');
    return { stage: 'echo', why };
  });
}

/** Builds what could have been carried; if that fails, it is also said why it had to be built. */
async function explained<T>(why: string, signal: AbortSignal, build: () => Promise<T>): Promise<T> {
  try {
    return await build();
  } catch (error) {
    if (!why || signal.aborted || isOfMachine(error)) throw error;
    throw new EnvironmentError(`${why} Nor could the server be built here. ${(error as Error).message}`, { cause: error });
  }
}

async function offline(target: Target, carried: Carried): Promise<void> {
  const { uv, log, signal } = target;
  const wheels = `${target.folder}.wheels`;
  try {
    if (uv) {
      try {
        await byUv(target, uv, carried, wheels);
        return;
      } catch (error) {
        signal.throwIfAborted();
        if (isOfMachine(error) || !target.base.canMakeEnvironments) throw error;
        log(`uv failed, so pip does it: ${(error as Error).message}`);
      }
    }
    await byPip(target, carried, wheels);
  } finally {
    await rm(wheels, { recursive: true, force: true });
  }
}

async function byUv(target: Target, uv: Uv, carried: Carried, wheels: string): Promise<void> {
  const { folder, base, log, signal } = target;
  const cache = `${folder}.cache`; // On the same disk: packages are linked into place.
  const options: Options = { signal, onLine: log, env: bare('UV_') };
  const uvStep = async (args: readonly string[]): Promise<void> => {
    log(`$ ${[uv.path, ...args].join(' ')}`);
    const { code, stdout, stderr } = await uv.run(['--offline', '--cache-dir', cache, ...args], options);
    signal.throwIfAborted();
    if (code !== 0) throw failure(`${stdout}\n${stderr}`, target.platform);
  };
  try {
    target.report('making a Python environment');
    await rm(folder, { recursive: true, force: true });
    await uvStep(['venv', '--python', base.path, folder]);
    const requirements = await unpacked(target, carried, wheels);
    const python = pythonIn(folder, target.platform);
    const from = ['--no-index', '--find-links', wheels, '--require-hashes', '--requirement', requirements];
    await counted(target, wheels, () => uvStep(['pip', 'install', '--python', python, ...from]));
  } finally {
    await rm(cache, { recursive: true, force: true });
  }
}

async function byPip(target: Target, carried: Carried, wheels: string): Promise<void> {
  const options = { env: bare('PIP_', { PIP_CONFIG_FILE: devNull }) };
  // Installing pip first would take seconds: it runs as well from where it lies.
  const lies = target.base.pip;
  await makeVenv(target, lies ? ['--without-pip'] : []);
  const requirements = await unpacked(target, carried, wheels);
  const from = ['--no-index', '--find-links', wheels, '--require-hashes', '-r', requirements];
  await counted(target, wheels, () => pip(target, ['install', '--no-compile', ...from], options, lies));
}

async function makeVenv(target: Target, flags: readonly string[] = []): Promise<void> {
  target.report('making a Python environment');
  await step(target, target.base.path, ['-m', 'venv', '--clear', ...flags, target.folder]);
}

/** Returns a function that passes on the first call, and later ones half a second after the last that it passed on. */
export function seldom<T extends unknown[]>(tell: (...what: T) => void, now: () => number = Date.now): (...what: T) => void {
  let told = -Infinity;
  return (...what) => {
    if (now() - told < LOOK_MS) return;
    told = now();
    tell(...what);
  };
}

/** Unpacks the packages; returns the path of the requirements. */
async function unpacked(target: Target, carried: Carried, wheels: string): Promise<string> {
  target.report('unpacking the packages');
  try {
    const { requirements } = await carried.unpack(
      target.base,
      wheels,
      // Each byte is written and verified: megabytes would be twice those that are found on the disk.
      seldom((done, all) => { target.report(`unpacking the packages: ${Math.floor((100 * done) / all)} %`); }),
      target.signal,
    );
    return requirements;
  } catch (error) {
    target.signal.throwIfAborted();
    if (!(error instanceof BundleError)) throw failure(String(error), target.platform, error);
    throw new EnvironmentError(error.message, { cause: error, ofMachine: error.message.startsWith('The disk is full') });
  }
}

/** Says how many of the packages are there while they are installed: neither pip nor uv does. */
async function counted(target: Target, wheels: string, work: () => Promise<void>): Promise<void> {
  const all = (await readdir(wheels)).filter((name) => name.endsWith('.whl')).length;
  target.report(`installing ${all} packages`);
  const look = async (): Promise<void> => {
    const there = await installed(target);
    // Pip itself is among them.
    if (there) target.report(`installing packages: ${Math.min(there, all)} of ${all}`);
  };
  const clock = setInterval(() => void look(), LOOK_MS);
  try {
    await work();
  } finally {
    clearInterval(clock);
  }
}

async function installed({ folder, platform, base }: Target): Promise<number> {
  const library = platform === 'win32' ? ['Lib'] : ['lib', `python${base.version.join('.')}`];
  const names = await readdir(join(folder, ...library, 'site-packages')).catch(() => []);
  return names.filter((name) => name.endsWith('.dist-info') && !name.startsWith('pip-')).length;
}

async function byIndex(target: Target, why: string): Promise<void> {
  const { wheel, signal } = target;
  const python = pythonIn(target.folder, target.platform);
  await makeVenv(target);
  target.report(why ? `building the server here, which takes minutes. ${why}` : 'installing the server');
  await pip(target, ['install', '--no-deps', wheel]);
  const listed = await run(python, ['-I', '-c', REQUIREMENTS], { signal });
  await pip(target, ['install', ...listed.stdout.split(/\r?\n/).filter(Boolean)]);
}

/**
 * Adds llama.cpp to an environment of the first stage: minutes, unless pip has it already.
 *
 * `why` is that of `Installed`.
 */
export async function compile(
  target: Pick<Target, 'folder' | 'platform' | 'wheel' | keyof Steps>,
  why = '',
): Promise<void> {
  target.report('compiling llama.cpp, once');
  await explained(why, target.signal, () => pip(target, ['install', target.wheel]));
}

/** Runs what the server stands on and the server, so that only an environment that works counts. */
export async function check(target: Pick<Target, 'folder' | 'platform' | keyof Steps>): Promise<void> {
  await checkPackages(target, 'whole');
  await checkServer(target);
}

async function checkPackages(target: Pick<Target, 'folder' | 'platform' | keyof Steps>, stage: Stage): Promise<void> {
  target.report('checking the server');
  const python = pythonIn(target.folder, target.platform);
  await step(target, python, ['-I', '-c', `import ${MODULES[stage]}`], { timeoutMs: CHECK_MS });
}

async function checkServer(target: Pick<Target, 'folder' | 'platform' | keyof Steps>): Promise<void> {
  try {
    await step(target, pythonIn(target.folder, target.platform), ['-I', '-m', 'ownstack', '--version'], { timeoutMs: CHECK_MS });
  } catch (error) {
    target.signal.throwIfAborted();
    if (isOfMachine(error)) throw error;
    throw new ServerError((error as Error).message, { cause: error });
  }
}

/** Runs the pip of an environment, or another one in it. */
function pip(
  target: Pick<Target, 'folder' | 'platform' | keyof Steps>,
  args: readonly string[],
  options: Options = {},
  path = '',
): Promise<void> {
  const called = path ? [path] : ['-m', 'pip'];
  return step(target, pythonIn(target.folder, target.platform), [...called, ...PIP_FLAGS, ...args], options);
}

async function step(
  { log, signal, platform }: Pick<Target, 'platform' | keyof Steps>,
  command: string,
  args: readonly string[],
  options: Options = {},
): Promise<void> {
  log(`$ ${[command, ...args].join(' ')}`);
  const { code, stdout, stderr } = await run(command, args, { ...options, signal, onLine: log });
  signal.throwIfAborted();
  if (code !== 0) throw failure(`${stdout}\n${stderr}`, platform);
}

/** Variables that a program is not to see: what is configured for the index does not hold for what is carried. */
function bare(prefix: string, set: Record<string, string> = {}): Record<string, string | undefined> {
  const names = Object.keys(process.env).filter((name) => name.toUpperCase().startsWith(prefix));
  return { ...Object.fromEntries(names.map((name) => [name, undefined])), ...set };
}

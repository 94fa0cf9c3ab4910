/** Stand-ins for the programs that make environments, and a place to make them in. */

import { chmod, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { Environments, type Work } from '../../src/install/environments.js';
import type { Carried } from '../../src/install/installing.js';
import type { Interpreter } from '../../src/install/python.js';

/** Files that a whole installation has. */
const PACKAGES = 8;

/**
 * A Python of which an environment is a link to it.
 *
 * It notes how it is called, installs a package at a time, and a server without one of them does
 * not start. Files beside it decide what goes wrong.
 */
const PYTHON = `#!/bin/sh
root="ROOT"
here=$(dirname "$(dirname "$0")")
echo "$*" >> "$root/calls"
packages() {
  mkdir -p "$here/lib/python3.12/site-packages" || exit 1
  n=0
  while [ $n -lt $1 ]; do
    n=$((n+1)); mkdir "$here/lib/python3.12/site-packages/p$n.dist-info" 2> /dev/null
    [ -e "$root/slow" ] && sleep 0.01
  done
  return 0
}
whole() { [ -d "$here/lib/python3.12/site-packages/p$1.dist-info" ] || { echo "No module named p$1" >&2; exit 1; }; }
case "$*" in
  *"-m venv --clear"*) for last; do :; done; rm -rf "$last"; mkdir -p "$last/bin"; [ -e "$root/slow" ] && sleep 0.02; ln -s "$0" "$last/bin/python";;
  *"-I -c import "*llama_cpp*)
    [ -e "$root/noexec" ] && { echo "ImportError: x.so: failed to map segment from shared object" >&2; exit 1; }
    whole ${PACKAGES}; [ -e "$here/llama" ] || exit 1;;
  *ST_NOEXEC*) [ -e "$root/mounted-noexec" ] && echo noexec;;
  *"-I -c import "*) whole ${PACKAGES};;
  *"-I -c"*) echo "numpy>=1";;
  *"ownstack --version"*)
    [ -e "$root/server-fails" ] && { echo "RuntimeError: broken" >&2; exit 1; }
    whole ${PACKAGES}; echo "ownstack 0.1.0";;
  *"daemon stop"*) ;;
  *--no-index*)
    [ -e "$root/carried-fails" ] && { cat "$root/carried-fails"; exit 1; }
    packages ${PACKAGES}; touch "$here/llama";;
  *"install --no-deps"*|*"install numpy"*)
    [ -e "$root/index-fails" ] && { cat "$root/index-fails"; exit 1; }
    packages ${PACKAGES};;
  *"install "*bundled*)
    if [ -e "$root/hold" ]; then touch "$root/held"; while [ -e "$root/hold" ]; do sleep 0.02; done; fi
    if [ -e "$root/fails" ]; then echo "CMake Error: CMAKE_CXX_COMPILER not set"; exit 1; fi
    touch "$here/llama";;
esac
`;

const UV = `#!/bin/sh
root="ROOT"
echo "uv $*" >> "$root/calls"
case "$*" in
  --version) echo "uv 0.9.9";;
  *" venv "*) for last; do :; done; mkdir -p "$last/bin"; ln -s "$root/python" "$last/bin/python";;
  *"pip install"*)
    [ -e "$root/uv-fails" ] && { echo "error: something" >&2; exit 2; }
    while [ "$1" != --python ]; do shift; done
    exec "$2" --no-index;;
esac
`;

/** Returns those calls that install. */
export const installs = (calls: string[]): string[] => calls.filter((call) => call.includes(' install ') || call.includes('--no-index'));
/** Returns how many of the calls make an environment by Python itself. */
export const made = (calls: string[]): number => calls.filter((call) => call.includes('-m venv')).length;

export interface Sandbox {
  root: string;
  environments: Environments;
  /** As another window sees it. */
  another: () => Environments;
  /** Carries another version from now on; what is carried is asked for by a window that begins later. */
  release: (content: string) => Promise<void>;
  /** Waits until the clock shows another time than that of the environment that serves. */
  later: () => Promise<void>;
  base: Interpreter;
  work: (change?: Partial<Work>) => Work;
  calls: () => Promise<string[]>;
  /** Makes the stand-ins go wrong, or slow. */
  set: (name: string, text?: string) => Promise<void>;
}

export async function sandbox(carried = true, root?: string): Promise<Sandbox> {
  const folder = root ?? (await mkdtemp(join(tmpdir(), 'environments-')));
  await mkdir(join(folder, 'bundled'), { recursive: true });
  const python = await script(folder, 'python', PYTHON);
  const release = (content: string): Promise<void> => writeFile(join(folder, 'bundled', 'ownstack-1-py3-none-any.whl'), content);
  if (!root) await release('one');
  const another = (): Environments => open(folder, carried);
  return {
    root: folder,
    environments: another(),
    another,
    release,
    later: async () => {
      const known = another();
      const at = (await known.register.made((await known.serving())?.name ?? ''))?.at ?? 0;
      while (Date.now() <= at) await pause(1);
    },
    base: interpreter(python),
    work: (change) => workOf(python, change),
    calls: async () => (await readFile(join(folder, 'calls'), 'utf8').catch(() => '')).trim().split('\n'),
    set: (name, text = '') => writeFile(join(folder, name), text),
  };
}

/** Returns the environments of a place made by `sandbox`. */
export function open(root: string, carried: boolean): Environments {
  const packages: Carried = {
    fits: ({ version: [, minor] }) => (minor === 12 ? '' : 'It carries what Python 3.12 needs.'),
    unpack: async (_, to, report) => {
      await mkdir(to, { recursive: true });
      for (let wheel = 1; wheel <= PACKAGES; wheel += 1) await writeFile(join(to, `p${wheel}.whl`), '');
      report(PACKAGES * 1e6, PACKAGES * 1e6);
      return { requirements: join(to, 'requirements.txt') };
    },
  };
  return new Environments({
    storage: join(root, 'storage'),
    bundled: join(root, 'bundled'),
    platform: 'linux',
    carried: () => Promise.resolve(carried ? packages : null),
  });
}

export function workOf(python: string, change: Partial<Work> = {}): Work {
  const quiet = (): void => undefined;
  return {
    python: () => Promise.resolve(interpreter(python)),
    uv: () => Promise.resolve(null),
    report: quiet,
    log: quiet,
    signal: new AbortController().signal,
    ...change,
  };
}

export function interpreter(path: string, version: [number, number] = [3, 12]): Interpreter {
  return { path, version, canMakeEnvironments: true, pip: '/wheels/pip.whl/pip', ownstack: '', platform: 'linux', machine: 'x86_64', libc: 'glibc 2.36' };
}

/** Makes a uv that links environments to the Python of the place. */
export function fakeUv(root: string): Promise<string> {
  return script(root, 'uv', UV);
}

async function script(root: string, name: string, text: string): Promise<string> {
  const path = join(root, name);
  await writeFile(path, text.replaceAll('ROOT', root));
  await chmod(path, 0o755);
  return path;
}

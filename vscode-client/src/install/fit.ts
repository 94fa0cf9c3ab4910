/** Whether a bundle's wheels run with a Python here, or why they do not. */

import type { Manifest } from './manifest.js';

export interface PythonKind {
  version: readonly [number, number];
  /** `sys.platform`: linux, darwin, win32. */
  platform: string;
  /** `platform.machine()`, as x86_64, AMD64, aarch64, arm64. */
  machine: string;
  /** `glibc 2.36` as `os.confstr("CS_GNU_LIBC_VERSION")` says it, `musl`, or "" where neither is. */
  libc: string;
}

const SYSTEMS: Record<string, string> = { linux: 'Linux', darwin: 'macOS', win32: 'Windows' };
const ARCHITECTURES: Record<string, string> = {
  x86_64: 'x64',
  amd64: 'x64',
  x64: 'x64',
  aarch64: 'arm64',
  arm64: 'arm64',
};
// PEP 600: the older names of manylinux, and the glibc that each needs.
const NAMED_MANYLINUX: Record<string, [number, number]> = {
  manylinux1: [2, 5],
  manylinux2010: [2, 12],
  manylinux2014: [2, 17],
};

/** Returns "", or in a sentence why the wheels do not run with that Python. */
export function misfit(manifest: Manifest, python: PythonKind): string {
  const machine = python.machine.toLowerCase();
  const here = `${python.platform}-${ARCHITECTURES[machine] ?? machine}`;
  if (here !== manifest.target) {
    return `This build of the extension carries what ${named(manifest.target)} needs, and Python says that this is ${named(here)}.`;
  }
  const version = python.version.join('.');
  if (!manifest.pythons.includes(version)) {
    return `This build of the extension carries what Python ${enumerated(manifest.pythons)} needs, not Python ${version}.`;
  }
  if (python.platform !== 'linux') return '';
  const needed = glibcOf(manifest, version);
  if (needed[0] === 0) return '';
  const glibc = /^glibc (\d+)\.(\d+)/.exec(python.libc);
  if (!glibc) {
    const other = python.libc.startsWith('musl') ? 'musl' : 'another C library';
    return `This build of the extension carries what Linux with glibc ${needed.join('.')} or newer needs; this one has ${other}.`;
  }
  const found: [number, number] = [Number(glibc[1]), Number(glibc[2])];
  if (atLeast(found, needed)) return '';
  return `This build of the extension carries what glibc ${needed.join('.')} or newer needs; this Linux has ${found.join('.')}.`;
}

/** Returns the oldest glibc with which all wheels for that Python run; [0, 0] if none says. */
function glibcOf({ wheels }: Manifest, python: string): [number, number] {
  let needed: [number, number] = [0, 0];
  for (const { name, pythons } of wheels) {
    if (!pythons.includes(python)) continue;
    const own = glibcOfWheel(name);
    if (own && atLeast(own, needed)) needed = own;
  }
  return needed;
}

/** Returns what the platform tags in a wheel's name ask for; any one of them suffices. */
function glibcOfWheel(name: string): [number, number] | null {
  const tags = (name.slice(0, -'.whl'.length).split('-').at(-1) ?? '').split('.');
  let least: [number, number] | null = null;
  for (const tag of tags) {
    const numbered = /^manylinux_(\d+)_(\d+)_/.exec(tag);
    const version: [number, number] | undefined = numbered
      ? [Number(numbered[1]), Number(numbered[2])]
      : NAMED_MANYLINUX[/^manylinux\d+/.exec(tag)?.[0] ?? ''];
    if (version && (!least || atLeast(least, version))) least = version;
  }
  return least;
}

function atLeast([major, minor]: readonly [number, number], [least, leastMinor]: readonly [number, number]): boolean {
  return major > least || (major === least && minor >= leastMinor);
}

/** Returns a target in words: `linux-x64` is "Linux x64". */
function named(target: string): string {
  const [system = '', ...machine] = target.split('-');
  return [SYSTEMS[system] ?? system, ...machine].filter(Boolean).join(' ');
}

/** Returns "3.11, 3.12 or 3.13". */
function enumerated(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} or ${names.at(-1) ?? ''}`;
}

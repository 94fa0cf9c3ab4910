/** What the extension can check by itself, with a server and without. */

import type { Environments } from './install/environments.js';
import { probe, type Interpreter } from './install/python.js';
import { run } from './process.js';
import type { Check } from './protocol.js';

export interface Facts {
  /** The editor and the extension, with their versions. */
  editor: string;
  /** The Python named in the settings, or "". */
  chosen: string;
  /** What it answers; null if it does not run, or none is named. */
  named: Interpreter | null;
  /** How much of the own environment is there, or why that cannot be said. */
  stage: 'none' | 'echo' | 'whole' | { problem: string };
  /** Where it is. */
  folder: string;
  /** A Python that an environment can be made with, or why there is none. */
  base: Interpreter | string;
  compiler: string;
}

/** Where the server comes from. */
export interface Source {
  chosen: string;
  environments: Pick<Environments, 'serving' | 'folder'>;
  base(): Promise<Interpreter | string>;
}

/** Looks around. Some seconds where many programs have to be asked. */
export async function gather(editor: string, source: Source): Promise<Facts> {
  const { chosen } = source;
  const [named, { stage, folder }, base, compiler] = await Promise.all([
    chosen ? probe({ command: chosen, args: [], origin: 'setting' }) : null,
    own(source),
    source.base(),
    findCompiler(process.platform),
  ]);
  return { editor, chosen, named, stage, folder, base, compiler };
}

async function own(source: Source): Promise<Pick<Facts, 'stage' | 'folder'>> {
  try {
    const { environments } = source;
    const serving = await environments.serving();
    return { stage: serving?.stage ?? 'none', folder: serving?.folder ?? environments.folder };
  } catch (error) {
    return { stage: { problem: (error as Error).message }, folder: '' };
  }
}

/** Returns the checks of what the server stands on. */
export function clientChecks({ editor, chosen, named, stage, folder, base, compiler }: Facts): Check[] {
  const checks: Check[] = [ok('editor', editor)];
  if (chosen && named?.ownstack) {
    checks.push(ok('interpreter', `${chosen} (setting): Python ${version(named)} with ownstack ${named.ownstack}`));
    return checks;
  }
  if (chosen && !named) {
    checks.push({
      name: 'interpreter',
      level: 'error',
      detail: `${chosen}, named in ownstack.python.interpreter, is no working Python.`,
      hint: 'Name another one, or empty the setting: then one is looked for.',
    });
  }
  if (typeof base !== 'string') {
    checks.push(ok('base', `Python ${version(base)} (${base.path}) can make the environment`));
  } else if (!chosen || named) {
    checks.push({ name: 'base', level: stage === 'none' ? 'error' : 'warning', detail: base, hint: '' });
  }
  return [...checks, ...ofEnvironment(stage, folder, compiler)];
}

function ofEnvironment(stage: Facts['stage'], folder: string, compiler: string): Check[] {
  if (typeof stage === 'object') {
    return [{ name: 'environment', level: 'error', detail: stage.problem, hint: '' }];
  }
  if (stage === 'whole') return [ok('environment', folder)];
  const hasCompiler = Boolean(compiler);
  const missing = stage === 'none' ? 'It is not made yet' : 'llama.cpp is not installed in it yet';
  return [
    { name: 'environment', level: 'warning', detail: `${missing} (${folder}).`, hint: 'Restart Ownstack to try again.' },
    {
      name: 'compiler',
      level: hasCompiler ? 'ok' : 'warning',
      detail: compiler || 'No C++ compiler was found; llama.cpp needs one, once.',
      hint: hasCompiler ? '' : 'Install one, then restart Ownstack.',
    },
  ];
}

const version = ({ version: numbers }: Interpreter): string => numbers.join('.');

function ok(name: string, detail: string): Check {
  return { name, level: 'ok', detail, hint: '' };
}

async function findCompiler(platform: NodeJS.Platform): Promise<string> {
  const names = platform === 'win32' ? ['cl', 'clang++', 'g++'] : ['c++', 'g++', 'clang++'];
  for (const name of names) {
    const { code, stdout, stderr } = await run(name, name === 'cl' ? [] : ['--version'], { timeoutMs: 10_000 });
    if (code === 0) return (stdout || stderr).split('\n')[0]?.trim() ?? name;
  }
  return '';
}

/** Returns the server's checks as they are to be read while llama.cpp is compiled: that is no fault. */
export function whileCompiling(checks: readonly Check[], said: string): Check[] {
  return checks.map((check) => {
    const fixed = check.name === 'engine' || check.name === 'environment' || check.name === 'compiler';
    if (!fixed || check.level === 'ok') return check;
    return { ...check, level: 'warning', detail: said, hint: '' };
  });
}

/** Asks the doctor of an environment that has no server running; null if it does not answer. */
export async function serverChecks(python: string, storage: string): Promise<Check[] | null> {
  const { stdout } = await run(python, ['-m', 'ownstack', 'doctor', '--json'], { timeoutMs: 60_000, cwd: storage });
  try {
    return (JSON.parse(stdout) as { checks: Check[] }).checks;
  } catch {
    return null; // There is no environment, or it is broken: the other checks say so.
  }
}

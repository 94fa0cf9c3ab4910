/** What is looked up on this machine to find a Python, or to say how to get one. */

import { access, readFile } from 'node:fs/promises';

import * as vscode from 'vscode';

import { whatToDo, type System } from './getting.js';
import type { Carried } from './installing.js';
import { find, onPath, probe, type Candidate, type Interpreter } from './python.js';
import { places, Uv } from './uv.js';

/** The part of the Python extension's API that is used. */
interface PythonApi {
  environments?: { getActiveEnvironmentPath(): { path: string } };
}

export const setting = (path: string): Candidate => ({ command: path, args: [], origin: 'setting' });

export class Machine {
  constructor(private readonly log: (line: string) => void) {}

  /** Looks for uv. */
  uv(): Promise<Uv | null> {
    return Uv.find(places(process.platform), this.log);
  }

  /** Lists where a Python may be, best first; only `chosen`, if that is given. */
  private async candidates(chosen: string, uv: Uv | null): Promise<Candidate[]> {
    if (chosen) return [setting(chosen)];
    return [...(await fromPythonExtension()), ...onPath(process.platform), ...((await uv?.pythons()) ?? [])];
  }

  /** Returns a Python to make an environment with, or in words why there is none and how to get one. */
  async python(chosen: string, carried: Carried | null): Promise<Interpreter | string> {
    const uv = await this.uv();
    const purpose = { uv: uv !== null && carried !== null, unfit: (found: Interpreter) => carried?.fits(found) ?? '' };
    const found = await find(await this.candidates(chosen, uv), probe, this.log, purpose);
    const missing = !('path' in found);
    // The command that gets one by uv is offered while it is of use.
    void vscode.commands.executeCommand('setContext', 'ownstack.lacksPython', missing && uv !== null);
    return missing ? whatToDo(found, await system(uv !== null)) : found;
  }
}

async function system(uv: boolean): Promise<System> {
  const osRelease = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const brews = ['/opt/homebrew/bin/brew', '/usr/local/bin/brew'].map((path) => access(path).then(() => true, () => false));
  return { platform: process.platform, osRelease, uv, brew: (await Promise.all(brews)).includes(true) };
}

async function fromPythonExtension(): Promise<Candidate[]> {
  const extension = vscode.extensions.getExtension<PythonApi>('ms-python.python');
  if (!extension) return [];
  const api = await extension.activate();
  const path = api.environments?.getActiveEnvironmentPath().path;
  // "python" alone means that nothing was selected.
  return path && path !== 'python' ? [{ command: path, args: [], origin: 'Python extension' }] : [];
}

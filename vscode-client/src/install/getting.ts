/** How somebody without a fitting Python gets one: by uv, or by what the system has for that. */

import type { Button } from '../wording.js';
import { OLDEST, type Missing } from './python.js';

/** What is installed where the user leaves the choice to us. */
export const RECOMMENDED = '3.12';

export interface System {
  platform: NodeJS.Platform;
  /** Text of /etc/os-release, or "". */
  osRelease: string;
  /** Whether `uv` is there. */
  uv: boolean;
  /** Whether Homebrew is there. */
  brew: boolean;
}

/** Command that installs a Python and what makes environments, or "" if none is known. */
export function systemCommand({ platform, osRelease, brew }: System): string {
  if (platform === 'win32') return `winget install --exact --id Python.Python.${RECOMMENDED}`;
  if (platform === 'darwin') return brew ? `brew install python@${RECOMMENDED}` : '';
  const ids = [...osRelease.matchAll(/^ID(?:_LIKE)?="?([^"\n]*)"?$/gm)].flatMap(([, value = '']) => value.split(' '));
  const has = (...names: string[]): boolean => names.some((name) => ids.includes(name));
  if (has('debian', 'ubuntu')) return 'sudo apt install python3 python3-venv';
  if (has('fedora', 'rhel', 'centos')) return `sudo dnf install python${RECOMMENDED}`;
  if (has('suse', 'opensuse')) return 'sudo zypper install python312';
  if (has('arch')) return 'sudo pacman -S python';
  if (has('alpine')) return 'sudo apk add python3';
  return '';
}

export const PAGE = 'https://www.python.org/downloads/';

/** Says that there is no fitting Python, and how to get one; `buttonsFor` has buttons for that. */
export function whatToDo({ tooOld, lacksVenv }: Missing, system: System): string {
  const { platform, uv } = system;
  if (lacksVenv && !uv) {
    const needs = platform === 'linux' ? ` (on Debian and Ubuntu: \`sudo apt install python${lacksVenv}-venv\`)` : '';
    return `Python ${lacksVenv} lacks its venv module. Install it${needs}, then try again.`;
  }
  const seen = tooOld ? ` (found only ${tooOld})` : '';
  const none = `No Python ${OLDEST.join('.')} or newer was found${seen}.`;
  const command = systemCommand(system);
  const own = command ? `install one with \`${command}\`` : 'get one from python.org';
  const ways = uv ? `Install Python with uv, or ${own}` : `Please ${own}`;
  return `${none} ${ways}, then try again, or name one in the setting ownstack.python.interpreter.`;
}

/** Buttons for what `whatToDo` says. */
export const GETTING: readonly (readonly [RegExp, (found: RegExpExecArray) => Button])[] = [
  [/Install Python with uv/, () => ({ label: 'Install Python with uv', command: 'ownstack.installPython' })],
  [/`((?:sudo|brew|winget) [^`]+)`/, ([, command = '']) => ({ label: 'Copy Command', command: 'ownstack.copyCommand', args: [command] })],
  [/python\.org/, () => ({ label: 'Open python.org', command: 'vscode.open', args: [PAGE] })],
];

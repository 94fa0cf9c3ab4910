import { describe, expect, it } from 'vitest';

import { systemCommand, whatToDo, type System } from '../../src/install/getting.js';
import { places } from '../../src/install/uv.js';
import { buttonsFor } from '../../src/wording.js';

const LINUX: System = { platform: 'linux', osRelease: 'NAME="Debian"\nID=debian\n', uv: false, brew: false };
const MISSING = { tooOld: '', lacksVenv: '' };

describe('the command that installs a Python', () => {
  const cases: [string, Partial<System>, string][] = [
    ['Debian', {}, 'sudo apt install python3 python3-venv'],
    ['Mint', { osRelease: 'ID=linuxmint\nID_LIKE="ubuntu debian"\n' }, 'sudo apt install python3 python3-venv'],
    ['Fedora', { osRelease: 'ID=fedora\n' }, 'sudo dnf install python3.12'],
    ['Rocky', { osRelease: 'ID="rocky"\nID_LIKE="rhel centos fedora"\n' }, 'sudo dnf install python3.12'],
    ['Alpine', { osRelease: 'ID=alpine\n' }, 'sudo apk add python3'],
    ['an unknown Linux', { osRelease: '' }, ''],
    ['macOS with Homebrew', { platform: 'darwin', brew: true }, 'brew install python@3.12'],
    ['macOS', { platform: 'darwin' }, ''],
    ['Windows', { platform: 'win32' }, 'winget install --exact --id Python.Python.3.12'],
  ];
  it.each(cases)('on %s', (_, system, expected) => {
    expect(systemCommand({ ...LINUX, ...system })).toBe(expected);
  });
});

describe('what is said where there is no Python', () => {
  const labels = (text: string): string[] => buttonsFor(text).map(({ label }) => label);

  it('offers uv first, if it is there, then the command of the system', () => {
    const said = whatToDo({ ...MISSING, tooOld: '3.8' }, { ...LINUX, uv: true });

    expect(said).toContain('(found only 3.8)');
    expect(labels(said).slice(0, 3)).toEqual(['Install Python with uv', 'Copy Command', 'Try Again']);
    expect(buttonsFor(said)[1]?.args).toEqual(['sudo apt install python3 python3-venv']);
  });

  it('opens the page where no command is known', () => {
    const said = whatToDo(MISSING, { ...LINUX, platform: 'darwin' });

    expect(labels(said).slice(0, 2)).toEqual(['Open python.org', 'Try Again']);
  });

  it('names the package that Debian leaves out', () => {
    const said = whatToDo({ ...MISSING, lacksVenv: '3.12' }, LINUX);

    expect(buttonsFor(said)[0]).toMatchObject({ label: 'Copy Command', args: ['sudo apt install python3.12-venv'] });
  });
});

describe('uv', () => {
  it('is looked for where its installers put it, too', () => {
    expect(places('linux', '/home/me').slice(0, 3)).toEqual(['uv', '/home/me/.local/bin/uv', '/home/me/.cargo/bin/uv']);
    expect(places('win32', '/home/me').every((path) => path === 'uv' || path.endsWith('.exe'))).toBe(true);
  });
});

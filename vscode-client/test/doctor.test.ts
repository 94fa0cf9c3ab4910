import { describe, expect, it } from 'vitest';

import { clientChecks, whileCompiling, type Facts } from '../src/doctor.js';
import { buttonsFor } from '../src/wording.js';

const PYTHON = { path: '/usr/bin/python3', version: [3, 11] as const, canMakeEnvironments: true, pip: '', ownstack: '', platform: 'linux', machine: 'x86_64', libc: 'glibc 2.36' };
const FACTS: Facts = {
  editor: 'Code 1.99, extension 0.1.0',
  chosen: '',
  named: null,
  stage: 'whole',
  folder: '/storage/environment',
  base: PYTHON,
  compiler: 'g++ 13',
};

function levels(more: Partial<Facts>): Record<string, string> {
  return Object.fromEntries(clientChecks({ ...FACTS, ...more }).map(({ name, level }) => [name, level]));
}

describe('the doctor without a server', () => {
  it('is content with a good machine', () => {
    expect(levels({})).toEqual({ editor: 'ok', base: 'ok', environment: 'ok' });
  });

  it('says that there is no Python', () => {
    const base = 'No Python 3.10 or newer was found. Install one, then try again.';
    const checks = clientChecks({ ...FACTS, stage: 'none', base });

    expect(checks.find(({ name }) => name === 'base')).toMatchObject({ level: 'error', detail: base });
    expect(buttonsFor(base)[0]?.label).toBe('Try Again');
  });

  it('says that a compiler is missing while llama.cpp is not there', () => {
    expect(levels({ stage: 'echo', compiler: '' })).toEqual({
      editor: 'ok',
      base: 'ok',
      environment: 'warning',
      compiler: 'warning',
    });
  });

  it('names an interpreter that does not work', () => {
    const checks = clientChecks({ ...FACTS, chosen: '/nowhere/python', base: 'No Python.', stage: 'none' });

    expect(checks.filter(({ level }) => level === 'error').map(({ name }) => name)).toEqual(['interpreter']);
  });

  it('leaves an environment of the user to its own doctor', () => {
    expect(levels({ chosen: '/my/python', named: { ...PYTHON, ownstack: '0.1.0' }, stage: 'none' })).toEqual({
      editor: 'ok',
      interpreter: 'ok',
    });
  });

  it('says what is wrong with the extension itself', () => {
    expect(levels({ stage: { problem: 'It carries no server.' } }).environment).toBe('error');
  });
});

describe('while llama.cpp is compiled', () => {
  it('that it is not there is no error, and nothing is to be installed', () => {
    const engine = { name: 'engine', level: 'error' as const, detail: 'It is missing.', hint: 'Install it.' };
    const memory = { name: 'memory', level: 'warning' as const, detail: '1 GB', hint: 'Close programs.' };

    expect(whileCompiling([engine, memory], 'It is being compiled.')).toEqual([
      { name: 'engine', level: 'warning', detail: 'It is being compiled.', hint: '' },
      memory,
    ]);
  });
});

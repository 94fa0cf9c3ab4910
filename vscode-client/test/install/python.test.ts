import { describe, expect, it } from 'vitest';

import { whatToDo, type System } from '../../src/install/getting.js';
import { chosenProblem, find, onPath, type Candidate, type Interpreter } from '../../src/install/python.js';

const python = (
  version: [number, number],
  canMakeEnvironments = true,
  ownstack = '',
): Interpreter => ({ path: `/opt/${version.join('.')}`, version, canMakeEnvironments, pip: '', ownstack, platform: 'linux', machine: 'x86_64', libc: 'glibc 2.36' });

const SYSTEM: System = { platform: 'linux', osRelease: 'ID=debian\n', uv: false, brew: false };

const candidate = (command: string): Candidate => ({ command, args: [], origin: 'PATH' });

async function found(there: Record<string, Interpreter>): Promise<[string, string[]]> {
  const log: string[] = [];
  const answer = await find(
    ['a', 'b', 'c'].map(candidate),
    ({ command }) => Promise.resolve(there[command] ?? null),
    (line) => log.push(line),
  );
  return ['path' in answer ? answer.path : whatToDo(answer, SYSTEM), log];
}

describe('the search for a Python', () => {
  it('takes the first that is new enough, and logs each decision', async () => {
    const [path, log] = await found({ b: python([3, 9]), c: python([3, 12]) });

    expect(path).toBe('/opt/3.12');
    expect(log).toEqual([
      'a (PATH): not there',
      'b (PATH): 3.9 is too old',
      'c (PATH): Python 3.12 at /opt/3.12, taken',
    ]);
  });

  it('goes past one that cannot make environments', async () => {
    const [path] = await found({ a: python([3, 12], false), b: python([3, 11]) });

    expect(path).toBe('/opt/3.11');
  });

  it('says which package is missing if none can', async () => {
    const [reason] = await found({ a: python([3, 12], false) });

    expect(reason).toContain('python3.12-venv');
  });

  it('says what it found if all are too old', async () => {
    const [reason] = await found({ a: python([3, 8]) });

    expect(reason).toContain('No Python 3.10 or newer was found (found only 3.8)');
  });

  it('prefers one that what is carried fits, and else takes the first', async () => {
    const there: Record<string, Interpreter> = { a: python([3, 14]), b: python([3, 12]) };
    const ask = ({ command }: Candidate): Promise<Interpreter | null> => Promise.resolve(there[command] ?? null);
    const unfit = ({ version: [, minor] }: Interpreter): string => (minor === 12 ? '' : 'It carries what Python 3.12 needs.');
    const both = ['a', 'b'].map(candidate);

    expect(await find(both, ask, () => undefined, { uv: false, unfit })).toMatchObject({ path: '/opt/3.12' });
    expect(await find(both, ask, () => undefined, { uv: false, unfit: () => 'Never.' })).toMatchObject({ path: '/opt/3.14' });
  });

  it('needs no venv module where uv makes the environment', async () => {
    const ask = (): Promise<Interpreter> => Promise.resolve(python([3, 12], false));

    expect(await find([candidate('a')], ask, () => undefined, { uv: true, unfit: () => '' })).toMatchObject({ path: '/opt/3.12' });
  });

  it('tries the launcher first on Windows', () => {
    expect(onPath('win32')[0]).toEqual({ command: 'py', args: ['-3'], origin: 'PATH' });
    expect(onPath('linux')[0]?.command).toBe('python3.14');
  });
});

describe('the interpreter of the settings', () => {
  const cases: [string, Interpreter | null, string][] = [
    ['that does not run', null, 'is no working Python'],
    ['that is too old', python([3, 9], true, '0.1.0'), 'must name 3.10 or newer'],
    ['without ownstack or venv', python([3, 11], false), 'python3.11-venv'],
  ];
  it.each(cases)('%s is refused', (_, interpreter, expected) => {
    expect(chosenProblem('/opt/x', interpreter)).toContain(expected);
  });

  it('without ownstack is taken, to make an environment with', () => {
    expect(chosenProblem('/opt/x', python([3, 11]))).toBe('');
  });

  it('with ownstack is taken, even if it cannot make environments', () => {
    expect(chosenProblem('/opt/x', python([3, 11], false, '0.1.0'))).toBe('');
  });
});

import { describe, expect, it } from 'vitest';

import { stepWords } from '../../src/webview/stepWords.js';

function words(name: string, given: unknown, text = 'said', ok = true, running = false): string {
  return stepWords({ call: '1', name, arguments: typeof given === 'string' ? given : JSON.stringify(given), text, ok }, running);
}

describe('a step', () => {
  it.each([
    ['search', { query: 'total' }, 'Searched for “total”'],
    ['search', { query: 'total', path: 'src' }, 'Searched for “total” in src'],
    ['symbols', { path: 'a.py' }, 'Looked up symbols of a.py'],
    ['read', { path: 'orders.py', start: 1, end: 40 }, 'Read orders.py:1-40'],
    ['read', { path: 'orders.py', start: 7 }, 'Read orders.py:7'],
    ['read', { path: 'orders.py', end: 7 }, 'Read orders.py:1-7'],
    ['read', { path: 'orders.py' }, 'Read orders.py'],
    ['list', {}, 'Listed the project'],
    ['git_diff', {}, 'Looked at what is not committed'],
    ['recall', { handle: 'x' }, 'Recalled an earlier output'],
    ['propose_edit', { path: 'a.py', replace: 'x' }, 'Proposed a change of a.py'],
    ['delegate', { task: 'who calls it' }, 'Had looked into “who calls it”'],
    ['issues_list', { state: 'open' }, 'Used issues_list {"state":"open"}'],
    ['constructor', {}, 'Used constructor'],
  ])('%s %j', (name, given, expected) => {
    expect(words(name, given)).toBe(expected);
  });

  it('says so while it runs, and when nothing came', () => {
    expect(words('read', { path: 'a.py' }, '', true, true)).toBe('Reading a.py …');
    expect(words('read', { path: 'a.py' }, '')).toBe('Read a.py: nothing came');
    expect(words('read', { path: 'a.py' }, 'x = 1', true, true)).toBe('Read a.py');
  });

  it('says how tests went', () => {
    expect(words('run_tests', {}, 'pytest\nIt ended with 1.\n3 failed, 2 passed', false)).toBe('Ran the tests: 3 failed');
    expect(words('run_tests', { path: 't.py' }, 'pytest\nIt ended with 0.\n5 passed')).toBe('Ran the tests of t.py: 5 passed');
    expect(words('run_tests', {}, 'make\nIt ended with 2.\nno such target', false)).toBe('Ran the tests: ended with 2');
    expect(words('run_tests', {}, 'Error: The user did not allow it.', false)).toBe('Ran the tests: The user did not allow it.');
  });

  it('says in one short line what went wrong, whoever wrote it', () => {
    expect(words('read', { path: 'a.py' }, 'Error: a.py is\nnot there.', false)).toBe('Read a.py: a.py is not there.');
    expect(words('read', { path: '\u202Ea\n.py' })).toBe('Read \\u202ea .py');
    expect(words('read', 'no JSON').length).toBeLessThan(60);
    expect(words('x'.repeat(1_000), 'y'.repeat(100_000)).length).toBeLessThan(200);
    expect(words('search', [1])).toBe('Searched for “”');
  });

  it('is read in linear time', () => {
    for (const text of ['1'.repeat(200_000), 'It ended with '.repeat(20_000)]) expect(words('run_tests', {}, text)).toBe('Ran the tests: passed');
  });
});

import { describe, expect, it } from 'vitest';

import { question, readGroups, readProblems, rowsOf, size, type Group } from '../../src/keeping/groups.js';

const CACHES: Group = { group: 'caches', what: 'caches, made again when they are needed', own: false, sizeBytes: 45_000_000 };
const TALKS: Group = { group: 'conversations', what: 'conversations, and what was decided in them', own: true, sizeBytes: 900 };

describe('groups of what is kept', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1_000, '1.0 kB'],
    [4_100_000_000, '4.1 GB'],
    [5e15, '5000.0 TB'],
  ])('have a size: %d', (bytes, said) => {
    expect(size(bytes)).toBe(said);
  });

  it('are read from what the server prints', () => {
    expect(readGroups(JSON.stringify({ groups: [{ ...CACHES, items: [] }], left: [] }))).toEqual([CACHES]);
  });

  it.each(['', 'usage: ownstack', '{}', '[]', 'null', '{"groups": 5}'])('are not known where it prints %j', (printed) => {
    expect(readGroups(printed)).toBeNull();
  });

  it('are rows that say what is the user’s own', () => {
    expect(rowsOf([CACHES, TALKS])).toEqual([
      { label: 'Caches', description: '45.0 MB', detail: 'Caches, made again when they are needed.', group: CACHES },
      { label: 'Conversations', description: '900 B', detail: 'Conversations, and what was decided in them. Yours: it does not come back.', group: TALKS },
    ]);
  });

  it('are asked about by name before they go', () => {
    const { title, detail } = question([CACHES, TALKS]);

    expect(title).toBe('Remove 45.0 MB that Ownstack keeps?');
    expect(detail).toContain('Yours, and gone for good: conversations, and what was decided in them (900 B).');
    expect(detail).toContain('Can be made again: caches, made again when they are needed (45.0 MB).');
    expect(question([CACHES]).detail).not.toContain('gone for good');
  });

  it('leave problems by name', () => {
    const printed = JSON.stringify({ problems: [{ path: '/a', reason: 'it is in use' }] });

    expect(readProblems(printed, '')).toEqual(['/a: it is in use']);
    expect(readProblems('', 'ownstack: The daemon does not leave.\n')).toEqual(['ownstack: The daemon does not leave.']);
    expect(readProblems('{}', '')).toEqual(['The server did not say what it removed.']);
  });
});

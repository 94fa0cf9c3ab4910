import { describe, expect, it } from 'vitest';

import { lineDiff } from '../../src/actions/lineDiff.js';

function diff(before: string, after: string, whole = true): string[] {
  const lines = (text: string): string[] => (text ? text.split(' ') : []);
  return lineDiff(lines(before), lines(after), whole).map(({ sign, line }) => `${sign}${line}`);
}

describe('the diff of lines', () => {
  it.each([
    ['a b c', 'a b c', [' a', ' b', ' c']],
    ['a b c', 'a x c', [' a', '-b', '+x', ' c']],
    ['a b', '', ['-a', '-b']],
    ['', 'a b', ['+a', '+b']],
    ['a b c d', 'b d e', ['-a', ' b', '-c', ' d', '+e']],
    ['', '', []],
  ])('makes %j into %j', (before, after, expected) => {
    expect(diff(before, after)).toEqual(expected);
  });

  it('leaves out, while it is written, what is not reached yet', () => {
    expect(diff('a b c d e', 'a x', false)).toEqual([' a', '+x']);
    expect(diff('a b c d e', 'a x c', false)).toEqual([' a', '-b', '+x', ' c']);
    expect(diff('a b c d e', '', false)).toEqual([]);
  });

  it('gives back either text', () => {
    let seed = 7;
    const random = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
    for (let round = 0; round < 300; round += 1) {
      const [before, after] = [random(12), random(12)].map((length) => Array.from({ length }, () => 'abcd'[random(4)] ?? ''));
      const made = lineDiff(before ?? [], after ?? [], true);

      expect(made.filter(({ sign }) => sign !== '+').map(({ line }) => line)).toEqual(before);
      expect(made.filter(({ sign }) => sign !== '-').map(({ line }) => line)).toEqual(after);
    }
  });

  it('of long texts is all of the new one', () => {
    const long = Array.from({ length: 5_000 }, (_, at) => `${at}`);

    expect(lineDiff(long, ['x'], false)).toEqual([{ sign: '+', line: 'x' }]);
    expect(lineDiff(long, ['x'], true)).toHaveLength(5_001);
  });
});

import { describe, expect, it } from 'vitest';

import { moved, nearest } from '../../src/actions/placed.js';

describe('lines with a hunk', () => {
  const lines = { start: 5, end: 7 };

  it.each([
    ['a line is added above', { first: 2, last: 2, column: 3, breaks: 1 }, { start: 6, end: 8 }],
    ['two lines are taken away above', { first: 1, last: 3, column: 0, breaks: 0 }, { start: 3, end: 5 }],
    ['a line is added right before them', { first: 5, last: 5, column: 0, breaks: 1 }, { start: 6, end: 8 }],
    ['a word is typed above', { first: 2, last: 2, column: 3, breaks: 0 }, lines],
    ['they are edited', { first: 5, last: 6, column: 2, breaks: 4 }, lines],
    ['something below is edited', { first: 9, last: 12, column: 2, breaks: 0 }, lines],
  ])('move as the text does: %s', (_name, change, expected) => {
    expect(moved(lines, change)).toEqual(expected);
  });
});

describe('the hunk at the cursor', () => {
  const places = [{ start: 3, end: 5 }, { start: 9, end: 9 }, { start: 20, end: 21 }];

  it.each([[0, 0], [4, 0], [6, 0], [7, 1], [9, 1], [14, 1], [16, 2], [90, 2]])('of line %d is the nearest', (line, expected) => {
    expect(nearest(places, line)).toBe(expected);
  });

  it('is none where there are none', () => {
    expect(nearest([], 3)).toBe(-1);
  });
});

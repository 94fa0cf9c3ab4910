import { describe, expect, it } from 'vitest';

import { Backoff } from '../src/backoff.js';

describe('restarts after crashes', () => {
  it('wait longer each time, and end', () => {
    const backoff = new Backoff();

    const waits = Array.from({ length: 7 }, () => backoff.next(100));

    expect(waits).toEqual([0, 500, 2_000, 5_000, 15_000, 60_000, null]);
  });

  it('begin anew when the server had run for a while', () => {
    const backoff = new Backoff();
    backoff.next(100);
    backoff.next(100);

    expect(backoff.next(3_600_000)).toBe(0);
  });
});

import { describe, expect, it } from 'vitest';

import { seldom } from '../../src/install/installing.js';

describe('what is told while packages are unpacked', () => {
  it('changes twice a second at most, and begins at once', () => {
    const told: number[] = [];
    let now = 0;
    const tell = seldom((at: number) => told.push(at), () => now);

    for (now = 0; now < 1_500; now += 100) tell(now);

    expect(told).toEqual([0, 500, 1_000]);
  });
});

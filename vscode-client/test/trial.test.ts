import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { TrialRun, type Trial } from '../src/trial.js';

const told: string[] = [];
const trial: Trial = {
  limitMs: 1_000,
  served: () => { told.push('served'); },
  failed: (reason) => {
    told.push(reason);
    return Promise.resolve(true);
  },
};

beforeEach(() => {
  told.length = 0;
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const begin = (): TrialRun => new TrialRun(trial, () => told.push('silent'));

describe('the first start of a new server', () => {
  it('is over when the server says that it serves, and what comes later is no failure', async () => {
    const run = begin();
    run.answered();
    run.heard('loading');
    const loading = [...told];
    run.heard('ready');

    expect(loading).toEqual([]);
    expect(await run.ended('it ended')).toBe(false);
    expect(told).toEqual(['served']);
  });

  it('fails when the server ends, though it has answered', async () => {
    const run = begin();
    run.answered();
    run.heard('starting');

    expect(await run.ended('it ended')).toBe(true);
    expect(told).toEqual(['it ended']);
  });

  it('does not wait for ever for an answer', () => {
    begin();

    vi.advanceTimersByTime(1_000);

    expect(told).toEqual(['silent']);
  });

  it('does not wait for ever for a model', () => {
    const run = begin();
    run.answered();
    run.heard('loading');

    vi.advanceTimersByTime(60_000);

    expect(told).toEqual(['served']);
  });

  it('says nothing once somebody has stopped the server', async () => {
    const run = begin();
    run.end();
    vi.advanceTimersByTime(60_000);

    expect(await run.ended('it ended')).toBe(false);
    expect(told).toEqual([]);
  });

  it('takes as long as it takes where there is no other one to go back to', () => {
    new TrialRun({ ...trial, limitMs: null }, () => told.push('silent'));

    vi.advanceTimersByTime(600_000);

    expect(told).toEqual([]);
  });
});

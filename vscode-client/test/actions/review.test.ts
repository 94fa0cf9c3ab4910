import { beforeEach, describe, expect, it, vi } from 'vitest';

import type { ReviewFinding } from '../../src/actionProtocol.js';
import type { Edits } from '../../src/actions/edits.js';
import { Reviews, reviewWords } from '../../src/actions/review.js';
import { open, reset, seen, uri } from './fakeEditor.js';

vi.mock('vscode', async () => (await import('./fakeEditor.js')).api);
vi.mock('vscode-languageclient/node', () => {
  class Type { constructor(readonly method: string) {} }
  return { RequestType: Type, NotificationType: Type };
});

const asked: unknown[] = [];
let findings: ReviewFinding[] = [];
const edits = {
  heard: (_hear: unknown, run: (id: string) => unknown) => run('i'),
  ask: ({ method }: { method: string }, params: object) => {
    asked.push([method, params]);
    return Promise.resolve({ findings, model: 'm', reason: '' });
  },
};
const reviews = new Reviews(edits as unknown as Edits);
const range = { start: { line: 1, character: 0 }, end: { line: 2, character: 0 } };
const finding = (severity: ReviewFinding['severity'], at = 'a'): ReviewFinding => ({ uri: at, range, severity, title: '', detail: '' });

beforeEach(() => {
  reset();
  asked.length = 0;
  findings = [];
});

describe('a review', () => {
  it('is of the selection, or else of the whole file', async () => {
    open('a\nb\n', 0, 1);
    await reviews.review();
    const selected = { start: { line: 0, character: 0 }, end: { line: 1, character: 4 } };

    expect(asked).toEqual([['ownstack/review', { id: 'i', uri: 'file:///shop/a.py', diff: '', range: selected }]]);
    expect(seen.messages).toEqual(['The review found nothing.']);
  });

  it('of changes is of the folder', async () => {
    seen.folders.push({ uri: uri('file:///shop') });
    seen.answers.push({ diff: 'staged' });
    await reviews.reviewChanges();

    expect(asked).toEqual([['ownstack/review', { id: 'i', diff: 'staged', folder: 'file:///shop' }]]);
  });

  it('is taken back at once if one likes', async () => {
    open('a\n', 0, 0);
    findings = [finding('error')];
    seen.answers.push('Clear');
    await reviews.review();

    expect(asked.at(-1)).toEqual(['ownstack/review/clear', {}]);
  });

  it.each([
    [[finding('error'), finding('warning'), finding('warning')], '', 'The review found 1 error, 2 warnings.'],
    [[finding('information', 'a'), finding('hint', 'b')], '', 'The review found 1 remark, 1 hint in 2 files.'],
    [[], 'Part of it was too long.', 'The review found nothing. Part of it was too long.'],
  ])('says what it found', (found, reason, words) => {
    expect(reviewWords({ findings: found, reason })).toBe(words);
  });
});

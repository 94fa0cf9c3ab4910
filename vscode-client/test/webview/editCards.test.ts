import { describe, expect, it } from 'vitest';

import type { ChatCheckpoint, ChatEdit, ChatHunk } from '../../src/toolProtocol.js';
import { cardsOf, choice, standing, unknownChanges } from '../../src/webview/editCards.js';

function edit(id: string, more: Partial<ChatEdit> = {}): ChatEdit {
  return { id, turn: 2, title: '', uri: '', path: `${id}.py`, state: 'pending', isNew: false, added: 1, removed: 1, reason: '', checkpoint: '', ...more };
}

function checkpoint(id: string, more: Partial<ChatCheckpoint> = {}): ChatCheckpoint {
  return { id, turn: 3, at: 1, paths: ['a.py', 'b.py'], restored: false, ...more };
}

function hunk(index: number): ChatHunk {
  return { index, startLine: index + 1, before: 'a\n', after: 'b\n' };
}

const changesOf = (...known: [string, number][]): Map<string, { edit: string; hunks: ChatHunk[]; reason: string }> =>
  new Map(known.map(([id, count]) => [id, { edit: id, reason: '', hunks: Array.from({ length: count }, (_, index) => hunk(index)) }]));

const turns = [2, 3].map((turn) => ({ turn })) as Parameters<typeof cardsOf>[0]['turns'];

describe('cards', () => {
  it('stand at the turn that proposed, with the way back of what was applied later', () => {
    const applied = { state: 'applied', checkpoint: 'c' } as const;
    const edits = [edit('a', applied), edit('b', applied), edit('d'), edit('e', { turn: 3, state: 'refused' })];

    const [second, third] = cardsOf({ turns, edits, checkpoints: [checkpoint('c')] });

    expect(second).toMatchObject({ turn: 2, pending: [{ id: 'd' }], applied: [{ paths: ['a.py', 'b.py'], checkpoint: { id: 'c' } }] });
    expect(third).toMatchObject({ turn: 3, pending: [], refused: [{ id: 'e' }], applied: [] });
  });

  it('show of turns that are not on the page what waits, and nothing else', () => {
    const edits = [edit('a', { turn: 1 }), edit('b', { turn: 1, state: 'refused' }), edit('c', { state: 'replaced' })];

    expect(cardsOf({ turns, edits, checkpoints: [checkpoint('c', { turn: 1 })] })).toMatchObject([{ turn: 1, pending: [{ id: 'a' }], refused: [], applied: [] }]);
  });

  it('show a checkpoint whose edits are too old to be listed', () => {
    expect(cardsOf({ turns, edits: [], checkpoints: [checkpoint('c')] })).toMatchObject([{ turn: 3, applied: [{ paths: ['a.py', 'b.py'] }] }]);
  });
});

describe('what an edit changes', () => {
  it('is asked for once it is not known, and again when the edit is another', () => {
    const before = { edits: [edit('a'), edit('b'), edit('c')], changes: changesOf(['a', 1], ['b', 1], ['c', 1]) };
    const edits = [edit('a'), edit('b', { reason: 'has changed' }), edit('c', { state: 'applied' }), edit('d')];

    const changes = standing(before, edits);

    expect([...changes.keys()]).toEqual(['a']);
    expect(unknownChanges({ edits, changes })).toEqual(['b', 'd']);
  });
});

describe('what is applied', () => {
  const pending = [edit('a'), edit('b'), edit('c', { reason: 'read-only' })];

  it('is all that can be, where nothing is left out', () => {
    expect(choice(pending, changesOf(['a', 2]), new Map())).toEqual({ edits: ['a', 'b'], hunks: {}, chosen: 3, total: 3 });
  });

  it('names the hunks of an edit of which some are left out', () => {
    expect(choice(pending, changesOf(['a', 3], ['b', 1]), new Map([['a', new Set([1])]]))).toEqual({
      edits: ['a', 'b'], hunks: { a: [0, 2] }, chosen: 3, total: 4,
    });
  });

  it('is nothing of an edit that is left out', () => {
    expect(choice(pending, changesOf(['a', 2]), new Map([['a', new Set([0, 1])], ['b', new Set([0])]]))).toMatchObject({ edits: [], chosen: 0, total: 3 });
  });
});

// @vitest-environment jsdom
import { describe, expect, it } from 'vitest';

import type { Told } from '../../src/chat/messages.js';
import type { ChatCompaction, ChatState, ChatTurn } from '../../src/chatProtocol.js';
import { changed, entries, isBusy, shownFrom, withSent, type Conversation } from '../../src/webview/conversation.js';
import { estimate, phaseWords, usageWords } from '../../src/webview/figures.js';
import { mentionAt, mentionPieces, names, withMention } from '../../src/webview/mentions.js';
import { meterWords, segments } from '../../src/webview/meter.js';

function turn(number: number, more: Partial<ChatTurn> = {}): ChatTurn {
  return {
    turn: number, question: `q${number}`, text: `question ${number}`, at: 0, answer: 'yes', reasoning: '', finish: 'stop',
    model: 'm', tier: 'model', leavesMachine: false, citations: [], steps: [], usage: null, problems: [], notes: [], replaced: 0, cut: false, ...more,
  };
}

const STATE: ChatState = {
  session: { id: 's', title: '', created: 0, updated: 0, turns: 0, parent: '', found: '' },
  folder: '', trusted: true, turns: [turn(5), turn(6)], earlier: true, compactions: [], pins: [], waiting: [], progress: null,
  model: { name: 'm', tier: 'model', state: 'ready', reason: '', engine: 'llama', leavesMachine: false, command: '' }, context: null, problems: [], approvals: [], edits: [], checkpoints: [], tools: 'auto', hasTools: false,
};
const COMPACTION: ChatCompaction = {
  id: 'c', turn: 5, at: 1, method: 'model', before: 9, after: 3, covered: 2, summary: 's', ledger: '', focus: '', notes: [], newest: true, declined: '',
};

function after(...told: Told[]): Conversation {
  return told.reduce(changed, shownFrom(STATE, null));
}

function delta(offset: number, text: string, reasoning = false): Told {
  return { kind: 'deltas', deltas: [{ session: 's', question: 'q7', turn: 7, offset, text, reasoning }] };
}

const BEGUN: Told = { kind: 'turn', changed: { session: 's', turn: turn(7, { answer: '', finish: '' }), context: null } };
const numbers = (now: Conversation): number[] => now.turns.map((one) => one.turn);

describe('a conversation', () => {
  it('grows by what comes, each piece where it belongs', () => {
    const now = after(BEGUN, delta(0, 'one '), delta(0, 'hm', true), delta(4, 'two'), delta(2, 'e tw'), delta(2, 'e two!'));

    expect(now.turns.at(-1)).toMatchObject({ answer: 'one two!', reasoning: 'hm' });
    expect(now.missed).toBe(false);
  });

  it('is called by its first line, until somebody calls it otherwise', () => {
    const first: Told = { kind: 'turn', changed: { session: 's', turn: turn(1, { text: ' Which door?\nThe green one?' }), context: null } };
    const empty = { ...STATE, turns: [], earlier: false };

    expect(changed(changed(shownFrom(empty, null), first), BEGUN).session.title).toBe('Which door?');
    const named = { ...empty, session: { ...STATE.session, title: 'Doors' } };
    expect(changed(shownFrom(named, null), first).session.title).toBe('Doors');
    expect(after(BEGUN).session.title).toBe('');
  });

  it('asks again where a piece is missing, or a turn', () => {
    expect(after(BEGUN, delta(9, 'late')).missed).toBe(true);
    expect(after(delta(0, 'of no turn')).missed).toBe(true);
    expect(after(BEGUN, delta(9, 'late')).turns.at(-1)?.answer).toBe('');
  });

  it('lets nothing be added to what is complete', () => {
    const done: Told = { kind: 'turn', changed: { session: 's', turn: turn(7, { answer: 'all' }), context: null } };

    expect(after(BEGUN, delta(0, 'al'), done, delta(2, 'l, and more')).turns.at(-1)?.answer).toBe('all');
  });

  it('is about itself alone', () => {
    const other: Told = { kind: 'turn', changed: { session: 'other', turn: turn(8), context: null } };

    expect(numbers(after(other))).toEqual([5, 6]);
  });

  it('shows a question at once, and knows it again by its id', () => {
    const sent = withSent(shownFrom(STATE, null), 'q7', 'question 7', 0);
    expect(isBusy(sent)).toBe(true);
    expect(entries(sent).map(({ kind }) => kind)).toEqual(['turn', 'turn', 'sent']);
    const begun = changed(sent, BEGUN);

    expect(entries(begun).map(({ key }) => key)).toEqual(['turn 5', 'turn 6', 'turn 7']);
  });

  it('takes turns away that are replaced, before and after the server has said so', () => {
    const sent = withSent(shownFrom(STATE, null), 'q7', 'other words', 6);
    expect(entries(sent).map(({ key }) => key)).toEqual(['turn 5', 'sent q7']);
    const begun = changed(sent, { kind: 'turn', changed: { session: 's', turn: turn(7, { finish: '', replaced: 1 }), context: null } });

    expect(numbers(begun)).toEqual([5, 7]);
  });

  it('keeps earlier turns and values when the state comes again', () => {
    const earlier: Told = { kind: 'earlier', session: 's', result: { turns: [turn(3), turn(4)], earlier: false, compactions: [] } };
    const now = after(earlier);
    const again = changed(now, { kind: 'state', state: { ...STATE, turns: [turn(5), turn(6)] } });

    expect(numbers(again)).toEqual([3, 4, 5, 6]);
    expect(again.earlier).toBe(false);
    expect(again.turns[3]).toBe(now.turns[3]);
  });

  it('shows no gap: turns that do not follow are let go', () => {
    const state = { ...STATE, turns: [turn(20)] };

    expect(numbers(changed(after(), { kind: 'state', state }))).toEqual([20]);
  });

  it('shows a turn that has no number yet as a question that is on its way', () => {
    const state = { ...STATE, turns: [turn(5), turn(0, { question: 'q9', finish: '', answer: '' })] };

    expect(entries(shownFrom(state, null)).map(({ key }) => key)).toEqual(['turn 5', 'sent q9']);
  });

  it('has a card where it was made shorter, and one that can be undone', () => {
    const more = { ...COMPACTION, id: 'd', turn: 6 };
    const now = after(
      { kind: 'compacted', compacted: { session: 's', compaction: COMPACTION, context: null } },
      { kind: 'compacted', compacted: { session: 's', compaction: more, context: null } },
    );

    expect(entries(now).map(({ key }) => key)).toEqual(['turn 5', 'compaction c', 'turn 6', 'compaction d']);
    expect(now.compactions.map(({ newest }) => newest)).toEqual([false, true]);
  });

  it('goes on to say what is done now when another question waits', () => {
    const told = (question: string, phase: 'writing' | 'waiting'): Told => ({ kind: 'progress', progress: { session: 's', question, turn: 0, phase, done: 0, total: 0, leftMs: null } });

    expect(after(told('q7', 'writing'), told('q8', 'waiting')).progress?.phase).toBe('writing');
    expect(after(told('q8', 'waiting')).progress?.phase).toBe('waiting');
    expect(after(told('q8', 'waiting'), told('q8', 'writing')).progress?.phase).toBe('writing');
  });

  it('has the tools of an answer while it comes, and those of the log when it is complete', () => {
    const step = { call: '1', name: 'read', arguments: '{}', text: '', ok: true };
    const steps: Told = { kind: 'steps', changed: { session: 's', question: 'q7', turn: 7, steps: [step] } };
    const done: Told = { kind: 'turn', changed: { session: 's', turn: turn(7, { steps: [{ ...step, text: 'all of it' }] }), context: null } };

    expect(after(BEGUN, steps).turns.at(-1)?.steps).toEqual([step]);
    expect(after(BEGUN, steps, done, steps).turns.at(-1)?.steps[0]?.text).toBe('all of it');
    expect(after(steps).missed).toBe(true);
  });

  it('hears of leave and edits of itself alone', () => {
    const approval = { id: 'a', turn: 7, title: 't', detail: 'd', canBeAlways: false };
    const asked = (session: string): Told => ({ kind: 'approvals', changed: { session, approvals: [approval] } });

    expect(after(asked('other')).approvals).toEqual([]);
    expect(after(asked('s')).approvals).toEqual([approval]);
    expect(after({ kind: 'edits', changed: { session: 'other', edits: [], checkpoints: [] } })).toEqual(after());
  });

  it('is at rest when the answer is complete, or was refused', () => {
    const reading: Told = { kind: 'progress', progress: { session: 's', question: 'q7', turn: 7, phase: 'reading', done: 1, total: 2, leftMs: null } };
    expect(isBusy(after(BEGUN, reading))).toBe(true);
    const done: Told = { kind: 'turn', changed: { session: 's', turn: turn(7), context: null } };

    expect(isBusy(after(BEGUN, reading, done))).toBe(false);
    expect(isBusy(changed(withSent(after(), 'q9', '', 0), { kind: 'failed', question: 'q9', text: '', reason: 'no' }))).toBe(false);
  });
});

describe('a mention', () => {
  it.each([
    ['see @src/a', { start: 4, query: 'src/a' }],
    ['@', { start: 0, query: '' }],
    ['(@a', { start: 1, query: 'a' }],
    ['mail me@home', null],
    ['no @more here', null],
    ['', null],
  ])('is found at the end of %j', (text, expected) => {
    expect(mentionAt(text, text.length)).toEqual(expected);
  });

  it('is replaced by what was chosen, with one space after it', () => {
    expect(withMention('see @or please', { start: 4, query: 'or' }, '@src/orders.py')).toEqual({ text: 'see @src/orders.py please', cursor: 19 });
    expect(withMention('see @or', { start: 4, query: 'or' }, '@src/')).toEqual({ text: 'see @src/', cursor: 9 });
    expect(withMention('see @or', { start: 4, query: 'or' }, '@total')).toEqual({ text: 'see @total ', cursor: 11 });
  });

  it('is told from an address', () => {
    expect(mentionPieces('ask a@b.example about @src/a.py, now')).toEqual(['ask a@b.example about ', '@src/a.py', ', now']);
    expect(names('what of @diagnostics?', 'diagnostics')).toBe(true);
    expect(names('what of me@diagnostics', 'diagnostics')).toBe(false);
    expect(names('@selection.', 'selection')).toBe(true);
  });

  it('is looked for in linear time', () => {
    for (const part of ['@', '@a', '.@', 'a/', '@../']) {
      expect(mentionPieces(part.repeat(100_000)).join('')).toHaveLength(part.length * 100_000);
    }
  });
});

describe('figures', () => {
  it('say what is done and how long it takes', () => {
    const reading = { session: 's', question: '', turn: 1, phase: 'reading' as const, done: 1204, total: 3310, leftMs: 8200 };

    expect(phaseWords(reading)).toBe('Reading 1,204 of 3,310 tokens, about 8 s left');
    expect(phaseWords({ ...reading, total: 0, leftMs: null })).toBe('Reading');
    expect(phaseWords({ ...reading, phase: 'loading', done: 40, total: 100 })).toBe('Loading the model, 40 %');
    expect([400, 12_000, 95_000].map(estimate)).toEqual(['about 1 s left', 'about 10 s left', 'about 2 minutes left']);
  });

  it('say what an answer cost, and whether that is estimated', () => {
    const usage = { promptTokens: 2310, evaluatedTokens: 410, generatedTokens: 100, prefillMs: 2000, decodeMs: 10_000, estimated: false };

    expect(usageWords(usage)).toBe('read 2,310 (410 new), wrote 100 tokens, 10/s, 12 s');
    expect(usageWords({ ...usage, estimated: true })).toContain('about 2,310');
  });

  it('fill the window', () => {
    const context = { window: 1000, reserve: 100, background: 600, required: 800, total: 300, segments: { system: 100, tools: 0, history: 200 }, exact: true };

    expect(segments(context).map(({ name, tokens }) => [name, tokens])).toEqual([
      ['Instructions', 100], ['Conversation', 200], ['Kept for the answer', 100], ['Free', 600],
    ]);
    expect(meterWords(context)).toBe('300 of 1,000 tokens, 30 %');
    expect(meterWords({ ...context, exact: false, window: 0 })).toBe('about 300 of 0 tokens, 0 %');
  });
});

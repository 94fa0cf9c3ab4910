/** A conversation as the page shows it: each message of the server makes the next value of it. */

import type { ChatCompaction, ChatDelta, ChatProgress, ChatQuestion, ChatState, ChatTurn, ChatTurnChanged } from '../chatProtocol.js';
import type { Outcome, ShownChange, Told } from '../chat/messages.js';
import type { ChatSteps } from '../toolProtocol.js';
import { cardsOf, standing, type EditCard } from './editCards.js';

export interface Conversation extends ChatState {
  /** Questions that were sent, and of which nothing was heard yet. */
  sent: (ChatQuestion & { replaces: number })[];
  /** What the proposed edits would change, by their ids. */
  changes: ReadonlyMap<string, ShownChange>;
  /** What came of the newest thing that was done with edits. */
  outcome: Outcome | null;
  /** Something was missed: the state has to be asked for again. */
  missed: boolean;
}

/** An entry of the page, from top to bottom. */
export type Entry =
  | { key: string; kind: 'turn'; turn: ChatTurn }
  | { key: string; kind: 'compaction'; compaction: ChatCompaction }
  | { key: string; kind: 'edits'; card: EditCard }
  | { key: string; kind: 'sent'; question: ChatQuestion };

export function shownFrom(state: ChatState, before: Conversation | null): Conversation {
  const known = new Set([...state.turns, ...state.waiting].map(({ question }) => question));
  const same = before?.session.id === state.session.id ? before : null;
  // One without a number is about to be asked.
  const numbered = state.turns.filter(({ turn }) => turn > 0);
  const begun = state.turns.filter(({ turn, finish }) => turn === 0 && !finish);
  const turns = [...earlierOf(same, numbered), ...numbered];
  const sent = same?.sent.filter(({ question }) => !known.has(question)) ?? [];
  return {
    ...state,
    turns: turns.map((turn) => kept(same, turn)),
    earlier: turns.length > numbered.length ? (same?.earlier ?? state.earlier) : state.earlier,
    sent: [...begun.map(({ question, text }) => ({ question, text, replaces: 0 })), ...sent],
    changes: same ? standing(same, state.edits) : new Map(),
    outcome: same?.outcome ?? null,
    missed: false,
  };
}

/** Returns what comes of a message; those about other conversations change nothing. */
export function changed(now: Conversation, told: Told): Conversation {
  switch (told.kind) {
    case 'state':
      return shownFrom(told.state, now);
    case 'earlier':
      return told.session === now.session.id ? withEarlier(now, told.result) : now;
    case 'deltas':
      return told.deltas.filter(({ session }) => session === now.session.id).reduce(withDelta, now);
    case 'progress':
      return told.progress.session === now.session.id ? withProgress(now, told.progress) : now;
    case 'turn':
      return told.changed.session === now.session.id ? withTurn(now, told.changed) : now;
    case 'queue': {
      if (told.queue.session !== now.session.id) return now;
      const waiting = told.queue.waiting;
      const known = new Set(waiting.map(({ question }) => question));
      return { ...now, waiting, sent: now.sent.filter(({ question }) => !known.has(question)) };
    }
    case 'compacted':
      if (told.compacted.session !== now.session.id) return now;
      return {
        ...now,
        compactions: withCompaction(now.compactions, told.compacted.compaction),
        context: told.compacted.context ?? now.context,
      };
    case 'model':
      if (told.changed.session !== now.session.id) return now;
      return { ...now, model: told.changed.model, context: told.changed.context ?? now.context };
    case 'steps':
      return told.changed.session === now.session.id ? withSteps(now, told.changed) : now;
    case 'approvals':
      return told.changed.session === now.session.id ? { ...now, approvals: told.changed.approvals } : now;
    case 'edits': {
      const { session, edits, checkpoints } = told.changed;
      return session === now.session.id ? { ...now, edits, checkpoints, changes: standing(now, edits) } : now;
    }
    case 'changes':
      if (told.session !== now.session.id) return now;
      return { ...now, changes: new Map([...now.changes, ...told.changes.map((change) => [change.edit, change] as const)]) };
    case 'outcome':
      return told.session === now.session.id ? { ...now, outcome: told.outcome } : now;
    case 'failed': {
      const sent = now.sent.filter(({ question }) => question !== told.question);
      return { ...now, sent, progress: now.progress?.question === told.question ? null : now.progress };
    }
    default:
      return now;
  }
}

/** Adds a question that is on its way. */
export function withSent(now: Conversation, question: string, text: string, replaces: number): Conversation {
  return { ...now, sent: [...now.sent, { question, text, replaces }] };
}

/** Tells whether an answer is being made. */
export function isBusy(now: Conversation): boolean {
  return now.sent.length > 0 || now.progress !== null || now.turns.at(-1)?.finish === '';
}

/** Returns what stands on the page, in its order. */
export function entries(now: Conversation): Entry[] {
  const replaced = Math.min(Infinity, ...now.sent.map(({ replaces }) => replaces || Infinity));
  const made: (Entry & { turn_: number; at: number })[] = now.turns
    .filter(({ turn }) => turn < replaced)
    .map((turn) => ({ key: `turn ${turn.turn}`, kind: 'turn', turn, turn_: turn.turn, at: 0 }));
  for (const compaction of now.compactions) {
    const key = `compaction ${compaction.id || compaction.at}`;
    made.push({ key, kind: 'compaction', compaction, turn_: compaction.turn, at: compaction.at });
  }
  for (const card of cardsOf(now)) {
    if (card.turn < replaced) made.push({ key: `edits ${card.turn}`, kind: 'edits', card, turn_: card.turn, at: 0.5 });
  }
  made.sort((a, b) => a.turn_ - b.turn_ || a.at - b.at);
  const sent = now.sent.map((question): Entry => ({ key: `sent ${question.question}`, kind: 'sent', question }));
  return [...made, ...sent];
}

/** Returns it with what is done now; that a question waits says nothing of the one before it. */
function withProgress(now: Conversation, progress: ChatProgress): Conversation {
  const other = now.progress !== null && now.progress.question !== progress.question;
  return progress.phase === 'waiting' && other ? now : { ...now, progress };
}

function withDelta(now: Conversation, delta: ChatDelta): Conversation {
  const index = now.turns.findIndex(({ turn }) => turn === delta.turn);
  const turn = now.turns[index];
  if (!turn) return { ...now, missed: true };
  // What was heard already is passed over; text after a gap is not shown.
  if (turn.finish) return now;
  const field = delta.reasoning ? 'reasoning' : 'answer';
  const have = turn[field].length;
  if (delta.offset > have) return { ...now, missed: true };
  const fresh = delta.text.slice(have - delta.offset);
  if (!fresh) return now;
  return { ...now, turns: now.turns.with(index, { ...turn, [field]: turn[field] + fresh }) };
}

/** The tools of an answer that comes; when it is complete it has its own. */
function withSteps(now: Conversation, { turn, steps }: ChatSteps): Conversation {
  const index = now.turns.findIndex((known) => known.turn === turn);
  const known = now.turns[index];
  if (!known) return { ...now, missed: true };
  return known.finish ? now : { ...now, turns: now.turns.with(index, { ...known, steps }) };
}

function withTurn(now: Conversation, { turn, context }: ChatTurnChanged): Conversation {
  // It has no number yet: it is shown as a question that is on its way, until that has failed.
  if (turn.turn === 0) {
    if (!turn.finish) return now;
    const sent = now.sent.filter(({ question }) => question !== turn.question);
    return { ...now, sent, progress: null, problems: [...now.problems, ...turn.problems] };
  }
  const index = now.turns.findIndex((known) => known.turn === turn.turn);
  const others = index < 0 && turn.replaced ? now.turns.slice(0, -turn.replaced) : now.turns;
  const turns = index < 0 ? [...others, turn] : now.turns.with(index, turn);
  const is = ({ question }: { question: string }): boolean => question !== '' && question === turn.question;
  const over = turn.finish !== '' && (now.progress?.turn === turn.turn || (now.progress !== null && is(now.progress)));
  const titled = now.session.title || now.earlier || now.turns.length > 0;
  return {
    ...now,
    // As the server calls it from its first line on.
    session: titled ? now.session : { ...now.session, title: turn.text.trim().split('\n')[0] ?? '' },
    turns: turns.sort((a, b) => a.turn - b.turn),
    sent: now.sent.filter((sent) => !is(sent)),
    waiting: now.waiting.filter((waiting) => !is(waiting)),
    progress: over ? null : now.progress,
    context: context ?? now.context,
  };
}

function withEarlier(now: Conversation, result: { turns: ChatTurn[]; earlier: boolean; compactions: ChatCompaction[] }): Conversation {
  const first = now.turns[0]?.turn ?? Infinity;
  return {
    ...now,
    turns: [...result.turns.filter(({ turn }) => turn < first), ...now.turns],
    compactions: result.compactions.reduce(withCompaction, now.compactions),
    earlier: result.earlier,
  };
}

function withCompaction(known: readonly ChatCompaction[], compaction: ChatCompaction): ChatCompaction[] {
  const others = known.filter(({ id }) => !compaction.id || id !== compaction.id);
  const older = compaction.newest ? others.map((other) => ({ ...other, newest: false })) : others;
  return [...older, compaction];
}

/** Returns the turns before those that were told that the page has already, if nothing lies between. */
function earlierOf(same: Conversation | null, turns: readonly ChatTurn[]): ChatTurn[] {
  const first = turns[0]?.turn;
  if (!same || first === undefined || !same.turns.some(({ turn }) => turn === first)) return [];
  return same.turns.filter(({ turn }) => turn < first);
}

/** Returns the value that the page has already where it says the same: its nodes stay. */
function kept(same: Conversation | null, turn: ChatTurn): ChatTurn {
  const before = same?.turns.find((known) => known.turn === turn.turn);
  return before && JSON.stringify(before) === JSON.stringify(turn) ? before : turn;
}

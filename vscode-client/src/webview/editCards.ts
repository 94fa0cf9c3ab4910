/** Proposed edits as cards of turns: values in, values out. */

import type { ChatState } from '../chatProtocol.js';
import type { ShownChange } from '../chat/messages.js';
import type { ChatCheckpoint, ChatEdit, ChatHunk } from '../toolProtocol.js';

/** Edits that were applied together, and the way back. */
export interface Applied {
  /** Ids; none where they are too old to be listed. */
  edits: string[];
  paths: string[];
  /** null: it is too old to be listed. */
  checkpoint: ChatCheckpoint | null;
}

/** What a turn proposed. */
export interface EditCard {
  turn: number;
  pending: ChatEdit[];
  applied: Applied[];
  refused: ChatEdit[];
}

/** What is chosen of the pending edits: by edit, the hunks that are left out. */
export type LeftOut = ReadonlyMap<string, ReadonlySet<number>>;

/** What is asked for when it is applied. */
export interface Choice {
  edits: string[];
  hunks: Record<string, number[]>;
  chosen: number;
  total: number;
}

/** Returns a card for each turn that has something to show; one that is not on the page only while it waits. */
export function cardsOf({ turns, edits, checkpoints }: Pick<ChatState, 'turns' | 'edits' | 'checkpoints'>): EditCard[] {
  const first = turns[0]?.turn ?? Infinity;
  const cards = new Map<number, EditCard>();
  const card = (turn: number): EditCard => {
    const found = cards.get(turn) ?? { turn, pending: [], applied: [], refused: [] };
    cards.set(turn, found);
    return found;
  };
  const homes = new Map<string, number>();
  for (const edit of edits) {
    if (edit.state === 'pending') card(edit.turn).pending.push(edit);
    else if (edit.turn < first) continue;
    else if (edit.state === 'refused') card(edit.turn).refused.push(edit);
    else if (edit.state === 'applied' && !homes.has(edit.checkpoint)) homes.set(edit.checkpoint, edit.turn);
  }
  for (const [id, turn] of homes) {
    const own = edits.filter(({ state, checkpoint }) => state === 'applied' && checkpoint === id);
    const paths = [...new Set(own.map(({ path }) => path))];
    card(turn).applied.push({ edits: own.map((edit) => edit.id), paths, checkpoint: checkpoints.find((one) => one.id === id) ?? null });
  }
  for (const checkpoint of checkpoints) {
    if (!homes.has(checkpoint.id) && checkpoint.turn >= first) card(checkpoint.turn).applied.push({ edits: [], paths: checkpoint.paths, checkpoint });
  }
  for (const { applied } of cards.values()) applied.sort((a, b) => (a.checkpoint?.at ?? 0) - (b.checkpoint?.at ?? 0));
  return [...cards.values()];
}

/** Returns what is known of the changes of edits that stand as they did. */
export function standing(before: { edits: readonly ChatEdit[]; changes: ReadonlyMap<string, ShownChange> }, edits: readonly ChatEdit[]): ReadonlyMap<string, ShownChange> {
  const values = new Map(before.edits.map((edit) => [edit.id, JSON.stringify(edit)]));
  const kept = edits.flatMap((edit) => {
    const change = before.changes.get(edit.id);
    return change && edit.state === 'pending' && values.get(edit.id) === JSON.stringify(edit) ? [[edit.id, change] as const] : [];
  });
  return new Map(kept);
}

/** Returns the pending edits of which it is not known yet what they change. */
export function unknownChanges({ edits, changes }: { edits: readonly ChatEdit[]; changes: ReadonlyMap<string, ShownChange> }): string[] {
  return edits.filter(({ id, state }) => state === 'pending' && !changes.has(id)).map(({ id }) => id);
}

/** Returns what is chosen. Edits that cannot be applied are no part of it. */
export function choice(pending: readonly ChatEdit[], changes: ReadonlyMap<string, ShownChange>, leftOut: LeftOut): Choice {
  const made: Choice = { edits: [], hunks: {}, chosen: 0, total: 0 };
  for (const { id, reason } of pending) {
    if (reason) continue;
    const all = indexes(changes.get(id)?.hunks ?? []);
    const out = leftOut.get(id) ?? new Set();
    const kept = all.filter((index) => !out.has(index));
    made.total += all.length;
    made.chosen += kept.length;
    if (!kept.length) continue;
    made.edits.push(id);
    if (kept.length < all.length) made.hunks[id] = kept;
  }
  return made;
}

/** Returns the numbers of hunks; where none are known, the change as a whole is number 0. */
export function indexes(hunks: readonly ChatHunk[]): number[] {
  return hunks.length ? hunks.map(({ index }) => index) : [0];
}

/** What a turn proposes for files: reviewed, applied by the user's word, and taken back. */

import type { EditAction, Outcome, ShownChange } from '../chat/messages.js';
import type { ChatEdit } from '../toolProtocol.js';
import { button, make, setShown } from './dom.js';
import { choice, indexes, type Applied, type EditCard } from './editCards.js';
import { count, moment, number } from './figures.js';
import { hunkPlace } from './hunks.js';
import { hunkDiff } from './hunkView.js';
import { visibleLine } from './visible.js';

export interface EditActions {
  act: (asked: EditAction | { kind: 'review'; edits: string[]; turn: number }) => void;
  /** Looks again whether what could not be applied can be now. */
  again: () => void;
  /** Puts a question into the text box. */
  draft: (text: string) => void;
}

/** Lines of changes that are shown at once; more are folded. */
const MAX_OPEN = 40;
const MAX_HUNKS = 100;
const UNDO = /mac/i.test(navigator.platform) ? '⌘Z' : 'Ctrl+Z';

export class EditsView {
  readonly element = make('section', { class: 'card edits' });
  private readonly head = make('h3');
  private readonly files = make('ul', { 'aria-label': 'Files that would change' });
  private readonly waiting = make('div', { class: 'tools' });
  private readonly past = make('div', { class: 'past' });
  private readonly said = make('p', { class: 'said unseen', role: 'status' });
  private readonly apply = button('Apply', () => { this.applyChosen(); }, { class: 'primary' });
  private readonly leftOut = new Map<string, Set<number>>();
  private readonly rows = new Map<string, { value: string; row: HTMLLIElement }>();
  private card: EditCard = { turn: 0, pending: [], applied: [], refused: [] };
  private changes: ReadonlyMap<string, ShownChange> = new Map();
  private isPast = '';

  constructor(private readonly actions: EditActions) {
    this.waiting.append(
      button('Review', () => { actions.act({ kind: 'review', edits: this.pendingIds, turn: this.card.turn }); }, { title: 'Show all of it in the editor’s own diff' }),
      this.apply,
      button('Don’t', () => { actions.act({ kind: 'refuse', edits: this.pendingIds }); }, { title: 'Refuse these changes; the model is told' }),
    );
    this.element.append(this.head, this.files, this.waiting, this.said, this.past);
    this.element.tabIndex = -1;
  }

  /** Shows the edits as they are now; what says the same stays, and so does what is chosen. */
  update(card: EditCard, changes: ReadonlyMap<string, ShownChange>, outcome: Outcome | null): void {
    this.card = card;
    this.changes = changes;
    const held = this.element.contains(document.activeElement);
    this.element.setAttribute('aria-label', `Changes of files, turn ${card.turn}`);
    this.showFiles();
    const shown = card.applied.flatMap(({ edits, checkpoint }) => [...edits, ...(checkpoint ? [checkpoint.id] : [])]);
    const about = new Set([...this.pendingIds, ...card.refused.map(({ id }) => id), ...shown]);
    const ours = outcome?.about.some((id) => about.has(id)) ? outcome : null;
    this.showPast(ours);
    const words = ours ? visibleLine(ours.text, 1_000) : '';
    if (this.said.textContent !== words) this.said.textContent = words;
    // What went well is seen below; who does not see it is told.
    this.said.className = ours?.refused ? 'said problem' : 'said unseen';
    setShown(this.said, words !== '');
    // The button that was pressed has gone: the keyboard stays with the card.
    const at = document.activeElement;
    if (held && (!this.element.contains(at) || at?.matches(':disabled, [hidden] *'))) this.element.focus();
  }

  private get pendingIds(): string[] {
    return this.card.pending.map(({ id }) => id);
  }

  private showFiles(): void {
    const { pending } = this.card;
    const sum = (part: 'added' | 'removed'): string => number(pending.reduce((total, edit) => total + edit[part], 0));
    const figures = `${count(pending.length, 'file')}, +${sum('added')} −${sum('removed')}`;
    this.head.textContent = pending.length ? `Proposed changes: ${figures}` : 'Changes of files';
    for (const element of [this.files, this.waiting]) setShown(element, pending.length > 0);
    const lines = pending.reduce((total, { added, removed }) => total + added + removed, 0);
    const wanted = pending.map((edit) => this.row(edit, lines <= MAX_OPEN));
    for (const id of this.rows.keys()) if (!pending.some((edit) => edit.id === id)) this.rows.delete(id);
    const same = wanted.length === this.files.children.length && wanted.every((row, index) => row === this.files.children[index]);
    if (!same) this.files.replaceChildren(...wanted);
    this.showChoice();
  }

  private row(edit: ChatEdit, open: boolean): HTMLLIElement {
    const change = this.changes.get(edit.id);
    const value = JSON.stringify([edit, change]);
    const known = this.rows.get(edit.id);
    if (known?.value === value) return known.row;
    this.leftOut.delete(edit.id);
    const row = this.makeRow(edit, change, known?.row.querySelector('details')?.open ?? open);
    this.rows.set(edit.id, { value, row });
    return row;
  }

  private makeRow(edit: ChatEdit, change: ShownChange | undefined, open: boolean): HTMLLIElement {
    const path = visibleLine(edit.path, 200);
    const hunks = change?.hunks ?? [];
    const all = indexes(hunks);
    const box = this.checkbox(`Apply the changes of ${path}`, edit, all);
    const figures = make('span', { class: 'figures' }, ` +${number(edit.added)} −${number(edit.removed)}${edit.isNew ? ', new file' : ''}`);
    const shown = hunks.slice(0, MAX_HUNKS).map((hunk) => {
      const place = hunkPlace(hunk, edit.isNew);
      const one = hunks.length > 1 ? this.checkbox(`Apply ${place.toLowerCase()} of ${path}`, edit, [hunk.index]) : null;
      return make('div', { class: 'hunk' }, make('label', {}, one, place), hunkDiff(hunk));
    });
    if (hunks.length > MAX_HUNKS) shown.push(make('p', {}, `${count(hunks.length - MAX_HUNKS, 'more change')}: Review shows all.`));
    if (!change) shown.push(make('p', {}, 'Its lines are on their way.'));
    const details = make('details', { open }, make('summary', {}, make('code', {}, path), figures), ...shown);
    return make('li', {}, make('div', { class: 'file' }, box, details), this.problem(edit, change));
  }

  /** Says why an edit cannot be applied, and offers what to do. */
  private problem(edit: ChatEdit, change: ShownChange | undefined): HTMLElement | null {
    const reason = visibleLine(edit.reason || (change?.reason ?? ''), 600);
    if (!reason) return null;
    const path = visibleLine(edit.path, 200);
    const tools = [
      button('Check Again', () => { this.actions.again(); }, { 'aria-label': `Check Again: ${path}`, title: 'Look whether it can be applied now' }),
      button('Ask for It Anew', () => { this.actions.draft(`Propose the change of ${path} again, for the file as it is now.`); }, {
        'aria-label': `Ask for It Anew: ${path}`,
        title: 'Write a question that has it proposed for the file as it is now',
      }),
    ];
    return make('div', { class: 'problem' }, make('p', {}, reason), edit.reason ? make('div', { class: 'tools' }, ...tools) : null);
  }

  private checkbox(label: string, { id, reason }: ChatEdit, own: readonly number[]): HTMLInputElement {
    const box = make('input', { type: 'checkbox', 'aria-label': label, disabled: reason !== '', 'data-edit': id, 'data-hunks': own.join(' ') });
    box.addEventListener('change', () => {
      const out = this.leftOut.get(id) ?? new Set();
      for (const index of own) {
        if (box.checked) out.delete(index);
        else out.add(index);
      }
      this.leftOut.set(id, out);
      this.showChoice();
    });
    return box;
  }

  /** Has boxes and the button say what is chosen. */
  private showChoice(): void {
    for (const box of this.files.querySelectorAll('input')) {
      const own = (box.dataset.hunks ?? '').split(' ').map(Number);
      const out = this.leftOut.get(box.dataset.edit ?? '') ?? new Set();
      const left = own.filter((index) => out.has(index)).length;
      box.checked = left < own.length && !box.disabled;
      box.indeterminate = left > 0 && left < own.length;
    }
    const { chosen, total } = choice(this.card.pending, this.changes, this.leftOut);
    this.apply.disabled = chosen === 0;
    this.apply.textContent = chosen < total ? `Apply ${number(chosen)} of ${count(total, 'Change')}` : 'Apply';
    this.apply.title = `One step of undo for all files, and a checkpoint is kept before: ${UNDO} in the editor takes it back.`;
  }

  private applyChosen(): void {
    const { edits, hunks } = choice(this.card.pending, this.changes, this.leftOut);
    this.actions.act({ kind: 'apply', edits, hunks });
  }

  private showPast(outcome: Outcome | null): void {
    const { applied, refused } = this.card;
    const value = JSON.stringify([applied, refused.map(({ path }) => path), outcome]);
    if (value === this.isPast) return;
    this.isPast = value;
    const parts = applied.map((one) => this.appliedLine(one, outcome));
    if (refused.length) parts.push(make('p', {}, `Not applied: ${names(refused.map(({ path }) => path))}`));
    this.past.replaceChildren(...parts);
    setShown(this.past, parts.length > 0);
  }

  private appliedLine({ paths, checkpoint }: Applied, outcome: Outcome | null): HTMLElement {
    const files = `${count(paths.length, 'file')} (${names(paths)})`;
    if (checkpoint?.restored) {
      return make('p', { class: 'applied' }, `Restored: ${files} as before the changes of ${moment(checkpoint.at)}.`);
    }
    const line = make('p', { class: 'applied' }, `Applied to ${files}. ${UNDO} in the editor undoes it.`);
    if (!checkpoint) return line;
    const { id, at } = checkpoint;
    const failed = outcome?.refused === true && outcome.about.includes(id);
    const restore = button('Restore Checkpoint', () => { this.actions.act({ kind: 'restoreCheckpoint', checkpoint: id, force: false }); }, {
      title: `Give back the files as they were before this, at ${moment(at)}`,
    });
    const anyway = button('Restore Anyway', () => { this.actions.act({ kind: 'restoreCheckpoint', checkpoint: id, force: true }); }, {
      title: 'Give back the files as they were before this, and lose what was changed in them since',
    });
    return make('div', {}, line, make('div', { class: 'tools' }, restore, failed ? anyway : null));
  }
}

function names(paths: readonly string[]): string {
  const shown = paths.slice(0, 5).map((path) => visibleLine(path, 100));
  return [...shown, ...(paths.length > 5 ? [`${number(paths.length - 5)} more`] : [])].join(', ');
}

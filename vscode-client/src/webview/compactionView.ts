/** A compaction as a card: before → after, what a model reads now, edit, pin, undo. */

import type { ChatCompaction } from '../chatProtocol.js';
import { button, make } from './dom.js';
import { count, number } from './figures.js';
import { blocks, rendered, type Environment } from './markdown.js';
import { visible, visibleLine } from './visible.js';

export interface CardActions {
  edit: (summary: string) => void;
  pin: () => void;
  undo: () => void;
}

const METHODS: Readonly<Record<string, string>> = {
  masking: 'Old output stands behind handles; nothing was summed up.',
  model: 'Summed up by the model.',
  extractive: 'Summed up without a model: sentences that were said.',
  edited: 'You wrote this summary.',
};

export function compactionView(compaction: ChatCompaction, actions: CardActions): HTMLElement {
  if (compaction.declined) {
    return make('p', { class: 'card declined', role: 'note' }, `Nothing was summed up: ${visibleLine(compaction.declined, 400)}`);
  }
  const { before, after, covered, summary, ledger, notes, method } = compaction;
  const card = make('details', { class: 'card' });
  const figures = method === 'edited' ? `Summary edited, ${count(after, 'token')}.` : `${number(before)} → ${count(after, 'token')}.`;
  const body = formatted(summary || 'There is no summary: only old output was put behind handles.');
  card.append(
    make('summary', {}, make('strong', {}, figures), ` The model reads ${count(covered, 'earlier message')} in short. The log keeps all of them.`),
    make('p', {}, METHODS[method] ?? '', compaction.focus ? ` In more detail: ${visibleLine(compaction.focus)}.` : ''),
    ...notes.map((note) => make('p', { class: 'note' }, visibleLine(note, 1_000))),
    make('h3', {}, 'What the model reads in their place'),
    body,
    ...(ledger ? [make('h3', {}, 'Facts kept beside it'), formatted(ledger)] : []),
  );
  if (compaction.newest) card.append(cardTools(compaction, body, actions));
  return card;
}

function formatted(text: string): HTMLElement {
  const environment: Environment = {};
  const body = make('div', { class: 'summary markdown' });
  body.append(rendered(blocks(visible(text), environment), environment));
  return body;
}

function cardTools(compaction: ChatCompaction, body: HTMLElement, actions: CardActions): HTMLElement {
  const tools = make('div', { class: 'tools' });
  const editing = (): void => {
    const text = make('textarea', { rows: 12, 'aria-label': 'Summary' });
    text.value = compaction.summary;
    const close = (): void => {
      text.replaceWith(body);
      tools.replaceChildren(...plain);
      plain[0]?.focus();
    };
    const save = button('Save Summary', () => {
      if (text.value.trim()) actions.edit(text.value);
      else text.focus();
    });
    text.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      close();
    });
    body.replaceWith(text);
    tools.replaceChildren(save, button('Cancel', close));
    text.focus();
  };
  const plain = [
    ...(compaction.summary ? [button('Edit Summary', editing), button('Pin', actions.pin, { title: 'Keep this summary word for word, whatever is summed up later' })] : []),
    button('Undo', actions.undo, { title: 'Show the model the earlier messages again' }),
  ];
  tools.append(...plain);
  return tools;
}

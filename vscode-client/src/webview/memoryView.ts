/** Project memory: what waits in the inbox, to be accepted or rejected, and what was accepted. */

import type { Asked } from '../chat/messages.js';
import type { ChatEntry, ChatMemory, ChatProposal } from '../memoryProtocol.js';
import { button, byId, make, setShown } from './dom.js';
import { count } from './figures.js';
import { visible, visibleLine } from './visible.js';

export class MemoryView {
  private readonly panel = byId('memory', 'div');
  private readonly inbox = byId('memory-inbox', 'ul');
  private readonly entries = byId('memory-entries', 'ul');
  private readonly state = byId('memory-state', 'p');

  constructor(
    private readonly ask: (asked: Asked) => void,
    private readonly closed: () => void,
  ) {
    byId('memory-close', 'button').addEventListener('click', () => { this.hide(); });
    this.panel.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return;
      event.preventDefault();
      this.hide();
    });
  }

  show(): void {
    setShown(this.panel, true);
    byId('memory-close', 'button').focus();
    this.ask({ kind: 'memory' });
  }

  update({ inbox, entries, problems }: ChatMemory, done: readonly string[]): void {
    const waiting = inbox.length
      ? `${count(inbox.length, 'proposal waits', 'proposals wait')}. Nothing is in a file before you accept it.`
      : 'Nothing waits to be accepted.';
    const said = [...done, ...problems].map((line) => visibleLine(line, 400));
    this.state.textContent = [...said, waiting].join(' ');
    const held = this.panel.contains(document.activeElement);
    this.inbox.replaceChildren(...inbox.map((proposal) => this.proposal(proposal)));
    this.entries.replaceChildren(...entries.map((entry) => this.entry(entry)));
    // The button that was pressed has gone: the keyboard stays in the dialog.
    if (held && !this.panel.contains(document.activeElement)) byId('memory-close', 'button').focus();
  }

  private hide(): void {
    setShown(this.panel, false);
    this.closed();
  }

  private proposal({ name, text, place, source, contradicts }: ChatProposal): HTMLElement {
    const act = (label: string, asked: Asked): HTMLButtonElement =>
      button(label, () => { this.ask(asked); }, { 'aria-label': `${label} ${name}` });
    const accepting = contradicts.length
      ? [act('Replace', { kind: 'accept', name, choice: 'replace' }), act('Keep Both', { kind: 'accept', name, choice: 'both' })]
      : [act('Accept', { kind: 'accept', name, choice: '' })];
    const against = contradicts.length ? `Contradicts ${contradicts.map((other) => visibleLine(other, 20)).join(', ')}. ` : '';
    return make(
      'li',
      {},
      make('div', { class: 'text' }, make('strong', {}, `${name} `), visible(text.slice(0, 2_000))),
      make('div', { class: 'when' }, `${against}For ${visibleLine(place, 60)}${source ? `, from ${visibleLine(source, 120)}` : ''}`),
      make('div', { class: 'tools' }, ...accepting, act('Reject', { kind: 'reject', name })),
    );
  }

  private entry({ name, text, place }: ChatEntry): HTMLElement {
    const remove = button('Remove', () => { this.ask({ kind: 'reject', name }); }, { 'aria-label': `Remove ${name}` });
    return make(
      'li',
      {},
      make('div', { class: 'text' }, make('strong', {}, `${name} `), visible(text.slice(0, 2_000))),
      make('div', { class: 'when' }, visibleLine(place, 60)),
      make('div', { class: 'tools' }, remove),
    );
  }
}

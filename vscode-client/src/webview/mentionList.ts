/** Completion of mentions: a list that the text box controls, as the combobox pattern has it. */

import type { ChatMention } from '../chatProtocol.js';
import { byId, make, setShown } from './dom.js';
import { mentionAt, withMention, type Typed } from './mentions.js';
import { visibleLine } from './visible.js';

export class MentionList {
  private readonly list = byId('mentions', 'ul');
  private typed: Typed | null = null;
  private shown: readonly ChatMention[] = [];
  private active = 0;
  private number = 0;
  /** What was typed when the list was closed by Escape: it stays closed until that changes. */
  private closedAt = '';

  constructor(
    private readonly text: HTMLTextAreaElement,
    private readonly ask: (query: string, number: number) => void,
    private readonly inserted: () => void,
  ) {
    this.list.addEventListener('mousedown', (event) => {
      // The text box keeps the keyboard.
      event.preventDefault();
      const option = (event.target as Element).closest<HTMLElement>('[role=option]');
      if (option) this.choose(Number(option.dataset.index));
    });
  }

  get isOpen(): boolean {
    return !this.list.hidden;
  }

  /** Looks at what is typed now. */
  follow(): void {
    this.typed = this.text.selectionStart === this.text.selectionEnd ? mentionAt(this.text.value, this.text.selectionStart) : null;
    if (!this.typed || this.typed.query === this.closedAt) {
      if (!this.typed) this.closedAt = '';
      this.hide();
      return;
    }
    this.closedAt = '';
    this.number += 1;
    this.ask(this.typed.query, this.number);
  }

  /** Shows what was found for the newest question; an older answer is dropped. */
  update(number: number, mentions: readonly ChatMention[], reason: string): void {
    if (number !== this.number || !this.typed) return;
    this.shown = mentions;
    this.active = 0;
    const options = mentions.map(({ label, detail, kind }, index) =>
      make(
        'li',
        { role: 'option', id: `mention-${index}`, 'data-index': index, 'aria-selected': String(index === 0) },
        make('span', { class: 'label' }, visibleLine(label, 120)),
        make('span', { class: 'detail' }, [kind, visibleLine(detail, 160)].filter(Boolean).join(' · ')),
      ),
    );
    const words = mentions.length ? '' : visibleLine(reason) || 'Nothing by that name';
    this.list.replaceChildren(...options, ...(words ? [make('li', { role: 'option', 'aria-disabled': 'true', class: 'none' }, words)] : []));
    setShown(this.list, true);
    this.text.setAttribute('aria-expanded', 'true');
    this.mark();
  }

  hide(): void {
    setShown(this.list, false);
    this.shown = [];
    this.text.setAttribute('aria-expanded', 'false');
    this.text.removeAttribute('aria-activedescendant');
  }

  /** Does what a key asks of the list; returns whether it did. */
  key(event: KeyboardEvent): boolean {
    if (!this.isOpen) return false;
    if (event.key === 'Escape') {
      this.closedAt = this.typed?.query ?? '';
      this.hide();
      return true;
    }
    if (!this.shown.length) return false;
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      const step = event.key === 'ArrowDown' ? 1 : this.shown.length - 1;
      this.active = (this.active + step) % this.shown.length;
      this.mark();
      return true;
    }
    if (event.key !== 'Enter' && event.key !== 'Tab') return false;
    if (event.shiftKey) return false;
    if (event.key === 'Enter' && this.isWritten(this.active)) {
      // There is nothing to choose any more: Enter sends.
      this.hide();
      return false;
    }
    this.choose(this.active);
    return true;
  }

  /** Tells whether an item stands there already, to its last letter. */
  private isWritten(index: number): boolean {
    const { typed } = this;
    if (!typed) return false;
    const end = typed.start + 1 + typed.query.length;
    return this.shown[index]?.insert === this.text.value.slice(typed.start, end);
  }

  private choose(index: number): void {
    const chosen = this.shown[index];
    if (!chosen || !this.typed) return;
    const { text, cursor } = withMention(this.text.value, this.typed, chosen.insert);
    this.text.value = text;
    this.text.setSelectionRange(cursor, cursor);
    this.hide();
    this.inserted();
    // A folder goes on with what is in it.
    if (chosen.insert.endsWith('/')) this.follow();
  }

  private mark(): void {
    for (const option of this.list.querySelectorAll<HTMLElement>('[data-index]')) {
      const isActive = Number(option.dataset.index) === this.active;
      option.setAttribute('aria-selected', String(isActive));
      if (isActive) {
        this.text.setAttribute('aria-activedescendant', option.id);
        option.scrollIntoView({ block: 'nearest' });
      }
    }
  }
}

/** The list of conversations: search, open, rename, export, delete. */

import type { ChatSession } from '../chatProtocol.js';
import type { Asked } from '../chat/messages.js';
import { button, byId, make, setShown } from './dom.js';
import { count, moment } from './figures.js';
import { visibleLine } from './visible.js';

const DEBOUNCE_MS = 120;

export class SessionsView {
  private readonly panel = byId('sessions', 'div');
  private readonly list = byId('sessions-list', 'ul');
  private readonly search = byId('sessions-search', 'input');
  private readonly state = byId('sessions-state', 'p');
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly ask: (asked: Asked) => void,
    private readonly current: () => string,
    private readonly closed: () => void,
  ) {
    this.search.addEventListener('input', () => {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => { this.refresh(); }, DEBOUNCE_MS);
    });
    byId('sessions-close', 'button').addEventListener('click', () => { this.hide(); });
    this.panel.addEventListener('keydown', (event) => { this.key(event); });
  }

  get isOpen(): boolean {
    return !this.panel.hidden;
  }

  show(): void {
    setShown(this.panel, true);
    this.search.focus();
    this.refresh();
  }

  hide(): void {
    if (!this.isOpen) return;
    setShown(this.panel, false);
    this.closed();
  }

  refresh(): void {
    this.ask({ kind: 'sessions', query: this.search.value.trim() });
  }

  update(query: string, sessions: readonly ChatSession[], reason: string): void {
    if (query !== this.search.value.trim()) return;
    this.list.replaceChildren(...sessions.map((session) => this.item(session)));
    // What asked, as for another title, had the keyboard, or the button that did has gone.
    if (this.isOpen && document.activeElement === document.body) this.search.focus();
    const found = sessions.length ? count(sessions.length, 'conversation') : query ? 'Nothing found' : 'No conversations yet';
    this.state.textContent = [found, visibleLine(reason)].filter(Boolean).join('. ');
  }

  private item(session: ChatSession): HTMLElement {
    const { id, turns, updated } = session;
    const title = visibleLine(session.title, 120) || 'Untitled';
    const isCurrent = id === this.current();
    const open = button('', () => {
      this.ask({ kind: 'open', session: id });
      this.hide();
    }, { class: 'session', 'aria-current': isCurrent ? 'true' : null });
    open.append(
      make('span', { class: 'title' }, title),
      make('span', { class: 'when' }, `${moment(updated)}, ${count(turns, 'turn')}`),
      session.found ? make('span', { class: 'found' }, visibleLine(session.found, 160)) : '',
    );
    const act = (kind: 'rename' | 'delete' | 'export', text: string): HTMLButtonElement =>
      button(text, () => { this.ask({ kind, session: id, title: session.title }); }, { 'aria-label': `${text} ${title}` });
    return make('li', {}, open, make('span', { class: 'tools' }, act('rename', 'Rename'), act('export', 'Export'), act('delete', 'Delete')));
  }

  /** Arrows go from one conversation to the next, Escape leaves. */
  private key(event: KeyboardEvent): void {
    if (event.key === 'Escape') {
      event.preventDefault();
      this.hide();
      return;
    }
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
    const all = [this.search, ...this.list.querySelectorAll<HTMLElement>('button.session')];
    const item = document.activeElement?.closest('li')?.querySelector<HTMLElement>('button.session');
    const at = all.indexOf(item ?? this.search);
    all[Math.min(all.length - 1, Math.max(0, at + (event.key === 'ArrowDown' ? 1 : -1)))]?.focus();
    event.preventDefault();
  }
}

/** Where a question is written: text box, mentions, what goes with it, send and stop. */

import type { ChatQuestion } from '../chatProtocol.js';
import type { Asked, Attachable, Attached, Told } from '../chat/messages.js';
import { button, byId, make, setShown } from './dom.js';
import { count } from './figures.js';
import { MentionList } from './mentionList.js';
import { names } from './mentions.js';
import { visibleLine } from './visible.js';

export interface Draft {
  text: string;
  /** The turn that it stands in place of, 0 for none. */
  replaces: number;
  attached: Attached;
}

export const EMPTY: Draft = { text: '', replaces: 0, attached: { file: true, selection: true, problems: false } };
const NOTHING: Attachable = { file: '', startLine: 0, endLine: 0, problems: 0 };

export class Composer {
  private readonly text = byId('question', 'textarea');
  private readonly chips = byId('chips', 'div');
  private readonly editing = byId('editing', 'div');
  private readonly queue = byId('queue', 'ul');
  private readonly send = byId('send', 'button');
  private readonly stop = byId('stop', 'button');
  private readonly mentions: MentionList;
  private attachable = NOTHING;
  private replaces = 0;
  private attached: Attached;

  constructor(
    draft: Draft,
    private readonly ask: (asked: Asked) => void,
    private readonly submit: (draft: Draft) => void,
    private readonly changed: (draft: Draft) => void,
  ) {
    this.attached = { ...draft.attached };
    this.replaces = draft.replaces;
    this.text.value = draft.text;
    this.mentions = new MentionList(
      this.text,
      (query, number) => { ask({ kind: 'mentions', query, number }); },
      () => { this.typed(); },
    );
    this.text.addEventListener('input', () => {
      this.typed();
      this.mentions.follow();
    });
    this.text.addEventListener('click', () => { this.mentions.follow(); });
    this.text.addEventListener('blur', () => { this.mentions.hide(); });
    this.text.addEventListener('keydown', (event) => { this.key(event); });
    this.send.addEventListener('click', () => { this.go(); });
    this.stop.addEventListener('click', () => { ask({ kind: 'stop' }); });
    this.show();
  }

  get draft(): Draft {
    return { text: this.text.value, replaces: this.replaces, attached: this.attached };
  }

  focus(): void {
    this.text.focus();
  }

  /** Puts text behind what stands there, on a line of its own. */
  add(text: string): void {
    const before = this.text.value.trimEnd();
    this.text.value = before ? `${before}\n${text}` : text;
    this.text.setSelectionRange(this.text.value.length, this.text.value.length);
    this.typed();
    this.focus();
  }

  /** Begins to write another question in place of a turn. */
  edit(turn: number, text: string): void {
    this.replaces = turn;
    this.text.value = text;
    this.typed();
    this.focus();
  }

  attach(attachable: Attachable): void {
    this.attachable = attachable;
    this.show();
  }

  completed(told: Told & { kind: 'mentions' }): void {
    this.mentions.update(told.number, told.mentions, told.reason);
  }

  /** Shows whether an answer is made, and which questions wait for it. */
  update(busy: boolean, waiting: readonly ChatQuestion[]): void {
    // The keyboard does not go with the button.
    if (!busy && document.activeElement === this.stop) this.focus();
    setShown(this.stop, busy);
    this.send.textContent = busy ? 'Ask Next' : 'Send';
    setShown(this.queue, waiting.length > 0);
    this.queue.replaceChildren(
      ...waiting.map(({ question, text }) => {
        const words = visibleLine(text, 120);
        const remove = button('Remove', () => { this.ask({ kind: 'withdraw', question }); }, {
          'aria-label': `Remove: ${words}`,
          title: 'Take this question back, to where it was written',
        });
        return make('li', {}, make('span', {}, words), remove);
      }),
    );
  }

  private go(): void {
    const draft = this.draft;
    if (!draft.text.trim()) {
      this.focus();
      return;
    }
    const attached = { ...draft.attached, problems: draft.attached.problems || names(draft.text, 'diagnostics') };
    this.submit({ ...draft, attached: { ...attached, selection: attached.selection || names(draft.text, 'selection') } });
    this.text.value = '';
    this.replaces = 0;
    this.typed();
    this.focus();
  }

  private key(event: KeyboardEvent): void {
    // Enter ends what an input method composes.
    if (event.isComposing) return;
    if (this.mentions.key(event)) {
      event.preventDefault();
      event.stopPropagation();
      return;
    }
    if (event.key === 'Enter' && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      this.go();
    } else if (event.key === 'Escape' && this.replaces) {
      event.preventDefault();
      this.leaveEditing();
    }
  }

  private leaveEditing(): void {
    this.replaces = 0;
    this.text.value = '';
    this.typed();
    this.focus();
  }

  private typed(): void {
    this.show();
    this.changed(this.draft);
  }

  private show(): void {
    this.text.rows = Math.min(12, Math.max(2, this.text.value.split('\n').length));
    setShown(this.editing, this.replaces > 0);
    this.editing.replaceChildren(
      make('span', {}, `In place of question ${this.replaces} and what follows it. `),
      button('Cancel', () => { this.leaveEditing(); }),
    );
    const { file, startLine, endLine, problems } = this.attachable;
    const name = file.slice(file.lastIndexOf('/') + 1);
    const lines = startLine ? `${name}:${startLine}${endLine > startLine ? `-${endLine}` : ''}` : '';
    this.chips.replaceChildren(
      ...(file ? [this.chip('file', visibleLine(name, 60), `The file in front, ${file}`)] : []),
      ...(lines ? [this.chip('selection', visibleLine(lines, 70), `The selected lines of ${file}`)] : []),
      ...(problems ? [this.chip('problems', count(problems, 'problem'), `Errors and warnings in ${file}`)] : []),
    );
    setShown(this.chips, file !== '');
  }

  private chip(part: keyof Attached, text: string, title: string): HTMLElement {
    const on = this.attached[part];
    const label = `${visibleLine(title, 300)}, ${on ? 'goes' : 'does not go'} with the question`;
    const made = button(text, () => {
      this.attached = { ...this.attached, [part]: !on };
      this.typed();
      this.chips.querySelector<HTMLElement>(`[data-part=${part}]`)?.focus();
    }, { 'aria-pressed': String(on), 'aria-label': `${text}: ${label}`, title: label, class: 'chip', 'data-part': part });
    return made;
  }
}

/** What the model asks leave for: a card above the text box, until it is answered. */

import type { ChatAnswerParams, ChatApproval } from '../toolProtocol.js';
import { button, byId, make, setShown } from './dom.js';
import { visible, visibleLine } from './visible.js';

const MAX_DETAIL = 8_000;
const MAX_TOLD = 300;

type Word = ChatAnswerParams['answer'];
export type Answer = (approval: string, answer: Word) => void;

export class ApprovalsView {
  private readonly place = byId('approvals', 'div');
  private readonly alarm = byId('alarm', 'div');
  private shown: readonly ChatApproval[] = [];
  private readonly cards = new Map<string, HTMLElement>();
  private readonly answered = new Set<string>();

  /** `leave` is called when the card that held the keyboard has gone. */
  constructor(
    private readonly answer: Answer,
    private readonly leave: () => void,
  ) {}

  update(approvals: readonly ChatApproval[]): void {
    if (approvals === this.shown) return;
    this.shown = approvals;
    this.answered.clear();
    const held = this.place.contains(document.activeElement);
    const fresh = approvals.filter(({ id }) => !this.cards.has(id));
    for (const [id, card] of this.cards) {
      if (approvals.some((approval) => approval.id === id)) continue;
      card.remove();
      this.cards.delete(id);
    }
    for (const approval of fresh) {
      const card = this.card(approval);
      this.cards.set(approval.id, card);
      this.place.append(card);
    }
    setShown(this.place, approvals.length > 0);
    // Nobody who types loses the keyboard to it; they are told.
    const [first] = fresh;
    if (first) this.alarm.textContent = `${visibleLine(first.title, MAX_TOLD)} ${visibleLine(first.detail, MAX_TOLD)} Shift+Tab from your question leads to the answer.`;
    else if (!approvals.length) this.alarm.textContent = '';
    if (held && !this.place.contains(document.activeElement)) this.leave();
  }

  private card({ id, title, detail, canBeAlways }: ChatApproval): HTMLElement {
    const words = visibleLine(title, 300);
    const act = (label: string, answer: Word, hint: string): HTMLButtonElement =>
      button(label, () => {
        if (this.answered.has(id)) return;
        this.answered.add(id);
        this.answer(id, answer);
      }, { title: hint, 'aria-label': `${label}: ${words}`, class: answer === 'once' ? 'primary' : null });
    const text = visible(detail.slice(0, MAX_DETAIL)) + (detail.length > MAX_DETAIL ? '\n… the rest is not shown' : '');
    return make(
      'div',
      { class: 'card approval', role: 'group', 'aria-label': words },
      make('p', {}, make('strong', {}, words)),
      detail ? make('pre', { tabindex: 0, role: 'region', 'aria-label': 'What would be done' }, text) : null,
      make(
        'div',
        { class: 'tools' },
        act('Allow Once', 'once', 'Do this, and ask again the next time'),
        canBeAlways ? act('Always Allow', 'always', 'Do this, and do not ask again') : null,
        act('Don’t', 'no', 'Do not do this; the model is told so and goes on'),
      ),
    );
  }
}

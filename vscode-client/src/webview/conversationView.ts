/** The conversation on the page: entries come and go by their keys, the newest stays in sight. */

import type { ChatTurn } from '../chatProtocol.js';
import { compactionView, type CardActions } from './compactionView.js';
import { entries, type Conversation, type Entry } from './conversation.js';
import { byId, setShown } from './dom.js';
import { EditsView, type EditActions } from './editsView.js';
import { count } from './figures.js';
import { sentView, TurnView, type TurnActions } from './turnView.js';
import { visible } from './visible.js';

const NEAR_PX = 48;
/** Of an answer that a screen reader is told at once; the rest is read in the conversation. */
const MAX_TOLD = 1_500;

export class ConversationView {
  private readonly log = byId('log', 'main');
  private readonly list = byId('entries', 'div');
  private readonly earlier = byId('earlier', 'button');
  private readonly newest = byId('newest', 'button');
  private readonly announcer = byId('announcer', 'div');
  private readonly nodes = new Map<string, HTMLElement>();
  private readonly turns = new Map<string, TurnView>();
  private readonly edits = new Map<string, EditsView>();
  private readonly values = new Map<string, unknown>();
  private following = true;
  /** Where the conversation was scrolled to. */
  private top = 0;
  private shown: Conversation | null = null;

  constructor(
    private readonly actions: TurnActions & { card: CardActions; edits: EditActions; earlier: (before: number) => void },
  ) {
    this.log.addEventListener('scroll', () => {
      const { scrollHeight, scrollTop, clientHeight } = this.log;
      // Only who scrolls up stops following: what grows below is no scrolling.
      const near = scrollHeight - scrollTop - clientHeight < NEAR_PX;
      if (near || scrollTop < this.top) this.follow(near);
      this.top = scrollTop;
    }, { passive: true });
    new ResizeObserver(() => {
      if (this.following) this.toEnd();
    }).observe(this.list);
    this.newest.addEventListener('click', () => {
      this.follow(true);
      this.toEnd();
      this.log.focus();
    });
    this.earlier.addEventListener('click', () => {
      const first = this.shown?.turns[0];
      if (first) actions.earlier(first.turn);
    });
  }

  update(now: Conversation): void {
    const before = this.shown;
    this.shown = now;
    const other = before?.session.id !== now.session.id;
    const sameEdits = before?.edits === now.edits && before.checkpoints === now.checkpoints && before.changes === now.changes && before.outcome === now.outcome;
    if (other) this.clear();
    const first = this.list.firstElementChild;
    const height = this.log.scrollHeight;
    const wanted = entries(now);
    const keys = new Set(wanted.map(({ key }) => key));
    const held = this.list.contains(document.activeElement);
    for (const key of this.nodes.keys()) if (!keys.has(key)) this.remove(key);
    let last: HTMLElement | null = null;
    for (const entry of wanted) {
      const node = entry.kind === 'edits' ? this.editsNode(entry, now, sameEdits) : this.node(entry);
      // Looked up now: making the node may have taken away the one that was there.
      const place: Element | null = last ? last.nextElementSibling : this.list.firstElementChild;
      if (node !== place) this.list.insertBefore(node, place);
      last = node;
    }
    // What had the keyboard may have gone: it stays in the conversation.
    if (held && !this.list.contains(document.activeElement)) this.log.focus();
    setShown(this.earlier, now.earlier);
    // What is added above leaves what is read where it is.
    const grew = first !== null && first !== this.list.firstElementChild && first.isConnected;
    if (grew && !this.following) this.log.scrollTop += this.log.scrollHeight - height;
    if (!other) this.announce(before, now);
    if (now.sent.length > (before?.sent.length ?? 0)) this.follow(true);
    if (this.following) this.toEnd();
  }

  private editsNode({ key, card }: Entry & { kind: 'edits' }, now: Conversation, same: boolean): HTMLElement {
    const known = this.edits.get(key);
    if (known && same) return known.element;
    const view = known ?? new EditsView(this.actions.edits);
    view.update(card, now.changes, now.outcome);
    this.edits.set(key, view);
    this.nodes.set(key, view.element);
    return view.element;
  }

  private node(entry: Exclude<Entry, { kind: 'edits' }>): HTMLElement {
    const { key } = entry;
    const known = this.nodes.get(key);
    if (entry.kind === 'turn') {
      const view = this.turns.get(key) ?? new TurnView(entry.turn, this.actions);
      view.update(entry.turn);
      this.turns.set(key, view);
      this.nodes.set(key, view.element);
      return view.element;
    }
    const value = entry.kind === 'sent' ? entry.question.question : JSON.stringify(entry.compaction);
    if (known && this.values.get(key) === value) return known;
    // A summary that is being edited stays until it can no longer be.
    if (entry.kind === 'compaction' && entry.compaction.newest && known?.querySelector('textarea')) return known;
    const made = entry.kind === 'sent' ? sentView(entry.question) : compactionView(entry.compaction, this.actions.card);
    if (known instanceof HTMLDetailsElement && made instanceof HTMLDetailsElement) made.open = known.open && entry.kind === 'compaction' && entry.compaction.newest;
    this.values.set(key, value);
    known?.replaceWith(made);
    this.nodes.set(key, made);
    return made;
  }

  private remove(key: string): void {
    this.nodes.get(key)?.remove();
    for (const map of [this.nodes, this.turns, this.edits, this.values]) map.delete(key);
  }

  private clear(): void {
    for (const key of [...this.nodes.keys()]) this.remove(key);
    this.follow(true);
  }

  private follow(following: boolean): void {
    this.following = following;
    setShown(this.newest, !following);
  }

  private toEnd(): void {
    this.log.scrollTop = this.log.scrollHeight;
  }

  /** Tells a screen reader of an answer when it is complete, not letter by letter. */
  private announce(before: Conversation, now: Conversation): void {
    const was = new Map<number, ChatTurn>(before.turns.map((turn) => [turn.turn, turn]));
    const sent = new Set(before.sent.map(({ question }) => question));
    for (const turn of now.turns) {
      const wasComing = was.get(turn.turn)?.finish === '' || sent.has(turn.question);
      if (!turn.finish || !wasComing) continue;
      const text = visible(turn.answer.slice(0, MAX_TOLD));
      const rest = turn.answer.length > MAX_TOLD ? ' The rest is in the conversation.' : '';
      this.announcer.textContent = `Answer: ${text || 'none.'}${rest}`;
    }
    const known = new Set(before.edits.map(({ id }) => id));
    const fresh = now.edits.filter(({ id, state }) => state === 'pending' && !known.has(id)).length;
    if (fresh) this.announcer.textContent = `Changes of ${count(fresh, 'file')} are proposed; they stand in the conversation.`;
  }
}

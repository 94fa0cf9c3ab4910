/** The page of the chat: puts its parts together, and keeps what is typed over a reload. */

import type { Asked, Attached, CodeAction, Told } from '../chat/messages.js';
import { ApprovalsView } from './approvalsView.js';
import { codeOf } from './code.js';
import { Composer, EMPTY, type Draft } from './composer.js';
import { changed, isBusy, shownFrom, withSent, type Conversation } from './conversation.js';
import { ConversationView } from './conversationView.js';
import { byId } from './dom.js';
import { unknownChanges } from './editCards.js';
import { MemoryView } from './memoryView.js';
import { Surroundings } from './page.js';
import { SessionsView } from './sessionsView.js';

interface Kept {
  session: string;
  draft: Draft;
}

interface Host {
  postMessage(message: Asked): void;
  getState(): Kept | undefined;
  setState(state: Kept): void;
}

const FLASH_MS = 1_500;

declare function acquireVsCodeApi(): Host;

const host = acquireVsCodeApi();
const kept: Kept = host.getState() ?? { session: '', draft: EMPTY };
let now: Conversation | null = null;
let asked = 0;
/** Edits whose changes were asked for, and have not come. */
const wanted = new Set<string>();

const ask = (message: Asked): void => { host.postMessage(message); };
const keep = (change: Partial<Kept>): void => {
  Object.assign(kept, change);
  host.setState(kept);
};

const surroundings = new Surroundings(ask);
const composer = new Composer(
  kept.draft,
  ask,
  ({ text, replaces, attached }) => { send(text, replaces, attached); },
  (draft) => { keep({ draft }); },
);
const sessions = new SessionsView(ask, () => now?.session.id ?? '', () => { composer.focus(); });
const approvals = new ApprovalsView((approval, answer) => { ask({ kind: 'answer', approval, answer }); }, () => { composer.focus(); });
const memory = new MemoryView(ask, () => { composer.focus(); });
const view = new ConversationView({
  edit: ({ turn, text }) => { composer.edit(turn, text); },
  again: ({ turn, text }) => { send(text, turn, composer.draft.attached, true); },
  restore: ({ turn }) => { ask({ kind: 'restore', turn }); },
  copy: (code) => { ask({ kind: 'code', action: 'copy', code, language: 'markdown', path: '' }); },
  earlier: (before) => { ask({ kind: 'earlier', before }); },
  card: {
    edit: (text) => { ask({ kind: 'editSummary', text }); },
    pin: () => { ask({ kind: 'pin', text: '' }); },
    undo: () => { ask({ kind: 'undo' }); },
  },
  edits: {
    act: ask,
    again: () => { ask({ kind: 'refresh' }); },
    draft: (text) => { composer.add(text); },
  },
});

/** Sends a question. It is on the page at once; `again` asks what was asked in that turn. */
function send(text: string, replaces: number, attached: Attached, again = false): void {
  if (!now) {
    composer.add(text);
    surroundings.notice('The server does not answer yet. Your question is still here.', now);
    return;
  }
  surroundings.notice('', now);
  asked += 1;
  const question = `page-${Date.now().toString(36)}-${asked}`;
  show(withSent(now, question, text, replaces));
  ask({ kind: 'ask', text: again ? '' : text, question, replaces, attached });
}

function show(next: Conversation): void {
  const missed = next.missed;
  now = missed ? { ...next, missed: false } : next;
  if (kept.session !== now.session.id) keep({ session: now.session.id });
  view.update(now);
  surroundings.update(now);
  composer.update(isBusy(now), now.waiting);
  approvals.update(now.approvals);
  askForChanges(now);
  if (missed) ask({ kind: 'refresh' });
}

/** Asks, once, what the edits that wait would change. */
function askForChanges(now: Conversation): void {
  const edits = unknownChanges(now).filter((id) => !wanted.has(id));
  if (!edits.length) return;
  for (const id of edits) wanted.add(id);
  ask({ kind: 'changes', edits });
}

function told(message: Told): void {
  switch (message.kind) {
    case 'down':
      wanted.clear();
      surroundings.tellDown(message.reason, now);
      return;
    case 'notice':
      surroundings.notice(message.text, now);
      return;
    case 'draft':
      composer.add(message.text);
      return;
    case 'editor':
      composer.attach(message.attachable);
      return;
    case 'memory':
      memory.update(message.memory, message.done);
      return;
    case 'mentions':
      composer.completed(message);
      return;
    case 'sessions':
      sessions.update(message.query, message.sessions, message.reason);
      return;
    case 'show':
      if (message.part === 'sessions') sessions.show();
      else composer.focus();
      return;
    case 'failed':
      // One that has begun is in the log: it is shown when the server is there again.
      if (message.text && !now?.turns.some(({ question }) => question === message.question)) composer.add(message.text);
      surroundings.notice(message.reason, now);
      break;
    case 'changes':
      for (const { edit } of message.changes) wanted.delete(edit);
      break;
    case 'state':
      surroundings.tellDown('', now);
      show(now ? changed(now, message) : shownFrom(message.state, null));
      return;
  }
  if (now) show(changed(now, message));
}

window.addEventListener('message', ({ data }: MessageEvent<Told>) => { told(data); });

/** Says on a button for a moment what it did. */
function flash(pressed: Element, words: string): void {
  const before = pressed.textContent;
  if (before === words) return;
  pressed.textContent = words;
  setTimeout(() => { pressed.textContent = before; }, FLASH_MS);
}

// One listener for what stands in answers: nodes of an answer come and go while it streams.
document.addEventListener('click', (event) => {
  const target = event.target instanceof Element ? event.target : null;
  const action = target?.closest<HTMLElement>('[data-action]')?.dataset.action;
  const block = target?.closest('.code');
  if (target && action === 'copy') flash(target, 'Copied');
  if (action && block) {
    surroundings.notice('', now);
    ask({ kind: 'code', action: action as CodeAction, ...codeOf(block) });
  }
  const link = target?.closest('a');
  if (!link) return;
  event.preventDefault();
  event.stopPropagation();
  const { path, uri = '', line = '0', end = '0' } = link.dataset;
  if (path !== undefined) ask({ kind: 'place', path, uri, line: Number(line), end: Number(end) });
  else ask({ kind: 'web', address: link.href });
}, { capture: true });

byId('title', 'button').addEventListener('click', () => { sessions.show(); });
byId('new', 'button').addEventListener('click', () => { ask({ kind: 'open', session: '' }); });
byId('show-memory', 'button').addEventListener('click', () => { memory.show(); });
byId('compact', 'button').addEventListener('click', () => { ask({ kind: 'compact' }); });
byId('clear', 'button').addEventListener('click', () => { ask({ kind: 'clear' }); });

ask({ kind: 'ready', session: kept.session });

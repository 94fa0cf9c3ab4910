/** A question and its answer on the page. */

import type { ChatQuestion, ChatTurn } from '../chatProtocol.js';
import { decorate, placeLink } from './code.js';
import { button, make, setShown } from './dom.js';
import { moment, usageWords } from './figures.js';
import { mentionPieces } from './mentions.js';
import { StepsView } from './stepsView.js';
import { StreamedMarkdown } from './streaming.js';
import { visible, visibleLine } from './visible.js';

export interface TurnActions {
  edit: (turn: ChatTurn) => void;
  again: (turn: ChatTurn) => void;
  restore: (turn: ChatTurn) => void;
  copy: (text: string) => void;
}

/** Of a question on the page; the rest of a long paste is folded away. */
const MAX_SHOWN = 4_000;

const FINISHES: Readonly<Record<string, string>> = {
  length: 'The answer was cut off: it reached the longest that the model may write.',
  cancelled: 'Stopped.',
  interrupted: 'The server ended while it wrote; this is what came.',
  error: 'The model failed; this is what came.',
};

export class TurnView {
  readonly element = make('section', { class: 'turn' });
  private readonly question = make('div', { class: 'question', role: 'article' });
  private readonly answer = make('div', { class: 'answer', role: 'article' });
  private readonly reasoning = make('details', { class: 'reasoning' }, make('summary', {}, 'Reasoning'));
  private readonly thought = make('div', { class: 'thought' });
  private readonly steps = new StepsView();
  private readonly body = make('div', { class: 'markdown' });
  private readonly after = make('div', { class: 'after' });
  private stream: StreamedMarkdown | null = null;
  private shown: ChatTurn | null = null;

  constructor(
    turn: ChatTurn,
    private readonly actions: TurnActions,
  ) {
    this.reasoning.append(this.thought);
    this.answer.append(this.reasoning, this.steps.element, this.body, this.after);
    this.element.append(make('h2', { class: 'unseen' }, `Turn ${turn.turn}`), this.question, this.answer);
    this.element.setAttribute('aria-label', `Turn ${turn.turn}`);
    this.update(turn);
  }

  /** Shows the turn as it is now; what is the same is left alone. */
  update(turn: ChatTurn): void {
    const before = this.shown;
    if (before === turn) return;
    this.shown = turn;
    if (before?.text !== turn.text || before.finish !== turn.finish) this.showQuestion(turn);
    setShown(this.reasoning, turn.reasoning !== '');
    if (before?.reasoning !== turn.reasoning) this.thought.textContent = visible(turn.reasoning);
    if (before?.steps !== turn.steps || before.finish !== turn.finish) this.steps.update(turn.steps, !turn.finish);
    this.showAnswer(turn, before);
    if (turn.finish) this.showAfter(turn);
    else this.after.replaceChildren();
  }

  private showQuestion(turn: ChatTurn): void {
    const edit = button('Edit', () => { this.actions.edit(turn); }, {
      title: 'Ask this question in other words; it and what follows are replaced, and can be brought back',
      'aria-label': `Edit question ${turn.turn}`,
    });
    const tools = make('div', { class: 'tools' }, turn.finish ? edit : null);
    this.question.setAttribute('aria-label', 'You');
    this.question.replaceChildren(questionText(turn.text), tools);
  }

  private showAnswer(turn: ChatTurn, before: ChatTurn | null): void {
    const who = turn.tier === 'index' ? 'the index' : turn.model || 'the model';
    this.answer.setAttribute('aria-label', `Answer of ${visibleLine(who, 80)}`);
    this.answer.setAttribute('aria-busy', String(!turn.finish));
    if (turn.finish) {
      const same = before?.finish === turn.finish && before.answer === turn.answer && before.citations === turn.citations;
      if (same) return;
      this.stream ??= this.streamed();
      this.stream.end(turn.answer);
      this.stream = null;
      return;
    }
    const have = this.stream && before ? before.answer : '';
    if (!this.stream || !turn.answer.startsWith(have)) this.stream = this.streamed();
    this.stream.push(turn.answer.slice(turn.answer.startsWith(have) ? have.length : 0));
  }

  private streamed(): StreamedMarkdown {
    return new StreamedMarkdown(this.body, (nodes) => {
      decorate(nodes, this.shown?.citations ?? []);
    });
  }

  private showAfter(turn: ChatTurn): void {
    const parts: (Node | null)[] = [
      ...(FINISHES[turn.finish] ? [make('p', { class: 'finish' }, FINISHES[turn.finish] ?? '')] : []),
      ...turn.problems.map((problem) => make('p', { class: 'problem' }, visibleLine(problem, 1_000))),
      ...turn.notes.map((note) => make('p', { class: 'note' }, visibleLine(note, 1_000))),
      turn.cut ? make('p', { class: 'note' }, 'Parts are too long to be shown here. An export has them whole.') : null,
      sources(turn),
      this.footer(turn),
    ];
    this.after.replaceChildren(...parts.filter((part) => part !== null));
  }

  private footer(turn: ChatTurn): HTMLElement {
    const { actions } = this;
    const again = button('Try Again', () => { actions.again(turn); }, {
      title: 'Answer this question anew; this turn and what follows are replaced, and can be brought back',
    });
    const copy = button('Copy', () => { actions.copy(visible(turn.answer)); }, { title: 'Copy the answer as Markdown' });
    const back = button(`Bring Back ${turn.replaced === 1 ? 'What It Replaced' : `the ${turn.replaced} Turns It Replaced`}`, () => {
      actions.restore(turn);
    });
    const tools = make('span', { class: 'tools' }, copy, again, turn.replaced ? back : null);
    return make('div', { class: 'footer' }, answeredBy(turn), tools);
  }
}

/** Shows a question that is on its way: the first sign of life after Enter. */
export function sentView({ text }: ChatQuestion): HTMLElement {
  const question = make('div', { class: 'question', role: 'article', 'aria-label': 'You' }, questionText(text));
  return make('section', { class: 'turn sent', 'aria-label': 'Sent' }, question);
}

function questionText(text: string): HTMLElement {
  const shown = text.slice(0, MAX_SHOWN);
  const pieces = mentionPieces(shown).map((piece, index) =>
    index % 2 ? make('span', { class: 'mention' }, visible(piece)) : visible(piece),
  );
  const rest = text.slice(MAX_SHOWN);
  const folded = rest && make('details', {}, make('summary', {}, 'The rest of it'), make('div', {}, visible(rest)));
  return make('div', { class: 'text' }, ...pieces, folded || null);
}

const KINDS: Readonly<Record<string, string>> = {
  mended: 'lines corrected',
  shown: 'read for the answer',
};

function sources({ citations }: ChatTurn): HTMLElement | null {
  if (!citations.length) return null;
  const items = citations.map((citation) => {
    const kind = KINDS[citation.kind];
    return make('li', {}, placeLink(citation), kind ? make('span', { class: 'kind' }, ` ${kind}`) : null);
  });
  return make('div', { class: 'sources', role: 'group', 'aria-label': 'Sources' }, make('h3', {}, 'Sources'), make('ul', {}, ...items));
}

function answeredBy(turn: ChatTurn): HTMLElement {
  const who = turn.tier === 'index' ? 'Index, no model' : visibleLine(turn.model, 80);
  const where = turn.leavesMachine
    ? make('strong', { class: 'left' }, 'sent to another machine')
    : make('span', {}, 'on this machine');
  const cost = turn.usage ? usageWords(turn.usage) : '';
  return make('span', { class: 'by', title: [moment(turn.at), cost].filter(Boolean).join('\n') }, `${who}, `, where, cost ? make('span', { class: 'cost' }, `, ${cost}`) : null);
}

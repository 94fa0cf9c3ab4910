/** The tools that were called for an answer: a line each, that opens to what was asked and said. */

import type { ChatStep } from '../chatProtocol.js';
import { make, setShown } from './dom.js';
import { stepWords } from './stepWords.js';
import { visible } from './visible.js';

/** Characters of what is shown of one text. */
const MAX_SHOWN = 4_000;

interface Shown {
  value: string;
  item: HTMLLIElement;
}

export class StepsView {
  readonly element = make('ul', { class: 'steps', 'aria-label': 'Tools that were used', hidden: true });
  private shown: Shown[] = [];

  /** Shows the steps as they are now; one that says the same keeps its place and stays open. */
  update(steps: readonly ChatStep[], running: boolean): void {
    setShown(this.element, steps.length > 0);
    this.shown = steps.map((step, index) => {
      const value = JSON.stringify([step, running && !step.text]);
      const known = this.shown[index];
      if (known?.value === value) return known;
      const item = stepItem(step, running, known?.item.querySelector('details')?.open ?? false);
      return { value, item };
    });
    const items = this.shown.map(({ item }) => item);
    const same = items.length === this.element.children.length && items.every((item, index) => item === this.element.children[index]);
    if (!same) this.element.replaceChildren(...items);
  }
}

function stepItem(step: ChatStep, running: boolean, open: boolean): HTMLLIElement {
  const runs = running && !step.text;
  const summary = make('summary', { class: step.ok ? null : 'failed' }, stepWords(step, running));
  const said = step.text ? shortened(step.text) : runs ? 'It runs.' : 'Nothing came.';
  const details = make(
    'details',
    { open },
    summary,
    part('Asked', shortened(indented(step.arguments))),
    part('Result', said),
  );
  return make('li', { class: runs ? 'running' : null }, details);
}

function part(name: string, text: string): HTMLElement {
  return make('pre', { tabindex: 0, role: 'region', 'aria-label': name }, text);
}

function indented(given: string): string {
  try {
    return JSON.stringify(JSON.parse(given), null, 2);
  } catch {
    return given;
  }
}

function shortened(text: string): string {
  return visible(text.slice(0, MAX_SHOWN)) + (text.length > MAX_SHOWN ? '\n… the rest is not shown' : '');
}

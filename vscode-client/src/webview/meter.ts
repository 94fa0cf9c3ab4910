/** The token meter: how full the model's window is, and with what. */

import type { ChatContext } from '../chatProtocol.js';
import { make } from './dom.js';
import { count, number } from './figures.js';

const NAMES: Readonly<Record<string, string>> = {
  system: 'Instructions',
  tools: 'Tools',
  rules: 'Rules of the project',
  checkpoint: 'Summary of what is old',
  history: 'Conversation',
  newest: 'Newest question, with its sources',
};

export interface Segment {
  name: string;
  tokens: number;
  /** 0..1 of the window. */
  share: number;
}

/** Returns what fills the window, then the room that is kept for the answer, then what is free. */
export function segments(context: ChatContext): Segment[] {
  const share = (tokens: number): number => (context.window > 0 ? Math.min(1, tokens / context.window) : 0);
  const filled = Object.entries(context.segments)
    .filter(([, tokens]) => tokens > 0)
    .map(([key, tokens]) => ({ name: NAMES[key] ?? key, tokens, share: share(tokens) }));
  const free = Math.max(0, context.window - context.total - context.reserve);
  return [
    ...filled,
    { name: 'Kept for the answer', tokens: context.reserve, share: share(context.reserve) },
    { name: 'Free', tokens: free, share: share(free) },
  ];
}

/** Returns the meter in words. */
export function meterWords(context: ChatContext): string {
  const about = context.exact ? '' : 'about ';
  return `${about}${number(context.total)} of ${count(context.window, 'token')}, ${percent(context)} %`;
}

/** Returns how full the window is. */
export function percent({ window, total }: ChatContext): number {
  return window > 0 ? Math.round((100 * total) / window) : 0;
}

export function bar(context: ChatContext): HTMLElement {
  const element = make('span', { class: 'bar', 'aria-hidden': 'true' });
  segments(context).forEach(({ share, name }, index) => {
    const kind = name === 'Free' ? 'free' : name === 'Kept for the answer' ? 'reserve' : `part-${index % 6}`;
    const part = make('span', { class: kind });
    part.style.flexGrow = String(share);
    element.append(part);
  });
  return element;
}

export function table(context: ChatContext): HTMLElement {
  const rows = segments(context).map(({ name, tokens, share }, index, all) => {
    const kinds = { [all.length - 2]: 'reserve', [all.length - 1]: 'free' };
    const mark = make('span', { class: `mark ${kinds[index] ?? `part-${index % 6}`}`, 'aria-hidden': 'true' });
    return make('tr', {}, make('th', { scope: 'row' }, mark, name), make('td', {}, number(tokens)), make('td', {}, `${Math.round(100 * share)} %`));
  });
  const words = `What is old is summed up after an answer from ${count(context.background, 'token')} on, and before one from ${number(context.required)} on.`;
  return make('div', {}, make('table', {}, make('tbody', {}, ...rows)), make('p', {}, words));
}

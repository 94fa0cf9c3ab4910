/** Lines that would change, as a small diff. */

import type { ChatHunk } from '../toolProtocol.js';
import { make } from './dom.js';
import { count } from './figures.js';
import { linesOf } from './hunks.js';
import { visible } from './visible.js';

const MAX_LINES = 60;
const MAX_LINE = 400;

export function hunkDiff(hunk: ChatHunk): HTMLElement {
  return make('pre', { class: 'diff' }, ...side('del', '−', hunk.before), ...side('ins', '+', hunk.after));
}

function side(tag: 'del' | 'ins', sign: string, text: string): HTMLElement[] {
  const lines = linesOf(text);
  const shown = lines.slice(0, MAX_LINES).map((line) => {
    const cut = line.length > MAX_LINE ? `${line.slice(0, MAX_LINE)}…` : line;
    return make(tag, {}, `${sign} ${visible(cut)}\n`);
  });
  const left = lines.length - shown.length;
  if (left > 0) shown.push(make(tag, { class: 'rest' }, `${sign} … ${count(left, 'more line')}: Review shows all\n`));
  return shown;
}

/** What is shown of an edit, as Markdown in which nothing that a model or a program wrote is obeyed. */

import type { EditCheck, EditProgressed, EditResult } from '../actionProtocol.js';
import type { ChatHunk } from '../toolProtocol.js';
import { count, duration, number } from '../webview/figures.js';
import { hunkPlace, linesOf } from '../webview/hunks.js';
import { visible, visibleLine } from '../webview/visible.js';

const MAX_LINES = 60;
const MAX_LINE = 400;
const MAX_DETAIL_LINES = 12;
const MARKS = { passed: '✓', failed: '✗', skipped: '–' } as const;
const STATES = { passed: 'passed', failed: 'failed', skipped: 'not checked' } as const;

/** Returns code in a fence that nothing in it closes. */
export function fenced(code: string, language: string): string {
  const longest = Math.max(2, ...[...code.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${code.replace(/\n$/, '')}\n${fence}`;
}

/** Returns a text as one line that reads the same in Markdown, without links or markup. */
export function plain(text: string, limit = 300): string {
  return visibleLine(text, limit).replace(/[!-/:-@[-`{-~]/g, '\\$&');
}

/** Returns lines of a diff in a fence, those that are too many left out. `sign` is one of ' +-'. */
export function diffBlock(lines: readonly { sign: string; line: string }[], limit = MAX_LINES): string {
  const shown = lines.slice(0, limit).map(({ sign, line }) => {
    const cut = line.length > MAX_LINE ? `${line.slice(0, MAX_LINE)}…` : line;
    return `${sign} ${visible(cut)}`.trimEnd();
  });
  const left = lines.length - shown.length;
  return fenced([...shown, ...(left > 0 ? [`… ${count(left, 'more line')}`] : [])].join('\n'), 'diff');
}

export function hunkBlock({ before, after }: Pick<ChatHunk, 'before' | 'after'>): string {
  const side = (sign: string, text: string): { sign: string; line: string }[] =>
    linesOf(text).map((line) => ({ sign, line }));
  return diffBlock([...side('-', before), ...side('+', after)]);
}

/** Returns what a thread of a hunk is called: where it is, and how many lines it adds and removes. */
export function hunkLabel(hunk: ChatHunk, place: number, total: number): string {
  const added = linesOf(hunk.after).length;
  const removed = linesOf(hunk.before).length;
  const which = total > 1 ? `Change ${place} of ${total}` : 'The change';
  const parts = [...(added ? [`${count(added, 'line')} added`] : []), ...(removed ? [`${number(removed)} removed`] : [])];
  return `${which} · ${hunkPlace(hunk, false)}: ${parts.join(', ')}`;
}

/** Returns the checks as a list, those that failed first. */
export function checksBlock(checks: readonly EditCheck[]): string {
  const order = ['failed', 'passed', 'skipped'];
  const sorted = [...checks].sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state));
  return sorted.map(checkLine).join('\n');
}

/** Returns how the checks came out, in a few words. */
export function checksWords(checks: readonly EditCheck[]): string {
  const failed = checks.filter(({ state }) => state === 'failed').length;
  const passed = checks.filter(({ state }) => state === 'passed').length;
  if (failed) return `${count(failed, 'check')} failed, ${number(passed)} passed`;
  return passed ? `${count(passed, 'check')} passed` : 'Nothing was checked';
}

/** Returns who made an edit, and what it took. */
export function madeBy({ tier, model, rounds, drafts, seconds }: Pick<EditResult, 'tier' | 'model' | 'rounds' | 'drafts' | 'seconds'>): string {
  if (tier === 1 || !model) return 'Made without a model.';
  const tries = drafts > rounds ? `${count(drafts, 'draft')} in ${count(rounds, 'round')}` : count(rounds, 'round');
  return `Made by ${plain(model, 100)} in ${tries}, ${duration(seconds * 1000)}.`;
}

/** Returns what is done for an edit just now, in words. */
export function stageWords({ stage, round, done, total }: Pick<EditProgressed, 'stage' | 'round' | 'done' | 'total'>): string {
  const again = round > 1 ? `, round ${round}` : '';
  switch (stage) {
    case 'waiting':
      return 'Waiting for the model';
    case 'reading':
      return total ? `Reading ${number(done)} of ${count(total, 'token')}${again}` : `Reading${again}`;
    case 'writing':
      return `Writing${again}`;
    case 'checking':
      return `Checking${again}`;
    case 'repairing':
      return `Repairing what the checks found${again}`;
  }
}

function checkLine({ name, state, detail }: EditCheck): string {
  const said = visible(detail.trim());
  const head = `- ${MARKS[state]} ${plain(name, 60)} (${STATES[state]})`;
  if (!said) return head;
  const lines = said.split('\n');
  if (lines.length === 1 && said.length <= 300) return `${head}: ${plain(said)}`;
  const left = lines.length - MAX_DETAIL_LINES;
  const shown = lines.slice(0, MAX_DETAIL_LINES).map((line) => line.slice(0, MAX_LINE));
  const block = fenced([...shown, ...(left > 0 ? [`… ${count(left, 'more line')}`] : [])].join('\n'), 'text');
  return `${head}:\n\n${block.replace(/^/gm, '  ')}\n`;
}

/** Pages to read: the doctor's findings, how a suggestion came about, what became of them all. */

import { adapterLines, withAdapters } from './learned.js';
import type { Block, Page } from './page.js';
import type { Check, Status, Tally, Trace } from './protocol.js';
import { buttonsFor, forEditor, percentage, type Button } from './wording.js';

const LEARNED: Button = { label: 'What Was Learned', command: 'ownstack.learned' };

/** The server's name for the completer that it carries. */
export const BUILTIN = 'builtin';

const text = (said: string): Block => ({ kind: 'text', text: said });
const heading = (said: string): Block => ({ kind: 'heading', text: said });
const code = (said: string): Block => ({ kind: 'code', text: said });

function asked(said: string, more: readonly Button[] = []): Block[] {
  const buttons = [...more, ...buttonsFor(said)];
  return buttons.length ? [{ kind: 'buttons', buttons }] : [];
}

// The doctor -------------------------------------------------------------------------------

/** Returns the doctor's report; `keys` says what keys cost in the extension host. */
export function doctorReport(checks: readonly Check[], status: string, keys: string): Page {
  const order = { error: 0, warning: 1, ok: 2 };
  const sorted = [...checks].sort((a, b) => order[a.level] - order[b.level]);
  return {
    title: 'Ownstack doctor',
    blocks: [
      text(status),
      ...sorted.map(({ name, level, detail, hint }): Block => {
        const advice = forEditor(hint);
        const said = forEditor(detail);
        return { kind: 'check', name, level, detail: said, hint: advice, buttons: buttonsFor(`${said} ${advice}`) };
      }),
      text(`Keys in the extension: ${keys}`),
    ],
  };
}

// Why --------------------------------------------------------------------------------------

export interface Asked {
  /** The newest answer; null if there was none yet. */
  trace: Trace | null;
  status: Status | null;
  /** Why nothing is suggested in the document in front, or "". */
  off: string;
  /** What switches it on again. */
  on?: Button;
}

const TIERS: Record<string, string> = {
  'typed-through': 'It is the rest of what was suggested before you typed on.',
  joined: 'It was being computed for an earlier key already.',
};

/** Returns how the newest answer came about, or why there is none. */
export function explanation({ trace, status, off, on }: Asked): Page {
  const blocks: Block[] = [];
  if (off) {
    blocks.push(text(`Nothing is suggested here. ${off}`), ...asked(off, on ? [on] : []));
  } else if (!trace || (!trace.path && !trace.text)) {
    blocks.push(text(`Nothing was suggested yet.${trace?.reason ? ` ${forEditor(trace.reason)}` : ''}`));
  } else {
    blocks.push(...answer(trace));
  }
  if (status) {
    const state = forEditor(status.reason);
    blocks.push(heading('State'), text(state), ...asked(state));
    const lines = adapterLines(status.roles);
    if (lines.length) blocks.push(...lines.map(text), { kind: 'buttons', buttons: [LEARNED] });
  }
  const suggested = !off && trace?.text;
  return { title: suggested ? 'Why this suggestion' : 'Why no suggestion', blocks };
}

function answer(trace: Trace): Block[] {
  const blocks: Block[] = [];
  const { selected, hidden } = trace;
  if (trace.path) blocks.push(text(trace.line ? `For ${trace.path}, line ${trace.line}.` : `For ${trace.path}.`));
  if (hidden) {
    blocks.push(
      text(`The row “${selected}” of the editor's own list hides this suggestion, which does not go on from it. Escape closes the list and shows it:`),
      code(hidden),
    );
  }
  if (!trace.text) {
    const reason = forEditor(trace.reason);
    const row = selected && !hidden ? ` The row “${selected}” is selected in the editor's own list, and only what goes on from it can be shown; Escape closes the list.` : '';
    const what = hidden ? 'For the row itself nothing is suggested.' : 'Nothing was suggested.';
    return [...blocks, text(`${what} ${reason}${row}`), ...asked(reason), ...figures(trace)];
  }
  const row = hidden ? 'Shown instead, going on from the row:' : `To go on from the row “${selected}” of the editor's own list:`;
  const whose = selected ? row : 'Suggested:';
  blocks.push(text(whose), code(trace.text), ...maker(trace));
  if (selected && !hidden) blocks.push(text('Escape closes the list; then the row has no say.'));
  return [...blocks, ...figures(trace)];
}

/** Returns who made the text, and where it was found. */
function maker({ tier, source, model, adapters, origin, prefetched, confidence, adjusted, learned }: Trace): Block[] {
  const blocks: Block[] = [];
  if (source === 'echo') {
    const adapted = withAdapters(adapters);
    const scored = model === BUILTIN ? `, and the built-in network${adapted}${adapted && ','} found it likely here` : '';
    blocks.push(text(`Echo found it: it is how the longest match in your files goes on${scored}.`));
    if (origin) {
      blocks.push({ kind: 'place', before: 'Found in', label: `${origin.path}, line ${origin.line}`, uri: origin.uri, line: origin.line });
    }
  } else {
    const adapted = withAdapters(adapters);
    blocks.push(text(`${makerName(model)}${adapted}${adapted && ','} wrote it.`));
  }
  const cached = prefetched
    ? 'It was computed ahead, while you read the suggestion before it.'
    : 'It was computed for an earlier key, and kept.';
  const how = tier === 'cache' ? cached : TIERS[tier];
  if (how) blocks.push(text(how));
  if (confidence !== null) blocks.push(text(`${percentage(confidence)} sure.`));
  if (learned) blocks.push(text(`${learned} (ownstack.completion.learnFromOutcomes)`));
  if (adjusted !== null) {
    const why = 'as you kept and turned down others like it (ownstack.completion.learnFromOutcomes)';
    blocks.push(text(`For you it counts as ${percentage(adjusted)} sure, ${why}.`));
  }
  return blocks;
}

function makerName(model: string): string {
  if (model === BUILTIN) return 'The built-in network';
  return model ? `The model ${model}` : 'A model';
}

// Stage → what was done in it.
const STAGES: Record<string, string> = {
  eligibility: 'may anything be suggested here',
  'typed-through': 'what is shown already',
  cache: 'what was computed earlier',
  extent: 'how many lines',
  echo: 'searching your files',
  symbols: 'looking up names',
  score: 'scoring by the network',
  rank: 'choosing',
  window: 'cutting the prompt',
  join: 'waiting for what is being computed',
  model: 'waiting for the model',
  queue: '… until it was free',
  layout: '… arranging the prompt',
  prefill: '… reading it',
  decode: '… writing',
  beside: '… scoring other lines',
  statement: 'waiting for the lines that belong to it',
  weigh: 'weighing it against your files',
  offer: 'making it ready',
};

function figures({ stagesMs, promptTokens, evaluatedTokens, generatedTokens }: Trace): Block[] {
  const blocks: Block[] = [];
  const stages = Object.entries(stagesMs).map(([name, ms]) => [STAGES[name] ?? name, `${ms.toFixed(1)} ms`]);
  if (stages.length) blocks.push(heading('Time'), { kind: 'table', head: ['', ''], rows: stages });
  if (promptTokens) {
    const rows = [
      ['in the prompt', String(promptTokens)],
      ['read now', String(evaluatedTokens)],
      ['written', String(generatedTokens)],
    ];
    blocks.push(heading('Tokens'), { kind: 'table', head: ['', ''], rows });
  }
  return blocks;
}

// Statistics -------------------------------------------------------------------------------

/** Returns what became of suggestions, by who made them. */
export function statisticsReport(tallies: readonly Tally[], days: number, reason: string): Page {
  const blocks: Block[] = [];
  if (reason) blocks.push(text(reason));
  if (!tallies.length) {
    blocks.push(text('Nothing was suggested yet.'));
  } else {
    const all = tallies.length > 1 ? [total(tallies)] : [];
    const columns = [...tallies, ...all];
    blocks.push(
      text(`The last ${days} days, all windows.`),
      { kind: 'table', head: ['', ...tallies.map(tallyName), ...all.map(() => 'all')], rows: measures(columns) },
      text('Accepted: with the key. Typed along: typed to the end. Partly: a third or more was taken. Refused: something else was typed. Kept: of those taken, still in the file at each look (after 30 seconds, 2 and 10 minutes). The rest was left: the cursor went elsewhere.'),
      text('These figures are counted in a file on this machine, as lengths and hashes, never as code.'),
    );
  }
  return { title: 'Ownstack statistics', blocks };
}

/** Returns a row for each measure, with a column for each tally. */
function measures(columns: readonly Tally[]): string[][] {
  const share = (pick: (tally: Tally) => number): string[] =>
    columns.map((tally) => `${pick(tally)} (${Math.round((100 * pick(tally)) / Math.max(1, tally.shown))} %)`);
  return [
    ['shown', ...columns.map(({ shown }) => String(shown))],
    ['accepted', ...share(({ accepted }) => accepted)],
    ['typed along', ...share(({ typedThrough }) => typedThrough)],
    ['partly', ...share(({ partly }) => partly)],
    ['refused', ...share(({ rejected }) => rejected)],
    ['kept', ...columns.map(({ kept, lookedAt }) => (lookedAt ? `${kept} of ${lookedAt}` : '–'))],
  ];
}

export function tallyName({ source, model }: Pick<Tally, 'source' | 'model'>): string {
  if (source === 'echo') return 'echo (your files)';
  return model === BUILTIN ? 'built-in network' : model || 'a model';
}

export function total(tallies: readonly Tally[]): Tally {
  const sum = (pick: (tally: Tally) => number): number =>
    tallies.reduce((all, tally) => all + pick(tally), 0);
  return {
    source: '',
    model: '',
    shown: sum(({ shown }) => shown),
    accepted: sum(({ accepted }) => accepted),
    typedThrough: sum(({ typedThrough }) => typedThrough),
    partly: sum(({ partly }) => partly),
    rejected: sum(({ rejected }) => rejected),
    kept: sum(({ kept }) => kept),
    lookedAt: sum(({ lookedAt }) => lookedAt),
  };
}

/** Returns the statistics in a few words, for the menu. */
export function statisticsLine(tallies: readonly Tally[]): string {
  const { shown, accepted, typedThrough, kept, lookedAt } = total(tallies);
  if (!shown) return 'nothing shown yet';
  const taken = accepted + typedThrough;
  const still = lookedAt ? `, ${Math.round((100 * kept) / lookedAt)} % of those kept` : '';
  return `${shown.toLocaleString('en')} shown, ${taken.toLocaleString('en')} taken (${Math.round((100 * taken) / shown)} %)${still}`;
}

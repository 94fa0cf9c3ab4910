/** What a tool was called for, in a few words of a reader. */

import type { ChatStep } from '../chatProtocol.js';
import { visibleLine } from './visible.js';

type Given = Readonly<Record<string, unknown>>;
/** While it runs, and after it. */
type Words = readonly [doing: string, done: string];

const MAX_ARGUMENT = 120;
const MAX_REASON = 160;

const TOOLS: Readonly<Record<string, (given: Given) => Words>> = {
  search: (given) => both('Searching for', 'Searched for', `${quoted(given, 'query')}${below(given)}`),
  symbols: (given) => both('Looking up symbols', 'Looked up symbols', given.name ? quoted(given, 'name') : `of ${path(given)}`),
  references: (given) => both('Looking up uses of', 'Looked up uses of', quoted(given, 'name')),
  read: (given) => both('Reading', 'Read', `${path(given)}${lines(given)}`),
  list: (given) => both('Listing', 'Listed', path(given)),
  diagnostics: (given) => both('Looking at the problems', 'Looked at the problems', below(given)),
  git_diff: (given) => both('Looking at what is not committed', 'Looked at what is not committed', below(given)),
  recall: (given) => both('Recalling', 'Recalled', given.query ? quoted(given, 'query') : 'an earlier output'),
  propose_edit: (given) => both('Proposing a change of', 'Proposed a change of', path(given)),
  run_tests: (given) => both('Running the tests', 'Ran the tests', given.path ? `of ${path(given)}` : ''),
  delegate: (given) => both('Having looked into', 'Had looked into', quoted(given, 'task')),
};

/** Returns a line that says what a step does (`running`) or did, and what went wrong. */
export function stepWords(step: ChatStep, running: boolean): string {
  const known = Object.hasOwn(TOOLS, step.name) ? TOOLS[step.name] : undefined;
  const [doing, done] = known?.(read(step.arguments)) ?? other(step);
  if (!step.text) return running ? `${doing} …` : `${done}: nothing came`;
  return done + outcome(step);
}

function outcome({ name, text, ok }: ChatStep): string {
  if (name === 'run_tests') {
    const counted = /\b\d{1,7} failed\b/.exec(text) ?? (ok ? /\b\d{1,7} passed\b/.exec(text) : null);
    const ended = /^It (?:ended with|was ended after) [^\n]{1,20}$/m.exec(text);
    const found = counted?.[0] ?? (ok ? 'passed' : ended?.[0].replace(/\.$/, '').toLowerCase().replace(/^it /, ''));
    if (found) return `: ${found}`;
  }
  return ok ? '' : `: ${visibleLine(text.replace(/^Error: /, ''), MAX_REASON)}`;
}

/** Returns the arguments of a call; none where they are no object of JSON. */
function read(given: string): Given {
  try {
    const value: unknown = JSON.parse(given);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Given) : {};
  } catch {
    return {};
  }
}

function other({ name, arguments: given }: ChatStep): Words {
  const words = `${visibleLine(name, 60)} ${visibleLine(given === '{}' ? '' : given, MAX_ARGUMENT)}`.trim();
  return both('Using', 'Used', words);
}

function both(doing: string, done: string, rest: string): Words {
  const words = rest ? ` ${rest.trim()}` : '';
  return [doing + words, done + words];
}

function plain(given: Given, name: string): string {
  const value = given[name];
  return typeof value === 'string' || typeof value === 'number' ? visibleLine(String(value), MAX_ARGUMENT) : '';
}

const quoted = (given: Given, name: string): string => `“${plain(given, name)}”`;
const path = (given: Given): string => plain(given, 'path') || 'the project';
const below = (given: Given): string => (given.path ? ` in ${plain(given, 'path')}` : '');

function lines(given: Given): string {
  const [start, end] = [plain(given, 'start'), plain(given, 'end')];
  if (!start && !end) return '';
  return end && end !== start ? `:${start || '1'}-${end}` : `:${start}`;
}

/** Search results and index states in words: what a list shows, and what a screen reader says. */

import type { Block, Page } from './page.js';
import type { FileInIndex, Hit, IndexStatus } from './protocol.js';
import { buttonsFor, forEditor, percentage } from './wording.js';

export interface Row {
  label: string;
  description: string;
  detail: string;
  /** Name of the icon. */
  icon: string;
}

const DETAIL_CHARS = 120;

// Kind → name of VS Code's icon for it; others are plain text.
const ICONS: Record<string, string> = {
  class: 'symbol-class',
  constant: 'symbol-constant',
  enum: 'symbol-enum',
  field: 'symbol-field',
  function: 'symbol-method',
  interface: 'symbol-interface',
  method: 'symbol-method',
  module: 'symbol-namespace',
  namespace: 'symbol-namespace',
  property: 'symbol-property',
  struct: 'symbol-structure',
  trait: 'symbol-interface',
  type: 'symbol-class',
  variable: 'symbol-variable',
};

// Kind → what it is called, where that is not its name.
const WORDS: Record<string, string> = { group: 'members', text: 'lines' };

/** Returns how a result is listed: its name, kind and place, and the line that says most. */
export function row({ path, startLine, line, kind, name, text, cell }: Hit): Row {
  const place = cell === null ? `${path}:${line}` : `${path}:cell ${cell}:${line}`;
  const said = (text.split('\n')[line - startLine] ?? '').trim();
  return {
    label: name || (path.split('/').at(-1) ?? path),
    description: name ? `${WORDS[kind] ?? kind} · ${place}` : place,
    detail: said.length > DETAIL_CHARS ? `${said.slice(0, DETAIL_CHARS - 1)}…` : said,
    icon: ICONS[kind] ?? 'file-code',
  };
}

/** Returns what is known of the indexes of a window's folders, in a line for each. */
export function indexLines(index: readonly IndexStatus[]): string[] {
  const several = index.length > 1;
  return index.map((one) => {
    const where = several ? ` of ${one.folder.split(/[\\/]/).at(-1) ?? one.folder}` : '';
    return `Index${where}: ${indexState(one)}`;
  });
}

export function indexState({ state, reason, progress, files, symbols, sizeBytes, ageS }: IndexStatus): string {
  if (state === 'indexing') return `reading files, ${percentage(progress ?? 0)}`;
  if (state !== 'ready') return reason;
  const size = sizeBytes < 1e6 ? `${Math.ceil(sizeBytes / 1e3)} kB` : `${(sizeBytes / 1e6).toFixed(1)} MB`;
  const checked = ageS === null ? '' : `, checked ${ago(ageS)}`;
  return `${count(files, 'file')}, ${count(symbols, 'symbol')}, ${size}${checked}`;
}

/** Returns a page about the indexes: what is in them, and what is not. */
export function indexReport(index: readonly IndexStatus[], file: FileInIndex | null): Page {
  const blocks: Block[] = [];
  if (file) {
    const reason = forEditor(file.reason);
    blocks.push({ kind: 'heading', text: file.path }, { kind: 'text', text: reason });
    blocks.push({ kind: 'buttons', buttons: buttonsFor(reason) });
  }
  for (const one of index) {
    blocks.push({ kind: 'heading', text: one.folder }, { kind: 'text', text: indexState(one) });
    if (one.state === 'ready') blocks.push({ kind: 'text', text: one.reason });
    blocks.push({ kind: 'buttons', buttons: buttonsFor(one.reason) });
    const reasons = Object.entries(one.leftOut).sort(([, a], [, b]) => b - a);
    const rows = reasons.map(([reason, files]) => [reason, count(files, 'file')]);
    if (rows.length) blocks.push({ kind: 'table', head: ['Left out', ''], rows });
  }
  if (!blocks.length) blocks.push({ kind: 'text', text: 'No folder is open, so there is no index.' });
  return { title: 'Ownstack index', blocks };
}

function count(n: number, noun: string): string {
  return `${n.toLocaleString('en')} ${noun}${n === 1 ? '' : 's'}`;
}

function ago(seconds: number): string {
  if (seconds < 90) return 'just now';
  if (seconds < 5_400) return `${Math.round(seconds / 60)} minutes ago`;
  return `${Math.round(seconds / 3_600)} hours ago`;
}

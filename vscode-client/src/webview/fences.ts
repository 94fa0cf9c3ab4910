/** What stands behind the three marks of a code block: its language, and the file that it is for. */

import { placeOf } from './links.js';

export interface FenceInfo {
  language: string;
  /** Path of the file that the code is for, "" if none is named. */
  path: string;
}

/** Reads `python`, `python src/a.py`, `python:src/a.py`, `python title="src/a.py"`, `src/a.py`. */
export function fenceInfo(info: string): FenceInfo {
  const words = info.slice(0, 400).trim().split(/\s+/);
  const [first = '', ...rest] = words;
  const colon = /^([\w+#-]{1,30}):(.+)$/.exec(first);
  if (colon?.[2] && placeOf(colon[2])) return { language: named(colon[1] ?? ''), path: pathOf(colon[2]) };
  if (first.includes('.') && placeOf(first)) return { language: '', path: pathOf(first) };
  return { language: named(first), path: rest.map(pathOf).find(Boolean) ?? '' };
}

function pathOf(word: string): string {
  const bare = word.replace(/^(?:path|file|filename|title)=/i, '').replace(/^["'{]+|["'},]+$/g, '');
  return bare.includes('.') ? (placeOf(bare)?.path ?? '') : '';
}

function named(word: string): string {
  const name = word.replace(/[{},.].*$/, '').toLowerCase();
  return /^[\w+#-]{1,30}$/.test(name) ? name : '';
}

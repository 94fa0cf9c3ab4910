/** Where a code block of an answer belongs in a file: values in, values out. */

export interface Span {
  /** Offsets in the text; `end` is exclusive. */
  start: number;
  end: number;
}

export type Placed =
  | { text: string; how: string }
  /** Why it cannot be placed, and what to do. */
  | { problem: string };

const ELISION = /^\s*(?:#|\/\/|--|\/\*|<!--|;)?\s*(?:\.{3}|…)\s*(?:$|.*(?:existing|rest|unchanged|same|other|remaining|previous|omitted|here)\b)/im;

/**
 * Returns the file's text with the block in it.
 *
 * A selection is replaced. Else a block that begins as a definition of the file begins takes the
 * place of that definition, one that covers most of the file takes the place of all of it, and any
 * other goes to the cursor.
 */
export function placed(text: string, code: string, selection: Span): Placed {
  const block = withEnds(code, text);
  if (!block.trim()) return { problem: 'The block is empty.' };
  if (ELISION.test(code)) {
    return { problem: 'The block leaves parts of the file out (“…”), so it cannot be applied. Ask for the whole function, or insert it at the cursor.' };
  }
  if (!text.trim()) return { text: block, how: 'as the text of the empty file' };
  if (selection.end > selection.start) return spliced(text, selection, reindented(block, text, selection.start), 'in place of the selection');
  const definition = definitionSpan(text, block);
  if (definition === 'several') {
    return { problem: 'The file has several places that begin like the block. Select the lines that it is to replace, then apply it again.' };
  }
  if (definition) {
    const same = firstLine(block).trimEnd() === firstLine(text.slice(definition.start)).trimEnd();
    return spliced(text, definition, same ? block : reindented(block, text, definition.start), 'in place of what it defines');
  }
  if (coversFile(text, block)) return { text: block, how: 'in place of the whole file' };
  const at = lineStart(text, selection.start);
  const line = text.slice(at, lineEnd(text, at));
  const place = line.trim() ? lineEnd(text, at) : at;
  return spliced(text, { start: place, end: line.trim() ? place : lineEnd(text, at) }, reindented(block, text, at), 'at the cursor');
}

/** Returns what differs between two texts, as one replacement. */
export function difference(before: string, after: string): Span & { text: string } {
  const most = Math.min(before.length, after.length);
  let start = 0;
  while (start < most && before[start] === after[start]) start += 1;
  let end = 0;
  while (end < most - start && before[before.length - 1 - end] === after[after.length - 1 - end]) end += 1;
  // Neither half of a pair of surrogates, nor of a line end, is left behind.
  while (start > 0 && /[\ud800-\udbff\r]/.test(before[start - 1] ?? '')) start -= 1;
  const splits = (text: string): boolean => /[\ud800-\udbff][\udc00-\udfff]|\r\n/.test(text.slice(text.length - end - 1, text.length - end + 1));
  while (end > 0 && (splits(before) || splits(after))) end -= 1;
  return { start, end: before.length - end, text: after.slice(start, after.length - end) };
}

function spliced(text: string, { start, end }: Span, block: string, how: string): Placed {
  const rest = text.slice(end);
  const needsEnd = rest !== '' && !/^\r?\n/.test(rest) && !block.endsWith('\n') && text[end - 1] === '\n';
  const body = block.replace(/\r?\n$/, '') + (needsEnd || text.slice(start, end).endsWith('\n') ? lineBreak(text) : '');
  const before = text.slice(0, start);
  const gap = start === end && before !== '' && !before.endsWith('\n') ? lineBreak(text) : '';
  return { text: before + gap + body + rest, how };
}

/** Returns the lines that begin as the block does, to the end of what they define. */
function definitionSpan(text: string, block: string): Span | null | 'several' {
  const head = signature(firstLine(block));
  if (!head) return null;
  const lines = linesOf(text);
  const found = lines.filter(({ line }) => signature(line) === head);
  if (found.length > 1) return 'several';
  const first = found[0];
  if (!first) return null;
  const index = lines.indexOf(first);
  const indent = indentOf(first.line).length;
  let last = index;
  for (let at = index + 1; at < lines.length; at += 1) {
    const line = lines[at]?.line ?? '';
    if (!line.trim()) continue;
    const closes = indentOf(line).length === indent && /^\s*(?:[}\])]+[;,]?|end)\s*$/.test(line);
    if (indentOf(line).length <= indent && !closes && !/^\s*[)\]{]/.test(line)) break;
    last = at;
    if (closes) break;
  }
  return { start: first.start, end: lines[last]?.end ?? text.length };
}

/** Returns the part of a line that says what it defines, "" if it defines nothing. */
function signature(line: string): string {
  const word = /^\s*(?:(?:export|default|public|private|protected|static|async|pub|final|abstract|override)\s+){0,5}(?:def|class|function|func|fn|fun|struct|enum|trait|impl|interface|type|module|const|let|var)\s+[\w$*&<>.]{1,120}/.exec(line.slice(0, 300));
  if (!word) return '';
  return word[0].trim().replace(/\s+/g, ' ').replace(/^(?:(?:export|default|public|private|protected|static|async|pub|final|abstract|override) )+/, '');
}

function coversFile(text: string, block: string): boolean {
  const lines = new Set(block.split('\n').map((line) => line.trim()).filter(Boolean));
  const all = text.split('\n').map((line) => line.trim()).filter(Boolean);
  const kept = all.filter((line) => lines.has(line)).length;
  return all.length >= 4 && kept / all.length >= 0.6 && firstLine(text).trim() === firstLine(block).trim();
}

/** Indents a block as the line is that it comes to. */
function reindented(block: string, text: string, at: number): string {
  const start = lineStart(text, at);
  const wanted = indentOf(text.slice(start, lineEnd(text, start)));
  const has = indentOf(firstLine(block));
  if (wanted === has) return block;
  return block
    .split('\n')
    .map((line) => (line.trim() ? wanted + (line.startsWith(has) ? line.slice(has.length) : line.trimStart()) : line))
    .join('\n');
}

function withEnds(code: string, text: string): string {
  const plain = code.replace(/\r\n?/g, '\n').replace(/^\n+/, '').replace(/\n*$/, '\n');
  return lineBreak(text) === '\r\n' ? plain.replace(/\n/g, '\r\n') : plain;
}

const lineBreak = (text: string): string => (text.includes('\r\n') ? '\r\n' : '\n');
const firstLine = (text: string): string => /[^\s].*/.exec(text)?.[0] === undefined ? '' : (text.split('\n').find((line) => line.trim()) ?? '');
const indentOf = (line: string): string => /^[ \t]*/.exec(line)?.[0] ?? '';
const lineStart = (text: string, at: number): number => text.lastIndexOf('\n', at - 1) + 1;

function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  if (end < 0) return text.length;
  return text[end - 1] === '\r' ? end - 1 : end;
}

function linesOf(text: string): (Span & { line: string })[] {
  const lines: (Span & { line: string })[] = [];
  let start = 0;
  while (start <= text.length) {
    const next = text.indexOf('\n', start);
    const end = next < 0 ? text.length : next + 1;
    lines.push({ start, end, line: text.slice(start, end).replace(/\r?\n$/, '') });
    if (next < 0) break;
    start = end;
  }
  return lines;
}

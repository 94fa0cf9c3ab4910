/** Code blocks of answers: what they are, and what can be done with them. */

import type { ChatCitation } from '../chatProtocol.js';
import { make } from './dom.js';
import { placeOf, placeText } from './links.js';
import { visibleLine } from './visible.js';

const ACTIONS = [
  ['copy', 'Copy', 'Copy this code'],
  ['insert', 'Insert', 'Insert this code at the cursor'],
  ['apply', 'Apply…', 'Show this code as a change of a file, to be applied or discarded'],
  ['newFile', 'New File', 'Open this code as a new file'],
] as const;

/** Gives each code block its head, and makes links of places that were checked. */
export function decorate(nodes: DocumentFragment, citations: readonly ChatCitation[]): void {
  for (const pre of nodes.querySelectorAll('pre')) frame(pre);
  if (citations.length) linkPlaces(nodes, citations);
}

/** Reads a code block back: exactly what is shown of it. */
export function codeOf(block: Element): { code: string; language: string; path: string } {
  const pre = block.querySelector('pre');
  return {
    code: pre?.textContent ?? '',
    language: pre?.dataset.language ?? '',
    path: pre?.dataset.file ?? '',
  };
}

function frame(pre: HTMLPreElement): void {
  const { language = '', file = '' } = pre.dataset;
  const name = [language, file].filter(Boolean).join(', ') || 'code';
  pre.tabIndex = 0;
  pre.setAttribute('aria-label', `Code: ${name}`);
  pre.setAttribute('role', 'region');
  const buttons = ACTIONS.map(([action, text, title]) =>
    make('button', { type: 'button', 'data-action': action, title }, text),
  );
  const head = make(
    'div',
    { class: 'code-head' },
    make('span', { class: 'code-name' }, name),
    make('span', { class: 'code-actions' }, ...buttons),
  );
  const block = make('div', { class: 'code' }, head);
  pre.replaceWith(block);
  block.append(pre);
}

const WORD = /[\w@./\\+#-]{1,240}\.\w{1,12}(?:(?::|#L?)\d{1,7}(?:\s?[-–]\s?L?\d{1,7})?)?/g;

function linkPlaces(nodes: DocumentFragment, citations: readonly ChatCitation[]): void {
  const walker = document.createTreeWalker(nodes, NodeFilter.SHOW_TEXT);
  const texts: Text[] = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (node instanceof Text && !node.parentElement?.closest('pre, a, button')) texts.push(node);
  }
  for (const text of texts) {
    const parts: (Node | string)[] = [];
    let from = 0;
    for (const { index, 0: word } of text.data.matchAll(WORD)) {
      const citation = citedAs(word, citations);
      if (!citation) continue;
      parts.push(text.data.slice(from, index), placeLink(citation, word));
      from = index + word.length;
    }
    if (parts.length) text.replaceWith(...parts, text.data.slice(from));
  }
}

/** Returns the checked citation that a word of the answer names. */
function citedAs(word: string, citations: readonly ChatCitation[]): ChatCitation | null {
  const place = placeOf(word);
  if (!place) return null;
  const fits = ({ path }: ChatCitation): boolean => path === place.path || path.endsWith(`/${place.path}`);
  const exact = citations.find((citation) => fits(citation) && citation.startLine === place.line);
  return exact ?? (place.line ? null : citations.find(fits)) ?? null;
}

/** Makes a link that opens a place of the project. */
export function placeLink(citation: ChatCitation, text?: string): HTMLAnchorElement {
  const { path, startLine, endLine, name, uri } = citation;
  const place = placeText({ path, line: startLine, end: endLine });
  const cell = citation.cell === null ? '' : `, cell ${citation.cell}`;
  const label = text ?? (name ? `${place} ${name}` : place) + cell;
  const where = { 'data-uri': uri, 'data-path': path, 'data-line': startLine, 'data-end': endLine };
  return make('a', { href: '#', class: 'place', title: `Open ${place}${cell}`, ...where }, visibleLine(label));
}

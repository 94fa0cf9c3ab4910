/**
 * An answer as a tree of the page: markdown in, sanitised nodes out.
 *
 * Whatever a model writes is hostile. HTML in it is text, images are words, a link leads to a page
 * by its full address or to a file of the project, and what comes out of the renderer passes
 * DOMPurify, which knows only what the renderer makes.
 */

import createPurifier from 'dompurify';
import MarkdownIt from 'markdown-it';
import type { Token } from 'markdown-it';

import { fenceInfo } from './fences.js';
import { highlighted } from './highlighting.js';
import { isWebAddress, placeOf } from './links.js';

/** What later blocks have to know of earlier ones: the targets of links by reference. */
export type Environment = Record<string, unknown>;

export interface Block {
  tokens: Token[];
  /** Lines of the text that it begins and ends at; the end is exclusive. */
  start: number;
  end: number;
}

const TAGS = [
  'a', 'blockquote', 'br', 'code', 'del', 'div', 'em', 'h3', 'h4', 'h5', 'h6', 'hr', 'li', 'ol', 'p',
  'pre', 's', 'span', 'strong', 'table', 'tbody', 'td', 'th', 'thead', 'tr', 'ul',
];
const ATTRIBUTES = ['class', 'data-file', 'data-language', 'data-line', 'data-path', 'href', 'start', 'title'];

const markdown = new MarkdownIt({ html: false, linkify: false, typographer: false });
markdown.set({ maxNesting: 24 } as object);
const { rules } = markdown.renderer;
const escape = markdown.utils.escapeHtml;

markdown.validateLink = (address) => isWebAddress(address) || placeOf(decoded(address)) !== null;

rules.image = (tokens, index) => {
  const words = tokens[index]?.content ?? '';
  return `<span class="image">[image${words ? `: ${escape(words)}` : ''}, not loaded]</span>`;
};
rules.link_open = (tokens, index) => {
  const address = tokens[index]?.attrGet('href') ?? '';
  const place = isWebAddress(address) ? null : placeOf(decoded(address));
  if (!place) return `<a href="${escape(address)}" title="${escape(address)}">`;
  return `<a href="#" data-path="${escape(place.path)}" data-line="${place.line}" title="${escape(place.path)}">`;
};
rules.code_inline = (tokens, index) => {
  const text = tokens[index]?.content ?? '';
  return `<code>${escape(text)}</code>`;
};
rules.fence = (tokens, index) => {
  const token = tokens[index];
  const { language, path } = fenceInfo(markdown.utils.unescapeAll(token?.info ?? ''));
  return code(token?.content ?? '', language, path);
};
rules.code_block = (tokens, index) => code(tokens[index]?.content ?? '', '', '');
// The page's own headings are above those of answers.
rules.heading_open = (tokens, index) => `<${lowered(tokens[index]?.tag)}>`;
rules.heading_close = (tokens, index) => `</${lowered(tokens[index]?.tag)}>`;
// The policy of the page forbids styles in the text.
rules.td_open = (tokens, index) => cell('td', tokens[index]);
rules.th_open = (tokens, index) => cell('th', tokens[index]);

/** Cuts a text into its blocks. */
export function blocks(text: string, env: Environment): Block[] {
  const found: Block[] = [];
  for (const token of markdown.parse(text, env)) {
    const opens = token.level === 0 && token.nesting >= 0;
    if (opens) found.push({ tokens: [token], start: token.map?.[0] ?? 0, end: token.map?.[1] ?? 0 });
    else found.at(-1)?.tokens.push(token);
  }
  return found;
}

/** Returns sanitised nodes. `window` is the page's, or a test's. */
export function rendered(parts: readonly Block[], env: Environment): DocumentFragment {
  const html = parts.map(({ tokens }) => markdown.renderer.render(tokens, markdown.options, env)).join('');
  return sanitised(html);
}

export function sanitised(html: string): DocumentFragment {
  return purifier().sanitize(html, {
    ALLOWED_TAGS: TAGS,
    ALLOWED_ATTR: ATTRIBUTES,
    // Checked by the renderer: they are names and numbers, no addresses.
    ADD_URI_SAFE_ATTR: ['data-file', 'data-language', 'data-line', 'data-path', 'start'],
    ALLOW_DATA_ATTR: false,
    ALLOW_ARIA_ATTR: false,
    ALLOWED_URI_REGEXP: /^(?:https?:|mailto:|#)/i,
    RETURN_DOM_FRAGMENT: true,
  });
}

let made: ReturnType<typeof createPurifier> | null = null;

function purifier(): ReturnType<typeof createPurifier> {
  made ??= createPurifier(window);
  return made;
}

let newest = { code: '', language: '', html: '' };

function code(text: string, language: string, path: string): string {
  const same = newest.code === text && newest.language === language;
  const html = same ? newest.html : (highlighted(text, language) ?? escape(text));
  newest = { code: text, language, html };
  const named = `${language ? ` data-language="${escape(language)}"` : ''}${path ? ` data-file="${escape(path)}"` : ''}`;
  return `<pre${named}><code>${html}</code></pre>\n`;
}

function cell(tag: string, token: Token | undefined): string {
  const side = /text-align:(left|right|center)/.exec(token?.attrGet('style') ?? '')?.[1];
  return side ? `<${tag} class="align-${side}">` : `<${tag}>`;
}

function lowered(tag = 'h1'): string {
  return `h${Math.min(6, Number(tag.slice(1)) + 2)}`;
}

function decoded(address: string): string {
  try {
    return decodeURIComponent(address);
  } catch {
    return ''; // A lone percent sign names no file.
  }
}

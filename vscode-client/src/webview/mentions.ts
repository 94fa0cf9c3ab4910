/** Mentions: what stands after an @ at the cursor, and what takes its place. */

export interface Typed {
  /** Where the @ stands. */
  start: number;
  /** What is typed after it. */
  query: string;
}

// As the server reads them: an @ that no word, path or address goes into.
const TYPED = /(?:^|[^\w@./])@([\w./\\:-]{0,240})$/;
const WHOLE = /(?<![\w@./])@[\w./\\-][\w./\\:-]{0,239}/g;

/** Returns the mention that is being typed at the cursor, or null. */
export function mentionAt(text: string, cursor: number): Typed | null {
  const before = text.slice(Math.max(0, cursor - 242), cursor);
  const found = TYPED.exec(before);
  if (!found) return null;
  const query = found[1] ?? '';
  return { start: cursor - query.length - 1, query };
}

/** Puts what was chosen in the place of what was typed; returns the text and where the cursor goes. */
export function withMention(text: string, typed: Typed, insert: string): { text: string; cursor: number } {
  const rest = text.slice(typed.start + 1 + typed.query.length);
  const space = /^\s/.test(rest) || insert.endsWith('/') ? '' : ' ';
  const before = text.slice(0, typed.start) + insert + space;
  const over = space || insert.endsWith('/') ? 0 : 1;
  return { text: before + rest, cursor: before.length + over };
}

/** Cuts a question into pieces, of which every second one is a mention. */
export function mentionPieces(text: string): string[] {
  const pieces: string[] = [];
  let from = 0;
  for (const { index, 0: found } of text.matchAll(WHOLE)) {
    pieces.push(text.slice(from, index), found);
    from = index + found.length;
  }
  return [...pieces, text.slice(from)];
}

/** Tells whether a question names what has no path: `@selection`, `@diagnostics`. */
export function names(text: string, what: 'selection' | 'diagnostics'): boolean {
  return mentionPieces(text).some((piece, index) => index % 2 === 1 && piece.replace(/[.:-]+$/, '') === `@${what}`);
}

/** Text that others wrote, made safe to look at: nothing in it is obeyed, everybody sees what is there. */

// C0 but for tabs and line ends, DEL, C1; what turns the direction of letters; lone surrogates.
const UNSAFE = new RegExp(
  '[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f\\u061c\\u200b\\u200e\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff]' +
    '|[\\ud800-\\udbff](?![\\udc00-\\udfff])|(?<![\\ud800-\\udbff])[\\udc00-\\udfff]' +
    '|\\udb40[\\udc00-\\udc7f]',
  'g',
);

/** Returns the text with what a reader cannot see written out, as Python writes it (`\x1b`). */
export function visible(text: string): string {
  return text.replace(/\r\n?/g, '\n').replace(UNSAFE, (found) => {
    const code = found.codePointAt(0) ?? 0;
    if (code < 0x100) return `\\x${hex(code, 2)}`;
    return code > 0xffff ? `\\U${hex(code, 8)}` : `\\u${hex(code, 4)}`;
  });
}

/** Returns the same on one line, cut after `limit` characters. */
export function visibleLine(text: string, limit = 300): string {
  const line = visible(text.slice(0, limit * 2)).replace(/\s+/g, ' ').trim();
  return line.length > limit ? `${line.slice(0, limit - 1)}…` : line;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}

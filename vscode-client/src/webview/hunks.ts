/** Lines that would change: where they are, and each side of them. */

import type { ChatHunk } from '../toolProtocol.js';

/** Returns where a hunk is: `Line 5`, `Lines 5–9`, `Before line 5`. */
export function hunkPlace({ startLine, before }: Pick<ChatHunk, 'startLine' | 'before'>, isNew: boolean): string {
  if (isNew) return 'The whole file';
  const lines = linesOf(before).length;
  if (!lines) return `Before line ${startLine}`;
  return lines === 1 ? `Line ${startLine}` : `Lines ${startLine}–${startLine + lines - 1}`;
}

/** Returns the lines of one side of a hunk, without their ends. */
export function linesOf(text: string): string[] {
  return text ? text.replace(/\r\n?/g, '\n').replace(/\n$/, '').split('\n') : [];
}

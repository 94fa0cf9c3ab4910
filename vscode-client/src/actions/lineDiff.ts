/** The lines that a text becomes while it is written: values in, values out. */

export interface DiffLine {
  /** " " stays, "-" goes, "+" comes. */
  sign: ' ' | '-' | '+';
  line: string;
}

/** Lines of either side that are compared with each other; more are shown as they are written. */
const MOST = 400;

/**
 * Returns how `before` becomes `after`.
 *
 * Of a text that is still written (`whole` is false) the lines of `before` that come after the last
 * one it has taken over say nothing yet: they are left out.
 */
export function lineDiff(before: readonly string[], after: readonly string[], whole: boolean): DiffLine[] {
  if (before.length > MOST || after.length > MOST) {
    return [...(whole ? signed('-', before) : []), ...signed('+', after)];
  }
  const common = lengths(before, after);
  const end = whole ? before.length : reached(common, before.length, after.length);
  return walked(common, before, after, end);
}

/** Returns, for each i and j, how many lines the first i of one and the first j of the other share. */
function lengths(before: readonly string[], after: readonly string[]): Uint16Array[] {
  const rows = [new Uint16Array(after.length + 1)];
  for (const line of before) {
    const above = rows.at(-1) ?? new Uint16Array(0);
    const row = new Uint16Array(after.length + 1);
    for (let j = 1; j <= after.length; j += 1) {
      row[j] = line === after[j - 1] ? at(above, j - 1) + 1 : Math.max(at(above, j), at(row, j - 1));
    }
    rows.push(row);
  }
  return rows;
}

/** Returns how many lines of the first text have been passed for as many as possible to be shared. */
function reached(common: readonly Uint16Array[], most: number, columns: number): number {
  const best = at(common[most], columns);
  return common.findIndex((row) => at(row, columns) === best);
}

function walked(common: readonly Uint16Array[], before: readonly string[], after: readonly string[], end: number): DiffLine[] {
  const lines: DiffLine[] = [];
  let i = end;
  let j = after.length;
  while (i > 0 || j > 0) {
    const [old = '', fresh = ''] = [before[i - 1], after[j - 1]];
    if (i > 0 && j > 0 && old === fresh) {
      lines.push({ sign: ' ', line: old });
      i -= 1;
      j -= 1;
    } else if (j > 0 && (i === 0 || at(common[i], j - 1) >= at(common[i - 1], j))) {
      lines.push({ sign: '+', line: fresh });
      j -= 1;
    } else {
      lines.push({ sign: '-', line: old });
      i -= 1;
    }
  }
  return lines.reverse();
}

const at = (row: Uint16Array | undefined, index: number): number => row?.[index] ?? 0;

function signed(sign: DiffLine['sign'], lines: readonly string[]): DiffLine[] {
  return lines.map((line) => ({ sign, line }));
}

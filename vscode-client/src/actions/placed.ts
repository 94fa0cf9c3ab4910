/** Where hunks are while the text around them is edited: lines from 0, `end` is exclusive. */

export interface Lines {
  start: number;
  end: number;
}

export interface Change {
  /** Where it begins and ends, in the text before it. */
  first: number;
  last: number;
  /** Of the last line: where on it it ends. */
  column: number;
  /** Line ends of the text that it puts there. */
  breaks: number;
}

/** Returns where lines are after a change; one that is not wholly before them leaves them. */
export function moved(lines: Lines, { first, last, column, breaks }: Change): Lines {
  const isBefore = last < lines.start || (last === lines.start && column === 0);
  const by = breaks - (last - first);
  return isBefore ? { start: lines.start + by, end: lines.end + by } : lines;
}

/** Returns which of several is at a line: the one that holds it, else the nearest, the upper of two. */
export function nearest(places: readonly Lines[], line: number): number {
  const away = ({ start, end }: Lines): number => (line < start ? start - line : Math.max(0, line - Math.max(start, end - 1)));
  let best = -1;
  for (const [index, place] of places.entries()) {
    const known = places[best];
    if (!known || away(place) < away(known)) best = index;
  }
  return best;
}

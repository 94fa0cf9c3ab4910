/** What is kept, as the rows of a list and the words of a question. */

/** A group of `ownstack clean --json`. */
export interface Group {
  group: string;
  what: string;
  /** The user made or fetched it: it does not come back by itself. */
  own: boolean;
  sizeBytes: number;
}

export interface Row {
  label: string;
  description: string;
  detail: string;
  group: Group;
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** Returns a size such as “4.1 GB”. */
export function size(bytes: number): string {
  let [value, unit] = [bytes, 0];
  for (; value >= 1000 && unit < UNITS.length - 1; unit += 1) value /= 1000;
  return `${unit ? value.toFixed(1) : value} ${UNITS[unit] ?? ''}`;
}

/** Reads what `ownstack clean --json` printed; null if it printed something else. */
export function readGroups(printed: string): Group[] | null {
  try {
    const { groups } = JSON.parse(printed) as { groups: Group[] };
    return groups.map(({ group, what, own, sizeBytes }) => ({ group, what, own, sizeBytes }));
  } catch {
    return null; // The server is broken, or of a version before this.
  }
}

export function rowsOf(groups: readonly Group[]): Row[] {
  return groups.map((group) => ({
    label: group.group.charAt(0).toUpperCase() + group.group.slice(1),
    description: size(group.sizeBytes),
    detail: `${capital(group.what)}.${group.own ? ' Yours: it does not come back.' : ''}`,
    group,
  }));
}

/** Returns the question before anything is removed, and what explains it. */
export function question(chosen: readonly Group[]): { title: string; detail: string } {
  const named = (groups: readonly Group[]): string => groups.map(({ what, sizeBytes }) => `${what} (${size(sizeBytes)})`).join('; ');
  const own = chosen.filter((group) => group.own);
  const rest = chosen.filter((group) => !group.own);
  const lines = [
    own.length ? `Yours, and gone for good: ${named(own)}.` : '',
    rest.length ? `Can be made again: ${named(rest)}.` : '',
    'Ownstack stops for all windows meanwhile. Your projects, and model files that you added, are not touched.',
  ];
  const total = chosen.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return { title: `Remove ${size(total)} that Ownstack keeps?`, detail: lines.filter(Boolean).join('\n\n') };
}

/** Returns what could not be removed, of what `ownstack clean --json` printed. */
export function readProblems(printed: string, said: string): string[] {
  try {
    const { problems } = JSON.parse(printed) as { problems: { path: string; reason: string }[] };
    return problems.map(({ path, reason }) => `${path}: ${reason}`);
  } catch {
    return [said.trim() || 'The server did not say what it removed.'];
  }
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Where a link of an answer may lead: to a page by its full address, or to a file of the project. */

export interface Place {
  path: string;
  /** From 1; 0 = the file as a whole. */
  line: number;
  end: number;
}

const MAX_PATH = 240;
const WEB = /^(?:https?:\/\/[^\s/]|mailto:[^\s@]+@)/i;
// A path needs an extension, so that no scheme (`command:1`) is taken for one.
const PLACE = /^((?!\/\/)[\w@./\\+-]{1,240}\.\w{1,12})(?:(?::|#L?)(\d{1,7})(?:\s?[-–]\s?L?(\d{1,7}))?)?$/;

export function isWebAddress(address: string): boolean {
  return address.length <= 2_000 && WEB.test(address);
}

/** Returns the place that `src/a.py:3-5` or `src/a.py#L3` names, or null. */
export function placeOf(text: string): Place | null {
  if (text.length > MAX_PATH + 20) return null;
  const found = PLACE.exec(text);
  const path = found?.[1]?.replaceAll('\\', '/').replace(/^\.\//, '');
  if (!path) return null;
  const line = Number(found?.[2] ?? 0);
  return { path, line, end: Math.max(line, Number(found?.[3] ?? line)) };
}

/** Returns how a place is written. */
export function placeText({ path, line, end }: Place): string {
  if (!line) return path;
  return end > line ? `${path}:${line}-${end}` : `${path}:${line}`;
}

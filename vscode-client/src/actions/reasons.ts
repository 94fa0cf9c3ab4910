/** Why offered actions cannot be used now: the editor shows them grey and does not say it. */

const MAX_TITLE = 120;

interface Offered {
  title: string;
  disabled?: { readonly reason: string } | undefined;
}

/** Returns the actions; the title of one that cannot be used says why. */
export function withReasons<T extends Offered>(found: readonly T[]): T[] {
  for (const action of found) {
    if (action.disabled) action.title = shortened(`${action.title}: ${action.disabled.reason}`);
  }
  return [...found];
}

function shortened(text: string): string {
  return text.length > MAX_TITLE ? `${text.slice(0, MAX_TITLE - 1)}…` : text;
}

/** How long to wait before a server that has crashed is started again. */

const DELAYS_MS = [0, 500, 2_000, 5_000, 15_000, 60_000];
/** A server that ran this long before it crashed is not in a loop of crashes. */
const STABLE_MS = 60_000;

export class Backoff {
  private crashes = 0;

  /** Returns the milliseconds to wait, or null when it is time to give up. */
  next(ranMs: number): number | null {
    if (ranMs >= STABLE_MS) this.crashes = 0;
    return DELAYS_MS[this.crashes++] ?? null;
  }

  reset(): void {
    this.crashes = 0;
  }
}

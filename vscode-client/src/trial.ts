/** The first start of a new server: whether it serves is not taken for granted. */

import type { State } from './protocol.js';

export interface Trial {
  /** Milliseconds in which it must answer; null: as long as it takes. */
  limitMs: number | null;
  /** Hears that the server serves. */
  served: () => void;
  /** Hears why it does not; tells whether there is another one to start instead. */
  failed: (reason: string) => Promise<boolean>;
}

/** Of a server that is taken as it is. */
export const NO_TRIAL: Trial = { limitMs: null, served: () => undefined, failed: () => Promise.resolve(false) };

/** One that has answered and is still there after this serves, whatever it still loads. */
const STAYS_MS = 30_000;

export class TrialRun {
  private clock: NodeJS.Timeout | null;
  private over = false;

  /** Begins to wait; `silent` is called if the server has not answered in time. */
  constructor(
    private readonly trial: Trial,
    silent: () => void,
  ) {
    this.clock = trial.limitMs === null ? null : setTimeout(silent, trial.limitMs);
  }

  /** The server has answered. */
  answered(): void {
    if (this.over) return;
    if (this.clock) clearTimeout(this.clock);
    this.clock = setTimeout(() => {
      this.served();
    }, STAYS_MS);
  }

  /** The server has said how it is. */
  heard(state: State): void {
    if (state !== 'starting' && state !== 'loading') this.served();
  }

  /** The server has gone, or is given up. Tells whether there is another one to start instead. */
  ended(reason: string): Promise<boolean> {
    if (this.over) return Promise.resolve(false);
    this.end();
    return this.trial.failed(reason);
  }

  /** Nothing counts any more: somebody else has stopped the server. */
  end(): void {
    this.over = true;
    if (this.clock) clearTimeout(this.clock);
  }

  private served(): void {
    if (this.over) return;
    this.end();
    this.trial.served();
  }
}

/** What is chosen in the menu: kept by the editor, for this workspace; nothing is written into it. */

import { NOTHING_CHOSEN, type Chosen } from './settings.js';

/** The part of VS Code's Memento that is used. */
export interface Memory {
  get(key: string): unknown;
  update(key: string, value: unknown): Thenable<void>;
}

const KEY = 'chosen';

export class Choices {
  private readonly watchers = new Set<() => void>();

  constructor(private readonly memory: Memory) {}

  get current(): Chosen {
    const kept = this.memory.get(KEY);
    return typeof kept === 'object' && kept !== null ? { ...NOTHING_CHOSEN, ...kept } : NOTHING_CHOSEN;
  }

  /** Calls `watcher` at each change. */
  watch(watcher: () => void): void {
    this.watchers.add(watcher);
  }

  async set(change: Partial<Chosen>): Promise<void> {
    const next = { ...this.current, ...change };
    const nothing = next.workspace === undefined && !next.snoozedUntil && !Object.keys(next.languages).length;
    await this.memory.update(KEY, nothing ? undefined : next);
    for (const watcher of this.watchers) watcher();
  }
}

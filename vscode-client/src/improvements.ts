/** Shows what a model found after something else was suggested: the editor is made to ask again. */

import type { ProviderResult } from 'vscode';

import type { CompletionImproved } from './protocol.js';

/** Whoever has typed less than this ago is typing still: nothing changes under the cursor. */
const CALM_MS = 100;

const ASK = 'editor.action.inlineSuggest.trigger';
/**
 * Asks, too, and chooses the item before the first, which is the last: but only while something is
 * shown. What was dismissed by Escape, of which no extension hears, stays away.
 */
const ASK_IF_SHOWN = 'editor.action.inlineSuggest.showPrevious';

/** A place in a text. */
export interface Cursor {
  uri: string;
  version: number;
  line: number;
  character: number;
}

export interface Editor {
  /** Where the cursor is; null without a text in front, with several cursors, or with a selection. */
  cursor: () => Cursor | null;
  run: (command: string) => PromiseLike<unknown>;
}

type Items<Item> = Item[] | { items: Item[] };

/** A request of the editor. */
interface Asked {
  cursor: Cursor;
  /** Milliseconds since 1970. */
  at: number;
  /** By somebody who pressed a key for it, or by us: an editor asks so once at a place. */
  invoked: boolean;
  /** By us. */
  again: boolean;
  /** How much was suggested; undefined while that is not known. */
  items?: number;
  /** The server has told of something better since this was asked. */
  told?: boolean;
}

export class Improvements {
  private newest: Asked | null = null;
  /** What the editor was made to run. */
  private running: string | null = null;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly editor: Editor) {}

  /** Passes a request of the editor on, with whether somebody invoked it: nobody has if we made it ask. */
  async ask<Item>(
    cursor: Cursor,
    invoked: boolean,
    next: (invoked: boolean) => ProviderResult<Items<Item>>,
  ): Promise<Items<Item> | null | undefined> {
    const made = invoked ? this.running : null;
    const asked: Asked = { cursor, at: Date.now(), invoked, again: made !== null };
    if (invoked) this.running = null;
    this.newest = asked;
    const items = await next(invoked && !made);
    const list = Array.isArray(items) ? items : (items?.items ?? []);
    asked.items = list.length;
    // It was told before the answer arrived, which is with nothing all the same.
    if (asked.told && list.length === 0) this.lookSoon(asked);
    // Whichever is chosen then is the best; and it stays chosen while it is typed along with.
    return made === ASK_IF_SHOWN ? list.slice(0, 1) : items;
  }

  /** Whether the editor was made to ask here already, and so asks no more for whoever invokes it. */
  get hasAsked(): boolean {
    return this.newest?.again === true && same(this.newest.cursor, this.editor.cursor());
  }

  /** Hears that there is something better for a text; looks at it when nobody types. */
  improved({ uri, version }: CompletionImproved): void {
    const asked = this.newest;
    if (!asked || asked.invoked) return;
    if (asked.cursor.uri !== uri || asked.cursor.version !== version) return;
    asked.told = true;
    if (asked.items !== undefined) this.lookSoon(asked);
  }

  private lookSoon(asked: Asked): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.look(asked), Math.max(0, asked.at + CALM_MS - Date.now()));
  }

  dispose(): void {
    clearTimeout(this.timer);
  }

  private async look(asked: Asked): Promise<void> {
    if (asked !== this.newest || !same(asked.cursor, this.editor.cursor())) return;
    this.running = asked.items ? ASK_IF_SHOWN : ASK;
    try {
      await this.editor.run(this.running);
    } finally {
      this.running = null;
    }
  }
}

function same(one: Cursor, other: Cursor | null): boolean {
  return (
    one.uri === other?.uri &&
    one.version === other.version &&
    one.line === other.line &&
    one.character === other.character
  );
}

/**
 * An answer on the page while it streams: only its last block is rendered again.
 *
 * What came is shown at the next frame. Rendering takes at most a quarter of the time: a long block
 * is shown less often, and frames stay free.
 */

import { blocks, rendered, type Environment } from './markdown.js';
import { patch } from './patching.js';
import { visible } from './visible.js';

/** Of one answer; the rest is in the log, and is exported with it. */
export const MAX_CHARS = 400_000;
const SHARE = 3;
// It may become a list, a rule, a heading, a fence or a table: the next letters tell.
const UNDECIDED = /(?:^|\n)[ \t]*(?:[-=*_#`~|+>: ]{1,80}|\d{1,9}[.)]?)$/;

export type Frames = (run: (now: number) => void) => void;

export class StreamedMarkdown {
  private text = '';
  private carried = '';
  /** Up to where blocks are final. */
  private settled = 0;
  private env: Environment = {};
  /** Where the last, unfinished block is. */
  private readonly tail: HTMLElement;
  private waiting = false;
  private ended = false;
  private quietUntil = 0;
  private cut = false;

  /** `decorate` is given each piece of new nodes before it is shown. */
  constructor(
    private readonly root: HTMLElement,
    private readonly decorate: (nodes: DocumentFragment) => void,
    private readonly frames: Frames = (run) => requestAnimationFrame(run),
    private readonly now: () => number = () => performance.now(),
  ) {
    this.tail = root.ownerDocument.createElement('div');
    this.tail.className = 'tail';
    root.replaceChildren(this.tail);
  }

  /** Adds what came; it is seen at the next frame. */
  push(delta: string): void {
    if (this.ended || this.cut || !delta) return;
    const whole = this.carried + delta;
    // The other half of a line end may come with the next piece.
    this.carried = whole.endsWith('\r') ? '\r' : '';
    this.text += visible(this.carried ? whole.slice(0, -1) : whole);
    if (this.text.length > MAX_CHARS) {
      this.text = `${this.text.slice(0, MAX_CHARS)}\n\n*The rest is not shown: it is too long.*`;
      this.cut = true;
    }
    this.schedule();
  }

  /** Shows the whole text as it is at last. */
  end(text?: string): void {
    if (this.ended) return;
    if (text !== undefined) {
      this.text = this.carried = '';
      this.cut = false;
      this.push(text);
    }
    this.ended = true;
    const env: Environment = {};
    const nodes = rendered(blocks(this.text, env), env);
    this.decorate(nodes);
    this.unwrap();
    patch(this.root, nodes);
  }

  private unwrap(): void {
    this.tail.replaceWith(...this.tail.childNodes);
  }

  private schedule(): void {
    if (this.waiting) return;
    this.waiting = true;
    this.frames(() => {
      this.waiting = false;
      if (this.ended) return;
      if (this.now() < this.quietUntil) this.schedule();
      else this.show();
    });
  }

  private show(): void {
    const began = this.now();
    const shown = this.text.slice(this.settled).replace(UNDECIDED, '\n');
    const parts = blocks(shown, this.env);
    const last = parts.at(-1);
    if (last && parts.length > 1) {
      const done = rendered(parts.slice(0, -1), this.env);
      this.decorate(done);
      // The last block was in the tail already: its nodes move, and are not made anew.
      const before = this.root.ownerDocument.createElement('div');
      before.append(...this.tail.childNodes);
      patch(before, done);
      this.tail.before(...before.childNodes);
      this.settled += offsetOfLine(shown, last.start);
    }
    const open = last ? rendered([last], this.env) : null;
    if (open) {
      this.decorate(open);
      patch(this.tail, open);
    }
    const took = this.now() - began;
    this.quietUntil = began + took * (1 + SHARE);
  }
}

function offsetOfLine(text: string, line: number): number {
  let offset = 0;
  for (let count = 0; count < line; count += 1) {
    const end = text.indexOf('\n', offset);
    if (end < 0) return text.length;
    offset = end + 1;
  }
  return offset;
}

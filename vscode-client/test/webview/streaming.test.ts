// @vitest-environment jsdom
import { describe, expect, it } from 'vitest';

import { blocks, rendered } from '../../src/webview/markdown.js';
import { StreamedMarkdown } from '../../src/webview/streaming.js';

const ANSWER = [
  '# Totals', 'The sum is in `a.py`,\nsee **below** and [there][1].', '- one\n- two\n\n  still two\n- three',
  '```python\ndef f(a):\n    # - not a list\n    return a\n\n\nx = 1\n```', '1. first\n2. second',
  '| a | b |\n| --- | --: |\n| 1 | 2 |', '> said\n> so', 'Setext\n---', '~~~\nplain\n~~~', 'Last & <least>.',
  '[1]: https://a.example',
].join('\n\n');

class Stage {
  readonly root = document.createElement('div');
  readonly stream: StreamedMarkdown;
  time = 0;
  private due: (() => void)[] = [];

  constructor(decorate: (nodes: DocumentFragment) => void = () => undefined) {
    this.stream = new StreamedMarkdown(this.root, decorate, (run) => this.due.push(() => { run(this.time); }), () => this.time);
  }

  frame(): number {
    const due = this.due;
    this.due = [];
    due.forEach((run) => { run(); });
    return due.length;
  }
}

function whole(text: string): string {
  const env = {};
  const root = document.createElement('div');
  root.append(rendered(blocks(text, env), env));
  return root.innerHTML;
}

describe('an answer that streams', () => {
  it.each([1, 3, 7, 50, 10_000])('is at the end what it is as a whole, in pieces of %i letters', (size) => {
    const stage = new Stage();
    for (let at = 0; at < ANSWER.length; at += size) {
      stage.stream.push(ANSWER.slice(at, at + size));
      stage.frame();
    }
    stage.stream.end();

    expect(stage.root.innerHTML).toBe(whole(ANSWER));
  });

  it('keeps the nodes of blocks that are done', () => {
    const stage = new Stage();
    stage.stream.push('first\n\nsecond');
    stage.frame();
    const first = stage.root.querySelector('p');
    for (const piece of [' goes on\n\n', '```\ncode\n', 'more\n```\n', 'end']) {
      stage.stream.push(piece);
      stage.frame();
    }
    stage.stream.end();

    expect(stage.root.querySelector('p')).toBe(first);
    expect(stage.root.querySelectorAll('p')).toHaveLength(3);
  });

  it('goes on in the same node of text, so that a selection in it holds', () => {
    const stage = new Stage();
    stage.stream.push('one two');
    stage.frame();
    const node = stage.root.querySelector('p')?.firstChild;
    stage.stream.push(' three');
    stage.frame();

    expect(stage.root.querySelector('p')?.firstChild).toBe(node);
    expect(node?.textContent).toBe('one two three');
  });

  it('asks for one frame for many pieces', () => {
    const stage = new Stage();
    for (let count = 0; count < 100; count += 1) stage.stream.push('x');

    expect(stage.frame()).toBe(1);
    expect(stage.root.textContent.trim()).toBe('x'.repeat(100));
  });

  it('rests three times as long as rendering took', () => {
    let cost = 10;
    const stage = new Stage(() => { stage.time += cost; });
    stage.stream.push('a');
    stage.frame();
    cost = 0;
    stage.stream.push('b');
    for (const [passed, seen] of [[0, 'a'], [20, 'a'], [10, 'ab']] as const) {
      stage.time += passed;
      stage.frame();
      expect(stage.root.textContent.trim()).toBe(seen);
    }
  });

  it('waits for the next letters where a line may still become another thing', () => {
    const stage = new Stage();
    stage.stream.push('text\n-');
    stage.frame();
    expect(stage.root.innerHTML).not.toContain('<h');
    stage.stream.push(' item');
    stage.frame();

    expect(stage.root.querySelector('li')?.textContent).toBe('item');
  });

  it('takes a line end that comes in two pieces for one', () => {
    const stage = new Stage();
    stage.stream.push('a\r');
    stage.stream.push('\nb');
    stage.stream.end();

    expect(stage.root.querySelectorAll('p')).toHaveLength(1);
  });

  it('stops growing, and says so', () => {
    const stage = new Stage();
    for (let count = 0; count < 60; count += 1) stage.stream.push('word '.repeat(2_000) + '\n\n');
    stage.stream.end();

    expect(stage.root.textContent.length).toBeLessThan(410_000);
    expect(stage.root.textContent).toContain('The rest is not shown');
  });

  it('shows the text of the server in the end, whatever was streamed', () => {
    const stage = new Stage();
    stage.stream.push('half an ans');
    stage.frame();
    stage.stream.end('Another **answer**.');

    expect(stage.root.innerHTML).toBe(whole('Another **answer**.'));
  });
});

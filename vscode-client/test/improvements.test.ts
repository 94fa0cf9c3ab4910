import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Improvements, type Cursor } from '../src/improvements.js';

const PLACE: Cursor = { uri: 'file:///shop/a.py', version: 3, line: 1, character: 4 };
const IF_SHOWN = 'editor.action.inlineSuggest.showPrevious';
const ASK = 'editor.action.inlineSuggest.trigger';

/** An editor that asks as VS Code does: at once, as if somebody had invoked it. */
class FakeEditor {
  cursor: Cursor | null = PLACE;
  ran: string[] = [];
  /** Whether the requests that reached the server were invoked by somebody. */
  invoked: boolean[] = [];
  /** What was dismissed is not asked for again. */
  shows = true;
  answer = ['a line'];
  readonly improvements = new Improvements({
    cursor: () => this.cursor,
    run: async (command) => {
      this.ran.push(command);
      if (this.cursor && (this.shows || command === ASK)) this.seen = await this.ask(true);
    },
  });
  seen: string[] = [];

  async ask(invoked = false, cursor = this.cursor ?? PLACE): Promise<string[]> {
    const items = await this.improvements.ask<string>(cursor, invoked, (asked) => {
      this.invoked.push(asked);
      return this.answer;
    });
    return items as string[];
  }

  improved(version = 3, uri = PLACE.uri): Promise<unknown> {
    this.improvements.improved({ uri, version });
    return vi.runAllTimersAsync();
  }
}

let editor: FakeEditor;
beforeEach(() => {
  vi.useFakeTimers();
  editor = new FakeEditor();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('something better than what is shown', () => {
  it('is asked for as if nobody had invoked it, and chosen', async () => {
    await editor.ask();
    editor.answer = ['a better line', 'a line'];
    await editor.improved();

    expect(editor.ran).toEqual([IF_SHOWN]);
    expect(editor.invoked).toEqual([false, false]);
    expect(editor.seen).toEqual(['a better line']);
  });

  it('comes with what else is likely where nothing is shown', async () => {
    editor.answer = [];
    await editor.ask();
    editor.answer = ['a line', 'another'];
    await editor.improved();

    expect(editor.ran).toEqual([ASK]);
    expect(editor.seen).toEqual(['a line', 'another']);
  });

  it('waits until nobody has typed for a moment', async () => {
    await editor.ask();
    editor.improvements.improved(PLACE);
    await vi.advanceTimersByTimeAsync(99);

    expect(editor.ran).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(editor.ran).toEqual([IF_SHOWN]);
  });

  it('comes at once to whoever rests', async () => {
    await editor.ask();
    await vi.advanceTimersByTimeAsync(2_000);
    editor.improvements.improved(PLACE);
    await vi.advanceTimersByTimeAsync(0);

    expect(editor.ran).toEqual([IF_SHOWN]);
  });

  it('is asked for where it was told before the answer, which was nothing', async () => {
    editor.answer = [];
    const asking = editor.ask();
    editor.improvements.improved(PLACE);
    await asking;
    await vi.runAllTimersAsync();

    expect(editor.ran).toEqual([ASK]);
  });

  it('is asked for once at a place, which the editor does no more often', async () => {
    await editor.ask();
    await editor.improved();
    await editor.improved();

    expect(editor.ran).toEqual([IF_SHOWN]);
  });
});

describe('nothing is asked for', () => {
  const cases: [string, (editor: FakeEditor) => void][] = [
    ['who types on', (editor) => { editor.cursor = { ...PLACE, version: 4, character: 5 }; }],
    ['whose cursor is elsewhere', (editor) => { editor.cursor = { ...PLACE, character: 0 }; }],
    ['who reads another text', (editor) => { editor.cursor = { ...PLACE, uri: 'file:///shop/b.py' }; }],
    ['who selects, or has several cursors', (editor) => { editor.cursor = null; }],
    ['whom the next key has brought another', (editor) => void editor.ask(false, { ...PLACE })],
  ];
  it.each(cases)('for one %s', async (_, meanwhile) => {
    await editor.ask();
    editor.improvements.improved(PLACE);
    meanwhile(editor);
    await vi.runAllTimersAsync();

    expect(editor.ran).toEqual([]);
  });

  it('for another version or text than was asked about', async () => {
    await editor.ask();
    await editor.improved(2);
    await editor.improved(3, 'file:///shop/b.py');

    expect(editor.ran).toEqual([]);
  });

  it('before the first request', async () => {
    await editor.improved();

    expect(editor.ran).toEqual([]);
  });

  it('while an answer is on its way, which will be the better one', async () => {
    const asking = editor.ask();
    editor.improvements.improved(PLACE);
    await asking;
    await vi.runAllTimersAsync();

    expect(editor.ran).toEqual([]);
  });

  it('where somebody has invoked it: the editor would ask in vain', async () => {
    await editor.ask(true);
    await editor.improved();

    expect(editor.ran).toEqual([]);
    expect(editor.invoked).toEqual([true]);
  });
});

describe('whoever invokes a suggestion', () => {
  it('is not taken for us after something dismissed was left alone', async () => {
    await editor.ask();
    editor.shows = false;
    await editor.improved();
    await editor.ask(true);

    expect(editor.invoked).toEqual([false, true]);
  });

  it('has the editor forget first what it was made to ask for at the same place', async () => {
    await editor.ask();
    expect(editor.improvements.hasAsked).toBe(false);
    await editor.improved();
    expect(editor.improvements.hasAsked).toBe(true);

    editor.cursor = { ...PLACE, version: 4 };
    expect(editor.improvements.hasAsked).toBe(false);
  });
});

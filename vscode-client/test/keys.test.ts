import type { InlineCompletionContext, Position, TextDocument } from 'vscode';
import { describe, expect, it, vi } from 'vitest';

import { Improvements } from '../src/improvements.js';
import { KeyClock, middleware } from '../src/middleware.js';
import { Lines } from '../src/process.js';
import type { Switches } from '../src/settings.js';
import { levelOf } from '../src/stderr.js';

vi.mock('vscode', () => ({ InlineCompletionTriggerKind: { Invoke: 0, Automatic: 1 } }));
vi.mock('vscode-languageclient/node', () => ({ RequestType: Object, NotificationType: Object }));

const document = { languageId: 'python', uri: 'file:///shop/a.py', version: 1 } as unknown as TextDocument;
const improvements = new Improvements({ cursor: () => null, run: () => Promise.resolve() });

const AUTOMATIC = 1;

function asked(on: Switches, clock = new KeyClock(), triggerKind: number = AUTOMATIC): string[] {
  const seen: string[] = [];
  void middleware(() => on, clock, improvements, () => Promise.resolve()).provideInlineCompletionItems?.(
    document,
    { line: 0, character: 0 } as unknown as Position,
    { triggerKind } as unknown as InlineCompletionContext,
    undefined as never,
    (_document, _position, known) => {
      seen.push((known.triggerKind as number) === triggerKind ? 'server' : 'server, otherwise');
      return null;
    },
  );
  return seen;
}

describe('a key', () => {
  it('asks the server', () => {
    expect(asked({ enabled: true, languages: {}, editor: true })).toEqual(['server']);
  });

  it('does not reach the server where completion is off', () => {
    expect(asked({ enabled: true, languages: { python: false }, editor: true })).toEqual([]);
  });

  it('during a snooze reaches the server only if it asks', () => {
    const on = { enabled: true, languages: {}, editor: true, snoozedUntil: Date.now() + 60_000 };

    expect(asked(on)).toEqual([]);
    expect(asked(on, new KeyClock(), 0)).toEqual(['server']);
  });

  it('is timed', () => {
    const clock = new KeyClock();
    asked({ enabled: true, languages: {}, editor: true }, clock);

    expect(clock.calls).toBe(1);
    expect(clock.toString()).toMatch(/^1 calls, mean \d+\.\d{3} ms, longest \d+\.\d ms$/);
  });
});

describe('a command of the server', () => {
  const ran: unknown[] = [];
  const hook = middleware(() => ({ enabled: true, languages: {}, editor: true }), new KeyClock(), improvements, (asked) => Promise.resolve(void ran.push(asked)));
  const execute = (command: string, given: unknown): unknown => hook.executeCommand?.(command, [given], (name) => `the server runs ${name}`);

  it('is run here if it is an action, and else there', async () => {
    const asked = { action: 'refactor.simplify' };
    await execute('ownstack.action.run', asked);

    expect(ran).toEqual([asked]);
    expect(execute('ownstack.index.rebuild', {})).toBe('the server runs ownstack.index.rebuild');
  });
});

describe("the server's standard error", () => {
  const cases: [string, string][] = [
    ['INFO ownstack.lsp: A window opens', 'info'],
    ['2026-11-20 23:50:42,625 WARNING ownstack: slow', 'warn'],
    ['ERROR ownstack: broken', 'error'],
    ['Traceback (most recent call last):', 'info'],
    ['an ERROR in the middle', 'info'],
  ];
  it.each(cases)('%s is logged as %s', (line, level) => {
    expect(levelOf(line)).toBe(level);
  });

  it('is cut into lines wherever the pieces end', () => {
    const seen: string[] = [];
    const lines = new Lines((line) => seen.push(line));
    for (const piece of ['one\ntw', 'o\r\n', '\nthree']) lines.push(piece);
    lines.end();

    expect(seen).toEqual(['one', 'two', 'three']);
  });
});

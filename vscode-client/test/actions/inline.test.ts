import type { CancellationToken, CommentThread, MarkdownString } from 'vscode';
import { beforeEach, describe, expect, it, vi } from 'vitest';

import type { EditProgressed, EditResult } from '../../src/actionProtocol.js';
import type { Edits } from '../../src/actions/edits.js';
import { InlineEdits } from '../../src/actions/inline.js';
import { Threads } from '../../src/actions/threads.js';
import { edit, open, reset, seen } from './fakeEditor.js';

vi.mock('vscode', async () => (await import('./fakeEditor.js')).api);
vi.mock('vscode-languageclient/node', () => ({ RequestType: Object, NotificationType: Object }));

const TEXT = 'a\nb\nc\nd\ne\n';
const PROGRESS: EditProgressed = { id: 'e', stage: 'writing', round: 1, done: 0, total: 0, startLine: 2, endLine: 4, text: 'b\nX' };

function result(hunks: EditResult['files'][number]['hunks']): EditResult {
  const files = [{ edit: 'f', uri: 'file:///shop/a.py', path: 'a.py', isNew: false, before: TEXT, after: '', hunks, reason: '' }];
  const checks = [{ name: 'syntax', state: 'passed' as const, detail: '' }];
  return { id: 'e', label: 'Edit', tier: 2, model: 'm', rounds: 1, drafts: 1, seconds: 1, checks, files: hunks.length ? files : [] };
}

const BOTH = [
  { index: 0, startLine: 2, before: 'b\n', after: 'X\n' },
  { index: 1, startLine: 4, before: 'd\n', after: 'Y\nZ\n' },
];

/** A server that writes an edit when it is let, and says what is left of it. */
class FakeEdits {
  readonly asked: unknown[] = [];
  left: EditResult | Error = result([]);
  write: (made: EditResult | Error) => void = () => undefined;
  hear: (progress: EditProgressed) => void = () => undefined;

  make(params: unknown, token: CancellationToken, hear: (progress: EditProgressed) => void): Promise<EditResult> {
    this.asked.push(params);
    this.hear = hear;
    return new Promise((resolve, reject) => {
      token.onCancellationRequested(() => { reject(new Error('cancelled')); });
      this.write = (made) => { if (made instanceof Error) reject(made); else resolve(made); };
    });
  }
  accept(...given: unknown[]): Promise<EditResult> {
    return this.done('accept', given);
  }
  reject(...given: unknown[]): Promise<EditResult> {
    return this.done('reject', given);
  }
  private done(kind: string, given: unknown[]): Promise<EditResult> {
    this.asked.push([kind, ...given]);
    return this.left instanceof Error ? Promise.reject(this.left) : Promise.resolve(this.left);
  }
}

let server: FakeEdits;
let inline: InlineEdits;

beforeEach(() => {
  reset();
  server = new FakeEdits();
  inline = new InlineEdits(server as unknown as Edits, new Threads());
});

/** Begins an edit of lines 2 to 4, and waits until the server is asked. */
async function begun(): Promise<{ doing: Promise<void> }> {
  open(TEXT, 1, 3);
  seen.answers.push('Make it so');
  const doing = inline.start(undefined);
  await vi.waitFor(() => { expect(server.asked).toHaveLength(1); });
  return { doing };
}

async function made(): Promise<void> {
  const { doing } = await begun();
  server.write(result(BOTH));
  await doing;
}

const body = (thread: CommentThread | undefined, at = 0): MarkdownString => thread?.comments[at]?.body as MarkdownString;
const labels = (): (string | undefined)[] => seen.threads.map(({ label }) => label);

describe('an edit that is written', () => {
  it('is asked for, for the selection, and shown below it as it grows', async () => {
    await begun();
    expect(server.asked).toEqual([{
      uri: 'file:///shop/a.py', version: 3, action: 'refactor.instruct', instruction: 'Make it so',
      range: { start: { line: 1, character: 0 }, end: { line: 3, character: 4 } },
    }]);
    expect(labels()).toEqual(['Waiting for the model: Make it so']);
    server.hear(PROGRESS);

    await vi.waitFor(() => { expect(body(seen.threads[0]).value).toBe('```diff\n  b\n+ X\n```'); });
    expect(seen.threads[0]?.label).toBe('Writing: Make it so');
    expect(seen.threads[0]?.range.start.line).toBe(3);
    expect(seen.keys['ownstack.writing']).toBe(true);
    expect(body(seen.threads[0])).toMatchObject({ isTrusted: false, supportHtml: false });
  });

  it('is stopped, and nothing is left of it', async () => {
    const { doing } = await begun();
    await inline.stop();
    await doing;

    expect(seen.threads).toEqual([]);
    expect(seen.keys['ownstack.writing']).toBe(false);
    expect(seen.messages).toEqual(['quietly: The edit was stopped. Nothing was changed.']);
  });

  it('that fails says why, and leaves nothing', async () => {
    const { doing } = await begun();
    server.write(new Error('The model gave no code.'));

    await expect(doing).rejects.toThrow('The model gave no code.');
    expect(seen.threads).toEqual([]);
    expect(seen.keys['ownstack.writing']).toBe(false);
  });

  it('is one at a time in a file', async () => {
    await begun();

    await expect(inline.start(undefined)).rejects.toThrow('An edit of this file is being written.');
  });

  it('is not begun where nothing was said', async () => {
    open(TEXT, 1, 3);
    seen.answers.push('  ');
    await inline.start(undefined);

    expect(server.asked).toEqual([]);
  });
});

describe('an edit that is made', () => {
  it('waits beside its lines, hunk by hunk, with its checks', async () => {
    await made();

    expect(labels()).toEqual(['Change 1 of 2 · Line 2: 1 line added, 1 removed', 'Change 2 of 2 · Line 4: 2 lines added, 1 removed']);
    expect(seen.threads.map(({ contextValue, canReply }) => [contextValue, canReply])).toEqual([['hunk', false], ['hunk', false]]);
    expect(body(seen.threads[1]).value).toBe('```diff\n- d\n+ Y\n+ Z\n```');
    expect(body(seen.threads[0], 1).value).toContain('✓ syntax');
    expect(seen.decorated).toEqual([[1, 1], [3, 3]]);
    expect(seen.keys['ownstack.hunks']).toBe(true);
    expect(seen.messages).toEqual(['quietly: 2 changes to accept or reject. 1 check passed.']);
  });

  it.each(['accept', 'reject'] as const)('has one hunk of its thread taken: %s', async (kind) => {
    await made();
    server.left = result(BOTH.slice(0, 1));
    await inline.decideOne(kind, seen.threads[1]);

    expect(server.asked.at(-1)).toEqual([kind, 'e', [1]]);
    expect(labels()).toEqual(['The change · Line 2: 1 line added, 1 removed']);
    expect(seen.decorated).toEqual([[1, 1]]);
  });

  it('has the hunk at the cursor taken, wherever its lines have gone', async () => {
    await made();
    const { document } = open(TEXT, 5, 5);
    const range = { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } };
    edit(document, [{ range, text: 'one\ntwo\n' }]);
    await inline.decideOne('accept', undefined);

    expect(server.asked.at(-1)).toEqual(['accept', 'e', [1]]);
  });

  it('is taken as a whole, and its keys are free again', async () => {
    await made();
    await inline.decideAll('accept', undefined);

    expect(server.asked.at(-1)).toEqual(['accept', 'e', undefined]);
    expect(seen.threads).toEqual([]);
    expect(seen.keys['ownstack.hunks']).toBe(false);
  });

  it('stays if it cannot be applied, and goes if it is rejected all the same', async () => {
    await made();
    server.left = new Error('The lines have changed.');

    await expect(inline.decideAll('accept', undefined)).rejects.toThrow('The lines have changed.');
    expect(seen.threads).toHaveLength(2);
    await inline.decideAll('reject', undefined);
    expect(seen.threads).toEqual([]);
    await expect(inline.decideOne('accept', undefined)).rejects.toThrow('No change waits in this file.');
  });

  it('is decided on before the next one', async () => {
    await made();
    seen.answers.push('And more', 'Reject Them');
    const next = inline.start(undefined);
    await vi.waitFor(() => { expect(server.asked).toHaveLength(3); });
    server.write(result([]));
    await next;

    expect(server.asked[1]).toEqual(['reject', 'e', undefined]);
    expect(server.asked[2]).toMatchObject({ instruction: 'And more' });
  });

  it('is said aloud where a screen reader is used', async () => {
    seen.settings.accessibilitySupport = 'on';
    await made();

    expect(seen.messages).toEqual(['2 changes to accept or reject. 1 check passed.']);
  });
});

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { EditResult } from '../../src/actionProtocol.js';
import type { Edits } from '../../src/actions/edits.js';
import { Preview } from '../../src/actions/preview.js';
import { Threads } from '../../src/actions/threads.js';
import type { Proposals } from '../../src/chat/proposals.js';
import { api, closeTab, reset, seen, TabInputTextDiff, uri } from './fakeEditor.js';

vi.mock('vscode', async () => (await import('./fakeEditor.js')).api);
vi.mock('vscode-languageclient/node', () => ({ RequestType: Object, NotificationType: Object }));

type Address = ReturnType<typeof uri>;
const file = { edit: 'f', uri: 'file:///shop/a.py', path: 'a.py', isNew: false, before: 'a\n', after: 'b\n', reason: '', hunks: [{ index: 0, startLine: 7, before: 'a\n', after: 'b\n' }] };
const made: EditResult = { id: 'e', label: 'Simplify a', tier: 1, model: '', rounds: 0, drafts: 0, seconds: 0, checks: [{ name: 'syntax', state: 'passed', detail: '' }], files: [file] };

const decided: unknown[] = [];
const closed: string[] = [];
let decide: (kind: 'apply' | 'refuse') => Promise<void>;
let fails = false;
const edits = {
  accept: (id: string) => (fails ? Promise.reject(new Error('It has changed.')) : Promise.resolve(decided.push(`accept ${id}`))),
  reject: (id: string) => Promise.resolve(decided.push(`reject ${id}`)),
};
const proposals = {
  propose: (change: { uri: string }, _how: string, by: typeof decide) => {
    decide = by;
    return Promise.resolve(uri(`proposal:${change.uri}`));
  },
  close: (at: Address) => Promise.resolve(closed.push(String(at))),
};
let preview: Preview;

beforeEach(() => {
  reset();
  decided.length = closed.length = 0;
  fails = false;
  api.window.tabGroups.all = [];
  preview = new Preview(edits as unknown as Edits, proposals as unknown as Proposals, new Threads());
});

afterEach(() => { preview.dispose(); });

describe('an edit in a diff', () => {
  it('has what was checked above its first change', async () => {
    await preview.show(made);

    const [thread] = seen.threads;
    expect(thread?.label).toBe('Simplify a: 1 check passed');
    expect(thread?.range.start.line).toBe(5);
    expect(thread?.contextValue).toBe('checks');
  });

  it.each([['apply', 'accept e'], ['refuse', 'reject e']] as const)('is decided on by the server: %s', async (kind, expected) => {
    await preview.show(made);
    await decide(kind);

    expect(decided).toEqual([expected]);
    expect(closed).toEqual(['proposal:file:///shop/a.py']);
    expect(seen.threads).toEqual([]);
  });

  it('stays where it is if it cannot be applied', async () => {
    await preview.show(made);
    fails = true;

    await expect(decide('apply')).rejects.toThrow('It has changed.');
    expect(seen.threads).toHaveLength(1);
    expect(closed).toEqual([]);
  });

  it('is rejected when its tab is closed, not when the tab only moves', async () => {
    await preview.show(made);
    const input = new TabInputTextDiff(uri('a'), uri('proposal:file:///shop/a.py'));
    api.window.tabGroups.all = [{ tabs: [{ input }] }];
    closeTab(input);
    expect(decided).toEqual([]);

    api.window.tabGroups.all = [];
    closeTab(input);
    expect(decided).toEqual(['reject e']);
    expect(seen.threads).toEqual([]);
  });

  it('is not shown where it does not fit', async () => {
    await expect(preview.show({ ...made, files: [{ ...file, reason: 'It is read-only.' }] })).rejects.toThrow('It is read-only.');
    await expect(preview.show({ ...made, files: [] })).rejects.toThrow('Nothing would change.');
  });
});

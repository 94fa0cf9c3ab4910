import type { LanguageClient } from 'vscode-languageclient/node';
import { beforeEach, describe, expect, it, vi } from 'vitest';

import { edited, shownChanges } from '../../src/chat/edits.js';
import type { EditAction } from '../../src/chat/messages.js';
import type { ChatEdits } from '../../src/toolProtocol.js';

interface Document {
  uri: { toString: () => string };
  isDirty: boolean;
  save: () => Promise<boolean>;
}

const editor = vi.hoisted(() => ({ textDocuments: [] as Document[] }));
vi.mock('vscode', () => ({ workspace: editor, Uri: { parse: (text: string) => text } }));
vi.mock('vscode-languageclient/node', () => ({ RequestType: Object, NotificationType: Object }));

const saved: string[] = [];

function document(uri: string, isDirty: boolean): Document {
  const made = { uri: { toString: () => uri }, isDirty, save: () => (saved.push(uri), Promise.resolve(true)) };
  editor.textDocuments.push(made);
  return made;
}

/** A server whose apply changes documents, and that says so of these edits. */
function client(changes: Document[], edits: { id: string; uri: string; checkpoint?: string }[]): { client: LanguageClient; asked: unknown[] } {
  const asked: unknown[] = [];
  const sendRequest = (_: unknown, params: unknown): Promise<ChatEdits> => {
    asked.push(params);
    for (const changed of changes) changed.isDirty = true;
    return Promise.resolve({ done: [], edits: edits as ChatEdits['edits'], checkpoints: [] });
  };
  return { client: { sendRequest } as unknown as LanguageClient, asked };
}

const APPLY: EditAction = { kind: 'apply', edits: ['e1', 'e2'], hunks: {} };

beforeEach(() => {
  saved.length = editor.textDocuments.length = 0;
});

describe('what was applied', () => {
  it('is saved where nothing was unsaved before', async () => {
    const [plain, unsaved, other] = [document('a', false), document('b', true), document('c', false)];
    const server = client([plain, unsaved, other], [{ id: 'e1', uri: 'a' }, { id: 'e2', uri: 'b' }, { id: 'e3', uri: 'c' }]);

    await edited(server.client, 's', APPLY, () => { expect(saved).toEqual([]); });

    expect.assertions(2);
    expect(saved).toEqual(['a']);
  });

  it('is saved when it is given back, too', async () => {
    const server = client([document('a', false), document('b', false)], [{ id: 'e1', uri: 'a', checkpoint: 'c' }, { id: 'e2', uri: 'b', checkpoint: 'd' }]);

    await edited(server.client, 's', { kind: 'restoreCheckpoint', checkpoint: 'c', force: false }, () => undefined);

    expect(saved).toEqual(['a']);
    expect(server.asked).toEqual([{ session: 's', checkpoint: 'c' }]);
  });
});

describe('changes for the page', () => {
  it('are bounded, and without the whole texts', () => {
    const long = 'x'.repeat(100_000);
    const change = { edit: 'e1', uri: 'u', path: 'p', isNew: false, before: long, after: long, reason: 'r', hunks: [{ index: 0, startLine: 1, before: long, after: 'y\n' }] };

    const [shown] = shownChanges([change]);

    expect(JSON.stringify(shown).length).toBeLessThan(10_000);
    expect(shown).toMatchObject({ edit: 'e1', reason: 'r', hunks: [{ index: 0, after: 'y\n' }] });
  });
});

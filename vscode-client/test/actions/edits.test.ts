import type { CancellationToken } from 'vscode';
import { describe, expect, it, vi } from 'vitest';

import type { EditProgressed } from '../../src/actionProtocol.js';
import { Edits } from '../../src/actions/edits.js';
import type { Server } from '../../src/server.js';

// The library loads the editor by itself; of it only names of messages are used.
vi.mock('vscode-languageclient/node', () => {
  class Type { constructor(readonly method: string) {} }
  return { RequestType: Type, NotificationType: Type };
});

const sent: unknown[][] = [];
let tell: (progress: EditProgressed) => void = () => undefined;
let finish: (result: object) => void = () => undefined;
const client = {
  isRunning: () => true,
  onNotification: (_type: unknown, hear: typeof tell) => { tell = hear; },
  sendRequest: (...given: unknown[]) => {
    sent.push(given);
    return new Promise((resolve) => { finish = resolve; });
  },
};
const token = {} as CancellationToken;
const asked = { uri: 'u', version: 1, range: { start: { line: 0, character: 0 }, end: { line: 0, character: 0 } }, action: 'fix' };

describe('an edit', () => {
  it('is asked for by an id, by which it is told how far it is', async () => {
    const edits = new Edits({ client } as unknown as Server);
    const heard: string[] = [];
    const made = edits.make(asked, token, ({ stage }) => heard.push(stage));
    const [[method, params, given]] = sent as [[string, { id: string }, unknown]];
    const progress = { id: params.id, stage: 'writing' } as EditProgressed;
    tell(progress);
    tell({ ...progress, id: 'of another' });
    finish({ id: params.id });
    await made;
    tell(progress);

    expect(method).toBe('ownstack/edit');
    expect(params).toEqual({ ...asked, id: params.id });
    expect(given).toBe(token);
    expect(heard).toEqual(['writing']);
  });

  it('is accepted as a whole or by hunks, with nothing else in the message', () => {
    const edits = new Edits({ client } as unknown as Server);
    sent.length = 0;
    void edits.accept('e', [1]);
    void edits.reject('e');

    expect(sent).toEqual([['ownstack/edit/accept', { id: 'e', hunks: [1] }], ['ownstack/edit/reject', { id: 'e' }]]);
  });

  it('is not asked for where no server runs', async () => {
    const edits = new Edits({ client: null } as unknown as Server);

    await expect(edits.accept('e')).rejects.toThrow('Ownstack does not run');
  });
});

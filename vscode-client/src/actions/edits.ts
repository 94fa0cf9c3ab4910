/** What is asked of the server about edits, and what it tells meanwhile. */

import { randomUUID } from 'node:crypto';

import type { CancellationToken } from 'vscode';
import type { LanguageClient, RequestType } from 'vscode-languageclient/node';

import { ACCEPT_EDIT, EDIT, EDIT_PROGRESS, REJECT_EDIT, type EditParams, type EditProgressed, type EditResult } from '../actionProtocol.js';
import type { Server } from '../server.js';

const DOWN = 'Ownstack does not run; its status item says why.';

export type HearProgress = (progress: EditProgressed) => void;

export class Edits {
  private readonly hearers = new Map<string, HearProgress>();
  private client: LanguageClient | null = null;

  constructor(private readonly server: Server) {}

  /** Has an edit made. Rejects with a sentence, also when the token ends it. */
  make(asked: Omit<EditParams, 'id'>, token: CancellationToken, hear: HearProgress): Promise<EditResult> {
    return this.heard(hear, (id) => this.ask(EDIT, { id, ...asked }, token));
  }

  /** Does something that is told of by an id while it goes on. */
  async heard<R>(hear: HearProgress, run: (id: string) => Promise<R>): Promise<R> {
    const id = randomUUID();
    this.hearers.set(id, hear);
    try {
      return await run(id);
    } finally {
      this.hearers.delete(id);
    }
  }

  /** Applies hunks, without numbers all of them. Resolves to what is left. */
  accept(id: string, hunks?: number[]): Promise<EditResult> {
    return this.ask(ACCEPT_EDIT, { id, ...(hunks ? { hunks } : {}) });
  }

  /** Drops hunks, without numbers all of them. Resolves to what is left. */
  reject(id: string, hunks?: number[]): Promise<EditResult> {
    return this.ask(REJECT_EDIT, { id, ...(hunks ? { hunks } : {}) });
  }

  ask<P, R>(type: RequestType<P, R, void>, params: P, token?: CancellationToken): Promise<R> {
    const client = this.server.client;
    if (!client?.isRunning()) return Promise.reject(new Error(DOWN));
    if (client !== this.client) {
      this.client = client;
      client.onNotification(EDIT_PROGRESS, (progress) => this.hearers.get(progress.id)?.(progress));
    }
    return client.sendRequest<R>(type.method, params, token);
  }
}

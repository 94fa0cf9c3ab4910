/** The page's conversation with the server: what the page asks is asked, what the server tells is told. */

import { randomUUID } from 'node:crypto';

import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';

import type { ActionQuestion } from '../actionProtocol.js';
import * as chat from '../chatProtocol.js';
import * as memory from '../memoryProtocol.js';
import type { Status } from '../protocol.js';
import type { Server } from '../server.js';
import * as tools from '../toolProtocol.js';
import { forEditor } from '../wording.js';
import { edited, shownChanges } from './edits.js';
import { editorState } from './editorState.js';
import { exportSession, remove, rename } from './exporting.js';
import type { Asked, EditAction, Outcome, ShownChange, Told } from './messages.js';

const DOWN = 'Ownstack does not run; its status item says why.';
const EARLIER = 30;

/** Messages of the page that are requests of the server. */
export type Request = Exclude<Asked, { kind: 'place' | 'web' | 'code' | 'command' | 'review' }>;

/** Where it is remembered which conversation was shown. */
export interface Remembered {
  get(): string;
  set(session: string): void;
}

export class Bridge implements vscode.Disposable {
  /** The conversation that is shown; "" before it is known. */
  private session = '';
  private folder = '';
  private client: LanguageClient | null = null;
  /** What was searched for in the list of conversations. */
  private query = '';
  /** What is known of the index: a conversation says what of it is missing. */
  private index = '';
  /** Questions that were taken back: they end without an answer. */
  private readonly withdrawn = new Set<string>();
  private listening: vscode.Disposable | null = null;

  constructor(
    private readonly server: Server,
    private readonly remembered: Remembered,
    private readonly tell: (told: Told) => void,
  ) {}

  /** The folder that the conversation is about. */
  get root(): vscode.Uri | undefined {
    return this.folder ? vscode.Uri.parse(this.folder, true) : undefined;
  }

  /** The id of the conversation that is shown. */
  get current(): string {
    return this.session;
  }

  /** Listens to the server that runs now, and shows the conversation as it stands. */
  async connect(session = this.session || this.remembered.get()): Promise<void> {
    const client = this.server.client;
    if (client !== this.client) this.listen(client);
    await this.open(session);
  }

  /** Notices that another server runs: its status is heard before anything else of it. */
  followServer(status: Status): void {
    const before = this.index;
    this.index = status.index.map(({ state, reason }) => `${state} ${reason}`).join();
    if (this.server.client !== this.client) void this.connect().catch((error: unknown) => { this.fail(error); });
    else if (this.session && before !== this.index) void this.handle({ kind: 'refresh' });
  }

  /** Does what the page asks of the server; what fails is told. */
  async handle(asked: Request): Promise<void> {
    try {
      await this.send(asked);
    } catch (error) {
      this.fail(error);
    }
  }

  /** Returns what edits would change, whole. Rejects with a sentence. */
  async changes(edits: string[]): Promise<tools.ChatFileChange[]> {
    const { changes } = await this.running.sendRequest(tools.CHAT_CHANGES, { session: this.session, edits });
    return changes;
  }

  /** Does something with proposed edits; the page is told what came of it, too. */
  async edit(asked: EditAction): Promise<Outcome> {
    const { session, running } = this;
    const about = asked.kind === 'restoreCheckpoint' ? [asked.checkpoint] : asked.edits;
    const tell = (text: string, refused: boolean): Outcome => {
      const outcome = { about, text, refused };
      this.tell({ kind: 'outcome', session, outcome });
      return outcome;
    };
    let done = '';
    try {
      await edited(running, session, asked, ({ done: said, edits, checkpoints }) => {
        done = said.map(forEditor).join(' ');
        this.tell({ kind: 'edits', changed: { session, edits, checkpoints } });
        tell(done, false);
      });
      return { about, text: done, refused: false };
    } catch (error) {
      return tell(words(error), true);
    }
  }

  /** The page is not seen: nothing more is heard of the conversation. An answer goes on. */
  dispose(): void {
    const { client, session } = this;
    this.listen(null);
    if (client && session) client.sendRequest(chat.CHAT_CLOSE, { session }).catch(() => undefined);
  }

  private async send(asked: Request): Promise<void> {
    const { session } = this;
    switch (asked.kind) {
      case 'ready':
        await this.connect(asked.session || this.remembered.get());
        return;
      case 'open':
        await this.open(asked.session);
        return;
      case 'refresh':
        await this.open(session);
        return;
      case 'ask':
        await this.ask(asked);
        return;
      case 'sessions':
        await this.list(asked.query);
        return;
      case 'mentions':
        this.tell({ kind: 'mentions', number: asked.number, ...(await this.running.sendRequest(chat.CHAT_MENTIONS, { query: asked.query, ...this.about })) });
        return;
      case 'earlier': {
        const result = await this.running.sendRequest(chat.CHAT_TURNS, { session, before: asked.before, limit: EARLIER });
        this.tell({ kind: 'earlier', session, result });
        return;
      }
      case 'rename':
        if (await rename(this.running, asked)) await this.changed(asked.session);
        return;
      case 'export':
        await exportSession(this.running, asked, session, this.root);
        return;
      case 'delete':
        if (!(await remove(this.running, asked))) return;
        await this.list();
        if (asked.session === session) await this.open('');
        return;
      case 'withdraw': {
        this.withdrawn.add(asked.question);
        const { text } = await this.running.sendRequest(chat.CHAT_WITHDRAW, { session, question: asked.question });
        if (text) this.tell({ kind: 'draft', text });
        else this.withdrawn.delete(asked.question);
        return;
      }
      case 'answer':
        await this.answer(asked);
        return;
      case 'changes':
        this.tell({ kind: 'changes', session, changes: await this.shown(asked.edits) });
        return;
      case 'apply':
      case 'refuse':
      case 'restoreCheckpoint':
        await this.edit(asked);
        return;
      case 'memory':
      case 'accept':
      case 'reject':
        this.tell({ kind: 'memory', ...(await this.memory(asked)) });
        return;
      case 'stop':
        await this.running.sendRequest(chat.CHAT_STOP, { session });
        return;
      case 'compact':
        this.tell({ kind: 'compacted', compacted: await this.running.sendRequest(chat.CHAT_COMPACT, { session }) });
        return;
      default:
        this.show(await this.state(asked));
    }
  }

  private async memory(asked: Request & { kind: 'memory' | 'accept' | 'reject' }): Promise<memory.ChatMemoryChange> {
    const { session, running } = this;
    switch (asked.kind) {
      case 'memory':
        return { memory: await running.sendRequest(memory.CHAT_MEMORY, { session }), done: [] };
      case 'accept': {
        const choice = asked.choice ? { choice: asked.choice } : {};
        return running.sendRequest(memory.CHAT_ACCEPT, { session, name: asked.name, ...choice });
      }
      case 'reject':
        return running.sendRequest(memory.CHAT_REJECT, { session, name: asked.name });
    }
  }

  /** Asks for what is answered by the whole state. */
  private state(asked: Request & { kind: 'undo' | 'clear' | 'restore' | 'editSummary' | 'pin' | 'unpin' | 'setTools' }): Promise<chat.ChatState> {
    const { session, running } = this;
    switch (asked.kind) {
      case 'undo':
        return running.sendRequest(chat.CHAT_UNDO, { session });
      case 'clear':
        return running.sendRequest(chat.CHAT_CLEAR, { session });
      case 'restore':
        return running.sendRequest(chat.CHAT_RESTORE, { session, turn: asked.turn });
      case 'editSummary':
        return running.sendRequest(chat.CHAT_EDIT_SUMMARY, { session, text: asked.text });
      case 'pin':
        return running.sendRequest(chat.CHAT_PIN, { session, ...(asked.text ? { text: asked.text } : {}) });
      case 'unpin':
        return running.sendRequest(chat.CHAT_UNPIN, { session, event: asked.event });
      case 'setTools':
        return running.sendRequest(tools.CHAT_SET_TOOLS, { session, tools: asked.tools });
    }
  }

  /** Says yes or no for the user. One that came too late is told, and what waits is asked for again. */
  private async answer({ approval, answer }: Request & { kind: 'answer' }): Promise<void> {
    const { session } = this;
    try {
      await this.running.sendRequest(tools.CHAT_ANSWER, { session, approval, answer });
    } catch (error) {
      this.fail(error);
      await this.open(session);
    }
  }

  /** Returns what edits would change as the page shows it: something for each, whatever fails. */
  private async shown(edits: string[]): Promise<ShownChange[]> {
    const none = (reason: string): ShownChange[] => edits.map((edit) => ({ edit, hunks: [], reason }));
    try {
      const shown = shownChanges(await this.changes(edits));
      return [...none('').filter(({ edit }) => !shown.some((change) => change.edit === edit)), ...shown];
    } catch (error) {
      return none(words(error));
    }
  }

  /** Asks what an action has made a question of: with what it names of the editor, as a turn like any other. */
  question({ text, editor }: ActionQuestion): Promise<void> {
    return this.sent({ text, editor, question: `action-${randomUUID()}` });
  }

  private ask({ text, question, replaces, attached }: Request & { kind: 'ask' }): Promise<void> {
    const editor = editorState(attached);
    return this.sent({ text, question, ...(editor ? { editor } : {}), ...(replaces ? { replaces } : {}) });
  }

  private async sent(asked: Omit<chat.ChatAskParams, 'session'> & { question: string }): Promise<void> {
    const { question, text } = asked;
    try {
      const changed = await this.running.sendRequest(chat.CHAT_ASK, { session: this.session, ...asked });
      if (changed.session === this.session) this.tell({ kind: 'turn', changed });
    } catch (error) {
      if (this.withdrawn.delete(question)) return;
      // A question that reached the log is there when the server is again.
      this.tell({ kind: 'failed', question, text, reason: words(error) });
    }
  }

  private async list(query = this.query): Promise<void> {
    this.query = query;
    const result = await this.running.sendRequest(chat.CHAT_SESSIONS, { query, ...this.about });
    this.tell({ kind: 'sessions', query, ...result });
  }

  private async changed(session: string): Promise<void> {
    await this.list();
    if (session === this.session) await this.open(session);
  }

  /** Opens a conversation, "" a new one. One that has gone is followed by a new one. */
  private async open(session: string): Promise<void> {
    const client = this.running;
    const before = this.session;
    let state: chat.ChatState;
    try {
      state = await client.sendRequest(chat.CHAT_OPEN, { ...(session ? { session } : {}) });
    } catch (error) {
      if (!session) throw error;
      state = await client.sendRequest(chat.CHAT_OPEN, {});
      this.tell({ kind: 'notice', text: `The conversation that was shown cannot be opened, so this is a new one. ${words(error)}` });
    }
    if (before && before !== state.session.id) client.sendRequest(chat.CHAT_CLOSE, { session: before }).catch(() => undefined);
    this.show(state);
  }

  private show(state: chat.ChatState): void {
    this.session = state.session.id;
    this.folder = state.folder;
    this.remembered.set(this.session);
    this.tell({ kind: 'state', state });
  }

  private listen(client: LanguageClient | null): void {
    this.listening?.dispose();
    this.listening = null;
    this.client = client;
    if (!client) return;
    this.listening = vscode.Disposable.from(
      client.onNotification(chat.CHAT_DELTA, (delta) => { this.tell({ kind: 'deltas', deltas: [delta] }); }),
      client.onNotification(chat.CHAT_PROGRESS, (progress) => { this.tell({ kind: 'progress', progress }); }),
      client.onNotification(chat.CHAT_TURN_CHANGED, (changed) => { this.tell({ kind: 'turn', changed }); }),
      client.onNotification(chat.CHAT_QUEUE_CHANGED, (queue) => { this.tell({ kind: 'queue', queue }); }),
      client.onNotification(chat.CHAT_COMPACTED, (compacted) => { this.tell({ kind: 'compacted', compacted }); }),
      client.onNotification(chat.CHAT_MODEL_CHANGED, (changed) => { this.tell({ kind: 'model', changed }); }),
      client.onNotification(tools.CHAT_STEPS_CHANGED, (changed) => { this.tell({ kind: 'steps', changed }); }),
      client.onNotification(tools.CHAT_APPROVALS_CHANGED, (changed) => { this.tell({ kind: 'approvals', changed }); }),
      client.onNotification(tools.CHAT_EDITS_CHANGED, (changed) => { this.tell({ kind: 'edits', changed }); }),
      client.onNotification(chat.CHAT_CHANGED, ({ session, what }) => {
        if (session === this.session) void this.handle(what === 'deleted' ? { kind: 'open', session: '' } : { kind: 'refresh' });
      }),
    );
  }

  private fail(error: unknown): void {
    const reason = words(error);
    this.tell(this.server.client ? { kind: 'notice', text: reason } : { kind: 'down', reason });
  }

  private get about(): { folder?: string } {
    return this.folder ? { folder: this.folder } : {};
  }

  private get running(): LanguageClient {
    const client = this.server.client;
    if (!client) throw new Error(DOWN);
    return client;
  }
}

function words(error: unknown): string {
  return forEditor(error instanceof Error ? error.message : String(error));
}

import type { CancellationToken, LanguageModelChat } from 'vscode';
import { beforeEach, describe, expect, it, vi } from 'vitest';

import { LanguageModels, offerModels, VENDOR } from '../src/languageModels.js';
import { MODEL_COUNT, MODEL_LIST, MODEL_RESPOND, type ModelDelta } from '../src/modelProtocol.js';
import type { Status } from '../src/protocol.js';
import type { Server } from '../src/server.js';

/** The editor's API, as far as it is used; `lm` is what older versions lack. */
const editor = vi.hoisted(() => ({ lm: {} }));

vi.mock('vscode', () => ({
  get lm() { return editor.lm; },
  EventEmitter: class {
    private readonly hearers: (() => void)[] = [];
    readonly event = (hearer: () => void): void => { this.hearers.push(hearer); };
    fire(): void { for (const hearer of this.hearers) hearer(); }
    dispose(): void { this.hearers.length = 0; }
  },
  Disposable: {
    from: (...all: { dispose(): void }[]) => ({ dispose: () => { for (const each of all) each.dispose(); } }),
  },
  LanguageModelTextPart: class { constructor(readonly value: string) {} },
  LanguageModelToolCallPart: class { constructor(readonly callId: string, readonly name: string, readonly input: object) {} },
}));

// The library loads the editor by itself, past the mock above; of it only names of messages are used.
vi.mock('vscode-languageclient/node', () => {
  class Type { constructor(readonly method: string) {} }
  return { RequestType: Type, NotificationType: Type };
});

const log = { info: vi.fn() };
const token = { isCancellationRequested: false } as CancellationToken;
const TALKER = { name: 'talker', engine: 'llama', leavesMachine: false, contextTokens: 0, answerTokens: 4_096 };
type Answer = (params: never, tell: (delta: ModelDelta) => void) => unknown;

/** A server of which the answers are given; it remembers what it was asked. */
class FakeServer {
  readonly asked: [string, unknown, unknown][] = [];
  readonly watchers: ((status: Status) => void)[] = [];
  running = true;
  private tell: (delta: ModelDelta) => void = () => undefined;

  constructor(private readonly answers: Record<string, Answer>) {}

  readonly client = {
    isRunning: () => this.running,
    onNotification: (_type: unknown, hear: (delta: ModelDelta) => void) => { this.tell = hear; },
    sendRequest: async ({ method }: { method: string }, params: unknown, given: unknown) => {
      this.asked.push([method, params, given]);
      await Promise.resolve();
      return this.answers[method]?.(params as never, this.tell);
    },
  };

  watch(watcher: (status: Status) => void): () => void {
    this.watchers.push(watcher);
    return () => { this.watchers.length = 0; };
  }

  chat(model: string, state: string): void {
    const roles = [{ role: 'chat', model, state, leavesMachine: false }];
    for (const watcher of this.watchers) watcher({ roles } as unknown as Status);
  }
}

function models(answers: Record<string, Answer> = {}): { server: FakeServer; provider: LanguageModels } {
  const server = new FakeServer(answers);
  return { server, provider: new LanguageModels(server as unknown as Server) };
}

beforeEach(() => {
  editor.lm = { registerLanguageModelChatProvider: vi.fn(() => ({ dispose: vi.fn() })) };
});

describe('offering', () => {
  it('does nothing in an editor without the API', () => {
    const server = new FakeServer({});
    editor.lm = {};
    expect(offerModels(server as unknown as Server, log)).toBeNull();
    editor.lm = undefined as never;
    expect(offerModels(server as unknown as Server, log)).toBeNull();
    expect(server.watchers).toEqual([]);
  });

  it('leaves everything else alone where the API is there and refuses', () => {
    const server = new FakeServer({});
    editor.lm = { registerLanguageModelChatProvider: () => { throw new Error('CANNOT use API proposal'); } };

    expect(offerModels(server as unknown as Server, log)).toBeNull();
    expect(server.watchers).toEqual([]);
    expect(log.info).toHaveBeenCalledWith(expect.stringContaining('CANNOT use API proposal'));
  });

  it('registers once, and takes it back', () => {
    const dispose = vi.fn();
    const register = vi.fn(() => ({ dispose }));
    editor.lm = { registerLanguageModelChatProvider: register };

    const server = new FakeServer({});
    const offered = offerModels(server as unknown as Server, log);
    expect(register.mock.calls).toEqual([[VENDOR, expect.any(LanguageModels)]]);
    expect(server.watchers).toHaveLength(1);
    offered?.dispose();
    expect(dispose).toHaveBeenCalledOnce();
    expect(server.watchers).toEqual([]);
  });

  it('is empty without a chat model, and without a server', async () => {
    const { server, provider } = models({ [MODEL_LIST.method]: () => ({ models: [] }) });

    expect(await provider.provideLanguageModelChatInformation({}, token)).toEqual([]);
    server.running = false;
    expect(await provider.provideLanguageModelChatInformation({}, token)).toEqual([]);
    expect(server.asked).toHaveLength(1);
  });

  it('says what the model is, and that one elsewhere is elsewhere', async () => {
    const remote = { name: 'team:large', engine: 'team', leavesMachine: true, contextTokens: 32_768, answerTokens: 4_096 };
    const { provider } = models({ [MODEL_LIST.method]: () => ({ models: [TALKER, remote] }) });

    const [here, there] = await provider.provideLanguageModelChatInformation({}, token);

    const expected: Partial<LanguageModelChat> = { id: 'talker', name: 'talker', maxInputTokens: 2_048 };
    expect(here).toMatchObject({ ...expected, maxOutputTokens: 2_048, detail: 'on this machine' });
    expect(there).toMatchObject({ id: 'team:large', name: 'team:large (leaves this machine)', maxInputTokens: 28_672 });
    expect(there?.tooltip).toContain('sent to team');
  });

  it('is asked for again when another model was chosen, or loaded', () => {
    const { server, provider } = models();
    const heard = vi.fn();
    (provider.onDidChangeLanguageModelChatInformation as unknown as (hear: () => void) => void)(heard);

    server.chat('talker', 'chosen');
    server.chat('talker', 'chosen');
    server.chat('talker', 'ready');

    expect(heard).toHaveBeenCalledTimes(2);
  });
});

describe('answering', () => {
  const parts: object[] = [];
  const progress = { report: (part: object) => { parts.push(part); } };
  beforeEach(() => { parts.length = 0; });

  it('hands pieces on as they come, each to who asked', async () => {
    const { server, provider } = models({
      [MODEL_RESPOND.method]: ({ request }: { request: string }, tell) => {
        tell({ request: 'of another one', text: 'no', call: null });
        tell({ request, text: 'It is ', call: null });
        tell({ request, text: '', call: { id: 'c1', name: 'look', arguments: '{"at":"x"}' } });
        tell({ request, text: '', call: { id: 'c2', name: 'look', arguments: 'half' } });
      },
    });
    const tools = [{ name: 'look', description: 'Look.', inputSchema: { type: 'object' } }];
    const said = [
      { role: 3, content: [{ value: 'Be brief.' }] },
      { role: 1, content: [{ value: 'What ' }, { value: 'is it?' }, { mimeType: 'cache_control', data: new Uint8Array() }, null] },
      { role: 2, content: [{ callId: 'c0', name: 'look', input: { at: 'y' } }] },
      { role: 1, content: [{ callId: 'c0', content: [{ value: 'A fish.' }, 7] }, { value: 'So?' }] },
    ];

    await provider.provideLanguageModelChatResponse(
      { id: 'talker' }, said, { tools, toolMode: 2, modelOptions: { temperature: 0.5, max_tokens: 9, other: 1 } }, progress, token,
    );

    expect(parts).toEqual([
      { value: 'It is ' },
      { callId: 'c1', name: 'look', input: { at: 'x' } },
      { callId: 'c2', name: 'look', input: {} },
    ]);
    const [[, params, given]] = server.asked as [[string, { request: string }, unknown]];
    expect(given).toBe(token);
    expect(params).toEqual({
      request: params.request,
      model: 'talker',
      messages: [
        { role: 'system', text: 'Be brief.' },
        { role: 'user', text: 'What is it?' },
        { role: 'assistant', text: '', calls: [{ id: 'c0', name: 'look', arguments: '{"at":"y"}' }] },
        { role: 'tool', text: 'A fish.', call: 'c0' },
        { role: 'user', text: 'So?' },
      ],
      tools: [{ name: 'look', description: 'Look.', parameters: { type: 'object' } }],
      toolChoice: 'required',
      maxTokens: 9,
      temperature: 0.5,
    });
  });

  it('says what the server says, and that there is none', async () => {
    const { server, provider } = models({
      [MODEL_RESPOND.method]: () => { throw new Error('other is not the model of the chat'); },
    });
    const ask = (content: object[]): Promise<void> =>
      provider.provideLanguageModelChatResponse({ id: 'other' }, [{ role: 1, content }], { modelOptions: { temperature: 'hot' } }, progress, token);

    await expect(ask([{ value: 'Hi?' }])).rejects.toThrow('not the model of the chat');
    expect(server.asked[0]?.[1]).toMatchObject({ tools: [], toolChoice: 'auto' });
    await expect(ask([{ mimeType: 'image/png', data: new Uint8Array() }])).rejects.toThrow('reads text only');
    server.running = false;
    await expect(ask([{ value: 'Hi?' }])).rejects.toThrow('does not run');
    expect(server.asked).toHaveLength(1);
  });

  it('counts tokens of texts and of messages', async () => {
    const { server, provider } = models({ [MODEL_COUNT.method]: ({ text }: { text: string }) => ({ tokens: text.length, exact: true }) });
    const message = { role: 2, content: [{ value: 'Hi' }, { callId: 'c', name: 'look', input: {} }] };

    expect(await provider.provideTokenCount({ id: 'talker' }, 'four', token)).toBe(4);
    expect(await provider.provideTokenCount({ id: 'talker' }, message, token)).toBe('Hilook{}'.length);
    expect(server.asked.map(([, params]) => params)).toEqual([
      { model: 'talker', text: 'four' },
      { model: 'talker', text: 'Hilook{}' },
    ]);
  });
});

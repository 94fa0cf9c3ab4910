/** The chat model, offered to other extensions where the editor has a way to do so. */

import { randomUUID } from 'node:crypto';

import * as vscode from 'vscode';
import type { LanguageClient } from 'vscode-languageclient/node';

import { countedText, inputOf, modelMessages, modelTools, type RequestMessage } from './modelMessages.js';
import { MODEL_COUNT, MODEL_DELTA, MODEL_LIST, MODEL_RESPOND, type ModelDelta, type OfferedModel } from './modelProtocol.js';
import type { Status } from './protocol.js';
import type { Server } from './server.js';
import { UnknownRequestError } from './unknownRequest.js';

export const VENDOR = 'ownstack';
/** Said of a model's window until it is loaded. */
const USUAL_WINDOW = 4_096;
const DOWN = 'Ownstack does not run; its status item says why.';

/** What this needs of the editor's API, which came with VS Code 1.104: our typings are older. */
interface Api {
  lm?: { registerLanguageModelChatProvider?: (vendor: string, provider: LanguageModels) => vscode.Disposable };
  LanguageModelTextPart: new (value: string) => object;
  LanguageModelToolCallPart: new (callId: string, name: string, input: object) => object;
}

interface Information {
  id: string;
  name: string;
  family: string;
  version: string;
  detail: string;
  tooltip: string;
  maxInputTokens: number;
  maxOutputTokens: number;
  capabilities: { toolCalling: boolean; imageInput: boolean };
}

interface Options {
  tools?: readonly { name: string; description: string; inputSchema?: object }[];
  /** 1: the model may call a tool, 2: it must. */
  toolMode?: number;
  modelOptions?: Readonly<Record<string, unknown>>;
}

/** Offers the chat model if the editor knows how; returns null where it does not, or keeps it to itself. */
export function offerModels(server: Server, log: Pick<vscode.LogOutputChannel, 'info'>): vscode.Disposable | null {
  const { lm } = api();
  if (!lm?.registerLanguageModelChatProvider) return null;
  const models = new LanguageModels(server);
  try {
    return vscode.Disposable.from(lm.registerLanguageModelChatProvider(VENDOR, models), models);
  } catch (error) {
    models.dispose();
    log.info(`This editor lets no extension offer models: ${String(error)}`);
    return null;
  }
}

export class LanguageModels implements vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChangeLanguageModelChatInformation = this.changed.event;
  private readonly answers = new Map<string, (delta: ModelDelta) => void>();
  private readonly unwatch: () => void;
  private client: LanguageClient | null = null;
  private role = '';

  constructor(private readonly server: Server) {
    this.unwatch = server.watch((status) => { this.follow(status); });
  }

  dispose(): void {
    this.unwatch();
    this.changed.dispose();
  }

  async provideLanguageModelChatInformation(_options: unknown, token: vscode.CancellationToken): Promise<Information[]> {
    const client = this.server.client;
    if (!client?.isRunning()) return [];
    try {
      const { models } = await client.sendRequest(MODEL_LIST, {}, token);
      return models.map(information);
    } catch (error) {
      if (error instanceof UnknownRequestError) return []; // The editor asks by itself: nobody is to be bothered.
      throw error;
    }
  }

  /** Rejects with what the server says if the model cannot answer, or another one was chosen. */
  async provideLanguageModelChatResponse(
    model: { id: string },
    messages: readonly RequestMessage[],
    options: Options,
    progress: vscode.Progress<object>,
    token: vscode.CancellationToken,
  ): Promise<void> {
    const client = this.listening();
    const request = randomUUID();
    const { LanguageModelTextPart, LanguageModelToolCallPart } = api();
    this.answers.set(request, ({ text, call }) => {
      if (text) progress.report(new LanguageModelTextPart(text));
      if (call) progress.report(new LanguageModelToolCallPart(call.id, call.name, inputOf(call.arguments)));
    });
    const tools = modelTools(options.tools);
    const toolChoice = tools.length > 0 && options.toolMode === 2 ? 'required' : 'auto';
    const said = { request, model: model.id, messages: modelMessages(messages), tools, toolChoice, ...limits(options) } as const;
    try {
      await client.sendRequest(MODEL_RESPOND, said, token);
    } finally {
      this.answers.delete(request);
    }
  }

  async provideTokenCount(model: { id: string }, text: string | RequestMessage, token: vscode.CancellationToken): Promise<number> {
    const counted = await this.listening().sendRequest(MODEL_COUNT, { model: model.id, text: countedText(text) }, token);
    return counted.tokens;
  }

  /** Returns the client that runs, and hears answers of it. */
  private listening(): LanguageClient {
    const client = this.server.client;
    if (!client?.isRunning()) throw new Error(DOWN);
    if (client !== this.client) {
      this.client = client;
      client.onNotification(MODEL_DELTA, (delta) => this.answers.get(delta.request)?.(delta));
    }
    return client;
  }

  /** Has the editor ask again if another model was chosen, or it was loaded. */
  private follow({ roles }: Status): void {
    const chat = roles.find(({ role }) => role === 'chat');
    const role = JSON.stringify([chat?.model, chat?.state, chat?.leavesMachine]);
    if (role === this.role) return;
    this.role = role;
    this.changed.fire();
  }
}

/** Returns what the editor shows of a model: one elsewhere says so in its very name. */
function information({ name, engine, leavesMachine, contextTokens, answerTokens }: OfferedModel): Information {
  const window = contextTokens || USUAL_WINDOW;
  const answer = Math.min(answerTokens, window / 2);
  return {
    id: name,
    name: leavesMachine ? `${name} (leaves this machine)` : name,
    family: name,
    version: '1',
    detail: leavesMachine ? `on ${engine}` : 'on this machine',
    tooltip: leavesMachine
      ? `Whatever it is asked is sent to ${engine}, another machine.`
      : 'Runs on this machine; what it is asked stays here.',
    maxInputTokens: window - answer,
    maxOutputTokens: answer,
    capabilities: { toolCalling: true, imageInput: false },
  };
}

function limits({ modelOptions }: Options): { maxTokens?: number; temperature?: number } {
  const { max_tokens: most, temperature } = modelOptions ?? {};
  return {
    ...(typeof most === 'number' && Number.isInteger(most) && most > 0 ? { maxTokens: most } : {}),
    ...(typeof temperature === 'number' && temperature >= 0 && temperature <= 2 ? { temperature } : {}),
  };
}

const api = (): Api => vscode as unknown as Api;

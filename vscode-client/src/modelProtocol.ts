/** The messages to the chat model itself. Mirrors docs/PROTOCOL.md. */

import { NotificationType, RequestType } from 'vscode-languageclient/node';

/** The model that the user chose for the chat. */
export interface OfferedModel {
  name: string;
  /** "llama" in the server's process, else what the user called a server. */
  engine: string;
  /** Whether what it is asked is sent to another machine. */
  leavesMachine: boolean;
  /** Of its window; 0 until it is loaded. */
  contextTokens: number;
  answerTokens: number;
}

export interface ModelToolCall {
  id: string;
  name: string;
  /** JSON text. */
  arguments: string;
}

export interface ModelMessage {
  role: 'system' | 'user' | 'assistant' | 'tool';
  text: string;
  /** Of the assistant's. */
  calls?: ModelToolCall[];
  /** Of a tool's: the id of the call that the text answers. */
  call?: string;
}

export interface ModelTool {
  name: string;
  description: string;
  /** JSON schema of an object. */
  parameters: object;
}

export interface ModelRespondParams {
  /** By which deltas name it. */
  request: string;
  model: string;
  messages: ModelMessage[];
  tools: ModelTool[];
  toolChoice: 'auto' | 'required' | 'none';
  maxTokens?: number;
  temperature?: number;
  stop?: string[];
}

export interface ModelDelta {
  request: string;
  text: string;
  call: ModelToolCall | null;
}

export interface ModelRespondResult {
  message: ModelMessage;
  finish: string;
  promptTokens: number;
  generatedTokens: number;
}

export interface ModelCountResult {
  tokens: number;
  /** Whether the model's own tokenizer counted. */
  exact: boolean;
}

export const MODEL_LIST = new RequestType<Record<string, never>, { models: OfferedModel[] }, void>('ownstack/model/list');
export const MODEL_RESPOND = new RequestType<ModelRespondParams, ModelRespondResult, void>('ownstack/model/respond');
export const MODEL_COUNT = new RequestType<{ model: string; text: string }, ModelCountResult, void>('ownstack/model/count');
export const MODEL_DELTA = new NotificationType<ModelDelta>('ownstack/model/delta');

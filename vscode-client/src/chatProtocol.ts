/** The messages about conversations; those about their tools are in toolProtocol.ts. Mirrors docs/PROTOCOL.md. */

import { NotificationType, RequestType } from 'vscode-languageclient/node';

import type { ChatToolState } from './toolProtocol';

export type ChatPhase =
  'waiting' | 'loading' | 'searching' | 'compacting' | 'reading' | 'looking' | 'writing';

export interface ChatSession {
  id: string;
  /** What the user calls it, or the first line that was said; "" before that. */
  title: string;
  /** Seconds since 1970. */
  created: number;
  updated: number;
  turns: number;
  /** The session that it goes on from. */
  parent: string;
  /** What was said in it that a search found. */
  found: string;
}

/** Lines of a file that exist; 1-based, inclusive, and in a notebook counted within the cell. */
export interface ChatCitation {
  uri: string;
  path: string;
  startLine: number;
  endLine: number;
  name: string;
  kind: 'cited' | 'mended' | 'named' | 'shown';
  cell: number | null;
}

export interface ChatUsage {
  promptTokens: number;
  /** Of the prompt: those that were not in the KV cache. */
  evaluatedTokens: number;
  generatedTokens: number;
  prefillMs: number;
  decodeMs: number;
  estimated: boolean;
}

/** A tool that a model called, and what it said. */
export interface ChatStep {
  call: string;
  name: string;
  arguments: string;
  text: string;
  ok: boolean;
}

export type ChatFinish = '' | 'stop' | 'length' | 'cancelled' | 'interrupted' | 'error' | 'tool_calls';

export interface ChatTurn {
  /** Numbers grow, and those of turns that were taken back are missing. 0: about to be asked. */
  turn: number;
  /** The id that it was asked with, "" if it was asked elsewhere. */
  question: string;
  text: string;
  at: number;
  answer: string;
  reasoning: string;
  /** "" while it comes. */
  finish: ChatFinish;
  model: string;
  tier: 'model' | 'index';
  leavesMachine: boolean;
  citations: ChatCitation[];
  steps: ChatStep[];
  usage: ChatUsage | null;
  problems: string[];
  notes: string[];
  /** How many turns it stands in place of; CHAT_RESTORE brings them back. */
  replaced: number;
  /** Texts of it are too long to be sent; an export has them whole. */
  cut: boolean;
}

export interface ChatCompaction {
  id: string;
  /** The newest turn when it was done. */
  turn: number;
  at: number;
  /** "" if it was declined. */
  method: string;
  before: number;
  after: number;
  covered: number;
  summary: string;
  ledger: string;
  focus: string;
  notes: string[];
  /** Whether it is the one that CHAT_UNDO takes back. */
  newest: boolean;
  /** Why nothing was done. */
  declined: string;
}

export interface ChatPin {
  event: string;
  text: string;
}

/** What fills the model's window, in tokens. */
export interface ChatContext {
  window: number;
  /** For the answer. */
  reserve: number;
  /** From so many on it is compacted after an answer … */
  background: number;
  /** … and from so many on before one. */
  required: number;
  total: number;
  /** system, tools, rules, checkpoint, history, newest. */
  segments: Record<string, number>;
  exact: boolean;
}

export interface ChatModel {
  name: string;
  /** index: there is no chat model, so the code that is found is the answer. */
  tier: 'model' | 'index';
  state: 'none' | 'chosen' | 'loading' | 'ready' | 'error';
  reason: string;
  engine: string;
  leavesMachine: boolean;
  /** Without a model: what gets one, in a terminal. */
  command: string;
}

export interface ChatQuestion {
  question: string;
  text: string;
}

export interface ChatProgress {
  session: string;
  question: string;
  /** 0 before it has a number. */
  turn: number;
  phase: ChatPhase;
  /** reading: tokens; loading: per cent. */
  done: number;
  total: number;
  leftMs: number | null;
}

/** All that is needed to show a conversation, as it stands. */
export interface ChatState extends ChatToolState {
  session: ChatSession;
  /** URI. */
  folder: string;
  trusted: boolean;
  turns: ChatTurn[];
  earlier: boolean;
  compactions: ChatCompaction[];
  pins: ChatPin[];
  waiting: ChatQuestion[];
  progress: ChatProgress | null;
  model: ChatModel;
  /** null until the model is loaded. */
  context: ChatContext | null;
  problems: string[];
}

export interface ChatSessionsParams {
  query?: string;
  folder?: string;
  limit?: number;
}

export interface ChatSessionsResult {
  sessions: ChatSession[];
  reason: string;
}

export interface ChatOpenParams {
  /** Without it a new one begins. */
  session?: string;
  folder?: string;
}

export interface ChatSessionParams {
  session: string;
}

export interface ChatTurnsParams {
  session: string;
  before: number;
  limit?: number;
}

export interface ChatTurnsResult {
  turns: ChatTurn[];
  earlier: boolean;
  compactions: ChatCompaction[];
}

export interface ChatExportResult {
  text: string;
  name: string;
}

export interface ChatSelection {
  uri: string;
  startLine: number;
  endLine: number;
  text: string;
}

export interface ChatDiagnostic {
  uri: string;
  line: number;
  severity: 'error' | 'warning' | 'information' | 'hint';
  message: string;
  source?: string;
}

export interface ChatEditor {
  uri?: string;
  line?: number;
  selection?: ChatSelection;
  diagnostics?: ChatDiagnostic[];
  tabs?: string[];
}

export interface ChatAskParams {
  session: string;
  text: string;
  /** An id of the client's choice. */
  question?: string;
  editor?: ChatEditor;
  /** A turn that it stands in place of, with all after it; `text` "" asks the same again. */
  replaces?: number;
}

export interface ChatQuestionParams {
  session: string;
  question: string;
}

export interface ChatStopResult {
  stopped: boolean;
}

export interface ChatRecalled {
  session: string;
  turn: number;
  kind: string;
  at: number;
  text: string;
}

export interface ChatDecision {
  name: string;
  text: string;
  rationale: string;
  tier: number;
}

export interface ChatPattern {
  problem: string;
  solution: string;
}

export interface ChatRecallResult {
  decisions: ChatDecision[];
  patterns: ChatPattern[];
  turns: ChatRecalled[];
  reason: string;
}

export interface ChatMention {
  kind: 'file' | 'folder' | 'symbol' | 'selection' | 'diagnostics';
  label: string;
  /** What is written in the question, with its @. */
  insert: string;
  detail: string;
  uri: string;
  /** 1-based; 0: none. */
  line: number;
}

export interface ChatMentionsResult {
  mentions: ChatMention[];
  reason: string;
}

export interface ChatDelta {
  session: string;
  question: string;
  turn: number;
  /** UTF-16 units (JavaScript's length) of text, or of reasoning, that came before. */
  offset: number;
  text: string;
  reasoning: boolean;
}

export interface ChatTurnChanged {
  session: string;
  turn: ChatTurn;
  context: ChatContext | null;
}

export interface ChatQueue {
  session: string;
  waiting: ChatQuestion[];
}

export interface ChatCompacted {
  session: string;
  compaction: ChatCompaction;
  context: ChatContext | null;
}

export interface ChatModelChanged {
  session: string;
  model: ChatModel;
  context: ChatContext | null;
}

/** Something else has changed: ask for the state again. */
export interface ChatChanged {
  session: string;
  what: 'title' | 'turns' | 'compaction' | 'pins' | 'cleared' | 'trust' | 'tools' | 'moved' | 'deleted';
}

type Nothing = Record<string, never>;

export const CHAT_SESSIONS = new RequestType<ChatSessionsParams, ChatSessionsResult, void>(
  'ownstack/chat/sessions',
);
export const CHAT_OPEN = new RequestType<ChatOpenParams, ChatState, void>('ownstack/chat/open');
export const CHAT_TURNS = new RequestType<ChatTurnsParams, ChatTurnsResult, void>(
  'ownstack/chat/turns',
);
export const CHAT_CLOSE = new RequestType<ChatSessionParams, Nothing, void>('ownstack/chat/close');
export const CHAT_RENAME = new RequestType<{ session: string; title: string }, ChatSession, void>(
  'ownstack/chat/rename',
);
export const CHAT_DELETE = new RequestType<ChatSessionParams, Nothing, void>('ownstack/chat/delete');
export const CHAT_EXPORT = new RequestType<
  { session: string; format?: 'markdown' | 'json' },
  ChatExportResult,
  void
>('ownstack/chat/export');
/** Answered when the answer is complete. Cancelling it does not stop the answer. */
export const CHAT_ASK = new RequestType<ChatAskParams, ChatTurnChanged, void>('ownstack/chat/ask');
export const CHAT_STOP = new RequestType<ChatSessionParams, ChatStopResult, void>(
  'ownstack/chat/stop',
);
export const CHAT_WITHDRAW = new RequestType<ChatQuestionParams, { text: string }, void>(
  'ownstack/chat/withdraw',
);
export const CHAT_RESTORE = new RequestType<{ session: string; turn: number }, ChatState, void>(
  'ownstack/chat/restore',
);
export const CHAT_COMPACT = new RequestType<
  { session: string; focus?: string },
  ChatCompacted,
  void
>('ownstack/chat/compact');
export const CHAT_UNDO = new RequestType<ChatSessionParams, ChatState, void>('ownstack/chat/undo');
export const CHAT_EDIT_SUMMARY = new RequestType<{ session: string; text: string }, ChatState, void>(
  'ownstack/chat/editSummary',
);
export const CHAT_PIN = new RequestType<{ session: string; text?: string }, ChatState, void>(
  'ownstack/chat/pin',
);
/** Without the `event` of a pin all of them. */
export const CHAT_UNPIN = new RequestType<{ session: string; event?: string }, ChatState, void>(
  'ownstack/chat/unpin',
);
export const CHAT_CLEAR = new RequestType<ChatSessionParams, ChatState, void>('ownstack/chat/clear');
export const CHAT_CONTEXT = new RequestType<ChatSessionParams, ChatContext | null, void>(
  'ownstack/chat/context',
);
export const CHAT_RECALL = new RequestType<
  { session: string; query: string; limit?: number },
  ChatRecallResult,
  void
>('ownstack/chat/recall');
export const CHAT_MENTIONS = new RequestType<
  { query: string; folder?: string; limit?: number },
  ChatMentionsResult,
  void
>('ownstack/chat/mentions');
export const CHAT_PROGRESS = new NotificationType<ChatProgress>('ownstack/chat/progress');
export const CHAT_DELTA = new NotificationType<ChatDelta>('ownstack/chat/delta');
export const CHAT_TURN_CHANGED = new NotificationType<ChatTurnChanged>('ownstack/chat/turnChanged');
export const CHAT_QUEUE_CHANGED = new NotificationType<ChatQueue>('ownstack/chat/queueChanged');
export const CHAT_COMPACTED = new NotificationType<ChatCompacted>('ownstack/chat/compacted');
export const CHAT_MODEL_CHANGED = new NotificationType<ChatModelChanged>(
  'ownstack/chat/modelChanged',
);
export const CHAT_CHANGED = new NotificationType<ChatChanged>('ownstack/chat/changed');

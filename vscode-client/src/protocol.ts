/** The messages beside standard LSP: the only file that names them. Mirrors docs/PROTOCOL.md. */

import { NotificationType, RequestType } from 'vscode-languageclient/node';

export type State = 'starting' | 'loading' | 'ready' | 'noModel' | 'off' | 'slow' | 'error';

export interface Status {
  state: State;
  /** One sentence for a person. */
  reason: string;
  version: string;
  mode: 'daemon' | 'inProcess';
  pid: number;
  /** Windows that share the process. */
  sessions: number;
  completer: 'echo' | 'model';
  /** Name of the model that is used or being loaded; "" without one. */
  model: string;
  /** 0..1 while loading. */
  progress: number | null;
  figures: Record<string, number>;
  /** One for each workspace folder. */
  index: IndexStatus[];
  /** Which model plays each role. */
  roles: RoleStatus[];
}

export interface RoleStatus {
  role: string;
  /** "" if there is none. */
  model: string;
  state: 'none' | 'chosen' | 'loading' | 'ready' | 'error';
  /** Why it cannot play the role. */
  reason: string;
  /** "llama" in the server's process, else what the user called a server; "" without a model. */
  engine: string;
  /** Whether what it is given is sent to another machine. */
  leavesMachine: boolean;
  /** Why it is this model, or none. */
  explanation: string;
}

/** Where echo found a text. */
export interface Origin {
  uri: string;
  path: string;
  /** From 1. */
  line: number;
}

/** How an answer came about. */
export interface Trace {
  id: string;
  tier: string;
  source: string;
  reason: string;
  model: string;
  stagesMs: Record<string, number>;
  promptTokens: number;
  evaluatedTokens: number;
  generatedTokens: number;
  draftedTokens: number;
  acceptedTokens: number;
  confidence: number | null;
  /** What was suggested, "" if nothing was. */
  text: string;
  /** Where it was asked; the line counts from 1, 0 if there was none. */
  path: string;
  line: number;
  /** It was computed ahead, while the suggestion before it was being read. */
  prefetched: boolean;
  /** The model had not written a line when its time was over. */
  late: boolean;
  origin: Origin | null;
  /** The row of the editor's own list that it had to go on from. */
  selected: string;
  /** What is suggested without that row, if the row contradicts it. */
  hidden: string;
}

export interface Model {
  name: string;
  path: string;
  sizeBytes: number;
  parameters: number | null;
  /** Family of its infill format; "" if it cannot infill. */
  infill: string;
  infillProblem: string;
  /** What it needs, about. */
  memoryBytes: number;
  /** Whose file it is, if it is not known yet: "Ollama", "LM Studio", … */
  program: string;
  chosenFor: string[];
  /** Role → why it cannot play it. */
  problems: Record<string, string>;
}

/** A model on a server that the user named. */
export interface ServedModel {
  /** ENGINE:MODEL. */
  name: string;
  engine: string;
  host: string;
  leavesMachine: boolean;
  chosenFor: string[];
  /** Role → why it cannot play it, or may not. */
  problems: Record<string, string>;
}

export interface ServerEntry {
  name: string;
  host: string;
  local: boolean;
}

export interface ModelsResult {
  models: Model[];
  /** Those of other programs; each is chosen by its path. */
  found: Model[];
  /** Memory that a model may take. */
  freeBytes: number;
  /** Models of servers that were chosen. */
  served: ServedModel[];
  /** Servers that the user named; none was asked. */
  servers: ServerEntry[];
}

/** A model of the catalogue, as it would be on this machine in a role. */
export interface Offer {
  name: string;
  title: string;
  sizeBytes: number;
  /** What an earlier download has left. */
  begunBytes: number;
  license: string;
  /** Whether its licence allows commercial use. */
  commercial: boolean;
  parameters: number;
  /** The window it would have; 0 = not known before it is here. */
  contextTokens: number;
  memoryBytes: number;
  /** How fast it writes. */
  tokensPerS: number | null;
  measured: boolean;
  recommended: boolean;
  /** Why it is recommended, or what speaks against it. */
  reason: string;
  /** Nothing speaks against it. */
  advised: boolean;
  /** Why it cannot be downloaded; "" if it can. */
  blocked: string;
  /** Its name among the models that are here, "" if it is not. */
  installedAs: string;
}

export interface ModelOffersResult {
  role: string;
  machine: string;
  /** Why no model is recommended, if none is. */
  reason: string;
  /** Whom a download asks. */
  host: string;
  offers: Offer[];
}

export interface PullModelParams {
  name: string;
  role: string;
  workDoneToken?: string;
}

/** What became of the suggestions of one maker. */
export interface Tally {
  source: string;
  model: string;
  shown: number;
  accepted: number;
  typedThrough: number;
  partly: number;
  rejected: number;
  /** Of those taken: still in the file each time it was looked at … */
  kept: number;
  /** … of so many that were looked at. */
  lookedAt: number;
}

export interface StatisticsResult {
  tallies: Tally[];
  reason: string;
}

export interface Check {
  name: string;
  level: 'ok' | 'warning' | 'error';
  detail: string;
  hint: string;
}

export type IndexState = 'off' | 'untrusted' | 'asking' | 'indexing' | 'paused' | 'ready' | 'error';

/** What a person is told about the index of one folder. */
export interface IndexStatus {
  folder: string;
  state: IndexState;
  reason: string;
  /** 0..1 while files are read. */
  progress: number | null;
  files: number;
  symbols: number;
  chunks: number;
  /** Why files are not in it → how many. */
  leftOut: Record<string, number>;
  sizeBytes: number;
  /** Seconds since folder and index were last compared. */
  ageS: number | null;
}

export interface FileInIndex {
  path: string;
  folder: string;
  indexed: boolean;
  reason: string;
}

export interface SearchParams {
  query: string;
  limit?: number;
  /** Only files below this path. */
  path?: string;
  explain?: boolean;
}

/** A result of a search; lines are 1-based, inclusive, and in a notebook counted within the cell. */
export interface Hit {
  /** Of a notebook that is open: of the cell. */
  uri: string;
  path: string;
  startLine: number;
  endLine: number;
  /** The one that says most of the query. */
  line: number;
  kind: string;
  name: string;
  score: number;
  text: string;
  parts: Record<string, number>;
  /** Of a notebook: which cell, 1-based. */
  cell: number | null;
}

export interface SearchResult {
  hits: Hit[];
  /** Why more may be missing; "" if nothing is. */
  reason: string;
}

export interface IndexStatusResult {
  folders: IndexStatus[];
  file: FileInIndex | null;
}

export type ChatPhase = 'waiting' | 'loading' | 'searching' | 'compacting' | 'reading' | 'writing';

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

export type ChatFinish =
  | ''
  | 'stop'
  | 'length'
  | 'cancelled'
  | 'interrupted'
  | 'error'
  | 'tool_calls';

export interface ChatTurn {
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
export interface ChatState {
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
  what: 'title' | 'turns' | 'compaction' | 'pins' | 'cleared' | 'trust' | 'deleted';
}

type Nothing = Record<string, never>;

export const STATUS = new RequestType<Nothing, Status, void>('ownstack/status');
export const STATUS_CHANGED = new NotificationType<Status>('ownstack/statusChanged');
/** The server stops on purpose: it waits a little for the window to end its session. */
export const LEAVING = new NotificationType<Nothing>('ownstack/leaving');
export const EXPLAIN = new RequestType<{ id?: string }, Trace | null, void>('ownstack/explain');
export const MODELS = new RequestType<Nothing, ModelsResult, void>('ownstack/models');
export const USE_MODEL = new RequestType<{ name: string; role: string }, Status, void>(
  'ownstack/useModel',
);
export const MODEL_OFFERS = new RequestType<{ role: string }, ModelOffersResult, void>('ownstack/modelOffers');
/** Only after the user has agreed to it. Cancelling the request ends the download. */
export const PULL_MODEL = new RequestType<PullModelParams, Status, void>('ownstack/pullModel');
export const SERVER_MODELS = new RequestType<{ engine: string }, { models: ServedModel[] }, void>(
  'ownstack/serverModels',
);
export const DOCTOR = new RequestType<Nothing, { checks: Check[] }, void>('ownstack/doctor');
export const SEARCH = new RequestType<SearchParams, SearchResult, void>('ownstack/search');
export const INDEX_STATUS = new RequestType<{ uri?: string }, IndexStatusResult, void>(
  'ownstack/indexStatus',
);
export const STATISTICS = new RequestType<{ days: number }, StatisticsResult, void>(
  'ownstack/statistics',
);
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
/** Server commands (workspace/executeCommand). The client library makes commands of their names. */
export const REBUILD_INDEX = 'ownstack.index.rebuild';
export const CLEAR_INDEX = 'ownstack.index.clear';

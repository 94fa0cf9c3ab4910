/** The messages beside standard LSP, but for those of conversations. Mirrors docs/PROTOCOL.md. */

import { NotificationType, RequestType } from 'vscode-languageclient/node';

import type { AdapterStatus } from './learningProtocol.js';

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
  completer: 'echo' | 'builtin' | 'model';
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
  /** What serves with it in this window, and what one would expect to. */
  adapters: AdapterStatus[];
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
  /** Names of what was learned and served with the model. */
  adapters: string[];
  stagesMs: Record<string, number>;
  promptTokens: number;
  evaluatedTokens: number;
  generatedTokens: number;
  draftedTokens: number;
  acceptedTokens: number;
  /** The chance that it is exactly right, as its source says. */
  confidence: number | null;
  /** What that is by what this user kept and turned down, if it is noticeably something else. */
  adjusted: number | null;
  /** Whether what the user kept or turned down before has changed the choice, in words. */
  learned: string;
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

export interface CompletionImproved {
  /** Of the document, or of a notebook's cell. */
  uri: string;
  version: number;
}

type Nothing = Record<string, never>;

export const STATUS = new RequestType<Nothing, Status, void>('ownstack/status');
export const STATUS_CHANGED = new NotificationType<Status>('ownstack/statusChanged');
/** The server stops on purpose: it waits a little for the window to end its session. */
export const LEAVING = new NotificationType<Nothing>('ownstack/leaving');
/** Who asks again gets a better suggestion than the one that is shown, while that text stands. */
export const IMPROVED = new NotificationType<CompletionImproved>('ownstack/completion/improved');
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
/** Server commands (workspace/executeCommand). The client library makes commands of their names. */
export const REBUILD_INDEX = 'ownstack.index.rebuild';
export const CLEAR_INDEX = 'ownstack.index.clear';
export const CLEAR_SIGNALS = 'ownstack.signals.clear';

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
}

export interface Model {
  name: string;
  path: string;
  sizeBytes: number;
  parameters: number | null;
  /** Family of its infill format; "" if it cannot infill. */
  infill: string;
  infillProblem: string;
  chosenFor: string[];
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

/** A result of a search; lines are 1-based, inclusive. */
export interface Hit {
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

type Nothing = Record<string, never>;

export const STATUS = new RequestType<Nothing, Status, void>('ownstack/status');
export const STATUS_CHANGED = new NotificationType<Status>('ownstack/statusChanged');
export const EXPLAIN = new RequestType<{ id?: string }, Trace | null, void>('ownstack/explain');
export const MODELS = new RequestType<Nothing, { models: Model[] }, void>('ownstack/models');
export const USE_MODEL = new RequestType<{ name: string; role: string }, Status, void>(
  'ownstack/useModel',
);
export const DOCTOR = new RequestType<Nothing, { checks: Check[] }, void>('ownstack/doctor');
export const SEARCH = new RequestType<SearchParams, SearchResult, void>('ownstack/search');
export const INDEX_STATUS = new RequestType<{ uri?: string }, IndexStatusResult, void>(
  'ownstack/indexStatus',
);
/** Server commands (workspace/executeCommand). The client library makes commands of their names. */
export const REBUILD_INDEX = 'ownstack.index.rebuild';
export const CLEAR_INDEX = 'ownstack.index.clear';

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

type Nothing = Record<string, never>;

export const STATUS = new RequestType<Nothing, Status, void>('ownstack/status');
export const STATUS_CHANGED = new NotificationType<Status>('ownstack/statusChanged');
export const EXPLAIN = new RequestType<{ id?: string }, Trace | null, void>('ownstack/explain');
export const MODELS = new RequestType<Nothing, { models: Model[] }, void>('ownstack/models');
export const USE_MODEL = new RequestType<{ name: string; role: string }, Status, void>(
  'ownstack/useModel',
);
export const DOCTOR = new RequestType<Nothing, { checks: Check[] }, void>('ownstack/doctor');

/** The messages about adapters, which are what was learned from the user's own code. Mirrors docs/PROTOCOL.md. */

import { RequestType } from 'vscode-languageclient/node';

export type Scope = 'generic' | 'project';

/** An adapter that serves in this window, or that one would expect to and that does not. */
export interface AdapterStatus {
  id: string;
  name: string;
  scope: Scope;
  /** The folder that it was learned from; "" of a generic one. */
  project: string;
  serves: boolean;
  /** Why it does not serve. */
  reason: string;
}

/** One adapter of this machine. */
export interface LearnedAdapter {
  id: string;
  name: string;
  scope: Scope;
  project: string;
  role: string;
  /** Name of the model that it was trained for. */
  model: string;
  /** ISO 8601, UTC. */
  created: string;
  /** new: not judged yet; fit: it may serve; aside: it was judged, and does not. */
  standing: 'new' | 'fit' | 'aside';
  reason: string;
  serves: boolean;
  /** Whether it comes with the server. */
  shipped: boolean;
  /** Why it cannot serve; "" if it can. */
  problem: string;
  trained: Record<string, number>;
  /** Language → lines learned from. */
  languages: Record<string, number>;
}

export interface AdaptersResult {
  /** The newest first. */
  adapters: LearnedAdapter[];
  /** What cannot be read. */
  problems: string[];
  /** Why nothing is learned from this window's folders, or "". */
  refusal: string;
}

/** A page about an adapter, which fetches nothing and runs nothing. */
export interface AdapterReport {
  html: string;
}

export const ADAPTERS = new RequestType<Record<string, never>, AdaptersResult, void>('ownstack/adapters');
export const USE_ADAPTER = new RequestType<{ id: string }, AdaptersResult, void>('ownstack/adapters/use');
/** Has the predecessor of an adapter serve again in its place. */
export const ROLL_BACK_ADAPTER = new RequestType<{ id: string }, AdaptersResult, void>('ownstack/adapters/rollBack');
export const ADAPTER_REPORT = new RequestType<{ id: string }, AdapterReport, void>('ownstack/adapters/report');

/** The messages about code actions. Mirrors docs/PROTOCOL.md. */

import { NotificationType, RequestType, type Diagnostic, type Range } from 'vscode-languageclient/node';

import type { ChatEditor } from './chatProtocol';
import type { ChatFileChange } from './toolProtocol';

/** Which action is run, and on what: the one argument of RUN_ACTION. */
export interface ActionArguments {
  action: string;
  uri: string;
  /** Of the document that the range is about; null: the newest. */
  version: number | null;
  range: Range;
  diagnostics: Diagnostic[];
  instruction: string;
}

/** What came of the command where the server runs it. */
export interface ActionRunResult {
  text: string;
  applied: boolean;
}

export interface EditParams {
  /** Of the client's choice, by which progress, accept and reject name it. */
  id: string;
  uri: string;
  version: number | null;
  range: Range;
  action: string;
  instruction?: string;
  diagnostics?: Diagnostic[];
  /** Whether the project's tests check it; without it as the setting says. */
  runTests?: boolean;
}

/** Something that was checked of an edit before it was shown. */
export interface EditCheck {
  name: string;
  state: 'passed' | 'failed' | 'skipped';
  /** What is wrong, or why it was skipped. */
  detail: string;
}

/** An edit that was made and waits for the user, or what is left of one. */
export interface EditResult {
  id: string;
  label: string;
  /** 1: no model made it; 2: a small one; 3: a large one. */
  tier: number;
  model: string;
  rounds: number;
  drafts: number;
  seconds: number;
  checks: EditCheck[];
  /** None: all is done. */
  files: ChatFileChange[];
}

export interface EditProgressed {
  id: string;
  stage: 'waiting' | 'reading' | 'writing' | 'checking' | 'repairing';
  /** 1-based. */
  round: number;
  done: number;
  /** reading: tokens of the prompt. */
  total: number;
  /** Of what is replaced, 1-based and inclusive. */
  startLine: number;
  endLine: number;
  /** writing: what these lines become, as far as it is written; null: as it was told last. */
  text: string | null;
}

export interface EditHunksParams {
  id: string;
  /** By their index in the newest result; without it all. */
  hunks?: number[];
}

export interface ActionQuestionParams {
  uri: string;
  range: Range;
  action: string;
  diagnostics: Diagnostic[];
}

/** A question for a conversation. */
export interface ActionQuestion {
  text: string;
  editor: ChatEditor;
}

export interface ReviewParams {
  id: string;
  uri?: string;
  /** Without it the whole document. */
  range?: Range;
  /** "": of the document; "working", "staged", else a range of commits. */
  diff: string;
  folder?: string;
}

export interface ReviewFinding {
  uri: string;
  range: Range;
  severity: 'error' | 'warning' | 'information' | 'hint';
  title: string;
  detail: string;
}

export interface ReviewResult {
  /** The gravest first. */
  findings: ReviewFinding[];
  model: string;
  /** Why something may be missing, or "". */
  reason: string;
}

export interface ReviewClearParams {
  /** Without it what was found in all files. */
  uri?: string;
}

export interface CommitMessageParams {
  folder?: string;
  /** What the change is for, in the user's words. */
  why: string;
}

export interface CommitMessageResult {
  message: string;
  /** False: nothing is staged, so it is about all that is changed. */
  isStaged: boolean;
  /** Something to know about it, or "". */
  reason: string;
}

type Nothing = Record<string, never>;

/** A server command (workspace/executeCommand), which this client runs itself. */
export const RUN_ACTION = 'ownstack.action.run';
export const EDIT = new RequestType<EditParams, EditResult, void>('ownstack/edit');
export const EDIT_PROGRESS = new NotificationType<EditProgressed>('ownstack/edit/progress');
export const ACCEPT_EDIT = new RequestType<EditHunksParams, EditResult, void>('ownstack/edit/accept');
export const REJECT_EDIT = new RequestType<EditHunksParams, EditResult, void>('ownstack/edit/reject');
export const ACTION_QUESTION = new RequestType<ActionQuestionParams, ActionQuestion, void>('ownstack/action/question');
/** It also publishes what it finds as diagnostics. */
export const REVIEW = new RequestType<ReviewParams, ReviewResult, void>('ownstack/review');
export const CLEAR_REVIEW = new RequestType<ReviewClearParams, Nothing, void>('ownstack/review/clear');
export const COMMIT_MESSAGE = new RequestType<CommitMessageParams, CommitMessageResult, void>('ownstack/commitMessage');

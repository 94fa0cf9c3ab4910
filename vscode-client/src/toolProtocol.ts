/** The messages about tools of conversations and the edits they propose. Mirrors docs/PROTOCOL.md. */

import { NotificationType, RequestType } from 'vscode-languageclient/node';

import type { ChatState, ChatStep } from './chatProtocol';

export type ChatToolUse = 'auto' | 'on' | 'off';

/** Something that a model wants to do and that waits for a person's word. */
export interface ChatApproval {
  id: string;
  turn: number;
  title: string;
  detail: string;
  /** Whether "always" may be answered. */
  canBeAlways: boolean;
}

/** A proposed edit of one file. */
export interface ChatEdit {
  id: string;
  /** The turn in which it was proposed. */
  turn: number;
  title: string;
  uri: string;
  path: string;
  /** replaced: its turn was taken back, or a later proposal for the file took its place. */
  state: 'pending' | 'applied' | 'refused' | 'replaced';
  isNew: boolean;
  added: number;
  removed: number;
  /** Why it cannot be applied as things stand now. */
  reason: string;
  /** What gives back the file as it was before it was applied. */
  checkpoint: string;
}

/** Lines of a file that become others; whole lines, and either text may be "". */
export interface ChatHunk {
  index: number;
  /** 1-based, in the file as it is. */
  startLine: number;
  before: string;
  after: string;
}

/** What a proposed edit makes of a file as it is now. */
export interface ChatFileChange {
  edit: string;
  uri: string;
  path: string;
  isNew: boolean;
  before: string;
  after: string;
  hunks: ChatHunk[];
  reason: string;
}

export interface ChatCheckpoint {
  id: string;
  turn: number;
  at: number;
  paths: string[];
  restored: boolean;
}

/** What a state has of tools. */
export interface ChatToolState {
  approvals: ChatApproval[];
  edits: ChatEdit[];
  checkpoints: ChatCheckpoint[];
  /** Whether the user wants the model to have tools; auto: if it chooses them well. */
  tools: ChatToolUse;
  /** Whether the model that answers has some. */
  hasTools: boolean;
}

export interface ChatAnswerParams {
  session: string;
  approval: string;
  answer: 'no' | 'once' | 'always';
}

export interface ChatApplyParams {
  session: string;
  edits: string[];
  /** By the id of an edit, those of its hunks that are applied; of one that is not named, all. */
  hunks?: Record<string, number[]>;
}

export interface ChatRestoreCheckpointParams {
  session: string;
  checkpoint: string;
  /** Give back files that were changed since, too. */
  force?: boolean;
}

export interface ChatEdits {
  /** What was done, in sentences. */
  done: string[];
  edits: ChatEdit[];
  checkpoints: ChatCheckpoint[];
}

export interface ChatApprovals {
  session: string;
  approvals: ChatApproval[];
}

/** The edits that are pending and the newest 20 others, the newest 20 checkpoints. */
export interface ChatEditsChanged {
  session: string;
  edits: ChatEdit[];
  checkpoints: ChatCheckpoint[];
}

/** All tools that were called so far for a question that is being answered. */
export interface ChatSteps {
  session: string;
  question: string;
  turn: number;
  steps: ChatStep[];
}

type Nothing = Record<string, never>;

export const CHAT_ANSWER = new RequestType<ChatAnswerParams, Nothing, void>('ownstack/chat/answer');
/** Without ids, of all edits that are pending. */
export const CHAT_CHANGES = new RequestType<
  { session: string; edits?: string[] },
  { changes: ChatFileChange[] },
  void
>('ownstack/chat/changes');
export const CHAT_APPLY = new RequestType<ChatApplyParams, ChatEdits, void>('ownstack/chat/apply');
export const CHAT_REFUSE = new RequestType<{ session: string; edits: string[] }, ChatEdits, void>(
  'ownstack/chat/refuse',
);
export const CHAT_RESTORE_CHECKPOINT = new RequestType<
  ChatRestoreCheckpointParams,
  ChatEdits,
  void
>('ownstack/chat/restoreCheckpoint');
export const CHAT_SET_TOOLS = new RequestType<
  { session: string; tools: ChatToolUse },
  ChatState,
  void
>('ownstack/chat/setTools');
export const CHAT_APPROVALS_CHANGED = new NotificationType<ChatApprovals>(
  'ownstack/chat/approvalsChanged',
);
export const CHAT_EDITS_CHANGED = new NotificationType<ChatEditsChanged>(
  'ownstack/chat/editsChanged',
);
export const CHAT_STEPS_CHANGED = new NotificationType<ChatSteps>('ownstack/chat/stepsChanged');

/** What the page of the chat and the extension say to each other. */

import type {
  ChatCompacted,
  ChatDelta,
  ChatMention,
  ChatModelChanged,
  ChatProgress,
  ChatQueue,
  ChatSession,
  ChatState,
  ChatTurnChanged,
  ChatTurnsResult,
} from '../chatProtocol.js';
import type { ChatMemory } from '../memoryProtocol.js';
import type { ChatAnswerParams, ChatApprovals, ChatEditsChanged, ChatFileChange, ChatSteps, ChatToolUse } from '../toolProtocol.js';

/** Which parts of the editor's state go with a question. */
export interface Attached {
  file: boolean;
  selection: boolean;
  problems: boolean;
}

/** What the editor has to go with a question now. */
export interface Attachable {
  /** Path of the file in front, "" for none. */
  file: string;
  /** 1-based lines of its selection, 0 for none. */
  startLine: number;
  endLine: number;
  /** How many errors and warnings there are in it. */
  problems: number;
}

export type CodeAction = 'copy' | 'insert' | 'apply' | 'newFile';

/** What a proposed edit would change; the whole texts stay with the extension. */
export type ShownChange = Pick<ChatFileChange, 'edit' | 'hunks' | 'reason'>;

/** What came of what was asked for proposed edits, or for a checkpoint. */
export interface Outcome {
  /** Ids of those it is about. */
  about: string[];
  text: string;
  refused: boolean;
}

/** What is done with proposed edits. `hunks`: by edit, those that are applied; else all of it. */
export type EditAction =
  | { kind: 'apply'; edits: string[]; hunks: Record<string, number[]> }
  | { kind: 'refuse'; edits: string[] }
  | { kind: 'restoreCheckpoint'; checkpoint: string; force: boolean };

/** What the page asks for. `session` is "" where a new conversation is to begin. */
export type Asked =
  | { kind: 'ready'; session: string }
  | { kind: 'open'; session: string }
  | { kind: 'sessions'; query: string }
  | { kind: 'rename' | 'delete' | 'export'; session: string; title: string }
  | { kind: 'earlier'; before: number }
  | { kind: 'ask'; text: string; question: string; replaces: number; attached: Attached }
  | { kind: 'stop' | 'compact' | 'refresh' }
  | { kind: 'undo' | 'clear' }
  | { kind: 'withdraw'; question: string }
  | { kind: 'restore'; turn: number }
  | { kind: 'editSummary' | 'pin'; text: string }
  | { kind: 'unpin'; event: string }
  | { kind: 'answer'; approval: string; answer: ChatAnswerParams['answer'] }
  | { kind: 'changes'; edits: string[] }
  | { kind: 'review'; edits: string[]; turn: number }
  | EditAction
  | { kind: 'setTools'; tools: ChatToolUse }
  | { kind: 'memory' }
  | { kind: 'accept'; name: string; choice: '' | 'replace' | 'both' }
  | { kind: 'reject'; name: string }
  | { kind: 'mentions'; query: string; number: number }
  | { kind: 'place'; path: string; uri: string; line: number; end: number }
  | { kind: 'web'; address: string }
  | { kind: 'code'; action: CodeAction; code: string; language: string; path: string }
  | { kind: 'command'; name: PageCommand };

/** Commands that the page may run: none with words of a model. */
export const PAGE_COMMANDS = {
  pickModel: 'ownstack.pickModel',
  trust: 'workbench.trust.manage',
  restart: 'ownstack.restart',
  showLog: 'ownstack.showLog',
} as const;
export type PageCommand = keyof typeof PAGE_COMMANDS;

/** What the page is told. */
export type Told =
  | { kind: 'state'; state: ChatState }
  | { kind: 'earlier'; session: string; result: ChatTurnsResult }
  | { kind: 'deltas'; deltas: ChatDelta[] }
  | { kind: 'progress'; progress: ChatProgress }
  | { kind: 'turn'; changed: ChatTurnChanged }
  | { kind: 'queue'; queue: ChatQueue }
  | { kind: 'compacted'; compacted: ChatCompacted }
  | { kind: 'model'; changed: ChatModelChanged }
  | { kind: 'steps'; changed: ChatSteps }
  | { kind: 'approvals'; changed: ChatApprovals }
  | { kind: 'edits'; changed: ChatEditsChanged }
  | { kind: 'changes'; session: string; changes: ShownChange[] }
  | { kind: 'outcome'; session: string; outcome: Outcome }
  | { kind: 'sessions'; query: string; sessions: ChatSession[]; reason: string }
  | { kind: 'mentions'; number: number; mentions: ChatMention[]; reason: string }
  | { kind: 'memory'; memory: ChatMemory; done: string[] }
  | { kind: 'editor'; attachable: Attachable }
  /** The server does not answer, and why; "" when it does again. */
  | { kind: 'down'; reason: string }
  /** A question failed; its text goes back to where it was typed. */
  | { kind: 'failed'; question: string; text: string; reason: string }
  | { kind: 'notice'; text: string }
  /** Text for the composer, after what stands in it. */
  | { kind: 'draft'; text: string }
  | { kind: 'show'; part: 'composer' | 'sessions' };

/** The messages about project memory, beside those of chatProtocol.ts. Mirrors docs/PROTOCOL.md. */

import { RequestType } from 'vscode-languageclient/node';

import type { ChatSessionParams } from './chatProtocol';

/** What a file of project memory says. */
export interface ChatEntry {
  name: string;
  text: string;
  /** Which file: "decisions", "conventions", … */
  place: string;
  /** How sure it is: 0 a guess, 1 established. */
  tier: number;
}

/** What waits for the user: in no file before it is accepted. */
export interface ChatProposal {
  /** P001 and so on; D001 for a decision that no file says. */
  name: string;
  text: string;
  place: string;
  tier: number;
  source: string;
  /** Names of what it contradicts. */
  contradicts: string[];
}

export interface ChatMemory {
  entries: ChatEntry[];
  inbox: ChatProposal[];
  problems: string[];
}

export interface ChatAcceptParams {
  session: string;
  name: string;
  /** What becomes of entries that it contradicts; without it that is refused. */
  choice?: 'replace' | 'both';
}

export interface ChatMemoryChange {
  /** What was done, in sentences. */
  done: string[];
  memory: ChatMemory;
}

export const CHAT_MEMORY = new RequestType<ChatSessionParams, ChatMemory, void>(
  'ownstack/chat/memory',
);
export const CHAT_ACCEPT = new RequestType<ChatAcceptParams, ChatMemoryChange, void>(
  'ownstack/chat/accept',
);
export const CHAT_REJECT = new RequestType<
  { session: string; name: string },
  ChatMemoryChange,
  void
>('ownstack/chat/reject');
